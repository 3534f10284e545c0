import { DateTime } from "effect"
import { type Asked, judgeSale } from "../../../../src/layers/providers/nmi/disposition.ts"
import { readReply } from "../../../../src/layers/providers/nmi/wire.ts"
import { Money } from "../../../../src/kernel/Money.ts"
import type { Answered } from "../../../../src/layers/transport/Exchange.ts"

export const asked: Asked = {
  idempotencyKey: "ps_01JZ8Q3V5W7X9Y1A2B3C4D5E6F-1-0123456789",
  money: new Money({ amount: 1250, currency: "USD" })
}

export type Fields = ReadonlyArray<readonly [name: string, value: string]>

/** The fields of an answer to the sale above; approved unless told otherwise. */
export const fieldsOf = (change: Readonly<Record<string, string>> = {}): Fields => {
  const fields = {
    response: "1",
    responsetext: "SUCCESS",
    authcode: "123456",
    transactionid: "12030573555",
    avsresponse: "N",
    cvvresponse: "M",
    orderid: asked.idempotencyKey,
    type: "sale",
    response_code: "100",
    ...change
  }
  return Object.entries(fields)
}

/** Declined with a code, as NMI answers it. */
export const declinedWith = (code: string, change: Readonly<Record<string, string>> = {}): Fields =>
  fieldsOf({
    response: code.startsWith("2") ? "2" : "3",
    responsetext: "DECLINE",
    authcode: "",
    response_code: code,
    ...change
  })

/** Rejected by the gateway itself with a text. */
export const rejectedWith = (text: string, change: Readonly<Record<string, string>> = {}): Fields =>
  declinedWith("300", { responsetext: text, transactionid: "", ...change })

export const formOf = (fields: Fields): string => fields.map(([name, value]) => `${name}=${value}`).join("&")

export const answered = (body: string | Uint8Array, change: Partial<Answered> = {}): Answered => ({
  _tag: "Answered",
  status: 200,
  headers: [["content-type", "text/html; charset=UTF-8"]],
  body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  whole: true,
  ...change
})

/** What an answer is believed to say of the sale above. */
export const judged = (answer: Fields | Answered) =>
  judgeSale(readReply("_tag" in answer ? answer : answered(formOf(answer))), asked)

export interface Action {
  readonly type: string
  readonly amount?: string
  readonly success?: string
  readonly code?: string
  readonly date?: string
  readonly text?: string
}

export interface Transaction {
  readonly id?: string
  readonly condition?: string
  readonly orderId?: string
  readonly currency?: string
  readonly processorId?: string
  readonly original?: string
  readonly actions?: ReadonlyArray<Action>
}

const element = (name: string, text: string) => `<${name}>${text}</${name}>`

/** A transaction as a query shows it; a captured sale unless told otherwise. */
export const transactionXml = ({
  id = "12030573555",
  condition = "pendingsettlement",
  orderId = asked.idempotencyKey,
  currency = "USD",
  processorId = "ccprocessora",
  original,
  actions = [{ type: "sale" }]
}: Transaction = {}): string =>
  `<transaction>${[
    element("transaction_id", id),
    element("transaction_type", "cc"),
    element("condition", condition),
    element("order_id", orderId),
    element("processor_id", processorId),
    element("currency", currency),
    ...(original === undefined ? [] : [element("original_transaction_id", original)]),
    ...actions.map(
      ({
        type,
        amount = "12.50",
        success = "1",
        code = "100",
        date = "20261121150000",
        text = success === "1" ? "SUCCESS" : "DECLINE"
      }) =>
        `<action>${element("amount", amount)}${element("action_type", type)}${element("date", date)}${element("success", success)}${element("source", "api")}${element("response_text", text)}${element("response_code", code)}</action>`
    )
  ].join("\n  ")}</transaction>`

export const reportXml = (...inside: ReadonlyArray<string>): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<nm_response>\n${inside.join("\n")}\n</nm_response>\n`

export const someTime = DateTime.makeUnsafe("2026-11-21T15:00:00Z")

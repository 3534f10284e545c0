import { DateTime, Option } from "effect"
import type { Exchanged } from "../../transport/Exchange.ts"
import { minorOf } from "./amounts.ts"
import { isTransactionId } from "./wire.ts"
import { hasChild, readXml, textOf, type XmlElement } from "./xml.ts"

/** Something that was done to a transaction, or tried. */
export interface NmiAction {
  readonly type: string
  /** Minor units; negative when money goes to the customer. */
  readonly amount: number
  readonly success: boolean
  readonly code: string
  readonly text: string
  readonly at: DateTime.Utc
}

/** A transaction, as queries tell of it. */
export interface NmiTransaction {
  readonly id: string
  readonly condition: string
  readonly orderId: string
  /** Upper case. */
  readonly currency: string
  readonly processorId: string
  /** Of a refund: the transaction that is refunded. */
  readonly original: string | undefined
  readonly actions: ReadonlyArray<NmiAction>
}

/** What a query found, or why it says nothing. */
export type Queried =
  | { readonly _tag: "Found"; readonly transactions: ReadonlyArray<NmiTransaction> }
  | { readonly _tag: "Unreadable"; readonly problem: string }

/** A time as NMI writes it, `YYYYMMDDhhmmss` in UTC. */
export const stampOf = (at: DateTime.Utc): string => DateTime.formatIso(at).replaceAll(/\D/g, "").slice(0, 14)

/** The time of a stamp; nothing if there is no such time. */
export const timeOf = (stamp: string): DateTime.Utc | undefined => {
  const [, year, month, day, hours, minutes, seconds] =
    /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$/.exec(stamp) ?? []
  if (year === undefined) return undefined
  const at = Option.getOrUndefined(DateTime.make(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`))
  return at === undefined || stampOf(DateTime.toUtc(at)) !== stamp ? undefined : DateTime.toUtc(at)
}

const actionIn = (element: XmlElement): NmiAction | undefined => {
  const type = textOf(element, "action_type")
  const amount = minorOf(textOf(element, "amount") ?? "")
  const success = textOf(element, "success")
  const code = textOf(element, "response_code")
  const at = timeOf(textOf(element, "date") ?? "")
  const text = hasChild(element, "response_text") ? textOf(element, "response_text") : ""
  if (type === undefined || amount === undefined || code === undefined || at === undefined) return undefined
  if (text === undefined || (success !== "1" && success !== "0")) return undefined
  return { type, amount, success: success === "1", code, text, at }
}

const transactionIn = (element: XmlElement): NmiTransaction | undefined => {
  const id = textOf(element, "transaction_id")
  const condition = textOf(element, "condition")
  const orderId = textOf(element, "order_id")
  const currency = textOf(element, "currency")
  const optional = (name: string) => (hasChild(element, name) ? textOf(element, name) : "")
  const processorId = optional("processor_id")
  const original = optional("original_transaction_id")
  const actions = element.children.filter(({ name }) => name === "action").map(actionIn)
  const read = actions.filter((action) => action !== undefined)
  if (id === undefined || condition === undefined || orderId === undefined || currency === undefined) {
    return undefined
  }
  if (processorId === undefined || original === undefined || read.length !== actions.length) return undefined
  if (!isTransactionId(id) || (original !== "" && !isTransactionId(original))) return undefined
  return {
    id,
    condition,
    orderId,
    currency: currency.toUpperCase(),
    processorId,
    original: original === "" ? undefined : original,
    actions: read
  }
}

/** The root of a report, or what NMI refuses to report. */
export const reportIn = (exchanged: Exchanged): XmlElement | string => {
  if (exchanged._tag !== "Answered") return exchanged.code
  const { status, whole, body } = exchanged
  if (status !== 200) return `status ${status}`
  if (!whole) return "the answer is cut short"
  const root = Option.getOrUndefined(readXml(body))
  if (root?.name !== "nm_response" || root.text.trim() !== "") return "the answer is no report"
  return hasChild(root, "error_response")
    ? `it is refused: ${textOf(root, "error_response") ?? "for several reasons"}`
    : root
}

/** Reads what a query was answered. One transaction that cannot be read makes all of it unreadable. */
export const readQuery = (exchanged: Exchanged): Queried => {
  const report = reportIn(exchanged)
  if (typeof report === "string") return { _tag: "Unreadable", problem: report }
  const transactions = report.children.map((child) =>
    child.name === "transaction" ? transactionIn(child) : undefined
  )
  const read = transactions.filter((transaction) => transaction !== undefined)
  return read.length === transactions.length
    ? { _tag: "Found", transactions: read }
    : { _tag: "Unreadable", problem: "a transaction in it cannot be read" }
}

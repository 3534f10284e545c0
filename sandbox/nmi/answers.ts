import type { Reply } from "../plumbing/Http.ts"
import type { ResultCode } from "./resultCodes.ts"
import { nextRefid } from "./world.ts"

/** The fields of an answer in their order; names may repeat. */
export type Answer = ReadonlyArray<readonly [name: string, value: string]>

export interface AnswerFields {
  readonly response: "1" | "2" | "3"
  readonly text: string
  readonly code: string
  readonly authCode?: string
  readonly transactionId?: string
  readonly avs?: string
  readonly cvv?: string
  readonly orderId: string
  readonly type: string
  /** What only some answers have. */
  readonly more?: Answer
}

/** Where there is no transaction, its id is empty or 0: the gateway does both. */
let zero = false
const noTransaction = (): string => {
  zero = !zero
  return zero ? "" : "0"
}

export const answerOf = (fields: AnswerFields): Answer => [
  ["response", fields.response],
  ["responsetext", fields.text],
  ["authcode", fields.authCode ?? ""],
  ["transactionid", fields.transactionId ?? noTransaction()],
  ["avsresponse", fields.avs ?? ""],
  ["cvvresponse", fields.cvv ?? ""],
  ["orderid", fields.orderId],
  ["type", fields.type],
  ["response_code", fields.code],
  ...(fields.more ?? [])
]

/** Rejected by the gateway itself: there is no transaction, and nothing is kept of it. */
export const rejected = (problem: string, orderId: string, type: string): Answer =>
  answerOf({ response: "3", text: `${problem} REFID:${nextRefid()}`, code: "300", orderId, type })

export const codeText = ({ text }: ResultCode, code: string): string =>
  code === "300" ? `${text} REFID:${nextRefid()}` : text

// As it is on the wire: spaces and colons unescaped, and all of it called HTML.
const escaped = (value: string) => encodeURIComponent(value).replaceAll("%20", " ").replaceAll("%3A", ":")

export const formReply = (answer: Answer, status = 200): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=UTF-8" },
  body: answer.map(([name, value]) => `${name}=${escaped(value)}`).join("&")
})

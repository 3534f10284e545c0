import { Option } from "effect"
import type { Exchanged } from "../../transport/Exchange.ts"

/** What `transact.php` answered, as far as anything here depends on it. */
export interface NmiAnswer {
  /** `1` approved, `2` declined, `3` error. */
  readonly response: string
  readonly code: string
  readonly text: string
  readonly authCode: string
  /** Nothing when NMI has no transaction of it, which it says by an empty id or by `0`. */
  readonly transactionId: string | undefined
  readonly orderId: string
  /** May be empty. */
  readonly type: string
  /** What was approved, when NMI says so: it may be less than was asked for. */
  readonly amountAuthorized: string
  readonly partial: boolean
  /** What Mastercard says about asking again. */
  readonly adviceCode: string
}

/** An answer, as far as it can be read. */
export type Reply =
  | { readonly _tag: "Answer"; readonly answer: NmiAnswer }
  /** HTTP 429 that holds nothing of an answer, not even a spoilt one: asked too often. */
  | { readonly _tag: "Throttled" }
  /** It came and cannot be read: cut, no form, a name twice, a field missing, another HTTP status than 200. */
  | { readonly _tag: "Unreadable"; readonly status: number; readonly problem: string }
  | { readonly _tag: "Unanswered"; readonly code: string }
  | { readonly _tag: "NotSent"; readonly code: string }

/** Fields that are there in every recorded answer, empty or not. */
const always = [
  "response",
  "responsetext",
  "authcode",
  "transactionid",
  "orderid",
  "type",
  "response_code"
] as const

/** What can be the id of a transaction. */
export const isTransactionId = (text: string): boolean => /^[1-9][0-9]{0,18}$/.test(text)

/**
 * The fields of a form. Values come with their spaces unescaped. There are none if a name comes twice: of
 * `response=2&response=1` every reader believes another half.
 */
export const readForm = (body: Uint8Array): Option.Option<ReadonlyMap<string, string>> => {
  const fields = new Map<string, string>()
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body)
    for (const pair of text.split("&")) {
      const [, name, value] = /^([a-z][a-z0-9_]*)=([^\p{Cc}]*)$/u.exec(pair) ?? []
      if (name === undefined || value === undefined || fields.has(name)) return Option.none()
      fields.set(name, decodeURIComponent(value))
    }
  } catch {
    return Option.none()
  }
  return Option.some(fields)
}

const answerIn = (fields: ReadonlyMap<string, string>): NmiAnswer | undefined => {
  const field = (name: string) => fields.get(name) ?? ""
  const id = field("transactionid")
  if (always.some((name) => !fields.has(name))) return undefined
  if (id !== "" && id !== "0" && !isTransactionId(id)) return undefined
  return {
    response: field("response"),
    code: field("response_code"),
    text: field("responsetext"),
    authCode: field("authcode"),
    transactionId: isTransactionId(id) ? id : undefined,
    orderId: field("orderid"),
    type: field("type"),
    amountAuthorized: field("amount_authorized"),
    partial: field("partial_payment_id") !== "" || field("partial_payment_balance") !== "",
    adviceCode: field("merchant_advice_code")
  }
}

/** Reads what came of a request to `transact.php`. */
export const readReply = (exchanged: Exchanged): Reply => {
  if (exchanged._tag !== "Answered") return exchanged
  const { status, whole, body } = exchanged
  const unreadable = (problem: string): Reply => ({ _tag: "Unreadable", status, problem })
  if (!whole) return unreadable("the answer is cut short")
  if (status === 429) {
    // The text, not the form: what cannot be read as one may still tell of money that moved.
    return /response|transactionid|authcode/i.test(new TextDecoder("latin1").decode(body))
      ? unreadable("it is refused as one of too many and answered all the same")
      : { _tag: "Throttled" }
  }
  const fields = Option.getOrUndefined(readForm(body))
  if (status !== 200) return unreadable("NMI answers with status 200, whatever it says")
  if (fields === undefined) return unreadable("the answer is no form, or has a name twice")
  const answer = answerIn(fields)
  return answer === undefined
    ? unreadable("a field is missing, or the transaction's id is none")
    : { _tag: "Answer", answer }
}

/** What an answer was, in words for evidence. */
export const detailsOf = (reply: Reply): string => {
  switch (reply._tag) {
    case "Answer": {
      const { response, code, text } = reply.answer
      return ` (response=${response}, response_code=${code}: ${text})`
    }
    case "Throttled":
      return " (429)"
    case "Unreadable":
      return ` (${reply.status}: ${reply.problem})`
    case "Unanswered":
    case "NotSent":
      return ` (${reply.code})`
  }
}

import { Option, Schema } from "effect"
import { type Answered, type Exchanged, headerOf } from "../../transport/Exchange.ts"
import { strictJson } from "../../transport/strictJson.ts"

/** A text that Stripe may leave out or give as null. */
const MaybeText = Schema.optionalKey(Schema.NullOr(Schema.String))

const idOf = (prefix: string) => Schema.String.check(Schema.isPattern(new RegExp(`^${prefix}_\\w{1,200}$`)))

/** What is said of a charge that failed: `error` of an answer, `last_payment_error` of an intent. */
export const PaymentError = Schema.Struct({
  type: Schema.String,
  code: MaybeText,
  decline_code: MaybeText,
  message: MaybeText,
  param: MaybeText,
  advice_code: MaybeText,
  network_decline_code: MaybeText,
  network_advice_code: MaybeText,
  payment_method: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({ card: Schema.optionalKey(Schema.NullOr(Schema.Struct({ brand: MaybeText }))) })
    )
  )
})
export type PaymentError = typeof PaymentError.Type

const NextAction = Schema.Struct({
  type: Schema.String,
  redirect_to_url: Schema.optionalKey(Schema.NullOr(Schema.Struct({ url: MaybeText })))
})

/** One charge. Amounts are minor units, currencies lower case. */
export const PaymentIntent = Schema.Struct({
  id: idOf("pi"),
  object: Schema.Literal("payment_intent"),
  status: Schema.String,
  amount: Schema.Int,
  amount_received: Schema.Int,
  amount_capturable: Schema.optionalKey(Schema.Int),
  currency: Schema.String,
  livemode: Schema.Boolean,
  metadata: Schema.Record(Schema.String, Schema.String),
  last_payment_error: Schema.optionalKey(Schema.NullOr(PaymentError)),
  next_action: Schema.optionalKey(Schema.NullOr(NextAction))
})
export type PaymentIntent = typeof PaymentIntent.Type

/** A captured charge with what went back of it: `GET /v1/payment_intents/:id?expand[]=latest_charge`. */
export const RefundableIntent = Schema.Struct({
  ...PaymentIntent.fields,
  latest_charge: Schema.NullOr(
    Schema.Struct({ id: idOf("ch"), amount_refunded: Schema.Int, currency: Schema.String })
  )
})

export const PaymentMethod = Schema.Struct({
  id: idOf("pm"),
  object: Schema.Literal("payment_method"),
  type: Schema.Literal("card")
})
export type PaymentMethod = typeof PaymentMethod.Type

export const Refund = Schema.Struct({
  id: Schema.String.check(Schema.isPattern(/^(re|pyr)_\w{1,200}$/)),
  object: Schema.Literal("refund"),
  status: Schema.NullOr(Schema.String),
  amount: Schema.Int,
  currency: Schema.String,
  payment_intent: Schema.NullOr(Schema.String),
  metadata: Schema.Record(Schema.String, Schema.String),
  failure_reason: MaybeText
})
export type Refund = typeof Refund.Type

/** One page of a list. What is on it is decoded one by one. */
export const Page = Schema.Struct({
  object: Schema.Literal("list"),
  has_more: Schema.Boolean,
  data: Schema.Array(Schema.Unknown)
})

/** An answer, as far as it can be read. */
export type Reply<A> =
  | { readonly _tag: "Object"; readonly value: A; readonly replayed: boolean }
  | {
      readonly _tag: "Error"
      readonly status: number
      readonly error: PaymentError
      /** The PaymentIntent that the error carries. */
      readonly intent: PaymentIntent | undefined
      readonly replayed: boolean
    }
  /** It came and cannot be read: cut, no JSON, a name twice, another object than asked for, HTTP that is neither. */
  | { readonly _tag: "Unreadable"; readonly status: number; readonly problem: string }
  | { readonly _tag: "Unanswered"; readonly code: string }
  | { readonly _tag: "NotSent"; readonly code: string }

const decodeError = Schema.decodeUnknownOption(Schema.Struct({ error: PaymentError }))
const carriesError = Schema.is(Schema.Struct({ error: Schema.Unknown }))
const carriesIntent = Schema.is(Schema.Struct({ error: Schema.Struct({ payment_intent: Schema.Unknown }) }))
const decodeIntent = Schema.decodeUnknownOption(PaymentIntent)

/** Reads an answer that is either the object that was asked for or an error, and nothing in between. */
export const readReply = <A>(exchanged: Exchanged, decode: (json: unknown) => Option.Option<A>): Reply<A> => {
  if (exchanged._tag !== "Answered") return exchanged
  const { status, whole, body } = exchanged
  const unreadable = (problem: string): Reply<A> => ({ _tag: "Unreadable", status, problem })
  if (!whole) return unreadable("the answer is cut short")
  const json = strictJson(body)
  if (Option.isNone(json)) return unreadable("the answer is no JSON, or has a name twice")
  const replayed = isReplayed(exchanged)

  if (status === 200) {
    if (carriesError(json.value)) return unreadable("the answer is a success that carries an error")
    const value = decode(json.value)
    return Option.isNone(value)
      ? unreadable("the answer is not the object that was asked for")
      : { _tag: "Object", value: value.value, replayed }
  }
  const refused = decodeError(json.value)
  if (status < 400 || Option.isNone(refused))
    return unreadable("the answer is neither an object nor an error")
  const carried = carriesIntent(json.value) ? json.value.error.payment_intent : undefined
  const intent = carried === undefined || carried === null ? Option.none() : decodeIntent(carried)
  if (carried !== undefined && carried !== null && Option.isNone(intent)) {
    return unreadable("the answer carries a PaymentIntent that cannot be read")
  }
  return {
    _tag: "Error",
    status,
    error: refused.value.error,
    intent: Option.getOrUndefined(intent),
    replayed
  }
}

/** Whether the answer is what an earlier request of the same key was told, long ago perhaps. */
const isReplayed = (answer: Answered): boolean => {
  const header = headerOf(answer, "idempotent-replayed")
  return header._tag !== "Absent" && !(header._tag === "Once" && header.value === "false")
}

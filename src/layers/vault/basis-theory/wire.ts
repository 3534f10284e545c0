import { Schema } from "effect"

const MaybeText = Schema.optionalKey(Schema.NullOr(Schema.String))
const MaybeInt = Schema.optionalKey(Schema.NullOr(Schema.Int))

/** What the vault tells of a card without its number. */
const CardDetails = Schema.Struct({
  bin: MaybeText,
  last4: MaybeText,
  expiration_month: MaybeInt,
  expiration_year: MaybeInt,
  brand: MaybeText,
  issuer_country: Schema.optionalKey(Schema.NullOr(Schema.Struct({ alpha2: MaybeText })))
})
export type CardDetails = typeof CardDetails.Type

/** A token, or an intent that may become one. Its `data` is not read, whatever the key would be shown of it. */
export const CardToken = Schema.Struct({
  id: Schema.NonEmptyString,
  type: Schema.String,
  fingerprint: MaybeText,
  card: Schema.optionalKey(Schema.NullOr(CardDetails))
})
export type CardToken = typeof CardToken.Type

export const CreatedSession = Schema.Struct({
  session_key: Schema.NonEmptyString,
  nonce: Schema.NonEmptyString,
  expires_at: Schema.DateTimeUtcFromString
})

/** An error, as RFC 7807 has it; `errors` by the field of the request. */
export const Problem = Schema.Struct({
  title: MaybeText,
  detail: MaybeText,
  errors: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)))
})
export type Problem = typeof Problem.Type

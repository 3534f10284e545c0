import { Schema } from "effect"

/** A legal company that collects, pays out, or both: `loop_bio_labs`. */
export const EntityId = Schema.NonEmptyString.pipe(Schema.brand("EntityId"))
export type EntityId = typeof EntityId.Type

/** What the customer sees: `loop-health`. */
export const BrandId = Schema.NonEmptyString.pipe(Schema.brand("BrandId"))
export type BrandId = typeof BrandId.Type

/** A merchant account: one entity at one processor. */
export const MidId = Schema.NonEmptyString.pipe(Schema.brand("MidId"))
export type MidId = typeof MidId.Type

/** A processor adapter by its registry name: `stub_a`, `stripe`, `nmi`. */
export const ProviderName = Schema.NonEmptyString.pipe(Schema.brand("ProviderName"))
export type ProviderName = typeof ProviderName.Type

/** One declared payment: `ps_` and a ULID. */
export const SessionId = Schema.String.check(Schema.isPattern(/^ps_[0-9A-HJKMNP-TV-Z]{26}$/)).pipe(
  Schema.brand("SessionId")
)
export type SessionId = typeof SessionId.Type

/** One try to charge one session on one MID: the session's ULID and the attempt's ordinal. */
export const AttemptId = Schema.String.check(Schema.isPattern(/^at_[0-9A-HJKMNP-TV-Z]{26}_[0-9]+$/)).pipe(
  Schema.brand("AttemptId")
)
export type AttemptId = typeof AttemptId.Type

/** Who pays: the canonical customer identity, `loopUserId`. */
export const CustomerId = Schema.NonEmptyString.pipe(Schema.brand("CustomerId"))
export type CustomerId = typeof CustomerId.Type

/** Who asks: the id of an API key, an operator or a worker. It is written into every audit row. */
export const Principal = Schema.NonEmptyString.pipe(Schema.brand("Principal"))
export type Principal = typeof Principal.Type

/** The attempt ids of a session are derived, so that nobody has to draw one. */
export const attemptId = (session: SessionId, ordinal: number): AttemptId =>
  AttemptId.make(`at_${session.slice(3)}_${ordinal}`)

import { Schema } from "effect"
import { Principal } from "../ids.ts"

/**
 * What takes two persons. `resume_mid`: an account that somebody stopped sends again. `refund`: more goes back than one
 * person may give. `raise_refund_limit`: one person may give back more.
 * `change_routing`: ranks, shares and rules of accounts. `allow_category`: a company or an account may sell it. `raise_cap`:
 * an account captures more in a month. `give_key`: an API key for more than that of whoever asks.
 */
export const ChangeKind = Schema.Literals([
  "resume_mid",
  "refund",
  "raise_refund_limit",
  "change_routing",
  "allow_category",
  "raise_cap",
  "give_key"
])
export type ChangeKind = typeof ChangeKind.Type

export const ChangeState = Schema.Literals(["open", "approved", "rejected", "withdrawn", "expired"])
export type ChangeState = typeof ChangeState.Type

/** What one operator asks for, and what another person said to it. */
export class ChangeRequest extends Schema.Class<ChangeRequest>("ChangeRequest")({
  /** `cr_` and its number. */
  id: Schema.String,
  kind: ChangeKind,
  /** The exact new values. */
  wanted: Schema.Unknown,
  /** What stood there when it was asked for; it is signed only if that still stands. */
  before: Schema.Unknown,
  reason: Schema.String,
  state: ChangeState,
  requestedBy: Principal,
  requestedAt: Schema.DateTimeUtcFromString,
  /** Later it is not approved any more. */
  expiresAt: Schema.DateTimeUtcFromString,
  decidedBy: Schema.optionalKey(Schema.String),
  decidedAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** Why it was rejected or withdrawn. */
  said: Schema.optionalKey(Schema.String),
  /** What came of it: the id of the refund. */
  done: Schema.optionalKey(Schema.String)
}) {}

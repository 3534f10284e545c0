import { Schema } from "effect"
import { AttemptId, MidId, ProviderName, SessionId } from "../ids.ts"
import { RefundId } from "../refunds/Refund.ts"

/**
 * `in_review`, `refund_in_review`: nobody could find out in time what became of it. `capture_unheard`: a webhook says
 * that money moved, and the processor did not show it in time. `incident`: one was opened.
 */
export const PageKind = Schema.Literals(["in_review", "refund_in_review", "capture_unheard", "incident"])
export type PageKind = typeof PageKind.Type

/** A call for a person, made once. */
export class Page extends Schema.Class<Page>("Page")({
  /** `pg_` and its number. */
  id: Schema.String,
  kind: PageKind,
  /** Of a refund or an incident: the attempt that it is of. */
  attempt: AttemptId,
  session: SessionId,
  mid: MidId,
  provider: ProviderName,
  /** The number of the incident, and its kind: `late_capture`. */
  incident: Schema.optionalKey(Schema.Int),
  incidentKind: Schema.optionalKey(Schema.String),
  /** The refund in review. */
  refund: Schema.optionalKey(RefundId),
  raisedAt: Schema.DateTimeUtcFromString,
  /** Nobody has dealt with it yet. */
  open: Schema.Boolean
}) {}

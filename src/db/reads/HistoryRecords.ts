import { Schema } from "effect"
import { AttemptId, SessionId } from "../../kernel/ids.ts"

const Detail = Schema.Record(Schema.String, Schema.Unknown)

/** One row of the audit: who did what to a subject, chained to the row before it. */
export class AuditRow extends Schema.Class<AuditRow>("AuditRow")({
  /** Whose chain it is: a session's id, or `mid:` and a merchant account's. */
  chain: Schema.String,
  /** Counts the rows of a chain from 1. */
  position: Schema.Int,
  at: Schema.DateTimeUtcFromString,
  actor: Schema.String,
  action: Schema.String,
  detail: Detail,
  /** Hexadecimal. */
  hash: Schema.String
}) {}

/** What the world was told of a session. */
export class PaymentEvent extends Schema.Class<PaymentEvent>("PaymentEvent")({
  /** `evt_` and its number. */
  id: Schema.String,
  nr: Schema.Int,
  type: Schema.String,
  session: SessionId,
  occurredAt: Schema.DateTimeUtcFromString,
  payload: Detail
}) {}

/** Something that a person has to deal with. */
export class Incident extends Schema.Class<Incident>("Incident")({
  nr: Schema.Int,
  kind: Schema.String,
  session: SessionId,
  attempt: AttemptId,
  detail: Detail,
  openedAt: Schema.DateTimeUtcFromString,
  closedAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
}) {}

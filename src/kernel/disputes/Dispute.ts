import { Schema } from "effect"
import { AttemptId, EntityId, MidId, SessionId } from "../ids.ts"
import { Money } from "../Money.ts"
import { DisputeState } from "../PaymentProvider.ts"

/** A charge that its cardholder's bank disputes, as the processor's own object says. */
export class Dispute extends Schema.Class<Dispute>("Dispute")({
  mid: MidId,
  reference: Schema.String,
  session: SessionId,
  attempt: AttemptId,
  entity: EntityId,
  processorReference: Schema.String,
  state: DisputeState,
  money: Money,
  reason: Schema.String,
  evidenceDueBy: Schema.optionalKey(Schema.DateTimeUtcFromString),
  openedAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}) {}

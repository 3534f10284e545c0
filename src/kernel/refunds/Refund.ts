import { Schema } from "effect"
import { Evidence } from "../cascade/Disposition.ts"
import { AttemptId, EntityId, MidId, Principal, ProviderName, SessionId } from "../ids.ts"
import { Money } from "../Money.ts"

/** One refund of a session: the session's ULID and the refund's ordinal. */
export const RefundId = Schema.String.check(Schema.isPattern(/^re_[0-9A-HJKMNP-TV-Z]{26}_[0-9]+$/)).pipe(
  Schema.brand("RefundId")
)
export type RefundId = typeof RefundId.Type

/**
 * `in_flight`: written ahead, may have been sent. `indeterminate`: sent, and nobody knows whether money went back;
 * nothing else of the charge is given back meanwhile. `declined` and `absent` are final, and so is `refunded`, unless its
 * processor says later that it did not arrive: `taken_back`, the money is here again and may be given back anew.
 */
export const RefundState = Schema.Literals([
  "in_flight",
  "refunded",
  "declined",
  "indeterminate",
  "absent",
  "taken_back"
])
export type RefundState = typeof RefundState.Type

/** `void`: the whole of a charge that its processor has not settled yet. */
export const RefundKind = Schema.Literals(["refund", "void"])
export type RefundKind = typeof RefundKind.Type

/** What stands in the way of giving a charge back for now. */
export const RefundBlocker = Schema.Literals(["charge_in_review", "refund_in_review", "disputed"])
export type RefundBlocker = typeof RefundBlocker.Type

/** Money of one capture that goes back to its customer. */
export class Refund extends Schema.Class<Refund>("Refund")({
  id: RefundId,
  session: SessionId,
  /** Counts a session's refunds from 1. */
  ordinal: Schema.Int,
  attempt: AttemptId,
  mid: MidId,
  entity: EntityId,
  provider: ProviderName,
  /** The processor's own id of the charge that it is of. */
  processorReference: Schema.String,
  /** The processor's own id of the refund. */
  refundReference: Schema.optionalKey(Schema.String),
  money: Money,
  kind: RefundKind,
  reason: Schema.String,
  requestedBy: Principal,
  idempotencyKey: Schema.String,
  state: RefundState,
  writtenAt: Schema.DateTimeUtcFromString,
  resolvedAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  evidence: Schema.optionalKey(
    Schema.Struct({
      code: Schema.optionalKey(Evidence.fields.code),
      message: Schema.optionalKey(Evidence.fields.message)
    })
  )
}) {}

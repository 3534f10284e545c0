import { Effect, Schema } from "effect"
import { Absent, Declined, Evidence } from "../../../src/kernel/cascade/Disposition.ts"
import { MidId, Principal, SessionId } from "../../../src/kernel/ids.ts"
import { Currency } from "../../../src/kernel/Money.ts"
import { Reporter } from "../../../src/kernel/PaymentLedger.ts"
import { RefundId, RefundKind } from "../../../src/kernel/refunds/Refund.ts"
import { type Again, requestOf, statement } from "./statements.ts"

// The statements about money that goes back.

const wish = requestOf(
  Schema.Struct({
    session: SessionId,
    amount: Schema.optional(Schema.Int),
    reason: Schema.String,
    processorReference: Schema.optional(Schema.String)
  })
)

const Order = Schema.Struct({
  session: SessionId,
  mid: MidId,
  processorReference: Schema.String,
  amount: Schema.Int,
  kind: RefundKind,
  reason: Schema.String,
  lease: Schema.Duration
})

const Refunded = Schema.TaggedStruct("Refunded", {
  refundReference: Schema.String,
  money: Schema.Struct({ amount: Schema.Int, currency: Currency }),
  evidence: Evidence
})

const Unknown = Schema.TaggedStruct("Indeterminate", {
  evidence: Evidence,
  refundReference: Schema.optionalKey(Schema.String)
})

const Evidenced = Schema.Struct({
  refund: RefundId,
  outcome: Schema.Union([Refunded, Declined, Unknown, Absent]),
  source: Reporter,
  by: Principal,
  version: Schema.optionalKey(Schema.Int)
})

const Heard = Schema.Struct({
  refundReference: Schema.String,
  processorReference: Schema.optionalKey(Schema.String),
  said: Schema.optionalKey(Schema.Literal("failed"))
})

const Read = Schema.Struct({
  mid: MidId,
  processorReference: Schema.String,
  refundReference: Schema.String,
  outcome: Schema.Union([Refunded, Declined]),
  source: Schema.Literals(["webhook", "lookup"]),
  version: Schema.Int,
  refunded: Schema.optionalKey(Schema.Int),
  by: Principal
})

const Sum = Schema.Struct({
  mid: MidId,
  processorReference: Schema.String,
  refunded: Schema.Int,
  version: Schema.Int,
  by: Principal
})

export const refundStatements = {
  // What a session in review waits for is told to persons, and the storage in memory knows of none.
  returns_of_session: statement(Schema.Tuple([SessionId]), ({ refunds }, [session]) =>
    Effect.map(
      refunds.ofSession(session),
      (found) => found && { captures: found.captures, refunds: found.refunds, disputes: found.disputes }
    )
  ),
  refundable: statement(Schema.Tuple([wish]), ({ refunds }, [request]) => refunds.refundable(request)),
  open_refund: statement(Schema.Tuple([Order, wish]), ({ refunds }, [order, request]) =>
    refunds.open(order, request)
  ),
  record_refund: statement(Schema.Tuple([Evidenced]), ({ refunds }, [evidence]) => refunds.record(evidence)),
  take_over_refunds: statement(Schema.Tuple([Schema.Int]), ({ refunds }, [limit]) => refunds.takeOver(limit)),
  claim_unresolved_refunds: statement(
    Schema.Tuple([Schema.Int, Schema.Duration]),
    ({ refunds }, [limit, lease]) => refunds.claimUnresolved(limit, lease)
  ),
  find_refund: statement(Schema.Tuple([MidId, Heard]), ({ refunds }, [mid, heard]) =>
    refunds.find(mid, heard)
  ),
  record_return: statement(Schema.Tuple([Read]), ({ refunds }, [read]) => refunds.recordReturn(read)),
  compare_returned: statement(Schema.Tuple([Sum]), ({ refunds }, [sum]) => refunds.compareReturned(sum))
} satisfies Readonly<Record<string, Again>>

export type RefundOperation = keyof typeof refundStatements

export const isRefundOperation = (name: string): name is RefundOperation =>
  Object.hasOwn(refundStatements, name)

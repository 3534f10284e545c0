import { Schema } from "effect"
import { ChangeState } from "../changes/ChangeRequest.ts"
import { SessionId } from "../ids.ts"
import { SessionState } from "../PaymentSession.ts"
import { RefundBlocker } from "./Refund.ts"

// Why nothing is given back. When one of these is answered, nothing was written and nothing was sent.

/** No money was captured for the session, not under the reference that was named, or nothing of it is left. */
export class NothingToRefund extends Schema.TaggedError<NothingToRefund>()("NothingToRefund", {
  session: SessionId,
  state: SessionState,
  captures: Schema.Array(Schema.String),
  /** The charge of which nothing is left. */
  gone: Schema.optionalKey(Schema.String)
}) {
  get field(): string {
    return this.gone !== undefined || this.captures.length === 0 ? "session" : "processorReference"
  }
  override get message(): string {
    if (this.gone !== undefined)
      return `nothing is left of the charge ${this.gone} of ${this.session}: all of it went back, or a dispute took it`
    return this.captures.length === 0
      ? `nothing was captured for ${this.session}, which is ${this.state}`
      : `name one of the charges of ${this.session}: ${this.captures.join(", ")}`
  }
}

/** A second person did not sign it: somebody said no, it was withdrawn, or nobody decided in time. */
export class RefundNotApproved extends Schema.TaggedError<RefundNotApproved>()("RefundNotApproved", {
  change: Schema.String,
  state: ChangeState
}) {
  override get message(): string {
    return `nobody signed it: ${this.change} is ${this.state}; to ask again, use another idempotency key`
  }
}

/** More than is left of the charge. */
export class RefundTooLarge extends Schema.TaggedError<RefundTooLarge>()("RefundTooLarge", {
  /** Minor units. */
  amount: Schema.Int,
  refundable: Schema.Int,
  currency: Schema.String
}) {
  get field(): string {
    return "amount"
  }
  override get message(): string {
    return `${this.amount} minor units of ${this.currency} are more than the ${this.refundable} that are left to give back`
  }
}

/** Somebody does not know yet what became of money of this session: what is given back now might go back twice. */
export class RefundBlocked extends Schema.TaggedError<RefundBlocked>()("RefundBlocked", {
  session: SessionId,
  reason: RefundBlocker,
  /** The refund or the dispute that stands in the way. */
  by: Schema.optionalKey(Schema.String)
}) {
  get field(): string {
    return "session"
  }
  override get message(): string {
    switch (this.reason) {
      case "charge_in_review":
        return `a charge of ${this.session} is being checked; refund once it is known`
      case "refund_in_review":
        return `the refund ${this.by ?? ""} is on its way or being checked; ask for no other until it is known`
      case "disputed":
        return `the charge is disputed (${this.by ?? ""}): the bank takes it back, and a refund would pay twice`
    }
  }
}

/** The processor takes back the whole of a charge that is not settled yet, and no part of it. */
export class NotSettledYet extends Schema.TaggedError<NotSettledYet>()("NotSettledYet", {
  amount: Schema.Int,
  captured: Schema.Int
}) {
  get field(): string {
    return "amount"
  }
  override get message(): string {
    return `the processor has not settled the charge yet: give back all ${this.captured} minor units now, or a part of them later`
  }
}

/** The processor was asked what may be given back, and knows no such charge. Nothing was sent. */
export class UnknownCharge extends Schema.TaggedError<UnknownCharge>()("UnknownCharge", {
  provider: Schema.String,
  processorReference: Schema.String
}) {
  get field(): string {
    return "processorReference"
  }
  override get message(): string {
    return `${this.provider} knows no charge ${this.processorReference}, although it is on record as captured; nothing was given back, and asking again does not help: an operator has to look at it`
  }
}

/** The processor could not be asked what may be given back. Nothing was sent. */
export class ProcessorUnavailable extends Schema.TaggedError<ProcessorUnavailable>()("ProcessorUnavailable", {
  provider: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.provider} could not be asked (${this.problem}); nothing was given back, and you may ask again`
  }
}

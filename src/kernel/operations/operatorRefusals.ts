import { Schema } from "effect"
import { Gate } from "../MerchantAccount.ts"

/** The key is no operator's. Nothing was done, and nothing is told of what there is. */
export class OperatorsOnly extends Schema.TaggedError<OperatorsOnly>()("OperatorsOnly", {}) {
  override get message(): string {
    return "only an operator may do this; ask with the API key of one"
  }
}

/** The gate is on record already. */
export class GatePassedBefore extends Schema.TaggedError<GatePassedBefore>()("GatePassedBefore", {
  mid: Schema.String,
  gate: Gate
}) {
  get field(): string {
    return "gate"
  }
  override get message(): string {
    return `${this.mid} has passed the gate ${this.gate} already, and one word for it is kept: vouch for another gate, or revoke this one first and pass it anew`
  }
}

/** The gate is not passed, so there is nothing to revoke. */
export class GateNotPassed extends Schema.TaggedError<GateNotPassed>()("GateNotPassed", {
  mid: Schema.String,
  gate: Gate
}) {
  get field(): string {
    return "gate"
  }
  override get message(): string {
    return `${this.mid} has not passed the gate ${this.gate}, or it was revoked already`
  }
}

import { DateTime, Schema } from "effect"
import { withoutCardNumber } from "../cardNumbers.ts"
import { ChangeRequest, ChangeState } from "./ChangeRequest.ts"

/** It loosens what guards money, so a second person has to sign; the request for that stands. Nothing else was done. */
export class NeedsApproval extends Schema.TaggedError<NeedsApproval>()("NeedsApproval", {
  change: ChangeRequest
}) {
  override get message(): string {
    const { id, expiresAt } = this.change
    return `this takes two persons; ${id} waits until ${DateTime.formatIso(expiresAt)} for another operator to approve it`
  }
}

/** There is no such change request. */
export class UnknownChange extends Schema.TaggedError<UnknownChange>()("UnknownChange", {
  change: Schema.String
}) {
  static of(id: string): UnknownChange {
    return new UnknownChange({ change: withoutCardNumber(id).slice(0, 80) })
  }
  get field(): string {
    return "changeRequest"
  }
  override get message(): string {
    return `there is no change request ${JSON.stringify(this.change)}; changeRequests lists those that are open`
  }
}

/** Something else is asked for of the same. */
export class ChangeOpenAlready extends Schema.TaggedError<ChangeOpenAlready>()("ChangeOpenAlready", {
  change: Schema.String
}) {
  override get message(): string {
    return `${this.change} is open for the same and says something else; approve it, reject it, withdraw it, or wait until it expires`
  }
}

/** The request was decided before, or its time is over. */
export class ChangeDecided extends Schema.TaggedError<ChangeDecided>()("ChangeDecided", {
  state: ChangeState
}) {
  override get message(): string {
    return `the change request is ${this.state} already; ask again if there is still something to change`
  }
}

/** What stood there when it was asked for does not stand there any more. Nothing was done. */
export class ChangedSince extends Schema.TaggedError<ChangedSince>()("ChangedSince", {
  differences: Schema.Array(
    Schema.Struct({ field: Schema.String, before: Schema.String, now: Schema.String })
  )
}) {
  override get message(): string {
    const where = this.differences.map(({ field, before, now }) => `${field} was ${before} and is ${now}`)
    return `what it was asked against has changed since: ${where.join("; ")}; reject it, look at what stands there now, and ask again`
  }
}

/** Only who asked withdraws. */
export class AskedByAnother extends Schema.TaggedError<AskedByAnother>()("AskedByAnother", {}) {
  override get message(): string {
    return "somebody else asked for it; whoever asked withdraws it, everybody else rejects it"
  }
}

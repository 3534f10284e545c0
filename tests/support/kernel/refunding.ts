import { DateTime, Effect } from "effect"
import { AttemptId, EntityId, MidId, Principal, ProviderName, SessionId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { Refund, RefundId } from "../../../src/kernel/refunds/Refund.ts"
import type { RefundableCapture, RefundLedger } from "../../../src/kernel/refunds/RefundLedger.ts"

type Ledger = RefundLedger["Service"]

const ulid = "01JD0000000000000000000000"
export const session = SessionId.make(`ps_${ulid}`)
export const usd = (amount: number) => new Money({ amount, currency: "USD" })
export const mid = MidId.make("mid_1")
export const provider = ProviderName.make("processor")
export const by = Principal.make("app")

/** A refund of all of a charge, as its write-ahead makes it. */
export const refund = (changes: Partial<ConstructorParameters<typeof Refund>[0]> = {}): Refund =>
  new Refund({
    id: RefundId.make(`re_${ulid}_1`),
    session,
    ordinal: 1,
    attempt: AttemptId.make(`at_${ulid}_1`),
    mid,
    entity: EntityId.make("loop_goods"),
    provider,
    processorReference: "ch_1",
    money: usd(4900),
    kind: "refund",
    reason: "it was broken",
    requestedBy: by,
    idempotencyKey: "key_1",
    state: "in_flight",
    writtenAt: DateTime.makeUnsafe(0),
    ...changes
  })

export const capture = (changes: Partial<RefundableCapture> = {}): RefundableCapture => ({
  attempt: AttemptId.make(`at_${ulid}_1`),
  mid,
  provider,
  processorReference: "ch_1",
  captured: usd(4900),
  refundable: 4900,
  ...changes
})

const stateOf = {
  Refunded: "refunded",
  Declined: "declined",
  Indeterminate: "indeterminate",
  Absent: "absent"
} as const

/** A ledger of refunds that answers what a test says; what it was to record, and in which steps it was called. */
export const fakeRefundLedger = (answers: Partial<Ledger> = {}) => {
  const recorded: Array<Parameters<Ledger["record"]>[0]> = []
  const unscripted = (step: string) => Effect.die(`the test does not say what ${step} answers`)
  const service: Ledger = {
    ofSession: () => unscripted("ofSession"),
    refundable: () =>
      Effect.succeed({ _tag: "Refundable", state: "settled", version: 7, captures: [capture()] }),
    open: ({ amount, kind }) =>
      Effect.succeed({ _tag: "Permitted", refund: refund({ money: usd(amount), kind }) }),
    takeOver: () => unscripted("takeOver"),
    claimUnresolved: () => unscripted("claimUnresolved"),
    find: () => unscripted("find"),
    recordReturn: () => unscripted("recordReturn"),
    compareReturned: () => Effect.succeed(true),
    claimMissing: () => unscripted("claimMissing"),
    recordDispute: () => unscripted("recordDispute"),
    ...answers,
    record: (evidence) => {
      recorded.push(evidence)
      return answers.record?.(evidence) ?? Effect.succeed(refund({ state: stateOf[evidence.outcome._tag] }))
    }
  }
  return { service, recorded }
}

import { Clock, Effect } from "effect"
import type { Outcome } from "../../../src/kernel/cascade/Disposition.ts"
import {
  type Candidate,
  LedgerUnavailable,
  type PassedOver,
  type PaymentLedger,
  type Recording
} from "../../../src/kernel/PaymentLedger.ts"
import type { SessionDeclaration, SessionState } from "../../../src/kernel/PaymentSession.ts"
import { permitFor } from "./cascade.ts"

type Ledger = PaymentLedger["Service"]

/** Where and how a fake ledger is to misbehave. */
export interface Mischief {
  /** Accounts that the write-ahead finds stopped. */
  readonly stopped?: ReadonlyArray<string>
  /** What each write waits for before it is sent; it says when that was. */
  readonly beforeSent?: Effect.Effect<void>
  /** Happens before each write is acknowledged. */
  readonly beforeOpenAnswers?: Effect.Effect<void>
  readonly beforeRecordAnswers?: Effect.Effect<void>
  /** How many times in a row recording is not acknowledged, or `broken`: it dies. */
  readonly failingRecords?: number | "broken" | "silent"
  readonly openIsUnavailable?: boolean
  readonly declaration?: SessionDeclaration
  /** Calls that a test answers itself. */
  readonly answers?: Partial<Ledger>
}

/**
 * A ledger of one session that knows the cascade's steps and nothing else. `calls` is what it was asked, in order:
 * `open mid_a,mid_b`, `record 1 Captured approved`. `evidence` is what it was to record, in full.
 */
export const fakeLedger = (mischief: Mischief = {}) => {
  const calls: Array<string> = []
  const evidence: Array<Parameters<Ledger["record"]>[0]> = []
  let failures = 0
  let ordinal = 0

  const unavailable = (operation: string) =>
    Effect.fail(new LedgerUnavailable({ operation, cause: new Error("the connection is gone") }))
  const unscripted = (operation: string) => Effect.die(`the test does not say what ${operation} answers`)

  const permitFirst = Effect.fnUntraced(function* (candidates: ReadonlyArray<Candidate>) {
    yield* mischief.beforeSent ?? Effect.void
    const askedAt = mischief.beforeSent === undefined ? undefined : yield* Clock.monotonicTimeNanos
    const stopped = mischief.stopped ?? []
    const at = candidates.findIndex(({ mid }) => !stopped.includes(mid))
    const passed = at === -1 ? candidates : candidates.slice(0, at)
    const passedOver: ReadonlyArray<PassedOver> = passed.map(({ mid }) => ({ mid, reason: "kill_switch_on" }))
    const candidate = candidates[at]
    const permit = candidate === undefined ? undefined : permitFor(candidate, ++ordinal, askedAt)
    return { passedOver, permit }
  })

  const service: Ledger = {
    open: Effect.fnUntraced(function* (_session, candidates) {
      calls.push(`open ${candidates.map(({ mid }) => mid).join()}`)
      if (mischief.openIsUnavailable === true) return yield* unavailable("open")
      const { permit, passedOver } = yield* permitFirst(candidates)
      yield* mischief.beforeOpenAnswers ?? Effect.void
      return permit === undefined
        ? { _tag: "NonePermitted", passedOver }
        : { _tag: "Permitted", permit, passedOver }
    }),
    record: Effect.fnUntraced(function* (told) {
      const { attempt, outcome, next } = told
      evidence.push(told)
      calls.push(`record ${attempt.split("_")[2] ?? ""} ${outcome._tag} ${outcome.evidence.code}`)
      if (mischief.failingRecords === "silent") return yield* Effect.never
      if (mischief.failingRecords === "broken") return yield* Effect.die("the ledger broke")
      if (failures < (mischief.failingRecords ?? 0)) {
        failures++
        return yield* unavailable("record")
      }
      const { permit, passedOver } =
        outcome._tag === "Declined" ? yield* permitFirst(next) : { permit: undefined, passedOver: [] }
      yield* mischief.beforeRecordAnswers ?? Effect.void
      const recording: Recording = {
        attempt: attemptState[outcome._tag],
        session: permit === undefined ? sessionState[outcome._tag] : "processing",
        passedOver,
        ...(permit === undefined ? {} : { next: permit })
      }
      return recording
    }),
    declaration: () => Effect.succeed(mischief.declaration),
    declare: () => unscripted("declare"),
    declaredBefore: () => unscripted("declaredBefore"),
    session: () => unscripted("session"),
    attempts: () => unscripted("attempts"),
    cancel: () => unscripted("cancel"),
    expireDue: () => unscripted("expireDue"),
    takeOver: () => unscripted("takeOver"),
    claimUnresolved: () => unscripted("claimUnresolved"),
    claimFulfilment: () => unscripted("claimFulfilment"),
    ...mischief.answers
  }
  return { calls, evidence, service }
}

const attemptState = {
  Captured: "captured",
  Declined: "declined",
  Indeterminate: "indeterminate",
  Absent: "absent"
} as const satisfies Record<Outcome["_tag"], Recording["attempt"]>

const sessionState = {
  Captured: "settled",
  Declined: "pending",
  Indeterminate: "in_review",
  Absent: "failed"
} as const satisfies Record<Outcome["_tag"], SessionState>

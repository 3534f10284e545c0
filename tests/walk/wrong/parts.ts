import {
  type CascadeEnd,
  type CascadeState,
  step,
  type Transition
} from "../../../src/kernel/cascade/Cascade.ts"
import { type Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { idempotencyKey } from "../../../src/kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../../src/kernel/cascade/SendPermit.ts"
import { choose, writeAttempt } from "../../../src/layers/memory/open.ts"
import type { SessionRow, Store } from "../../../src/layers/memory/Store.ts"
import { transact } from "../../../src/layers/memory/transaction.ts"
import { shipped, type Steps } from "../Ledgers.ts"
import * as scene from "../scene.ts"

// Parts of a machine with a bug. None of this is shipped.

export const scope = (mids: number, drivers: number, faults: number): scene.Scope => ({
  mids,
  drivers,
  faults
})
export const evidence = { code: "wrong", message: "a bug of a test" }

const unknown = new Indeterminate({ evidence })

type RecordStep = Steps["record"]

/** The shipped record, after which something is done to the row that it wrote. */
export const recordThen =
  (
    spoil: (
      row: SessionRow,
      store: Store,
      ...said: [Parameters<RecordStep>[2], ReturnType<RecordStep>]
    ) => void
  ): RecordStep =>
  (store, now, recorded) => {
    const recording = shipped.record(store, now, recorded)
    spoil(scene.rowOf(store), store, recorded, recording)
    return recording
  }

/** The shipped cascade that tells its end otherwise. */
export const endsAs =
  (change: (end: Extract<CascadeEnd, { _tag: "Ended" }>) => CascadeEnd): typeof step =>
  (state, event) => {
    const [next, command] = step(state, event)
    if (command._tag !== "Stop" || command.end._tag !== "Ended") return [next, command]
    const end = change(command.end)
    return [
      { _tag: "Stopped", end },
      { _tag: "Stop", end }
    ]
  }

type Sending = Extract<CascadeState, { _tag: "Sending" }>

const recordAndGoOn = (
  { permit, remaining: next }: Sending,
  outcome: Declined | Indeterminate
): Transition => [
  { _tag: "Recording", permit, heard: outcome._tag, next },
  { _tag: "Record", permit, outcome, next }
]

export const hardLikeSoft: typeof step = (state, event) =>
  state._tag === "Sending" && event._tag === "ChargeDeclined"
    ? recordAndGoOn(state, event.declined)
    : step(state, event)

export const goesOnAfterUnknown: typeof step = (state, event) =>
  state._tag === "Sending" && event._tag === "ChargeIndeterminate"
    ? recordAndGoOn(state, event.indeterminate)
    : step(state, event)

export const recordsForEver: typeof step = (state, event) =>
  state._tag === "Recording" && event._tag === "Recorded" && state.heard === "Indeterminate"
    ? [state, { _tag: "Record", permit: state.permit, outcome: unknown, next: [] }]
    : step(state, event)

/** Writes the next attempt after an unknown outcome, as it does after a soft decline. */
export const writesNextAfterUnknown: RecordStep = (store, now, recorded) => {
  const recording = shipped.record(store, now, recorded)
  const row = scene.rowOf(store)
  if (recorded.outcome._tag !== "Indeterminate" || row.state !== "in_review") return recording
  return transact(store, now, row, (transaction) => {
    const { permitted } = choose(store, now, row, recorded.next, undefined)
    if (permitted === undefined) return recording
    transaction.session.state = "processing"
    return { ...recording, session: "processing", next: writeAttempt(transaction, permitted, undefined) }
  })
}

/** Takes a session that stands so for a pending one. */
export const disguised =
  <Rest extends ReadonlyArray<unknown>, A>(
    call: (store: Store, ...rest: Rest) => A,
    state: SessionRow["state"]
  ): ((store: Store, ...rest: Rest) => A) =>
  (store, ...rest) => {
    const row = scene.rowOf(store)
    if (row.state !== state) return call(store, ...rest)
    store.sessions.set(scene.session, { ...row, state: "pending" })
    const answer = call(store, ...rest)
    if (scene.rowOf(store).state === "pending") store.sessions.set(scene.session, row)
    return answer
  }

export const opensInReview: Steps["open"] = (store, ...rest) => {
  const opening = shipped.open(store, ...rest)
  return opening._tag === "NotPayable" ? disguised(shipped.open, "in_review")(store, ...rest) : opening
}

export const asInTheBeginning = scene.firstStore(scope(3, 1, 0)).accounts

export const ignoresWhatComesLate: RecordStep = (store, now, recorded) => {
  const before = scene.rowOf(store)
  const state = before.attempts.find(({ attempt }) => attempt === recorded.attempt)?.state
  return state === "declined" || state === "absent" || state === "captured"
    ? { attempt: state, session: before.state, passedOver: [] }
    : shipped.record(store, now, recorded)
}

/** Evidence of a resolved attempt is written down, and nothing follows from it. */
export const lateEvidenceOnly: RecordStep = (store, now, recorded) => {
  const before = scene.rowOf(store)
  const recording = shipped.record(store, now, recorded)
  const resolved = before.attempts.some(
    ({ attempt, state }) => attempt === recorded.attempt && (state === "declined" || state === "absent")
  )
  if (!resolved) return recording
  const { evidence: heard } = scene.rowOf(store)
  store.sessions.set(scene.session, { ...before, evidence: heard })
  store.events.length = 0
  return recording
}

/** What was never heard of is taken for declined, and the customer may try again. */
export const absentAsDeclined = recordThen((row, { events }, { outcome }) => {
  if (outcome._tag !== "Absent" || row.state !== "failed") return
  for (const attempt of row.attempts) if (attempt.state === "absent") attempt.state = "declined"
  row.state = "pending"
  events.length = 0
})

export const hasIncident = (
  { incidents }: SessionRow,
  kind: SessionRow["incidents"][number]["kind"]
): boolean => incidents.some((incident) => incident.kind === kind)

export const madeUp = (row: SessionRow): ReadonlyArray<SendPermit> => {
  const [account] = scene.accountsOf(scope(1, 1, 0))
  if (account === undefined || row.attempts.length > 0) return []
  return [
    SendPermit.afterCommit({
      attempt: scene.attempt(1),
      session: scene.session,
      ordinal: 1,
      mid: account.id,
      provider: account.provider,
      money: row.declaration.money,
      idempotencyKey: idempotencyKey(scene.session, 1, account.id),
      fence: 1
    })
  ]
}

export const resends = ({ attempts }: SessionRow): ReadonlyArray<SendPermit> =>
  attempts.filter(({ state }) => state === "indeterminate").map((row) => SendPermit.afterCommit(row))

import { Effect } from "effect"
import type { Days } from "../db/reads/figures.ts"
import { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import type { Recorded, Tried } from "../db/reads/recorded.ts"
import { EntityRegistry } from "../kernel/EntityRegistry.ts"
import type { EntityId, MidId } from "../kernel/ids.ts"
import { type AccountChange, replay, type ReplayedDecision } from "../kernel/routing/PolicyReplay.ts"

/** The most decisions that one replay is of. */
export const mostDecisions = 5000
const batchSize = 1000

/** A decision as it was, and as it would be. */
export interface Compared {
  readonly recorded: Recorded
  readonly replayed: ReplayedDecision
}

/** What one account was and would be chosen for first. */
export interface FirstChoices {
  readonly mid: MidId
  readonly before: number
  readonly after: number
}

export interface Replayed {
  readonly policyVersion: number
  readonly decisions: number
  /** The window has more decisions than one replay is of. */
  readonly complete: boolean
  readonly different: number
  readonly differentFirst: number
  readonly nobodyBefore: number
  readonly nobodyAfter: number
  readonly differentToday: number
  readonly firstChoices: ReadonlyArray<FirstChoices>
  readonly examples: ReadonlyArray<Compared>
}

interface Asked {
  readonly days: Days
  readonly entity: EntityId | undefined
  readonly changes: ReadonlyArray<AccountChange>
  /** How many of the decisions that differ are shown. */
  readonly examples: number
}

/** Replays a window in batches, so that no statement and no list is longer than one of them. */
export const runReplay = Effect.fn("policyReplay")(function* (scope: ReadScope, asked: Asked) {
  const { days, entity, changes } = asked
  const reads = yield* PaymentReads
  const { policy, entities } = yield* (yield* EntityRegistry).snapshot
  const replaying = replay(
    policy,
    [...entities.values()].map(({ id }) => id),
    changes
  )
  const { capped } = replaying
  if (capped.length > 0) {
    for (const sum of yield* reads.capturedBefore(scope, capped, days.from)) replaying.captured(sum)
  }
  const counts = {
    decisions: 0,
    different: 0,
    differentFirst: 0,
    nobodyBefore: 0,
    nobodyAfter: 0,
    differentToday: 0
  }
  const firsts = new Map<MidId, { before: number; after: number }>()
  const first = (mid: MidId | undefined, when: "before" | "after") => {
    if (mid === undefined) return
    const own = firsts.get(mid) ?? { before: 0, after: 0 }
    own[when]++
    firsts.set(mid, own)
  }
  const examples: Array<Compared> = []
  let after: Tried | undefined
  let complete = false
  let heard = `${Date.parse(`${days.from}T00:00:00Z`)}000`
  while (!complete && counts.decisions < mostDecisions) {
    const batch = yield* reads.recordedDecisions(scope, days, { entity }, after, batchSize)
    complete = batch.length < batchSize
    after = batch.at(-1)
    if (after === undefined) break
    const captures =
      capped.length === 0 ? [] : yield* reads.recordedCaptures(scope, capped, heard, after.micros)
    heard = after.micros
    let nextCapture = 0
    for (const { recorded } of batch) {
      if (recorded === null) continue
      if (counts.decisions === mostDecisions) {
        complete = false
        break
      }
      for (
        let one = captures[nextCapture];
        one !== undefined && one.at < recorded.at;
        one = captures[nextCapture]
      ) {
        replaying.captured(one)
        nextCapture++
      }
      const { inputs, chosen, leftOut } = recorded.decision
      const replayed = replaying.decide({
        session: recorded.session,
        at: recorded.at,
        inputs,
        chosen,
        leftOut
      })
      counts.decisions++
      if (replayed.differs) counts.different++
      if (replayed.chosen[0] !== chosen[0]) counts.differentFirst++
      if (chosen.length === 0) counts.nobodyBefore++
      if (replayed.chosen.length === 0) counts.nobodyAfter++
      if (replayed.differsToday) counts.differentToday++
      first(chosen[0], "before")
      first(replayed.chosen[0], "after")
      if (replayed.differs && examples.length < asked.examples) examples.push({ recorded, replayed })
    }
    for (const one of captures.slice(nextCapture)) replaying.captured(one)
  }
  const firstChoices = [...firsts]
    .map(([mid, own]) => ({ mid, ...own }))
    .toSorted((a, b) => (a.mid < b.mid ? -1 : 1))
  const answer: Replayed = { ...counts, policyVersion: policy.version, complete, firstChoices, examples }
  return answer
})

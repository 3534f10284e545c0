import type { AttemptRow, SessionRow, Store } from "../../src/layers/memory/Store.ts"
import type { Ledger } from "./Ledgers.ts"
import * as scene from "./scene.ts"

// What of a ledger makes a difference to what can still happen. Two ledgers with one key are walked as one.

const final: ReadonlySet<SessionRow["state"]> = new Set(["settled", "failed", "cancelled", "expired"])
export const isFinal = ({ state }: SessionRow): boolean => final.has(state)
export const isLive = ({ state }: AttemptRow): boolean => state === "in_flight" || state === "indeterminate"

/**
 * The same ledger without what nobody reads: audit rows (the laws have seen them), evidence that says the same again,
 * times that are only compared with a clock that stands still, and, once no attempt can be written any more, which
 * accounts are stopped. When an attempt is looked up next is left open: the reconciler may ask at any time.
 */
export const canonical = (ledger: Ledger, accounts: Store["accounts"]): Ledger => {
  const { store, row: before } = ledger
  const over = isFinal(before)
  const row: SessionRow = {
    ...before,
    updatedAt: 0,
    audit: [],
    expiresAt: over ? scene.never : before.expiresAt,
    evidence: different(before.evidence),
    attempts: before.attempts.map((attempt) => ({
      ...attempt,
      checks: 0,
      nextCheckAt: 0,
      claimedUntil: 0,
      writtenAt: isLive(attempt) ? attempt.writtenAt : scene.now,
      leaseUntil: attempt.state === "in_flight" && attempt.leaseUntil <= scene.now ? 0 : scene.never
    }))
  }
  const kept: Store = {
    ...store,
    accounts: over ? accounts : store.accounts,
    sessions: new Map([[scene.session, row]]),
    events: []
  }
  return { ...ledger, store: kept, row }
}

const different = (evidence: SessionRow["evidence"]): SessionRow["evidence"] => {
  const seen = new Set<string>()
  return evidence.filter(({ attempt, source, outcome }) => {
    const key = `${attempt} ${source} ${outcome._tag}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

export const keyOfLedger = ({ store, row, charged, fulfilled }: Ledger): string => {
  const stopped = [...store.accounts.values()].map(
    ({ killSwitch, underwrittenFor }) => (killSwitch ? "k" : "") + (underwrittenFor.length === 0 ? "u" : "")
  )
  const facts = row.facts.map(
    ({ attempt, processorReference, amount }) => `${attempt} ${processorReference} ${amount}`
  )
  const incidents = row.incidents.map(
    ({ kind, attempt, processorReference }) => `${kind} ${attempt} ${processorReference}`
  )
  return [
    row.state,
    row.round,
    row.fence,
    row.expiresAt > scene.now ? "" : "time over",
    row.fulfilment,
    charged,
    fulfilled,
    row.attempts.map((attempt) => keyOfAttempt(row, attempt)),
    facts.toSorted(),
    incidents.toSorted(),
    stopped,
    [...store.keys.keys()].toSorted()
  ].join("|")
}

/** Of its evidence only a claim of money is read again: it stands against every later "no". */
const keyOfAttempt = (
  row: SessionRow,
  { attempt, mid, fence, state, leaseUntil, writtenAt }: AttemptRow
): string =>
  [
    mid,
    fence,
    state,
    leaseUntil === 0 ? "lease over" : "",
    writtenAt === 0 ? "past horizon" : "",
    row.evidence.some((heard) => heard.attempt === attempt && heard.outcome._tag === "Captured")
      ? "claimed"
      : ""
  ].join(" ")

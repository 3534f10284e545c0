import { DateTime } from "effect"
import { Indeterminate } from "../../kernel/cascade/Disposition.ts"
import { Principal } from "../../kernel/ids.ts"
import type { Unresolved } from "../../kernel/PaymentLedger.ts"
import { record } from "./record.ts"
import { toAttempt } from "./rows.ts"
import type { AttemptRow, SessionRow, Store } from "./Store.ts"
import { audit, publish, transact } from "./transaction.ts"

const expiry = Principal.make("expiry")
const takeover = Principal.make("takeover")

/** Expires pending sessions whose time is over. */
export const expireDue = (store: Store, now: number, limit: number): number => {
  const due = [...store.sessions.values()]
    .filter(({ state, expiresAt }) => state === "pending" && expiresAt <= now)
    .toSorted((a, b) => a.expiresAt - b.expiresAt)
    .slice(0, limit)
  for (const row of due) {
    transact(store, now, row, (transaction) => {
      transaction.session.state = "expired"
      publish(transaction, "payment.session_expired.v1")
      audit(transaction, expiry, "session_expired")
    })
  }
  return due.length
}

/** Makes attempts indeterminate whose driver let its lease run out. */
export const takeOver = (store: Store, now: number, limit: number): number => {
  const dead = attemptsIn(store, ({ state, leaseUntil }) => state === "in_flight" && leaseUntil <= now)
  const taken = dead.toSorted((a, b) => a.row.leaseUntil - b.row.leaseUntil).slice(0, limit)
  for (const { row } of taken) {
    record(store, now, {
      attempt: row.attempt,
      fence: row.fence,
      outcome: new Indeterminate({
        evidence: { code: "driver_died", message: "its driver recorded no outcome in its time" }
      }),
      source: "takeover",
      next: [],
      by: takeover
    })
  }
  return taken.length
}

/**
 * Gives each due indeterminate attempt to one asker, those first that have been due for longest. A claim is no
 * evidence and leaves no audit row.
 */
export const claimUnresolved = (
  store: Store,
  now: number,
  limit: number,
  lease: number
): ReadonlyArray<Unresolved> =>
  attemptsIn(
    store,
    ({ state, nextCheckAt, claimedUntil }) =>
      state === "indeterminate" && nextCheckAt <= now && claimedUntil <= now
  )
    .toSorted((a, b) => dueAt(a.row) - dueAt(b.row))
    .slice(0, limit)
    .toSorted((a, b) => a.row.writtenAt - b.row.writtenAt)
    .map(({ session, row }) => {
      row.claimedUntil = now + lease
      const reference = referenceHeard(session, row)
      return {
        ...(reference === undefined ? {} : { processorReference: reference }),
        attempt: toAttempt(session, row),
        writtenAt: DateTime.makeUnsafe(row.writtenAt),
        age: now - row.writtenAt
      }
    })

/** The newest id of the processor's that was heard of an attempt. */
const referenceHeard = ({ evidence }: SessionRow, { attempt }: AttemptRow): string | undefined =>
  evidence
    .filter((heard) => heard.attempt === attempt)
    .map(({ outcome }) => (outcome._tag === "Absent" ? undefined : outcome.processorReference))
    .findLast((reference) => reference !== undefined)

const dueAt = ({ nextCheckAt, claimedUntil }: AttemptRow): number => Math.max(nextCheckAt, claimedUntil)

const attemptsIn = (
  store: Store,
  wanted: (row: AttemptRow) => boolean
): ReadonlyArray<{ readonly session: SessionRow; readonly row: AttemptRow }> =>
  [...store.sessions.values()].flatMap((session) =>
    session.attempts.filter(wanted).map((row) => ({ session, row }))
  )

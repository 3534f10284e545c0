import { Clock, Duration, Effect, Layer } from "effect"
import { Principal } from "../../../kernel/ids.ts"
import { LedgerUnavailable } from "../../../kernel/PaymentLedger.ts"
import {
  RefundLedger,
  type RefundFound,
  type UnresolvedRefund
} from "../../../kernel/refunds/RefundLedger.ts"
import { factKey, MemoryStore, type RefundRow, type SessionRow, type Store } from "../Store.ts"
import { openRefund, refundBefore } from "./openRefund.ts"
import { recordRefund } from "./recordRefund.ts"
import { compareReturned, recordReturn } from "./recordReturn.ts"
import { capturesOf, isOpen, openRefundOf, toRefund } from "./sums.ts"

const takeover = Principal.make("takeover")

/**
 * The ledger of refunds in memory: what the database does, without the database. It knows of no disputes, no limits and
 * no persons, and so no review ends in it.
 */
export const layer: Layer.Layer<RefundLedger, never, MemoryStore> = Layer.effect(
  RefundLedger,
  Effect.gen(function* () {
    const store = yield* MemoryStore
    return {
      ofSession: (session) =>
        step("returns_of_session", () => {
          const row = store.sessions.get(session)
          if (row === undefined) return undefined
          const refunds = row.refunds.toReversed().map(toRefund)
          return { captures: capturesOf(row), refunds, disputes: [], waitsFor: [], lateCaptures: [] }
        }),
      refundable: (request) =>
        step("refundable", () => {
          const row = store.sessions.get(request.body.session)
          if (row === undefined) return undefined
          const captures = capturesOf(row)
          return (
            refundBefore(store, request) ?? {
              _tag: "Refundable",
              state: row.state,
              version: row.audit.length,
              captures
            }
          )
        }),
      open: (order, request) => step("open_refund", (now) => openRefund(store, now, order, request)),
      record: (evidence) =>
        step("record_refund", (now) => {
          const row = recordRefund(store, now, evidence)
          return row === undefined ? undefined : toRefund(row)
        }),
      takeOver: (limit) => step("take_over_refunds", (now) => takeOver(store, now, limit)),
      claimUnresolved: (limit, lease) =>
        step("claim_unresolved_refunds", (now) =>
          claimUnresolved(store, now, limit, Duration.toMillis(lease))
        ),
      find: (mid, heard) =>
        step("find_refund", (now) => find(store, now, mid, heard.refundReference, heard.processorReference)),
      recordReturn: (read) => step("record_return", (now) => recordReturn(store, now, read)),
      compareReturned: (sum) => step("compare_returned", (now) => compareReturned(store, now, sum)),
      claimMissing: () => Effect.die(new Error("nobody searches the storage in memory for what is missing")),
      recordDispute: () => Effect.die(new Error("the storage in memory knows of no disputes"))
    }
  })
)

/** One call, one step, at one time of the clock. A broken prohibition fails it as a refused statement would. */
const step = <A>(operation: string, run: (now: number) => A): Effect.Effect<A, LedgerUnavailable> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.try({
      try: () => run(now),
      catch: (cause) => new LedgerUnavailable({ operation, cause, refused: true })
    })
  )

const refundsIn = (store: Store, wanted: (row: RefundRow) => boolean) =>
  [...store.sessions.values()].flatMap((session) =>
    session.refunds.filter(wanted).map((row) => ({ session, row }))
  )

/** Makes refunds indeterminate whose sender let its lease run out. */
const takeOver = (store: Store, now: number, limit: number): number => {
  const dead = refundsIn(store, ({ state, leaseUntil }) => state === "in_flight" && leaseUntil <= now)
  // Of a session that one is taken of, all are.
  const first = dead.toSorted((a, b) => a.row.leaseUntil - b.row.leaseUntil).slice(0, limit)
  const sessions = new Set(first.map(({ row }) => row.session))
  const taken = dead.filter(({ row }) => sessions.has(row.session))
  for (const { row } of taken) {
    const evidence = { code: "driver_died", message: "its driver recorded no outcome in its time" }
    recordRefund(store, now, {
      refund: row.id,
      outcome: { _tag: "Indeterminate", evidence },
      source: "takeover",
      by: takeover
    })
  }
  return taken.length
}

/** Gives each due unknown refund to one asker. A claim is no evidence and leaves no audit row. */
const claimUnresolved = (
  store: Store,
  now: number,
  limit: number,
  lease: number
): ReadonlyArray<UnresolvedRefund> =>
  refundsIn(store, ({ state, nextCheckAt }) => state === "indeterminate" && nextCheckAt <= now)
    .toSorted((a, b) => a.row.nextCheckAt - b.row.nextCheckAt)
    .slice(0, limit)
    .toSorted((a, b) => a.row.writtenAt - b.row.writtenAt)
    .map(({ session, row }) => {
      row.nextCheckAt = now + lease
      return unresolved(session, row, now)
    })

const unresolved = (session: SessionRow, row: RefundRow, now: number): UnresolvedRefund => {
  const reference = session.refundEvidence.findLast(
    (heard) => heard.refund === row.id && heard.reference !== undefined
  )?.reference
  return {
    refund: toRefund(row),
    age: now - row.writtenAt,
    version: session.audit.length,
    ...(reference === undefined ? {} : { refundReference: reference })
  }
}

/** What a webhook about a refund may be about: the charge that it names, or that we know the refund to be of. */
const find = (
  store: Store,
  now: number,
  mid: string,
  reference: string,
  processorReference: string | undefined
): RefundFound | undefined => {
  const ofCharge = (named: string | undefined) => store.facts.get(factKey(mid, named ?? ""))
  const fact =
    ofCharge(processorReference) ??
    ofCharge(store.returns.get(factKey(mid, reference))?.processorReference) ??
    // The processor named its refund to us before, and does not name the charge now.
    ofCharge(openUnder(store, mid, reference)?.processorReference)
  const session = fact === undefined ? undefined : store.sessions.get(fact.session)
  const attempt = session?.attempts.find((one) => one.attempt === fact?.attempt)
  if (fact === undefined || session === undefined || attempt === undefined) return undefined
  const ours = openRefundOf(session, fact)
  return {
    processorReference: fact.processorReference,
    provider: attempt.provider,
    version: session.audit.length,
    ...(ours === undefined ? {} : { ours: unresolved(session, ours, now) })
  }
}

/** The open refund that a processor named so. */
const openUnder = (store: Store, mid: string, reference: string): RefundRow | undefined =>
  refundsIn(store, (row) => row.mid === mid && isOpen(row.state)).find(({ session, row }) =>
    session.refundEvidence.some((heard) => heard.refund === row.id && heard.reference === reference)
  )?.row

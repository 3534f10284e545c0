import { Clock, Duration, Effect, Layer } from "effect"
import type { Principal, SessionId } from "../../kernel/ids.ts"
import { LedgerUnavailable, PaymentLedger } from "../../kernel/PaymentLedger.ts"
import { claimUnresolved, expireDue, takeOver } from "./background.ts"
import { declare, declaredBefore } from "./declare.ts"
import { open } from "./open.ts"
import { record } from "./record.ts"
import { fulfilmentBlock } from "./refunds/sums.ts"
import { toAttempt, toSession } from "./rows.ts"
import { MemoryStore, type Store } from "./Store.ts"
import { audit, transact } from "./transaction.ts"

/** The ledger in memory: what the database does, without the database. */
export const layer: Layer.Layer<PaymentLedger, never, MemoryStore> = Layer.effect(
  PaymentLedger,
  Effect.gen(function* () {
    const store = yield* MemoryStore
    return {
      declare: (declaration, lifetime, request) =>
        step("declare", (now) => declare(store, now, declaration, Duration.toMillis(lifetime), request)),
      declaration: (id) => step("declaration", () => store.sessions.get(id)?.declaration),
      session: (id) =>
        step("session", () => {
          const row = store.sessions.get(id)
          return row === undefined ? undefined : toSession(row)
        }),
      attempts: (id) =>
        step("attempts", () => {
          const row = store.sessions.get(id)
          return row === undefined ? [] : row.attempts.map((attempt) => toAttempt(row, attempt))
        }),
      declaredBefore: (request) => step("declaredBefore", () => declaredBefore(store, request)),
      open: (session, candidates, decision, request) =>
        step("open", (now) => open(store, now, session, candidates, decision, request)),
      record: (evidence) => step("record", (now) => record(store, now, evidence)),
      cancel: (session, by) => step("cancel", (now) => cancel(store, now, session, by)),
      expireDue: (limit) => step("expireDue", (now) => expireDue(store, now, limit)),
      takeOver: (limit) => step("takeOver", (now) => takeOver(store, now, limit)),
      claimUnresolved: (limit, lease) =>
        step("claimUnresolved", (now) => claimUnresolved(store, now, limit, Duration.toMillis(lease))),
      claimFulfilment: (session, by, key) =>
        step("claimFulfilment", (now) => claimFulfilment(store, now, session, by, key))
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

/** Cancels a pending session; answers where any other stands. */
export const cancel = (store: Store, now: number, id: SessionId, by: Principal) => {
  const row = store.sessions.get(id)
  if (row === undefined) return undefined
  if (row.state !== "pending") return { cancelled: row.state === "cancelled", state: row.state }
  return transact(store, now, row, (transaction) => {
    transaction.session.state = "cancelled"
    audit(transaction, by, "session_cancelled")
    return { cancelled: true, state: transaction.session.state }
  })
}

/** Gives the fulfilment of a settled session out: `first` once. */
export const claimFulfilment = (store: Store, now: number, id: SessionId, by: Principal, key?: string) => {
  const row = store.sessions.get(id)
  if (row === undefined) return undefined
  if (row.state !== "settled") return { _tag: "NotSettled" as const, state: row.state }
  if (row.fulfilment === "claimed") {
    const ownClaim = key !== undefined && row.claim?.key === key && row.claim.by === by
    return { _tag: "Claimed" as const, fulfilment: "duplicate" as const, ownClaim }
  }
  const blocked = fulfilmentBlock(row)
  if (blocked !== undefined) return { _tag: "NotFulfillable" as const, ...blocked }
  return transact(store, now, row, (transaction) => {
    transaction.session.fulfilment = "claimed"
    transaction.session.claim = { by, key }
    audit(transaction, by, "fulfilment_claimed")
    return { _tag: "Claimed" as const, fulfilment: "first" as const, ownClaim: true }
  })
}

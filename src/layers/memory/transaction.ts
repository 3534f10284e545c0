import type { Principal } from "../../kernel/ids.ts"
import type { EventType } from "../../kernel/Outbox.ts"
import { violation } from "./constraints.ts"
import { factKey, keyOf, type AttemptRow, type KeyRow, type SessionRow, type Store } from "./Store.ts"

/** One step on one session: a copy to work on, and what is written beside it when the step commits. */
export interface Transaction {
  readonly store: Store
  readonly now: number
  readonly session: SessionRow
  readonly keys: Array<KeyRow>
  readonly events: Array<{ readonly type: EventType; readonly payload: { readonly [name: string]: unknown } }>
}

/** Runs a step on a session and commits it whole, or not at all: a broken prohibition is thrown. */
export const transact = <A>(
  store: Store,
  now: number,
  before: SessionRow,
  step: (transaction: Transaction) => A
): A => {
  const transaction: Transaction = { store, now, session: copy(before), keys: [], events: [] }
  const answer = step(transaction)
  commit(transaction, before)
  return answer
}

/** Writes a session that was not there before. */
export const insert = (transaction: Transaction): void => commit(transaction, undefined)

const copy = (row: SessionRow): SessionRow => ({
  ...row,
  attempts: row.attempts.map((attempt) => ({ ...attempt })),
  evidence: [...row.evidence],
  facts: [...row.facts],
  refunds: row.refunds.map((refund) => ({ ...refund })),
  refundEvidence: [...row.refundEvidence],
  returns: [...row.returns],
  incidents: [...row.incidents],
  decisions: [...row.decisions],
  audit: [...row.audit]
})

const commit = ({ store, now, session, keys, events }: Transaction, before: SessionRow | undefined): void => {
  const broken = violation({ store, before, after: session, keys })
  if (broken !== undefined) throw broken
  // Evidence that moves nothing, and a claim of what is settled, leave a session as it was.
  if (before?.state !== session.state || before.fence !== session.fence) session.updatedAt = now
  const { id } = session.declaration
  store.sessions.set(id, session)
  for (const { attempt } of session.attempts) store.attempts.set(attempt, id)
  for (const fact of session.facts) store.facts.set(factKey(fact.mid, fact.processorReference), fact)
  for (const line of session.returns) store.returns.set(factKey(line.mid, line.refundReference), line)
  for (const key of keys) store.keys.set(keyOf(key), key)
  for (const event of events) {
    const nr = store.events.length + 1
    store.events.push({
      ...event,
      id: `ev_${nr}`,
      session: id,
      occurredAt: now,
      claimedUntil: 0,
      delivered: false
    })
  }
}

export const audit = ({ session, now }: Transaction, by: Principal, action: string): void => {
  session.audit.push({ at: now, by, action })
}

/** Tells the world, in the same commit; of an attempt also what was heard of it last. */
export const publish = (
  { session, events }: Transaction,
  type: EventType,
  attempt?: AttemptRow,
  more: Readonly<Record<string, unknown>> = {}
): void => {
  const { declaration } = session
  const heard = session.evidence.at(-1)
  events.push({
    type,
    payload: {
      session: declaration.id,
      entity: declaration.entity,
      brand: declaration.brand,
      customer: declaration.customer,
      category: declaration.category,
      amount: declaration.money.amount,
      currency: declaration.money.currency,
      ...(declaration.orderReference === undefined ? {} : { orderReference: declaration.orderReference }),
      ...(attempt === undefined
        ? {}
        : { attempt: attempt.attempt, mid: attempt.mid, provider: attempt.provider }),
      ...(attempt === undefined || heard === undefined ? {} : { reason: heard.code, source: heard.source }),
      ...(attempt === undefined || heard?.outcome._tag !== "Captured"
        ? {}
        : { processorReference: heard.outcome.processorReference }),
      ...more
    }
  })
}

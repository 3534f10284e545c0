import DataLoader from "dataloader"
import { Effect, Schema } from "effect"
import type { AttemptRow } from "../db/reads/attempts.ts"
import type { EventRow } from "../db/reads/history.ts"
import { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import type { RefundRow } from "../db/reads/returns.ts"
import type { SessionRow } from "../db/reads/sessions.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { AttemptId, SessionId } from "../kernel/ids.ts"
import { RefundId } from "../kernel/refunds/Refund.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import type { Run } from "./context.ts"

/**
 * What is asked for by its id: everything of one moment is read in one statement. They gather and do not remember: a
 * mutation later in the same request is seen.
 */
export interface Loaders {
  readonly session: Load<SessionRow | undefined>
  readonly attempt: Load<AttemptRow | undefined>
  readonly refund: Load<RefundRow | undefined>
  readonly event: Load<EventRow | undefined>
}

type Load<A> = (id: string) => Promise<A>

const isSession = Schema.is(SessionId)
const isAttempt = Schema.is(AttemptId)
const isRefund = Schema.is(RefundId)
const isEvent = (id: string): id is `evt_${number}` => /^evt_[1-9][0-9]{0,14}$/.test(id)

export const makeLoaders = (run: Run, scope: ReadScope): Loaders => {
  const gather = <Id extends string, A>(
    isId: (id: string) => id is Id,
    read: (
      reads: PaymentReads["Service"],
      ids: ReadonlyArray<Id>
    ) => Effect.Effect<ReadonlyMap<string, A>, LedgerUnavailable>
  ): Load<A | undefined> => {
    const loader = new DataLoader<string, A | undefined>(
      async (asked) => {
        // What cannot be an id is not there, and is no reason to ask.
        const ids = [...new Set(asked.filter(isId))]
        if (ids.length === 0) return asked.map(() => undefined)
        const found = await run(
          PaymentReads.pipe(
            Effect.flatMap((reads) => read(reads, ids)),
            adviseOnLedger("read")
          )
        )
        return asked.map((id) => found.get(id))
      },
      { cache: false }
    )
    return (id) => loader.load(id)
  }
  return {
    session: gather(isSession, (reads, ids) => reads.sessionsById(scope, ids)),
    attempt: gather(isAttempt, (reads, ids) => reads.attemptsById(scope, ids)),
    refund: gather(isRefund, (reads, ids) => reads.refundsById(scope, ids)),
    event: gather(isEvent, (reads, ids) => reads.eventsById(scope, ids))
  }
}

import DataLoader from "dataloader"
import { Effect, Schema } from "effect"
import type { AttemptRecord } from "../db/reads/AttemptRecord.ts"
import type { HeardEvidence } from "../db/reads/HeardEvidence.ts"
import { type Page, pageOf, type Slice } from "../db/reads/Page.ts"
import { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { StoredDecision } from "../db/reads/StoredDecision.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import type { Dispute } from "../kernel/disputes/Dispute.ts"
import { AttemptId, SessionId } from "../kernel/ids.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import type { Refund } from "../kernel/refunds/Refund.ts"
import type { RefundableCapture } from "../kernel/refunds/RefundLedger.ts"
import type { PaymentSession, WaitsFor } from "../kernel/PaymentSession.ts"
import type { Run } from "./context.ts"

/**
 * What the children of a page are read with: everything that one level of a query asks for is read in one
 * statement. They gather and do not remember: a mutation later in the same request is seen.
 */
export interface Loaders {
  readonly session: Load<PaymentSession | undefined>
  readonly attempt: Load<AttemptRecord | undefined>
  readonly decisionsOf: Load<ReadonlyArray<StoredDecision>>
  readonly attemptsOf: (slice: Slice) => Load<Page<AttemptRecord>>
  readonly evidenceOf: (slice: Slice) => Load<Page<HeardEvidence>>
  readonly refundsOf: (slice: Slice) => Load<Page<Refund>>
  readonly disputesOf: (slice: Slice) => Load<Page<Dispute>>
  readonly capturesOf: Load<ReadonlyArray<RefundableCapture>>
  readonly waitsFor: Load<ReadonlyArray<WaitsFor>>
}

type Load<A> = (id: string) => Promise<A>

type ReadMany<Id, A> = (
  reads: PaymentReads["Service"],
  ids: ReadonlyArray<Id>
) => Effect.Effect<ReadonlyMap<string, A>, LedgerUnavailable>

const isSession = Schema.is(SessionId)
const isAttempt = Schema.is(AttemptId)

export const makeLoaders = (run: Run): Loaders => {
  const gather = <Id extends string, A>(
    isId: (id: string) => id is Id,
    read: ReadMany<Id, A>
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

  /** Children are asked for in slices; those that ask for the same slice are read together. */
  const gatherSlices = <Id extends string, A>(
    isId: (id: string) => id is Id,
    read: (
      reads: PaymentReads["Service"],
      ids: ReadonlyArray<Id>,
      slice: Slice
    ) => ReturnType<ReadMany<Id, Page<A>>>
  ) => {
    const bySlice = new Map<string, Load<Page<A> | undefined>>()
    return (slice: Slice): Load<Page<A>> => {
      const key = JSON.stringify(slice)
      const load =
        bySlice.get(key) ?? gather(isId, (reads, ids: ReadonlyArray<Id>) => read(reads, ids, slice))
      bySlice.set(key, load)
      return async (id) => (await load(id)) ?? pageOf<A>(slice, [])
    }
  }

  const decisions = gather(isSession, (reads, ids) => reads.decisionsOf(ids))
  const captures = gather(isSession, (reads, ids) => reads.capturesOf(ids))
  const waits = gather(isSession, (reads, ids) => reads.waitsFor(ids))
  return {
    session: gather(isSession, (reads, ids) => reads.sessionsById(ids)),
    attempt: gather(isAttempt, (reads, ids) => reads.attemptsById(ids)),
    decisionsOf: async (id) => (await decisions(id)) ?? [],
    attemptsOf: gatherSlices(isSession, (reads, ids, slice) => reads.attemptsOf(ids, slice)),
    evidenceOf: gatherSlices(isAttempt, (reads, ids, slice) => reads.evidenceOf(ids, slice)),
    refundsOf: gatherSlices(isSession, (reads, ids, slice) => reads.refundsOf(ids, slice)),
    disputesOf: gatherSlices(isSession, (reads, ids, slice) => reads.disputesOf(ids, slice)),
    capturesOf: async (id) => (await captures(id)) ?? [],
    waitsFor: async (id) => (await waits(id)) ?? []
  }
}

import { Effect } from "effect"
import { EntityRegistry } from "../kernel/EntityRegistry.ts"
import { builder } from "./builder.ts"
import { DisputeState, RefundState } from "./enums.ts"
import { AmountRange, amountsOf, ListOrder, placesOf, TimeRange, timesOf, wordsOf } from "./filters.ts"
import { Dispute, DisputeConnection, Refund, RefundConnection } from "./refs.ts"
import { orderedRootList } from "./rootLists.ts"

const RefundFilter = builder.inputType("RefundFilter", {
  description: "Which refunds; what is left out restricts nothing.",
  fields: (t) => ({
    entity: t.id({ description: "Those of one company." }),
    brand: t.id({ description: "Those under one brand: `loop-bio`." }),
    mid: t.id({ description: "Those of charges on one merchant account." }),
    provider: t.string({ description: "Those at one processor: `stub_a`." }),
    states: t.field({ type: [RefundState] }),
    amount: t.field({ type: AmountRange }),
    writtenAt: t.field({ type: TimeRange, description: "Those written ahead in that time." })
  })
})

const DisputeFilter = builder.inputType("DisputeFilter", {
  description: "Which disputes; what is left out restricts nothing.",
  fields: (t) => ({
    entity: t.id({ description: "Those of one company." }),
    brand: t.id({ description: "Those under one brand: `loop-bio`." }),
    mid: t.id({ description: "Those of charges on one merchant account." }),
    provider: t.string({ description: "Those at one processor: `stub_a`." }),
    states: t.field({ type: [DisputeState] }),
    amount: t.field({ type: AmountRange }),
    openedAt: t.field({ type: TimeRange, description: "Those first heard of in that time." })
  })
})

interface Asked<State extends string> {
  readonly entity?: string | null | undefined
  readonly brand?: string | null | undefined
  readonly mid?: string | null | undefined
  readonly provider?: string | null | undefined
  readonly states?: ReadonlyArray<State> | null | undefined
  readonly amount?: typeof AmountRange.$inferInput | null | undefined
}

const filterOf = Effect.fnUntraced(function* <State extends string>(
  filter: Asked<State>,
  time: typeof TimeRange.$inferInput | null | undefined
) {
  const snapshot = yield* (yield* EntityRegistry).snapshot
  const { entity, brand, byAccount, mids } = yield* placesOf(snapshot, filter)
  return {
    entity,
    brand,
    mids: byAccount ? mids : undefined,
    states: wordsOf(filter.states),
    amount: yield* amountsOf(filter.amount),
    written: timesOf(time)
  }
})

builder.queryFields((t) => ({
  refunds: t.connection(
    {
      type: Refund,
      description: "Money that goes back, newest first unless said otherwise.",
      args: { filter: t.arg({ type: RefundFilter }), orderBy: t.arg({ type: ListOrder }) },
      resolve: orderedRootList({
        kind: "refund",
        asked: (filter: typeof RefundFilter.$inferInput | null | undefined) =>
          filterOf(filter ?? {}, filter?.writtenAt),
        read: (reads, scope, asked, order, slice, wanted) =>
          reads.refunds(scope, asked, order, slice, wanted),
        estimate: (reads, scope, asked) => reads.estimateRefunds(scope, asked)
      })
    },
    RefundConnection
  ),
  disputes: t.connection(
    {
      type: Dispute,
      description: "What customers dispute at their banks, newest first unless said otherwise.",
      args: { filter: t.arg({ type: DisputeFilter }), orderBy: t.arg({ type: ListOrder }) },
      resolve: orderedRootList({
        kind: "dispute",
        asked: (filter: typeof DisputeFilter.$inferInput | null | undefined) =>
          filterOf(filter ?? {}, filter?.openedAt),
        read: (reads, scope, asked, order, slice, wanted) =>
          reads.disputes(scope, asked, order, slice, wanted),
        estimate: (reads, scope, asked) => reads.estimateDisputes(scope, asked)
      })
    },
    DisputeConnection
  )
}))

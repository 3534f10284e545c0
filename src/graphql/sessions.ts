import { Effect } from "effect"
import type { SessionFilter as ReadFilter } from "../db/reads/sessions.ts"
import { EntityRegistry } from "../kernel/EntityRegistry.ts"
import { checkText } from "../kernel/text.ts"
import { builder } from "./builder.ts"
import { AttemptState, SessionState } from "./enums.ts"
import { AmountRange, amountsOf, ListOrder, placesOf, TimeRange, timesOf, wordsOf } from "./filters.ts"
import { plainId } from "./plainId.ts"
import { PaymentSession, PaymentSessionConnection } from "./refs.ts"
import { orderedRootList } from "./rootLists.ts"

const SessionFilter = builder.inputType("SessionFilter", {
  description: "Which sessions; what is left out restricts nothing.",
  fields: (t) => ({
    entity: t.id({ description: "Those of one company." }),
    brand: t.id({ description: "Those under one brand: `loop-bio`." }),
    mid: t.id({ description: "Those with an attempt on one merchant account." }),
    provider: t.string({ description: "Those with an attempt at one processor: `stub_a`." }),
    dispositions: t.field({
      type: [AttemptState],
      description:
        "Those with an attempt of which that is known; with `mid` or `provider`, one attempt there."
    }),
    states: t.field({ type: [SessionState] }),
    customer: t.string({ description: "Those of one customer: the `loopUserId`." }),
    orderReference: t.string({ description: "Those for one order of an app." }),
    amount: t.field({ type: AmountRange }),
    createdAt: t.field({ type: TimeRange, description: "Those declared in that time." })
  })
})

const filterOf = Effect.fnUntraced(function* (filter: typeof SessionFilter.$inferInput | null | undefined) {
  const snapshot = yield* (yield* EntityRegistry).snapshot
  const { states, dispositions, customer, orderReference, amount, createdAt } = filter ?? {}
  yield* checkText({ filter: { customer, orderReference } })
  const { entity, brand, entitiesOfBrand, byAccount, mids, entitiesOfMids } = yield* placesOf(
    snapshot,
    filter ?? {}
  )
  return {
    entity,
    brand,
    entitiesOfBrand,
    tried: byAccount ? { mids, entities: entitiesOfMids } : undefined,
    attemptStates: wordsOf(dispositions),
    states: wordsOf(states),
    customer: customer ?? undefined,
    orderReference: orderReference ?? undefined,
    amount: yield* amountsOf(amount),
    created: timesOf(createdAt)
  } satisfies ReadFilter
})

builder.queryFields((t) => ({
  session: t.field({
    type: PaymentSession,
    nullable: true,
    description: "One session; null when there is no such session.",
    args: { id: t.arg.id({ required: true, description: "The plain id (`ps_01J...`) or the global one." }) },
    resolve: (_root, { id }, { loaders }) => loaders.session(plainId("PaymentSession", id))
  }),
  sessions: t.connection(
    {
      type: PaymentSession,
      description: "Sessions, newest first unless said otherwise.",
      args: { filter: t.arg({ type: SessionFilter }), orderBy: t.arg({ type: ListOrder }) },
      resolve: orderedRootList({
        kind: "session",
        asked: filterOf,
        read: (reads, scope, asked, order, slice, wanted) =>
          reads.sessions(scope, asked, order, slice, wanted),
        estimate: (reads, scope, asked) => reads.estimateSessions(scope, asked)
      })
    },
    PaymentSessionConnection
  )
}))

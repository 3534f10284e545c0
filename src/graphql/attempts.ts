import { Effect, Schema } from "effect"
import type { AttemptFilter as ReadFilter } from "../db/reads/attempts.ts"
import { EntityRegistry } from "../kernel/EntityRegistry.ts"
import { SessionId } from "../kernel/ids.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { checkText } from "../kernel/text.ts"
import { builder } from "./builder.ts"
import { AttemptState } from "./enums.ts"
import { AmountRange, amountsOf, ListOrder, placesOf, TimeRange, timesOf, wordsOf } from "./filters.ts"
import { plainId } from "./plainId.ts"
import { Attempt, AttemptConnection } from "./refs.ts"
import { orderedRootList } from "./rootLists.ts"

const AttemptFilter = builder.inputType("AttemptFilter", {
  description: "Which attempts; what is left out restricts nothing.",
  fields: (t) => ({
    session: t.id({ description: "Those of one session." }),
    entity: t.id({ description: "Those of one company." }),
    brand: t.id({ description: "Those under one brand: `loop-bio`." }),
    mid: t.id({ description: "Those on one merchant account." }),
    provider: t.string({ description: "Those at one processor: `stub_a`." }),
    states: t.field({
      type: [AttemptState],
      description: "Those of which that is known: `captured`, `declined`, `indeterminate`."
    }),
    customer: t.string({ description: "Those for one customer: the `loopUserId`." }),
    orderReference: t.string({ description: "Those for one order of an app." }),
    amount: t.field({ type: AmountRange }),
    writtenAt: t.field({ type: TimeRange, description: "Those written ahead in that time." })
  })
})

const filterOf = Effect.fnUntraced(function* (filter: typeof AttemptFilter.$inferInput | null | undefined) {
  const snapshot = yield* (yield* EntityRegistry).snapshot
  const { session, customer, orderReference, states, amount, writtenAt } = filter ?? {}
  yield* checkText({ filter: { customer, orderReference } })
  const { restricted, mids, brand } = yield* placesOf(snapshot, filter ?? {})
  const sessionId = typeof session === "string" ? plainId("PaymentSession", session) : undefined
  if (sessionId !== undefined && !Schema.is(SessionId)(sessionId)) {
    return yield* new InvalidInput({
      field: "filter.session",
      problem: `is ${JSON.stringify(sessionId.slice(0, 80))}; a session id is ps_ and 26 characters`
    })
  }
  return {
    session: sessionId,
    brand,
    mids: restricted ? mids : undefined,
    customer: customer ?? undefined,
    orderReference: orderReference ?? undefined,
    states: wordsOf(states),
    amount: yield* amountsOf(amount),
    written: timesOf(writtenAt)
  } satisfies ReadFilter
})

builder.queryField("attempts", (t) =>
  t.connection(
    {
      type: Attempt,
      description: "The history of attempts, newest first unless said otherwise.",
      args: { filter: t.arg({ type: AttemptFilter }), orderBy: t.arg({ type: ListOrder }) },
      resolve: orderedRootList({
        kind: "attempt",
        asked: filterOf,
        read: (reads, scope, asked, order, slice, wanted) =>
          reads.attempts(scope, asked, order, slice, wanted),
        estimate: (reads, scope, asked) => reads.estimateAttempts(scope, asked)
      })
    },
    AttemptConnection
  )
)

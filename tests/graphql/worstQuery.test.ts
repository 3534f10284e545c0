import { assert, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { costOf, dearDocuments, heavyDocuments } from "../../scripts/worst/documents.ts"
import { limits } from "../../src/graphql/limits/limits.ts"
import { schema } from "../../src/graphql/schema.ts"
import { pastPayments } from "../support/pastPayments.ts"
import { Doors, doors } from "./support.ts"

// The documents of `npm run worst`, which shows their times on months of payments.

const past = Layer.effectDiscard(pastPayments(300)).pipe(Layer.provideMerge(doors))

it.layer(past, { excludeTestServices: true, timeout: 60_000 })(
  "the dearest documents that are allowed",
  (it) => {
    it.effect("are answered whole, each in a handful of statements", () =>
      Effect.gen(function* () {
        const { ask, statements } = yield* Doors
        const all = [...dearDocuments(schema), ...heavyDocuments(schema, yield* Clock.currentTimeMillis)]
        const dear = all.filter(({ cost }) => cost >= limits.cost / 2)
        assert.isAbove(dear.length, 15)
        assert.isAbove(Math.max(...dear.map(({ cost }) => cost)), limits.cost * 0.95)
        for (const { shape, query, cost } of dear) {
          assert.isAtMost(cost, limits.cost)
          const before = statements().length
          const { text } = yield* ask(query)
          assert.notInclude(text, '"errors"', shape)
          assert.notInclude(text, '"refused"', text.slice(0, 300))
          assert.isAtMost(statements().length - before, 12, shape)
        }
      })
    )

    it.effect("are as full as may be: with one row more on its first page the fullest is refused", () =>
      Effect.gen(function* () {
        const { ask } = yield* Doors
        const fullest = dearDocuments(schema).toSorted((a, b) => b.cost - a.cost)[0]?.query ?? ""
        const fuller = fullest.replace(/first: (\d+)/, (_, size: string) => `first: ${Number(size) + 1}`)
        assert.isAbove(costOf(schema, fuller), limits.cost)
        assert.include((yield* ask(fuller)).text, "QUERY_TOO_COSTLY")
      })
    )
  }
)

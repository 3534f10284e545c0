import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Plan, Price, PriceCatalogue } from "../kernel/PriceCatalogue.ts"
import { answered } from "./steps.ts"

/** The price catalogue in PostgreSQL. */
export const layer: Layer.Layer<PriceCatalogue, never, SqlClient.SqlClient> = Layer.effect(
  PriceCatalogue,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient

    const prices = Effect.fn("PriceCatalogue.prices")(function* (refs: ReadonlyArray<string>) {
      if (refs.length === 0) return new Map<string, Price>()
      const rows = yield* sql<{ readonly price: unknown }>`
        select jsonb_build_object('ref', price_ref, 'name', name, 'category', category,
          'money', jsonb_build_object('amount', amount, 'currency', currency)) as price
        from prices where price_ref in (select jsonb_array_elements_text(${JSON.stringify(refs)}::jsonb))`
      const found = yield* Effect.forEach(rows, (row) => decodePrice(row.price))
      return new Map(found.map((price) => [price.ref, price]))
    }, answered("prices"))

    const plan = Effect.fn("PriceCatalogue.plan")(function* (key: string) {
      const rows = yield* sql<{ readonly plan: unknown }>`
        select jsonb_build_object('key', plan_key, 'name', name, 'category', category,
          'money', jsonb_build_object('amount', amount, 'currency', currency)) as plan
        from plans where plan_key = ${key}`
      return rows[0] === undefined ? undefined : yield* decodePlan(rows[0].plan)
    }, answered("plan"))

    return { prices, plan }
  })
)

const decodePrice = Schema.decodeUnknownEffect(Price)
const decodePlan = Schema.decodeUnknownEffect(Plan)

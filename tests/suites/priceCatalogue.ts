import { Effect, type Layer } from "effect"
import { expect } from "@effect/vitest"
import { Money } from "../../src/kernel/Money.ts"
import { Plan, Price, PriceCatalogue } from "../../src/kernel/PriceCatalogue.ts"
import { type Storage, StorageFixture } from "./StorageFixture.ts"
import { judge } from "./suite.ts"
import * as w from "./world.ts"

const newPrice = (fields: Partial<Pick<Price, "money" | "category">> = {}): Price =>
  new Price({
    ref: `price_${w.fresh()}`,
    name: "Magnesium, 90 capsules",
    money: new Money({ amount: 2100, currency: "USD" }),
    category: "supplements",
    ...fields
  })

/** Each article comes with its price and category, once, however often it is asked for. */
const articlesAreFound = Effect.gen(function* () {
  const a = newPrice()
  const b = newPrice({
    money: new Money({ amount: 999_999_999_999, currency: "JPY" }),
    category: "ruo_compounds"
  })
  const unasked = newPrice()
  yield* (yield* StorageFixture).seed({ prices: [a, b, unasked] })
  const found = yield* (yield* PriceCatalogue).prices([b.ref, a.ref, b.ref])
  expect(new Map([...found].toSorted())).toEqual(
    new Map([[a.ref, a] as const, [b.ref, b] as const].toSorted())
  )
})

/** What the catalogue does not have is not in the answer, and no reason to fail. */
const unknownArticlesAreLeftOut = Effect.gen(function* () {
  const catalogue = yield* PriceCatalogue
  const a = newPrice()
  yield* (yield* StorageFixture).seed({ prices: [a] })
  expect([...(yield* catalogue.prices([`price_${w.fresh()}`, a.ref, "", "'; --"])).keys()]).toEqual([a.ref])
  expect((yield* catalogue.prices([])).size).toBe(0)
})

const plansAreFound = Effect.gen(function* () {
  const catalogue = yield* PriceCatalogue
  const plan = new Plan({
    key: `plan_${w.fresh()}`,
    name: "Membership, monthly",
    money: new Money({ amount: 9900, currency: "USD" }),
    category: "membership"
  })
  yield* (yield* StorageFixture).seed({ plans: [plan] })
  expect(yield* catalogue.plan(plan.key)).toEqual(plan)
  expect(yield* catalogue.plan(`plan_${w.fresh()}`)).toBeUndefined()
})

/** A plan is no article, and an article no plan. */
const plansAndArticlesAreApart = Effect.gen(function* () {
  const catalogue = yield* PriceCatalogue
  const price = newPrice()
  yield* (yield* StorageFixture).seed({ prices: [price] })
  expect(yield* catalogue.plan(price.ref)).toBeUndefined()
})

/** The laws of every price catalogue. */
export const suite = (name: string, storage: Layer.Layer<Storage, unknown>): void =>
  judge(`PriceCatalogue ${name}`, storage, {
    articlesAreFound,
    unknownArticlesAreLeftOut,
    plansAreFound,
    plansAndArticlesAreApart
  })

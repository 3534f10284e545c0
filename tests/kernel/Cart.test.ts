import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { priceIntent } from "../../src/kernel/Cart.ts"
import { largestAmount, Money } from "../../src/kernel/Money.ts"
import { PriceCatalogue } from "../../src/kernel/PriceCatalogue.ts"
import type { IntentConfig, LineItemConfig } from "../../src/kernel/SessionConfig.ts"
import { catalogue } from "../support/kernel/catalogue.ts"

const price = (intent: IntentConfig) =>
  priceIntent(intent).pipe(Effect.provideService(PriceCatalogue, catalogue))

const lines = (...lineItems: ReadonlyArray<LineItemConfig>): IntentConfig => ({
  type: "line_items",
  lineItems
})
const mug = { providerPriceRef: "price_mug", quantity: 1 }
const poster = { amountCents: 900, currency: "USD", name: "a poster", product: "merchandise" }

describe("an intent is priced:", () => {
  it.effect("a plan by the catalogue", () =>
    Effect.gen(function* () {
      expect(yield* price({ type: "subscription_plan", planKey: "box_monthly" })).toEqual({
        intent: { type: "subscription_plan", planKey: "box_monthly", name: "a box a month" },
        money: new Money({ amount: 4900, currency: "USD" }),
        category: "merchandise"
      })
    })
  )

  it.effect("lines by the catalogue, and by their own data where it has none", () =>
    Effect.gen(function* () {
      const cart = yield* price(lines({ ...mug, quantity: 2 }, { priceData: poster, quantity: 3 }))
      expect(cart.money).toEqual(new Money({ amount: 2 * 1500 + 3 * 900, currency: "USD" }))
      expect(cart.category).toBe("merchandise")
      expect(cart.intent).toEqual({
        type: "line_items",
        lines: [
          {
            name: "article price_mug",
            priceRef: "price_mug",
            unitAmount: 1500,
            quantity: 2,
            category: "merchandise"
          },
          { name: "a poster", unitAmount: 900, quantity: 3, category: "merchandise" }
        ]
      })
    })
  )

  it.effect("an amount as it is, in dollars unless it says otherwise, and of no known category", () =>
    Effect.gen(function* () {
      expect(yield* price({ type: "amount", amountCents: 1 })).toEqual({
        intent: { type: "amount" },
        money: new Money({ amount: 1, currency: "USD" }),
        category: undefined
      })
      const yen = yield* price({ type: "amount", amountCents: largestAmount, currency: "JPY" })
      expect(yen.money).toEqual(new Money({ amount: largestAmount, currency: "JPY" }))
    })
  )

  it.effect("a hundred lines, each of ten thousand pieces, up to the largest amount", () =>
    Effect.gen(function* () {
      const cheap = { priceData: { ...poster, amountCents: 999_999 }, quantity: 10_000 }
      const cart = yield* price(lines(...Array.from({ length: 100 }, () => cheap)))
      expect(cart.money.amount).toBe(999_999_000_000)
      const dear = yield* price(priced({ amountCents: largestAmount }))
      expect(dear.money.amount).toBe(largestAmount)
    })
  )

  it.effect("by one question to the catalogue, for its own articles only", () =>
    Effect.gen(function* () {
      const asked: Array<ReadonlyArray<string>> = []
      const prices: PriceCatalogue["Service"]["prices"] = (refs) => {
        asked.push(refs)
        return catalogue.prices(refs)
      }
      yield* priceIntent(lines(mug, { priceData: poster, quantity: 1 }, { ...mug, quantity: 2 })).pipe(
        Effect.provideService(PriceCatalogue, { ...catalogue, prices })
      )
      expect(asked).toEqual([["price_mug", "price_mug"]])
    })
  )
})

const amount = (amountCents: number | undefined): IntentConfig => ({ type: "amount", amountCents })
const priced = (change: Partial<typeof poster>) => lines({ priceData: { ...poster, ...change }, quantity: 1 })
const pieces = (quantity: number) => lines({ ...mug, quantity })

describe("an intent is refused at the field that is wrong, with what would be right:", () => {
  it.effect.each<[string, IntentConfig, string, string]>([
    [
      "an unknown type",
      { type: "gift" },
      "intent.type",
      'is "gift"; say subscription_plan, line_items or amount'
    ],
    ["no type", { type: "" }, "intent.type", 'is ""; say subscription_plan, line_items or amount'],
    [
      "a long type, not all of it repeated",
      { type: "x".repeat(5000) },
      "intent.type",
      `is "${"x".repeat(79)}...; say subscription_plan, line_items or amount`
    ],
    [
      "a missing plan",
      { type: "subscription_plan" },
      "intent.planKey",
      "is missing; name the plan to subscribe to"
    ],
    [
      "an empty plan",
      { type: "subscription_plan", planKey: "" },
      "intent.planKey",
      "is missing; name the plan to subscribe to"
    ],
    ["missing lines", { type: "line_items" }, "intent.lineItems", "is empty; give at least one line"],
    ["empty lines", lines(), "intent.lineItems", "is empty; give at least one line"],
    [
      "too many lines",
      lines(...Array.from({ length: 101 }, () => mug)),
      "intent.lineItems",
      "has 101 lines; at most 100 fit in one session"
    ],
    [
      "a line with neither reference nor data",
      lines(mug, { quantity: 1 }),
      "intent.lineItems[1]",
      "needs either providerPriceRef or priceData, and not both"
    ],
    [
      "a line with both reference and data",
      lines({ ...mug, priceData: poster }),
      "intent.lineItems[0]",
      "needs either providerPriceRef or priceData, and not both"
    ],
    ["no pieces", pieces(0), "intent.lineItems[0].quantity", "is 0; say a whole number from 1 to 10000"],
    [
      "negative pieces",
      pieces(-2),
      "intent.lineItems[0].quantity",
      "is -2; say a whole number from 1 to 10000"
    ],
    [
      "half a piece",
      pieces(0.5),
      "intent.lineItems[0].quantity",
      "is 0.5; say a whole number from 1 to 10000"
    ],
    [
      "too many pieces",
      pieces(10_001),
      "intent.lineItems[0].quantity",
      "is 10001; say a whole number from 1 to 10000"
    ],
    [
      "NaN pieces",
      pieces(Number.NaN),
      "intent.lineItems[0].quantity",
      "is NaN; say a whole number from 1 to 10000"
    ],
    [
      "infinitely many pieces",
      pieces(Infinity),
      "intent.lineItems[0].quantity",
      "is Infinity; say a whole number from 1 to 10000"
    ],
    [
      "a line of an unknown category",
      priced({ product: "weapons" }),
      "intent.lineItems[0].priceData.product",
      'is "weapons"; product categories are ruo_compounds, supplements, telehealth, lab_tests, membership, merchandise'
    ],
    [
      "a line without a name",
      priced({ name: " " }),
      "intent.lineItems[0].priceData.name",
      "is empty; say what is sold"
    ],
    [
      "a line in an unknown currency",
      priced({ currency: "usd" }),
      "intent.lineItems[0].priceData.currency",
      'is "usd"; currencies are AUD, CAD, CHF, DKK, EUR, GBP, JPY, MXN, NOK, NZD, SEK, SGD, USD'
    ],
    [
      "a line that costs nothing",
      priced({ amountCents: 0 }),
      "intent.lineItems[0].priceData.amountCents",
      "is 0; an amount is at least 1 minor unit"
    ],
    [
      "lines that together are too much",
      lines(mug, { priceData: { ...poster, amountCents: largestAmount }, quantity: 1 }),
      "intent.lineItems[1]",
      "takes the total above 999999999999 minor units, the most that one charge may ask"
    ],
    [
      "a line whose pieces together leave the safe integers",
      lines({ priceData: { ...poster, amountCents: largestAmount }, quantity: 10_000 }),
      "intent.lineItems[0]",
      "takes the total above 999999999999 minor units, the most that one charge may ask"
    ],
    [
      "a missing amount",
      amount(undefined),
      "intent.amountCents",
      "is missing; say how many minor units (cents) to charge"
    ],
    ["an amount of zero", amount(0), "intent.amountCents", "is 0; an amount is at least 1 minor unit"],
    ["a negative amount", amount(-500), "intent.amountCents", "is -500; an amount is at least 1 minor unit"],
    [
      "a fractional amount",
      amount(12.5),
      "intent.amountCents",
      "is 12.5; amounts are whole minor units, so USD 12.50 is 1250"
    ],
    [
      "an overflowing amount",
      amount(largestAmount + 1),
      "intent.amountCents",
      "is 1000000000000; one charge asks at most 999999999999 minor units"
    ],
    [
      "an amount beyond the safe integers",
      amount(2 ** 60),
      "intent.amountCents",
      "is 1152921504606847000; one charge asks at most 999999999999 minor units"
    ],
    [
      "NaN",
      amount(Number.NaN),
      "intent.amountCents",
      "is NaN; amounts are whole minor units, so USD 12.50 is 1250"
    ],
    [
      "infinity",
      amount(Infinity),
      "intent.amountCents",
      "is Infinity; amounts are whole minor units, so USD 12.50 is 1250"
    ],
    [
      "an amount in an unknown currency",
      { type: "amount", amountCents: 100, currency: "BTC" },
      "intent.currency",
      'is "BTC"; currencies are AUD, CAD, CHF, DKK, EUR, GBP, JPY, MXN, NOK, NZD, SEK, SGD, USD'
    ],
    [
      "an amount with lines",
      { ...lines(mug), type: "amount", amountCents: 100 },
      "intent.lineItems",
      "does not belong to an intent of type amount; leave it out"
    ],
    [
      "lines with a plan",
      { ...lines(mug), planKey: "box_monthly" },
      "intent.planKey",
      "does not belong to an intent of type line_items; leave it out"
    ],
    [
      "a plan with an amount",
      { type: "subscription_plan", planKey: "box_monthly", amountCents: 100 },
      "intent.amountCents",
      "does not belong to an intent of type subscription_plan; leave it out"
    ],
    [
      "lines with a currency of their own",
      { ...lines(mug), currency: "EUR" },
      "intent.currency",
      "does not belong to an intent of type line_items; leave it out"
    ]
  ])("%s", ([, intent, field, problem]) =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(price(intent))
      expect(refusal).toMatchObject({ _tag: "InvalidInput", field, problem })
      expect(refusal.message).toBe(`${field} ${problem}`)
    })
  )

  it.effect("a plan that the catalogue does not have", () =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(price({ type: "subscription_plan", planKey: "box_yearly" }))
      expect(refusal).toMatchObject({ _tag: "UnknownPlan", field: "intent.planKey", plan: "box_yearly" })
    })
  )

  it.effect.each(["price_yacht", ""])("a price %j that the catalogue does not have", (ref) =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(price(lines(mug, { providerPriceRef: ref, quantity: 1 })))
      expect(refusal).toMatchObject({
        _tag: "UnknownPrice",
        field: "intent.lineItems[1].providerPriceRef",
        price: ref
      })
    })
  )

  it.effect("lines of two currencies", () =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(
        price(lines(mug, { providerPriceRef: "price_shirt_eur", quantity: 1 }))
      )
      expect(refusal).toMatchObject({
        _tag: "MixedCurrencies",
        field: "intent.lineItems[1]",
        currency: "EUR",
        others: "USD"
      })
    })
  )

  it.effect("lines of two categories, whichever way they tell theirs", () =>
    Effect.gen(function* () {
      for (const other of [
        { providerPriceRef: "price_vitamins", quantity: 1 },
        { priceData: { ...poster, product: "supplements" }, quantity: 1 }
      ]) {
        expect(yield* Effect.flip(price(lines(mug, other)))).toMatchObject({
          _tag: "MixedCategories",
          field: "intent.lineItems[1]",
          category: "supplements",
          others: "merchandise"
        })
      }
    })
  )
})

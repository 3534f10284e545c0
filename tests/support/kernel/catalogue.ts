import { Effect } from "effect"
import { Money } from "../../../src/kernel/Money.ts"
import { Plan, Price, type PriceCatalogue } from "../../../src/kernel/PriceCatalogue.ts"

const price = (
  ref: string,
  amount: number,
  category: Price["category"],
  currency: Money["currency"] = "USD"
) => new Price({ ref, name: `article ${ref}`, money: new Money({ amount, currency }), category })

const prices = [
  price("price_mug", 1500, "merchandise"),
  price("price_shirt", 2500, "merchandise"),
  price("price_shirt_eur", 2300, "merchandise", "EUR"),
  price("price_vitamins", 3000, "supplements")
]

const plan = new Plan({
  key: "box_monthly",
  name: "a box a month",
  money: new Money({ amount: 4900, currency: "USD" }),
  category: "merchandise"
})

/** A catalogue of four articles and one plan. */
export const catalogue: PriceCatalogue["Service"] = {
  prices: (refs) =>
    Effect.succeed(
      new Map(prices.filter(({ ref }) => refs.includes(ref)).map((one): [string, Price] => [one.ref, one]))
    ),
  plan: (key) => Effect.succeed(key === plan.key ? plan : undefined)
}

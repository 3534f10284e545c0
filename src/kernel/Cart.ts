import { Array, Effect } from "effect"
import { isProductCategory, type ProductCategory, productCategories } from "./Category.ts"
import { type Currency, isCurrency, largestAmount, minorUnitDecimals, Money } from "./Money.ts"
import { show } from "./show.ts"
import { PriceCatalogue } from "./PriceCatalogue.ts"
import type { Intent, PricedLine } from "./PaymentSession.ts"
import { InvalidInput, MixedCategories, MixedCurrencies, UnknownPlan, UnknownPrice } from "./refusals.ts"
import type { IntentConfig, LineItemConfig } from "./SessionConfig.ts"

/** What is paid for, priced. The category is absent when nothing in it tells one: a bare amount. */
export interface Cart {
  readonly intent: Intent
  readonly money: Money
  readonly category: ProductCategory | undefined
}

const mostLines = 100
const mostPieces = 10_000

/**
 * Prices an intent from the catalogue and derives its category. The price and category of a catalogue article
 * are the catalogue's; only what the catalogue does not have is taken at the caller's word.
 */
export const priceIntent = Effect.fn("Cart.price")(function* (config: IntentConfig) {
  switch (config.type) {
    case "subscription_plan":
      return yield* pricePlan(config)
    case "line_items":
      return yield* priceLines(config)
    case "amount":
      return yield* priceAmount(config)
    default:
      return yield* refuse(
        "intent.type",
        `is ${show(config.type)}; say subscription_plan, line_items or amount`
      )
  }
})

const pricePlan = Effect.fnUntraced(function* (config: IntentConfig) {
  yield* refuseOthers(config, "planKey")
  if (config.planKey === undefined || config.planKey === "") {
    return yield* refuse("intent.planKey", "is missing; name the plan to subscribe to")
  }
  const plan = yield* (yield* PriceCatalogue).plan(config.planKey)
  if (plan === undefined) return yield* new UnknownPlan({ plan: config.planKey })
  const cart: Cart = {
    intent: { type: "subscription_plan", planKey: plan.key, name: plan.name },
    money: plan.money,
    category: plan.category
  }
  return cart
})

const priceAmount = Effect.fnUntraced(function* (config: IntentConfig) {
  yield* refuseOthers(config, "amountCents", "currency")
  const currency = yield* checkCurrency("intent.currency", config.currency ?? "USD")
  const amount = yield* checkAmount("intent.amountCents", config.amountCents)
  const cart: Cart = {
    intent: { type: "amount" },
    money: new Money({ amount, currency }),
    category: undefined
  }
  return cart
})

const priceLines = Effect.fnUntraced(function* (config: IntentConfig) {
  yield* refuseOthers(config, "lineItems")
  const items = config.lineItems ?? []
  if (!Array.isReadonlyArrayNonEmpty(items)) {
    return yield* refuse("intent.lineItems", "is empty; give at least one line")
  }
  if (items.length > mostLines) {
    return yield* refuse(
      "intent.lineItems",
      `has ${items.length} lines; at most ${mostLines} fit in one session`
    )
  }
  const catalogue = yield* PriceCatalogue
  const prices = yield* catalogue.prices(items.flatMap((item) => item.providerPriceRef ?? []))
  let first: Priced | undefined
  let total = 0
  const priceLine = Effect.fnUntraced(function* (item: LineItemConfig, index: number) {
    const field = `intent.lineItems[${index}]`
    const { line, currency } = yield* priceItem(field, prices, item)
    const others = (first ??= { line, currency })
    if (currency !== others.currency) {
      return yield* new MixedCurrencies({ field, currency, others: others.currency })
    }
    if (line.category !== others.line.category) {
      return yield* new MixedCategories({ field, category: line.category, others: others.line.category })
    }
    total += line.unitAmount * item.quantity
    if (total > largestAmount) {
      return yield* refuse(
        field,
        `takes the total above ${largestAmount} minor units, the most that one charge may ask`
      )
    }
    return { line: { ...line, quantity: item.quantity }, currency }
  })
  const priced = yield* Effect.forEach(items, priceLine)
  const cart: Cart = {
    intent: { type: "line_items", lines: Array.map(priced, ({ line }) => line) },
    money: new Money({ amount: total, currency: priced[0].currency }),
    category: priced[0].line.category
  }
  return cart
})

interface Priced {
  readonly line: Omit<PricedLine, "quantity">
  readonly currency: Currency
}

type Prices = Effect.Success<ReturnType<PriceCatalogue["Service"]["prices"]>>

const priceItem = Effect.fnUntraced(function* (field: string, prices: Prices, item: LineItemConfig) {
  const price = howToPrice(field, prices, item)
  if (price === undefined) {
    return yield* refuse(field, "needs either providerPriceRef or priceData, and not both")
  }
  const { quantity } = item
  if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity > mostPieces) {
    return yield* refuse(
      `${field}.quantity`,
      `is ${show(quantity)}; say a whole number from 1 to ${mostPieces}`
    )
  }
  return yield* price
})

/** By what a line says of its price: nothing if it says it twice or not at all. */
const howToPrice = (field: string, prices: Prices, { providerPriceRef, priceData }: LineItemConfig) => {
  if (providerPriceRef === undefined) {
    return priceData === undefined ? undefined : fromPriceData(`${field}.priceData`, priceData)
  }
  return priceData === undefined ? fromCatalogue(field, prices, providerPriceRef) : undefined
}

const fromCatalogue = Effect.fnUntraced(function* (field: string, prices: Prices, ref: string) {
  const price = prices.get(ref)
  if (price === undefined) return yield* new UnknownPrice({ field: `${field}.providerPriceRef`, price: ref })
  const priced: Priced = {
    line: { name: price.name, priceRef: price.ref, unitAmount: price.money.amount, category: price.category },
    currency: price.money.currency
  }
  return priced
})

/** Marks with which a name could change how an amount beside it is read. */
const turnsAround = /[\u202a-\u202e\u2066-\u2069]/

const fromPriceData = Effect.fnUntraced(function* (
  field: string,
  data: NonNullable<LineItemConfig["priceData"]>
) {
  const unitAmount = yield* checkAmount(`${field}.amountCents`, data.amountCents)
  const currency = yield* checkCurrency(`${field}.currency`, data.currency)
  if (data.name.trim() === "") return yield* refuse(`${field}.name`, "is empty; say what is sold")
  if (turnsAround.test(data.name)) {
    return yield* refuse(
      `${field}.name`,
      "holds a mark that turns the direction of the text around it; take it out"
    )
  }
  const category = yield* checkCategory(`${field}.product`, data.product)
  const priced: Priced = { line: { name: data.name, unitAmount, category }, currency }
  return priced
})

/** A product category by its name, or the refusal that lists them. */
export const checkCategory = (field: string, value: string): Effect.Effect<ProductCategory, InvalidInput> =>
  isProductCategory(value)
    ? Effect.succeed(value)
    : refuse(field, `is ${show(value)}; product categories are ${productCategories.join(", ")}`)

const checkCurrency = (field: string, value: string): Effect.Effect<Currency, InvalidInput> =>
  isCurrency(value)
    ? Effect.succeed(value)
    : refuse(field, `is ${show(value)}; currencies are ${Object.keys(minorUnitDecimals).join(", ")}`)

const checkAmount = (field: string, value: number | undefined): Effect.Effect<number, InvalidInput> => {
  if (value === undefined) return refuse(field, "is missing; say how many minor units (cents) to charge")
  if (!Number.isInteger(value)) {
    return refuse(field, `is ${show(value)}; amounts are whole minor units, so USD 12.50 is 1250`)
  }
  if (value < 1) return refuse(field, `is ${value}; an amount is at least 1 minor unit`)
  if (value > largestAmount)
    return refuse(field, `is ${value}; one charge asks at most ${largestAmount} minor units`)
  return Effect.succeed(value)
}

/** An intent of one type with fields of another is a mistake that would be paid for: it is refused. */
const refuseOthers = (
  config: IntentConfig,
  ...own: ReadonlyArray<keyof IntentConfig>
): Effect.Effect<void, InvalidInput> => {
  const fields = ["planKey", "lineItems", "amountCents", "currency"] as const
  const foreign = fields.find((field) => config[field] !== undefined && !own.includes(field))
  return foreign === undefined
    ? Effect.void
    : refuse(`intent.${foreign}`, `does not belong to an intent of type ${config.type}; leave it out`)
}

const refuse = (field: string, problem: string): Effect.Effect<never, InvalidInput> =>
  Effect.fail(new InvalidInput({ field, problem }))

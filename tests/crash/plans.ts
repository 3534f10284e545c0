import { type Draw, drawFrom } from "./draw.ts"
import type { Door, Order } from "./exchanges.ts"

/** How a customer confirms. */
export type Style =
  /** Waits for the answer. */
  | "patient"
  /** Hangs up, and asks the other server at once under the same key. */
  | "hangs up and asks the other"
  /** Hangs up, and looks later what came of it. */
  | "hangs up and looks later"
  /** The same request at both servers at once. */
  | "same twice"
  /** Two requests of two keys, perhaps of two cards, at both servers at once. */
  | "two at once"
  /** Cancels at the other server while the charge is on its way. */
  | "cancels meanwhile"

/** What a customer does after a decline. */
export type AfterDecline = "another card" | "cancel" | "leave"

/** What one customer wants, drawn before anything is asked. */
export interface Plan {
  readonly order: Order
  readonly door: Door
  readonly style: Style
  /** Cards to try, in order; a second one for `two at once`. */
  readonly cards: () => string
  readonly afterDecline: () => AfterDecline
  /** How many workers claim the fulfilment. */
  readonly workers: 1 | 2
  readonly draw: Draw
}

const sellers: readonly [
  Omit<Order, "amount" | "currency"> & { readonly currencies: readonly [string, ...ReadonlyArray<string>] },
  ...ReadonlyArray<
    Omit<Order, "amount" | "currency"> & { readonly currencies: readonly [string, ...ReadonlyArray<string>] }
  >
] = [
  { brand: "loop-bio", entity: "loop_bio_labs", product: "ruo_compounds", currencies: ["USD"] },
  { brand: "leo-research", entity: "leo_research", product: "ruo_compounds", currencies: ["USD"] },
  { brand: "loop-health", entity: "loop_health", product: "telehealth", currencies: ["USD", "EUR", "GBP"] },
  { brand: "loop-store", entity: "loop_nutrition", product: "supplements", currencies: ["USD", "CAD"] },
  { brand: "loop-store", entity: "loop_goods", product: "merchandise", currencies: ["USD", "EUR", "JPY"] },
  { brand: "loop-health", entity: "loop_clinics", product: "lab_tests", currencies: ["USD"] }
]

/** The documented test cards; the slow ones often, so that much is on its way at any moment. */
const cards: readonly [readonly [string, number], ...ReadonlyArray<readonly [string, number]>] = [
  ["tok_slow", 26],
  ["tok_declined_slowly_at_stub_a", 16],
  ["tok_captured", 10],
  ["tok_declined_at_stub_a", 9],
  ["tok_slow_decline", 6],
  ["tok_timeout_captured", 6],
  ["tok_timeout_captured_late", 4],
  ["tok_timeout_nothing", 3],
  ["tok_lies_on_lookup", 4],
  ["tok_duplicate", 4],
  ["tok_garbled", 4],
  ["tok_soft_decline", 4],
  ["tok_hard_decline", 3],
  ["tok_insufficient_funds", 2],
  ["tok_by_amount", 6]
]

const styles: readonly [readonly [Style, number], ...ReadonlyArray<readonly [Style, number]>] = [
  ["patient", 36],
  ["hangs up and asks the other", 20],
  ["hangs up and looks later", 8],
  ["same twice", 12],
  ["two at once", 12],
  ["cancels meanwhile", 12]
]

/** The nth customer of a seed. */
export const planOf = (seed: number, customer: number): Plan => {
  const draw = drawFrom(seed, `customer ${customer}`)
  const { currencies, ...seller } = draw.oneOf(sellers)
  const currency = draw.oneOf(currencies)
  const order = { ...seller, currency, amount: draw.between(100, 20_000) }
  const cardTester = draw.chance(0.05)
  return {
    order,
    door: draw.chance(0.3) ? "GraphQL" : "REST",
    style: draw.weighted(styles),
    // Who tries one declined card after the other finds the session failed in the end.
    cards: () => (cardTester ? "tok_soft_decline" : draw.weighted(cards)),
    afterDecline: () =>
      cardTester
        ? "another card"
        : draw.weighted<AfterDecline>([
            ["another card", 60],
            ["cancel", 20],
            ["leave", 20]
          ]),
    workers: draw.chance(0.5) ? 1 : 2,
    draw
  }
}

// What apps declare: good ones, and good ones with a mistake or two.
import * as fc from "fast-check"
import type { Declaration } from "../expected/requests.ts"
import { aCardNumber } from "../expected/judging.ts"

const line = (providerPriceRef: string, quantity = 1) => ({ providerPriceRef, quantity })
const lines = (...lineItems: ReadonlyArray<ReturnType<typeof line>>) => ({ type: "line_items", lineItems })

const of = (
  brand: string,
  entity: string,
  intent: Declaration["intent"],
  rest: Partial<Declaration> = {}
): Declaration => ({ customer: "loop_user_1", brand, entity, mode: "hosted", intent, ...rest })

const amount = (amountCents: number, rest: Partial<Declaration["intent"]> = {}) => ({
  type: "amount",
  amountCents,
  ...rest
})

const bpc157: Declaration = of("loop-bio", "loop_bio_labs", lines(line("price_bpc157", 2)))

/** Every company, every way to say what is paid for, and amounts by which a card chooses. */
const goods: ReadonlyArray<Declaration> = [
  bpc157,
  of("loop-bio", "loop_bio_labs", lines(line("price_bpc157"), line("price_tb500"))),
  of("leo-research", "leo_research", lines(line("price_tb500")), { product: "ruo_compounds" }),
  of("loop-health", "loop_health", { type: "subscription_plan", planKey: "membership_monthly" }),
  of("loop-health", "loop_health", lines(line("price_consultation")), { mode: "embedded" }),
  of("loop-health", "loop_clinics", lines(line("price_blood_panel"))),
  of("loop-store", "loop_nutrition", lines(line("price_magnesium", 3))),
  of("loop-store", "loop_goods", lines(line("price_tshirt"))),
  of("loop-store", "loop_goods", lines(line("price_tshirt_eur"))),
  of("loop-store", "loop_nutrition", amount(600_000), { product: "supplements" }),
  of("loop-store", "loop_goods", amount(50_000_001), { product: "merchandise" }),
  of(
    "loop-store",
    "loop_goods",
    {
      type: "line_items",
      lineItems: [
        {
          priceData: { amountCents: 1_500, currency: "JPY", name: "a mug", product: "merchandise" },
          quantity: 2
        }
      ]
    },
    { redirects: { successUrl: "https://store.loop.health/thanks", cancelUrl: "http://localhost:4000" } }
  )
]

/** Of an amount whose last two digits choose what happens to it. */
const ending = (cents: number): Declaration =>
  of("loop-bio", "loop_bio_labs", amount(4_200 + cents), { product: "ruo_compounds" })

const byAmount = fc.nat(14).map(ending)

const good = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...goods) }, { weight: 1, arbitrary: byAmount })

type Mistake = (declaration: Declaration) => Declaration

const paying =
  (intent: Declaration["intent"], product?: string): Mistake =>
  (declaration) => ({
    ...declaration,
    intent,
    ...(product === undefined ? {} : { product })
  })

/** Mistakes whose place in the order of the contract is known, so any of them may stand beside any other. */
const ordered: ReadonlyArray<Mistake> = [
  (one) => ({ ...one, entity: "loop_nobody" }),
  (one) => ({ ...one, entity: "loop_payouts" }),
  (one) => ({ ...one, brand: "loop-nobody" }),
  (one) => ({
    ...one,
    brand: one.brand === "loop-store" ? "loop-bio" : "loop-store",
    entity: "loop_clinics"
  }),
  paying({ type: "donation" }),
  paying({ type: "subscription_plan" }),
  paying({ type: "subscription_plan", planKey: "no_plan" }),
  paying({ type: "subscription_plan", planKey: "membership_monthly", amountCents: 100 }),
  paying(lines()),
  paying(lines(line("price_tshirt", 0))),
  paying(lines(line("price_tshirt"), line("price_tshirt", 1.5))),
  paying(lines(line("price_nothing"))),
  paying(lines(line("price_tshirt"), line("price_tshirt_eur"))),
  paying(lines(line("price_tshirt"), line("price_omega3"))),
  paying({ type: "line_items", lineItems: [{ quantity: 1 }] }),
  paying(amount(0)),
  paying(amount(-5)),
  paying(amount(12.5)),
  paying(amount(1_000_000_000_000)),
  paying(amount(4_200, { currency: "XYZ" })),
  paying({ type: "amount" }),
  (one) => ({ ...one, product: "weapons" }),
  (one) => ({ ...one, product: one.product === "membership" ? "telehealth" : "membership" }),
  // Sold by another company, and not underwritten for this one.
  paying(amount(4_200), "lab_tests"),
  // No account of most companies takes it.
  paying(lines(line("price_tshirt_eur", 2)), "merchandise"),
  (one) => ({
    ...one,
    redirects: { successUrl: "https://elsewhere.example/thanks", cancelUrl: "http://localhost:4000" }
  }),
  (one) => ({
    ...one,
    redirects: { successUrl: "http://localhost:4000", cancelUrl: "//elsewhere.example" }
  })
]

/** Mistakes of which the contract does not say when they are noticed: each stands alone. */
const alone: ReadonlyArray<Mistake> = [
  (one) => ({ ...one, customer: " " }),
  (one) => ({ ...one, mode: "by post" }),
  (one) => ({ ...one, orderReference: "an order" }),
  (one) => ({ ...one, metadata: { note: `pay with ${aCardNumber}` } }),
  (one) => ({ ...one, customer: aCardNumber })
]

const bad = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(good, fc.uniqueArray(fc.nat(ordered.length - 1), { minLength: 1, maxLength: 2 }))
      .map(([one, mistakes]) => mistakes.reduce((sofar, nr) => ordered[nr]?.(sofar) ?? sofar, one))
  },
  {
    weight: 2,
    arbitrary: fc.tuple(good, fc.constantFrom(...alone)).map(([one, mistake]) => mistake(one))
  }
)

/** Each good declaration, and each mistake in one that is good otherwise. */
export const everyDeclaration: ReadonlyArray<Declaration> = [
  ...goods,
  ...[...ordered, ...alone].map((mistake) => mistake(bpc157))
]

export const declarations = {
  one: bpc157,
  ending,
  good,
  bad,
  mostlyGood: fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: bad })
}

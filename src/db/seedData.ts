import type { ProductCategory } from "../kernel/Category.ts"
import type { Currency } from "../kernel/Money.ts"

// Seven companies of the group. All of it is a placeholder until banking confirms it: names, accounts, caps.

interface EntitySeed {
  readonly id: string
  readonly name: string
  readonly collects: boolean
  readonly paysOut: boolean
  readonly underwrittenFor: ReadonlyArray<ProductCategory>
}

export const entities: ReadonlyArray<EntitySeed> = [
  {
    id: "loop_bio_labs",
    name: "Loop Bio Labs LLC",
    collects: true,
    paysOut: true,
    underwrittenFor: ["ruo_compounds"]
  },
  {
    id: "leo_research",
    name: "Leo Research LLC",
    collects: true,
    paysOut: false,
    underwrittenFor: ["ruo_compounds"]
  },
  {
    id: "loop_health",
    name: "Loop Health LLC",
    collects: true,
    paysOut: true,
    underwrittenFor: ["telehealth", "lab_tests", "membership"]
  },
  {
    id: "loop_nutrition",
    name: "Loop Nutrition LLC",
    collects: true,
    paysOut: false,
    underwrittenFor: ["supplements"]
  },
  {
    id: "loop_goods",
    name: "Loop Goods LLC",
    collects: true,
    paysOut: false,
    underwrittenFor: ["merchandise"]
  },
  {
    id: "loop_clinics",
    name: "Loop Clinics LLC",
    collects: true,
    paysOut: true,
    underwrittenFor: ["telehealth", "lab_tests"]
  },
  { id: "loop_payouts", name: "Loop Payouts LLC", collects: false, paysOut: true, underwrittenFor: [] }
]

interface BrandSeed {
  readonly id: string
  readonly name: string
  readonly entities: ReadonlyArray<string>
  readonly redirectOrigins: ReadonlyArray<string>
}

/** Where a shop runs that somebody tries things with, beside this server. */
const loopbackOrigins = ["http://localhost:4000", "http://127.0.0.1:4000"]

export const brands: ReadonlyArray<BrandSeed> = [
  {
    id: "loop-bio",
    name: "Loop Bio",
    entities: ["loop_bio_labs"],
    redirectOrigins: ["https://loopbio.example", ...loopbackOrigins]
  },
  {
    id: "leo-research",
    name: "Leo Research",
    entities: ["leo_research"],
    redirectOrigins: ["https://leoresearch.example", ...loopbackOrigins]
  },
  {
    id: "loop-health",
    name: "Loop Health",
    entities: ["loop_health", "loop_clinics", "loop_nutrition", "loop_bio_labs"],
    redirectOrigins: ["https://loop.health", ...loopbackOrigins]
  },
  {
    id: "loop-store",
    name: "Loop Store",
    entities: ["loop_goods", "loop_nutrition"],
    redirectOrigins: ["https://store.loop.health", ...loopbackOrigins]
  }
]

interface AccountSeed {
  readonly id: string
  readonly entity: string
  readonly provider: "stub_a" | "stub_b" | "stripe" | "nmi"
  /** The name of a secret. */
  readonly credentials?: string
  readonly name: string
  readonly status: "active" | "pending"
  readonly underwrittenFor: ReadonlyArray<ProductCategory>
  readonly accepts: {
    readonly currencies: ReadonlyArray<Currency>
    readonly maximumAmount?: number
    readonly cardBrands?: ReadonlyArray<string>
    readonly countries?: ReadonlyArray<string>
    readonly vaults?: ReadonlyArray<string>
    readonly highestRisk?: "low" | "medium" | "high"
  }
  readonly priority: number
  readonly weight: number
  readonly monthlyCap?: { readonly amount: number; readonly currency: Currency }
}

const usd = { currencies: ["USD"] } as const

export const accounts: ReadonlyArray<AccountSeed> = [
  // Research compounds: two accounts at one processor and a warm one at another.
  account("mid_bio_1", "loop_bio_labs", "stub_a", ["ruo_compounds"], 1),
  account("mid_bio_2", "loop_bio_labs", "stub_a", ["ruo_compounds"], 2),
  account("mid_bio_3", "loop_bio_labs", "stub_b", ["ruo_compounds"], 3, {
    accepts: { ...usd, highestRisk: "medium" }
  }),
  account("mid_leo_1", "leo_research", "stub_a", ["ruo_compounds"], 1, { weight: 70 }),
  account("mid_leo_2", "leo_research", "stub_b", ["ruo_compounds"], 1, { weight: 30 }),
  account("mid_health_1", "loop_health", "stub_a", ["telehealth", "lab_tests", "membership"], 1, {
    accepts: { currencies: ["USD", "EUR", "GBP"] }
  }),
  account("mid_health_2", "loop_health", "stub_b", ["telehealth", "membership"], 2),
  account("mid_nutrition_1", "loop_nutrition", "stub_a", ["supplements"], 1, {
    accepts: { currencies: ["USD", "CAD"], maximumAmount: 500_000 }
  }),
  account("mid_nutrition_2", "loop_nutrition", "stub_b", ["supplements"], 2, {
    accepts: { ...usd, cardBrands: ["visa", "mastercard"] }
  }),
  account("mid_goods_1", "loop_goods", "stub_a", ["merchandise"], 1, {
    accepts: { currencies: ["USD", "EUR", "JPY"] },
    monthlyCap: { amount: 50_000_000, currency: "USD" }
  }),
  account("mid_goods_2", "loop_goods", "stub_b", ["merchandise"], 1),
  account("mid_goods_3", "loop_goods", "stub_b", ["merchandise"], 9, { status: "pending" }),
  account("mid_clinics_1", "loop_clinics", "stub_a", ["telehealth", "lab_tests"], 1),
  account("mid_clinics_2", "loop_clinics", "stub_b", ["telehealth", "lab_tests"], 2, {
    accepts: { ...usd, countries: ["US", "CA"] }
  })
]

function account(
  id: string,
  entity: string,
  provider: "stub_a" | "stub_b",
  underwrittenFor: ReadonlyArray<ProductCategory>,
  priority: number,
  rest: Partial<AccountSeed> = {}
): AccountSeed {
  const name = `${id.slice("mid_".length).replaceAll("_", " ")} (placeholder)`
  return {
    id,
    entity,
    provider,
    name,
    status: "active",
    underwrittenFor,
    accepts: usd,
    priority,
    weight: 100,
    ...rest
  }
}

/** The same accounts at the emulated processors: Stripe for the one stub, NMI for the other. */
export const sandboxAccounts: ReadonlyArray<AccountSeed> = accounts.map((seeded) => {
  const provider = seeded.provider === "stub_a" ? "stripe" : "nmi"
  const accepts = { ...seeded.accepts, vaults: ["basis_theory"] }
  return { ...seeded, provider, credentials: `${provider}_${seeded.id}`, accepts }
})

export const prices: ReadonlyArray<{
  readonly ref: string
  readonly name: string
  readonly amount: number
  readonly currency: Currency
  readonly category: ProductCategory
}> = [
  {
    ref: "price_bpc157",
    name: "BPC-157, 5 mg vial",
    amount: 4_900,
    currency: "USD",
    category: "ruo_compounds"
  },
  {
    ref: "price_tb500",
    name: "TB-500, 5 mg vial",
    amount: 5_900,
    currency: "USD",
    category: "ruo_compounds"
  },
  {
    ref: "price_magnesium",
    name: "Magnesium, 120 capsules",
    amount: 2_400,
    currency: "USD",
    category: "supplements"
  },
  {
    ref: "price_omega3",
    name: "Omega-3, 90 capsules",
    amount: 2_900,
    currency: "USD",
    category: "supplements"
  },
  {
    ref: "price_consultation",
    name: "Consultation, 30 minutes",
    amount: 9_900,
    currency: "USD",
    category: "telehealth"
  },
  { ref: "price_blood_panel", name: "Blood panel", amount: 14_900, currency: "USD", category: "lab_tests" },
  { ref: "price_tshirt", name: "T-shirt", amount: 3_500, currency: "USD", category: "merchandise" },
  { ref: "price_tshirt_eur", name: "T-shirt", amount: 3_300, currency: "EUR", category: "merchandise" }
]

export const plans: ReadonlyArray<{
  readonly key: string
  readonly name: string
  readonly amount: number
  readonly currency: Currency
  readonly category: ProductCategory
}> = [
  {
    key: "membership_monthly",
    name: "Membership, monthly",
    amount: 2_900,
    currency: "USD",
    category: "membership"
  },
  {
    key: "supplements_quarterly",
    name: "Supplements, quarterly",
    amount: 7_900,
    currency: "USD",
    category: "supplements"
  }
]

/** Known to everybody, so it is taken on loopback only. */
export const developmentKey = { key: "sk_development_loopback_only", principal: "development" }

/** The key of a second operator: what needs two persons can be tried with it. */
export const secondDevelopmentKey = {
  key: "sk_development_second_operator",
  principal: "development_second"
}

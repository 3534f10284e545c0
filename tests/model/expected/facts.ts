// What the documents say of the seeded world, written down once more by hand: who may sell what, over which
// account, and what each test card does. The model knows nothing else, and nothing of the service's own code.

export const companies: Readonly<Record<string, { readonly sells: ReadonlyArray<string> }>> = {
  loop_bio_labs: { sells: ["ruo_compounds"] },
  leo_research: { sells: ["ruo_compounds"] },
  loop_health: { sells: ["telehealth", "lab_tests", "membership"] },
  loop_nutrition: { sells: ["supplements"] },
  loop_goods: { sells: ["merchandise"] },
  loop_clinics: { sells: ["telehealth", "lab_tests"] }
}

/** Pays out, and can never collect. */
export const payingOutOnly = "loop_payouts"

/** Where a shop runs that somebody tries things with. */
const loopback = ["http://localhost:4000", "http://127.0.0.1:4000"]

export const brands: Readonly<
  Record<string, { readonly companies: ReadonlyArray<string>; readonly origins: ReadonlyArray<string> }>
> = {
  "loop-bio": { companies: ["loop_bio_labs"], origins: ["https://loopbio.example", ...loopback] },
  "leo-research": { companies: ["leo_research"], origins: ["https://leoresearch.example", ...loopback] },
  "loop-health": {
    companies: ["loop_health", "loop_clinics", "loop_nutrition", "loop_bio_labs"],
    origins: ["https://loop.health", ...loopback]
  },
  "loop-store": {
    companies: ["loop_goods", "loop_nutrition"],
    origins: ["https://store.loop.health", ...loopback]
  }
}

export const categories: ReadonlyArray<string> = [
  "ruo_compounds",
  "supplements",
  "telehealth",
  "lab_tests",
  "membership",
  "merchandise"
]

export const currencies: ReadonlyArray<string> = [
  "AUD",
  "CAD",
  "CHF",
  "DKK",
  "EUR",
  "GBP",
  "JPY",
  "MXN",
  "NOK",
  "NZD",
  "SEK",
  "SGD",
  "USD"
]

export interface Account {
  readonly mid: string
  readonly company: string
  readonly gateway: "stub_a" | "stub_b"
  readonly sells: ReadonlyArray<string>
  /** Accounts of one priority are equals: any order of them is right, and one session always meets the same. */
  readonly priority: number
  readonly currencies: ReadonlyArray<string>
  readonly boarded: boolean
  readonly mostAmount?: number
  readonly cardBrands?: ReadonlyArray<string>
  readonly countries?: ReadonlyArray<string>
  readonly mostRisk?: Risk
  readonly monthlyCap?: { readonly amount: number; readonly currency: string }
}

export type Risk = "low" | "medium" | "high"
export const risks: ReadonlyArray<string> = ["low", "medium", "high"]

const account = (
  mid: string,
  company: string,
  gateway: Account["gateway"],
  sells: ReadonlyArray<string>,
  priority: number,
  rest: Partial<Account> = {}
): Account => ({ mid, company, gateway, sells, priority, currencies: ["USD"], boarded: true, ...rest })

const care = ["telehealth", "lab_tests"]

export const accounts: ReadonlyArray<Account> = [
  account("mid_bio_1", "loop_bio_labs", "stub_a", ["ruo_compounds"], 1),
  account("mid_bio_2", "loop_bio_labs", "stub_a", ["ruo_compounds"], 2),
  account("mid_bio_3", "loop_bio_labs", "stub_b", ["ruo_compounds"], 3, { mostRisk: "medium" }),
  account("mid_leo_1", "leo_research", "stub_a", ["ruo_compounds"], 1),
  account("mid_leo_2", "leo_research", "stub_b", ["ruo_compounds"], 1),
  account("mid_health_1", "loop_health", "stub_a", [...care, "membership"], 1, {
    currencies: ["USD", "EUR", "GBP"]
  }),
  account("mid_health_2", "loop_health", "stub_b", ["telehealth", "membership"], 2),
  account("mid_nutrition_1", "loop_nutrition", "stub_a", ["supplements"], 1, {
    currencies: ["USD", "CAD"],
    mostAmount: 500_000
  }),
  account("mid_nutrition_2", "loop_nutrition", "stub_b", ["supplements"], 2, {
    cardBrands: ["visa", "mastercard"]
  }),
  account("mid_goods_1", "loop_goods", "stub_a", ["merchandise"], 1, {
    currencies: ["USD", "EUR", "JPY"],
    monthlyCap: { amount: 50_000_000, currency: "USD" }
  }),
  account("mid_goods_2", "loop_goods", "stub_b", ["merchandise"], 1),
  account("mid_goods_3", "loop_goods", "stub_b", ["merchandise"], 9, { boarded: false }),
  account("mid_clinics_1", "loop_clinics", "stub_a", care, 1),
  account("mid_clinics_2", "loop_clinics", "stub_b", care, 2, { countries: ["US", "CA"] })
]

interface Article {
  readonly amount: number
  readonly currency: string
  readonly category: string
}

const article = (amount: number, category: string, currency = "USD"): Article => ({
  amount,
  category,
  currency
})

export const prices: Readonly<Record<string, Article>> = {
  price_bpc157: article(4_900, "ruo_compounds"),
  price_tb500: article(5_900, "ruo_compounds"),
  price_magnesium: article(2_400, "supplements"),
  price_omega3: article(2_900, "supplements"),
  price_consultation: article(9_900, "telehealth"),
  price_blood_panel: article(14_900, "lab_tests"),
  price_tshirt: article(3_500, "merchandise"),
  price_tshirt_eur: article(3_300, "merchandise", "EUR")
}

export const plans: Readonly<Record<string, Article>> = {
  membership_monthly: article(2_900, "membership"),
  supplements_quarterly: article(7_900, "supplements")
}

/** The largest amount of one charge: twelve digits. */
export const largestAmount = 999_999_999_999

/** What a gateway does with a charge: what becomes of the money, and what the driver can make of the answer. */
export type Fate =
  /** The money moves and the answer proves it. */
  | "captured"
  /** Proof that it did not move: another account may take it, or none would. */
  | "soft"
  | "hard"
  /** The money moves, and the answer is lost or proves nothing. */
  | "unproven"
  /** The same, but the money moves after a while; until then a lookup says that it is on its way. */
  | "late"
  /** The same, and the first two lookups deny the charge. */
  | "denied"
  /** The request is lost on its way, and no money moves. */
  | "nothing"

interface TestCard {
  readonly brand: string
  readonly country: string
  readonly fate: Fate | "soft at stub_a" | "by amount"
}

const card = (fate: TestCard["fate"], brand = "visa", country = "US"): TestCard => ({ brand, country, fate })

export const cards: Readonly<Record<string, TestCard>> = {
  tok_captured: card("captured"),
  tok_captured_mastercard: card("captured", "mastercard"),
  tok_captured_amex: card("captured", "amex"),
  tok_captured_gb: card("captured", "visa", "GB"),
  tok_soft_decline: card("soft"),
  tok_hard_decline: card("hard"),
  tok_insufficient_funds: card("hard"),
  tok_declined_at_stub_a: card("soft at stub_a", "mastercard"),
  tok_slow_decline: card("soft"),
  tok_declined_slowly_at_stub_a: card("soft at stub_a", "mastercard"),
  tok_timeout_captured: card("unproven"),
  tok_timeout_captured_late: card("late"),
  tok_timeout_nothing: card("nothing"),
  tok_slow: card("captured", "mastercard", "CA"),
  tok_lies_on_lookup: card("denied"),
  tok_duplicate: card("unproven", "amex"),
  tok_garbled: card("unproven"),
  tok_by_amount: card("by amount", "visa", "DE")
}

const byAmount: ReadonlyArray<TestCard["fate"]> = [
  "captured",
  "soft",
  "hard",
  "hard",
  "soft at stub_a",
  "unproven",
  "late",
  "nothing",
  "captured",
  "denied",
  "unproven",
  "unproven",
  "soft",
  "soft at stub_a"
]

/** What the gateway does with a charge of so much on a card. */
export const fateOf = (token: string, gateway: Account["gateway"], amount: number): Fate => {
  const named = cards[token]?.fate ?? "hard"
  const fate = named === "by amount" ? (byAmount[amount % 100] ?? "captured") : named
  if (fate === "by amount") return "captured"
  if (fate !== "soft at stub_a") return fate
  return gateway === "stub_a" ? "soft" : "captured"
}

/**
 * The times that the tests give the gateways and the service, in milliseconds. Time passes in the tests only when
 * somebody lets it pass, in steps that no test's own running time comes near to.
 */
export const times = {
  /** From the request of a late capture until its money moves. */
  late: 60_000,
  /** How long after the charge a lookup may deny it. */
  denies: 120_000,
  /** How long after the write-ahead a charge may still turn up. */
  horizon: 300_000,
  /** How long an attempt stays its driver's: the deadline of the charge and ten seconds. */
  lease: 40_000,
  /** How long a session may be paid. */
  lifetime: 3_600_000,
  /** How old a permit may be when it is used, on the clock of the process. */
  permit: 2_000,
  /** How many confirmations a session takes. */
  rounds: 5
} as const

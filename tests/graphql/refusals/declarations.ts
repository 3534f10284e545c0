// What is refused when a payment is declared: the rows, and how they are asked for.
import { declared, field } from "../support.ts"

export const createWith = (extras: string, input: unknown, key?: string) =>
  field(
    `mutation ($input: CreatePaymentSessionInput!, $key: String) {
      createPaymentSession(input: $input, idempotencyKey: $key) {
        __typename ... on Refusal { code field message } ${extras}
      }
    }`,
    "createPaymentSession",
    { input, key }
  )

const line = (one: object) => ({ ...declared, intent: { type: "line_items", lineItems: [one] } })
const lines = (...all: ReadonlyArray<object>) => ({
  ...declared,
  intent: { type: "line_items", lineItems: all }
})
const priced = (more: object) => ({
  priceData: { amountCents: 100, currency: "USD", name: "Vial", product: "ruo_compounds", ...more },
  quantity: 1
})
const amount = (more: object) => ({
  ...declared,
  product: "ruo_compounds",
  intent: { type: "amount", amountCents: 4200, currency: "USD", ...more }
})

/** Each row: what is declared, what else to ask for, and the typed answer without its sentence. */
export const refusedDeclarations: ReadonlyArray<readonly [string, object, string, object]> = [
  [
    "an unknown entity",
    { ...declared, entity: "loop_bank" },
    "... on UnknownEntity { entity }",
    { __typename: "UnknownEntity", code: "unknown_entity", field: "entity", entity: "loop_bank" }
  ],
  [
    "an entity that only pays out",
    { ...declared, entity: "loop_payouts" },
    "... on EntityCannotCollect { entity }",
    {
      __typename: "EntityCannotCollect",
      code: "entity_cannot_collect",
      field: "entity",
      entity: "loop_payouts"
    }
  ],
  [
    "an unknown brand",
    { ...declared, brand: "loop-cars" },
    "... on UnknownBrand { brand }",
    { __typename: "UnknownBrand", code: "unknown_brand", field: "brand", brand: "loop-cars" }
  ],
  [
    "a brand of another entity",
    { ...declared, brand: "leo-research" },
    "... on BrandNotOfEntity { brand entity allowed }",
    {
      __typename: "BrandNotOfEntity",
      code: "brand_not_of_entity",
      field: "brand",
      brand: "leo-research",
      entity: "loop_bio_labs",
      allowed: ["leo_research"]
    }
  ],
  [
    "an unknown price",
    line({ providerPriceRef: "price_gold", quantity: 1 }),
    "... on UnknownPrice { price }",
    {
      __typename: "UnknownPrice",
      code: "unknown_price",
      field: "intent.lineItems[0].providerPriceRef",
      price: "price_gold"
    }
  ],
  [
    "an unknown plan",
    { ...declared, intent: { type: "subscription_plan", planKey: "gold" } },
    "... on UnknownPlan { plan }",
    { __typename: "UnknownPlan", code: "unknown_plan", field: "intent.planKey", plan: "gold" }
  ],
  [
    "two currencies",
    lines(priced({}), priced({ currency: "EUR" })),
    "... on MixedCurrencies { currency others }",
    {
      __typename: "MixedCurrencies",
      code: "mixed_currencies",
      field: "intent.lineItems[1]",
      currency: "EUR",
      others: "USD"
    }
  ],
  [
    "two categories",
    lines(priced({}), priced({ product: "supplements" })),
    "... on MixedCategories { category others }",
    {
      __typename: "MixedCategories",
      code: "mixed_categories",
      field: "intent.lineItems[1]",
      category: "supplements",
      others: "ruo_compounds"
    }
  ],
  [
    "a claim that disagrees with the catalogue",
    { ...declared, product: "merchandise" },
    "... on CategoryClaimDisagrees { claimed derived }",
    {
      __typename: "CategoryClaimDisagrees",
      code: "category_claim_disagrees",
      field: "product",
      claimed: "merchandise",
      derived: "ruo_compounds"
    }
  ],
  [
    "a category that is not underwritten",
    { ...declared, brand: "loop-store", entity: "loop_goods" },
    "... on CategoryNotUnderwritten { entity category underwritten }",
    {
      __typename: "CategoryNotUnderwritten",
      code: "category_not_underwritten",
      field: "entity",
      entity: "loop_goods",
      category: "ruo_compounds",
      underwritten: ["merchandise"]
    }
  ],
  [
    "a foreign redirect",
    {
      ...declared,
      redirects: { successUrl: "https://evil.example/x", cancelUrl: "https://loopbio.example/" }
    },
    "... on RedirectNotAllowed { origin allowed }",
    {
      __typename: "RedirectNotAllowed",
      code: "redirect_not_allowed",
      field: "redirects.successUrl",
      origin: "https://evil.example",
      allowed: ["https://loopbio.example", "http://localhost:4000", "http://127.0.0.1:4000"]
    }
  ],
  [
    "an amount that no account takes",
    {
      ...declared,
      entity: "loop_bio_labs",
      intent: { type: "line_items", lineItems: [priced({ currency: "JPY" })] }
    },
    "... on NoEligibleMerchantAccount { entity leftOut { midId reasons { code ... on MidCurrencyNotAccepted { currency accepted } } } passedOver { midId } }",
    {
      __typename: "NoEligibleMerchantAccount",
      code: "no_eligible_merchant_account",
      field: "entity",
      entity: "loop_bio_labs",
      leftOut: ["mid_bio_1", "mid_bio_2", "mid_bio_3"].map((midId) => ({
        midId,
        reasons: [{ code: "currency_not_accepted", currency: "JPY", accepted: ["USD"] }]
      })),
      passedOver: []
    }
  ],
  [
    "a zero amount",
    amount({ amountCents: 0 }),
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.amountCents" }
  ],
  [
    "a negative amount",
    amount({ amountCents: -1 }),
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.amountCents" }
  ],
  [
    "a fraction of a cent",
    amount({ amountCents: 10.5 }),
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.amountCents" }
  ],
  [
    "an amount that overflows",
    amount({ amountCents: 1e21 }),
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.amountCents" }
  ],
  [
    "half a piece",
    line({ providerPriceRef: "price_bpc157", quantity: 0.5 }),
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.lineItems[0].quantity" }
  ],
  [
    "an unknown currency",
    amount({ currency: "XXX" }),
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.currency" }
  ],
  [
    "an unknown kind of intent",
    { ...declared, intent: { type: "gift" } },
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.type" }
  ],
  [
    "no lines",
    { ...declared, intent: { type: "line_items", lineItems: [] } },
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "intent.lineItems" }
  ],
  [
    "an unknown mode",
    { ...declared, mode: "fax" },
    "",
    { __typename: "InvalidInput", code: "invalid_input", field: "mode" }
  ]
]

import { describe, expect, it } from "@effect/vitest"
import { UnknownMid } from "../../src/kernel/EntityRegistry.ts"
import { LedgerUnavailable } from "../../src/kernel/PaymentLedger.ts"
import {
  CapabilityMissing,
  ChargeUnknown,
  UnknownProvider,
  WebhookRefused
} from "../../src/kernel/PaymentProvider.ts"
import * as refusals from "../../src/kernel/refusals.ts"
import { sessionId } from "../support/kernel/accounts.ts"

// The words are part of the contract: who reads "declined" instead of "unknown" pays twice. So each refusal is
// read here as its caller reads it, once with everything that it can tell and once with nothing.

const session = sessionId(1)
const long = "x".repeat(81)
const cut = `"${"x".repeat(80)}..."`

type Refusal = Error & { readonly field: string }
const {
  BrandNotOfEntity,
  CategoryClaimDisagrees,
  CategoryNotUnderwritten,
  EntityCannotCollect,
  IdempotencyKeyReused,
  InvalidInput,
  MixedCategories,
  MixedCurrencies,
  NoEligibleMerchantAccount,
  OrderAlreadyDeclared,
  RateLimited,
  RedirectNotAllowed,
  NotFulfillable,
  SessionNotSettled,
  UnknownBrand,
  UnknownEntity,
  UnknownPlan,
  UnknownPrice,
  UnknownSession
} = refusals

const sentences: ReadonlyArray<readonly [refusal: Refusal, field: string, sentence: string]> = [
  [
    new InvalidInput({ field: "intent.amountCents", problem: "is 0; an amount is at least 1 minor unit" }),
    "intent.amountCents",
    "intent.amountCents is 0; an amount is at least 1 minor unit"
  ],
  [
    new UnknownEntity({ entity: "acme", known: ["loop_goods", "loop_health"] }),
    "entity",
    'there is no entity "acme"; entities that collect are loop_goods, loop_health'
  ],
  [
    new UnknownEntity({ entity: long, known: ["loop_goods"] }),
    "entity",
    `there is no entity ${cut}; entities that collect are loop_goods`
  ],
  [
    new EntityCannotCollect({ entity: "loop_payouts" }),
    "entity",
    "loop_payouts pays out only and can never collect; name the entity that sells"
  ],
  [
    new UnknownBrand({ brand: "acme", known: ["loop-goods", "loop-health"] }),
    "brand",
    'there is no brand "acme"; brands are loop-goods, loop-health'
  ],
  [
    new BrandNotOfEntity({
      brand: "loop-goods",
      entity: "loop_health",
      allowed: ["loop_goods", "loop_labs"]
    }),
    "brand",
    "loop_health may not collect under loop-goods; under it may loop_goods, loop_labs"
  ],
  [
    new BrandNotOfEntity({ brand: "loop-goods", entity: "loop_health", allowed: [] }),
    "brand",
    "loop_health may not collect under loop-goods; under it may nobody"
  ],
  [
    new UnknownPrice({ field: "intent.lineItems[1].providerPriceRef", price: "price_yacht" }),
    "intent.lineItems[1].providerPriceRef",
    'the catalogue has no price "price_yacht"; use one that it has, or priceData'
  ],
  [
    new UnknownPlan({ plan: "x".repeat(80) }),
    "intent.planKey",
    `the catalogue has no plan "${"x".repeat(80)}"`
  ],
  [new UnknownPlan({ plan: "box_yearly" }), "intent.planKey", 'the catalogue has no plan "box_yearly"'],
  [
    new MixedCurrencies({ field: "intent.lineItems[1]", currency: "EUR", others: "USD" }),
    "intent.lineItems[1]",
    "this line is in EUR and the lines before it are in USD; one session has one currency"
  ],
  [
    new MixedCategories({ field: "intent.lineItems[1]", category: "supplements", others: "merchandise" }),
    "intent.lineItems[1]",
    "this line is supplements and the lines before it are merchandise; one charge is underwritten for one category, so declare a session for each"
  ],
  [
    new CategoryClaimDisagrees({ claimed: "merchandise", derived: "ruo_compounds" }),
    "product",
    "the catalogue says ruo_compounds, not merchandise; leave product out, or say ruo_compounds"
  ],
  [
    new CategoryNotUnderwritten({
      entity: "loop_goods",
      category: "telehealth",
      underwritten: ["merchandise", "membership"]
    }),
    "entity",
    "loop_goods is underwritten for merchandise, membership, not for telehealth; it may not collect for it"
  ],
  [
    new CategoryNotUnderwritten({ entity: "loop_goods", category: "telehealth", underwritten: [] }),
    "entity",
    "loop_goods is underwritten for nothing, not for telehealth; it may not collect for it"
  ],
  [
    new RedirectNotAllowed({
      field: "redirects.cancelUrl",
      origin: "https://evil.example",
      allowed: ["https://shop.example", "https://www.shop.example"]
    }),
    "redirects.cancelUrl",
    '"https://evil.example" is not an origin of the brand; allowed are https://shop.example, https://www.shop.example'
  ],
  [
    new RedirectNotAllowed({ field: "redirects.successUrl", origin: "https://evil.example", allowed: [] }),
    "redirects.successUrl",
    '"https://evil.example" is not an origin of the brand; allowed are none'
  ],
  [
    new NoEligibleMerchantAccount({ entity: "loop_goods", leftOut: [], passedOver: [] }),
    "entity",
    "no merchant account of loop_goods may serve this charge; it has none"
  ],
  [
    new OrderAlreadyDeclared({ orderReference: "order-1", session, state: "pending" }),
    "orderReference",
    `the order "order-1" has the session ${session}, which is pending; pay that one, or cancel it first`
  ],
  [
    new OrderAlreadyDeclared({ orderReference: "order-1", session, state: "settled" }),
    "orderReference",
    `the order "order-1" has the session ${session}, which is settled; the order is paid`
  ],
  [
    new OrderAlreadyDeclared({ orderReference: "order-1", session, state: "processing" }),
    "orderReference",
    `the order "order-1" has the session ${session}, which is processing; wait for its outcome, and do not pay again`
  ],
  [
    new OrderAlreadyDeclared({ orderReference: "order-1", session, state: "in_review" }),
    "orderReference",
    `the order "order-1" has the session ${session}, which is in_review; wait for its outcome, and do not pay again`
  ],
  [
    new IdempotencyKeyReused({
      differences: [
        { field: "mode", before: '"hosted"', now: '"embedded"' },
        { field: "product", before: "absent", now: '"membership"' }
      ]
    }),
    "Idempotency-Key",
    'the key came before with another request (mode was "hosted" and is "embedded"; product was absent and is "membership"); a new request needs a new key'
  ],
  [
    RateLimited.after("requests", 1),
    "Authorization",
    "your API key has asked too often; nothing was charged. Ask the same again in 1 seconds"
  ],
  [
    RateLimited.after("payments", 1000),
    "Authorization",
    "your API key has declared and confirmed too many payments; nothing was charged. Ask the same again in 1 seconds"
  ],
  [
    RateLimited.after("session", 1001),
    "session",
    "this session was tried too often; nothing was charged. Ask the same again in 2 seconds"
  ],
  [
    RateLimited.after("card", 0),
    "vaultToken",
    "this card was tried too often; nothing was charged. Ask the same again in 1 seconds"
  ],
  [new UnknownSession({ session: "ps_1" }), "session", 'there is no session "ps_1"'],
  [
    new SessionNotSettled({ session, state: "processing" }),
    "session",
    "the session is processing; fulfil only what is settled"
  ],
  [
    new NotFulfillable({ session, reason: "news_waiting", by: "wh_7" }),
    "session",
    "its processor tells of a refund or a dispute of it, which is not heard yet (wh_7); hand nothing over and ask again in a minute; operators replay what became a dead letter"
  ],
  [
    new NotFulfillable({ session, reason: "given_back", by: "re_1" }),
    "session",
    "its money went back, or is on its way back (re_1); hand nothing over, and ask again only if that comes to nothing"
  ],
  [
    new NotFulfillable({ session, reason: "disputed" }),
    "session",
    "its cardholder's bank disputes the charge, or took its money back; hand nothing over, and ask again only if that comes to nothing"
  ],
  [
    new UnknownMid({ mid: "mid_x" }),
    "mid",
    "there is no merchant account mid_x; merchantAccounts lists those that exist"
  ]
]

describe("a refusal names its field and says what would be right:", () => {
  it.each(sentences.map((one) => [one[0].name, ...one] as const))(
    "%s at %3$s",
    (_, refusal, field, sentence) => {
      expect(refusal.message).toBe(sentence)
      expect(refusal.field).toBe(field)
    }
  )

  it("and there is one of each kind in this list, or in the tests of its own", () => {
    const told = new Set([...sentences.map(([refusal]) => refusal.name), "SessionNotPayable"])
    expect(Object.keys(refusals).filter((name) => !told.has(name))).toEqual([])
  })
})

describe("a failure within says what was asked of whom:", () => {
  it.each([
    [
      new LedgerUnavailable({ operation: "record", cause: new Error("the connection is gone") }),
      "the ledger did not acknowledge record"
    ],
    [
      new CapabilityMissing({ provider: "stub_a", capability: "void" }),
      "stub_a cannot do void; choose a provider that can"
    ],
    [
      new WebhookRefused({ reason: "too_old", problem: "it is of yesterday" }),
      "the webhook is refused: it is of yesterday"
    ],
    [new ChargeUnknown({ provider: "stub_a", processorReference: "ch_1" }), "stub_a knows no charge ch_1"],
    [
      new UnknownProvider({ provider: "nmi", configured: ["stub_a", "stub_b"] }),
      "no provider nmi is configured; configured are stub_a, stub_b"
    ],
    [
      new UnknownProvider({ provider: "nmi", configured: [] }),
      "no provider nmi is configured; configured are none"
    ]
  ])("%s", (failure, sentence) => {
    expect(failure.message).toBe(sentence)
  })
})

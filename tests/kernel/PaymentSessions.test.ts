import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { PaymentSession } from "../../src/kernel/PaymentSession.ts"
import type { SessionConfig } from "../../src/kernel/SessionConfig.ts"
import { sessionId } from "../support/kernel/accounts.ts"
import { by, good, openSessions } from "../support/kernel/sessions.ts"

describe("declaring a session", () => {
  it.effect("prices it, derives its category and hands it to the ledger", () =>
    Effect.gen(function* () {
      const { create, declared } = openSessions()
      const session = yield* create({
        redirects: { successUrl: "https://shop.example/thanks", cancelUrl: "https://shop.example/cart" },
        metadata: { source: "newsletter" },
        orderReference: "order-1"
      })
      expect(declared.length).toBe(1)
      expect(session).toMatchObject({
        customer: "user_1",
        brand: "loop-goods",
        entity: "loop_goods",
        category: "merchandise",
        money: { amount: 3000, currency: "USD" },
        mode: "hosted",
        theme: {},
        metadata: { source: "newsletter" },
        orderReference: "order-1",
        redirects: { cancelUrl: "https://shop.example/cart" }
      })
      expect(session.id).toMatch(/^ps_[0-9A-HJKMNP-TV-Z]{26}$/)
    })
  )

  it.effect("takes a claim that agrees, and a claim for what nothing else tells", () =>
    Effect.gen(function* () {
      const { create } = openSessions()
      expect((yield* create({ product: "merchandise" })).category).toBe("merchandise")
      const bare = yield* create({ intent: { type: "amount", amountCents: 900 }, product: "merchandise" })
      expect(bare.category).toBe("merchandise")
    })
  )

  it.effect("gives each its own id", () =>
    Effect.gen(function* () {
      const { create } = openSessions()
      const sessions = yield* Effect.all([create(), create(), create()])
      expect(new Set(sessions.map(({ id }) => id)).size).toBe(3)
    })
  )
})

/** Wrong in one place each, in the order in which they are judged; what is before them in the list is right. */
const wrong: ReadonlyArray<readonly [string, Partial<SessionConfig>, object]> = [
  ["an unknown entity", { entity: "acme" }, { _tag: "UnknownEntity", known: ["loop_goods", "loop_health"] }],
  [
    "an entity that cannot collect",
    { entity: "loop_payouts" },
    { _tag: "EntityCannotCollect", field: "entity" }
  ],
  ["an unknown brand", { brand: "acme" }, { _tag: "UnknownBrand", known: ["loop-goods", "loop-health"] }],
  [
    "a brand of another entity",
    { brand: "loop-health" },
    { _tag: "BrandNotOfEntity", allowed: ["loop_health"], field: "brand" }
  ],
  [
    "no customer",
    { customer: " " },
    { _tag: "InvalidInput", field: "customer", problem: "is not a loopUserId of 1 to 200 characters" }
  ],
  [
    "an unknown mode",
    { mode: "popup" },
    { _tag: "InvalidInput", field: "mode", problem: 'is "popup"; say hosted or embedded' }
  ],
  [
    "an order reference with a space",
    { orderReference: "a b" },
    {
      _tag: "InvalidInput",
      field: "orderReference",
      problem: "is not 1 to 100 printable characters without spaces"
    }
  ],
  [
    "a theme with a long value",
    { theme: { a: "x".repeat(501) } },
    { _tag: "InvalidInput", field: "theme.a" }
  ],
  [
    "metadata without a name",
    { metadata: { "": "x" } },
    {
      _tag: "InvalidInput",
      field: "metadata.",
      problem: "has the wrong length: keys have 1 to 40 characters, values at most 500"
    }
  ],
  [
    "too much metadata",
    { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) },
    { _tag: "InvalidInput", field: "metadata", problem: "has 51 entries; at most 50 are kept" }
  ],
  [
    "a malformed intent",
    { intent: { type: "line_items" } },
    { _tag: "InvalidInput", field: "intent.lineItems" }
  ],
  ["an unknown category", { product: "weapons" }, { _tag: "InvalidInput", field: "product" }],
  [
    "a claim that disagrees with the catalogue",
    { product: "telehealth" },
    { _tag: "CategoryClaimDisagrees", field: "product", claimed: "telehealth" }
  ],
  [
    "a category that is not underwritten",
    { intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_vitamins", quantity: 1 }] } },
    { _tag: "CategoryNotUnderwritten", category: "supplements", underwritten: ["merchandise", "membership"] }
  ],
  [
    "a foreign redirect after a success",
    { redirects: { successUrl: "https://evil.example", cancelUrl: "https://shop.example" } },
    { _tag: "RedirectNotAllowed", field: "redirects.successUrl" }
  ],
  [
    "a foreign redirect after a cancellation",
    { redirects: { successUrl: "https://shop.example", cancelUrl: "https://evil.example" } },
    { _tag: "RedirectNotAllowed", field: "redirects.cancelUrl" }
  ],
  [
    "a category that no account serves",
    { intent: { type: "amount", amountCents: 100 }, product: "membership" },
    {
      _tag: "NoEligibleMerchantAccount",
      passedOver: [],
      leftOut: [
        { mid: "mid_a", reasons: [{ _tag: "CategoryNotUnderwritten", category: "membership" }] },
        { mid: "mid_b", reasons: [{ _tag: "CategoryNotUnderwritten", category: "membership" }] }
      ]
    }
  ]
]

describe("a declaration is refused, and nothing is written, for", () => {
  it.effect.each(wrong)("%s", ([, changes, refusal]) =>
    Effect.gen(function* () {
      const { create, declared } = openSessions()
      expect(yield* Effect.flip(create(changes))).toMatchObject(refusal)
      expect(declared).toEqual([])
    })
  )

  it.effect("a bare amount that does not say what is sold", () =>
    Effect.gen(function* () {
      const { create } = openSessions()
      expect(yield* Effect.flip(create({ intent: { type: "amount", amountCents: 900 } }))).toMatchObject({
        _tag: "InvalidInput",
        field: "product",
        problem: "is missing; a bare amount does not tell what is sold"
      })
    })
  )

  it.effect("a laundering try: what one entity is underwritten for, through another", () =>
    Effect.gen(function* () {
      const { create, declared } = openSessions()
      // Underwritten as a company, and without an account of its own: another's is never borrowed.
      const refusal = yield* Effect.flip(create({ brand: "loop-health", entity: "loop_health" }))
      expect(refusal).toMatchObject({ _tag: "NoEligibleMerchantAccount", entity: "loop_health", leftOut: [] })
      expect(declared).toEqual([])
    })
  )

  // Two mistakes in different fields at once: the one that is judged first is told.
  const pairs = wrong.flatMap(([earlier, first, refusal], at) =>
    wrong
      .slice(at + 1)
      .filter(([, second]) => Object.keys(second).every((field) => !(field in first)))
      .map(([later, second]) => [earlier, later, { ...second, ...first }, refusal] as const)
  )

  it.effect.each(pairs)("%s, before %s", ([, , changes, refusal]) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(openSessions().create(changes))).toMatchObject({ ...refusal })
    })
  )
})

describe("a text that no record can keep", () => {
  it.effect.each([
    ["customer", { customer: "loop\u0000user" }, "customer"],
    ["a label", { metadata: { note: "\ud800" } }, "metadata.note"],
    ["a label's name", { metadata: { "\u0000": "note" } }, "metadata.(a name)"],
    ["a plan", { intent: { type: "subscription_plan", planKey: "\udc00" } }, "intent.planKey"],
    [
      "an article",
      { intent: { type: "line_items", lineItems: [{ providerPriceRef: "a\u0000", quantity: 1 }] } },
      "intent.lineItems[0].providerPriceRef"
    ]
  ] as const)("is refused at its place: %s", ([, changes, field]) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(openSessions().create(changes))).toMatchObject({
        _tag: "InvalidInput",
        field
      })
    })
  )

  it.effect("whole characters beyond the first plane are kept", () =>
    Effect.gen(function* () {
      const session = yield* openSessions().create({ metadata: { note: "🧪" } })
      expect(session.metadata).toEqual({ note: "🧪" })
    })
  )
})

describe("a declaration that the ledger knows", () => {
  it.effect("is answered with the session that it made", () =>
    Effect.gen(function* () {
      const { create, declared } = openSessions()
      const session = yield* create()
      const again = openSessions({ declare: () => Effect.succeed({ _tag: "Replayed", session }) })
      expect(yield* again.create()).toEqual(session)
      expect(declared.length).toBe(1)
    })
  )

  it.effect("is answered although it would be refused by now", () =>
    Effect.gen(function* () {
      const session = yield* openSessions().create()
      const again = openSessions({ declaredBefore: () => Effect.succeed({ _tag: "Replayed", session }) })
      expect(yield* again.create({ entity: "renamed_since" })).toEqual(session)
      expect(again.declared).toEqual([])
    })
  )

  it.effect("under the same key but with another body is refused with what differs", () =>
    Effect.gen(function* () {
      const earlierBody = { ...good, mode: "embedded" }
      const { create } = openSessions({ declare: () => Effect.succeed({ _tag: "KeyReused", earlierBody }) })
      expect(yield* Effect.flip(create())).toMatchObject({
        _tag: "IdempotencyKeyReused",
        differences: [{ field: "mode", before: '"embedded"', now: '"hosted"' }]
      })
    })
  )

  it.effect.each([
    ["entity_cannot_collect", { _tag: "EntityCannotCollect", entity: "loop_goods" }],
    // What this process knows is older than what the ledger refused, so what was refused is not offered.
    [
      "brand_not_of_entity",
      { _tag: "BrandNotOfEntity", brand: "loop-goods", entity: "loop_goods", allowed: ["loop_payouts"] }
    ],
    [
      "not_underwritten",
      {
        _tag: "CategoryNotUnderwritten",
        entity: "loop_goods",
        category: "merchandise",
        underwritten: ["membership"]
      }
    ]
  ] as const)("that the ledger does not allow any more (%s) is refused like that", ([reason, refusal]) =>
    Effect.gen(function* () {
      const { create } = openSessions({ declare: () => Effect.succeed({ _tag: "NotAllowed", reason }) })
      expect(yield* Effect.flip(create())).toMatchObject(refusal)
    })
  )

  it.effect("is not asked for when a request that is refused has no key", () =>
    Effect.gen(function* () {
      const { call } = openSessions({ declaredBefore: () => Effect.die("nobody asked for a replay") })
      const refused = call((sessions) => sessions.create({ by, body: { ...good, entity: "acme" } }))
      expect(yield* Effect.flip(refused)).toMatchObject({ _tag: "UnknownEntity" })
    })
  )

  it.effect("by its order is refused with the session that the order has", () =>
    Effect.gen(function* () {
      const { create } = openSessions({
        declare: () => Effect.succeed({ _tag: "OrderTaken", session: sessionId(7), state: "in_review" })
      })
      const taken = { _tag: "OrderAlreadyDeclared", session: sessionId(7), state: "in_review" }
      expect(yield* Effect.flip(create({ orderReference: "order-1" }))).toMatchObject({
        ...taken,
        orderReference: "order-1"
      })
      expect(yield* Effect.flip(create())).toMatchObject({ ...taken, orderReference: "" })
    })
  )
})

describe("looking up and cancelling", () => {
  it.effect.each(["ps_1", "", "' or 1=1 --"])("%j finds no session and asks no ledger", (id) =>
    Effect.gen(function* () {
      const { call } = openSessions()
      const unknown = { _tag: "UnknownSession", session: id }
      expect(yield* Effect.flip(call((sessions) => sessions.get(id)))).toMatchObject(unknown)
      expect(yield* Effect.flip(call((sessions) => sessions.cancel(id, by)))).toMatchObject(unknown)
    })
  )

  it.effect("a session that the ledger does not have is unknown", () =>
    Effect.gen(function* () {
      const { call } = openSessions({
        session: () => Effect.succeed(undefined),
        cancel: () => Effect.succeed(undefined)
      })
      const id = sessionId(1)
      const unknown = { _tag: "UnknownSession", session: id }
      expect(yield* Effect.flip(call((sessions) => sessions.get(id)))).toMatchObject(unknown)
      expect(yield* Effect.flip(call((sessions) => sessions.cancel(id, by)))).toMatchObject(unknown)
    })
  )

  it.effect("a cancelled session is answered as it is now", () =>
    Effect.gen(function* () {
      const created = yield* openSessions().create()
      const cancelled = new PaymentSession({ ...created, state: "cancelled" })
      const { call } = openSessions({
        session: () => Effect.succeed(cancelled),
        cancel: () => Effect.succeed({ cancelled: true, state: "cancelled" })
      })
      expect(yield* call((sessions) => sessions.cancel(created.id, by))).toEqual(cancelled)
    })
  )

  it.effect.each(["processing", "in_review", "settled"] as const)(
    "a session that is %s is not cancelled",
    (state) =>
      Effect.gen(function* () {
        const { call } = openSessions({ cancel: () => Effect.succeed({ cancelled: false, state }) })
        expect(yield* Effect.flip(call((sessions) => sessions.cancel(sessionId(1), by)))).toMatchObject({
          _tag: "SessionNotPayable",
          state
        })
      })
  )
})

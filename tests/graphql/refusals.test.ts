import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isObjectType } from "graphql"
import { LedgerUnavailable } from "../../src/kernel/PaymentLedger.ts"
import { SecretsNotKept } from "../../src/kernel/events/eventRefusals.ts"
import { GateRecord } from "../../src/kernel/operations/GateRecord.ts"
import {
  NothingToReview,
  ReviewContradicted,
  ReviewDecided,
  ReviewOpenAlready,
  SecondPersonNeeded,
  UnknownReview
} from "../../src/kernel/reviews/reviewRefusals.ts"
import { Reviews } from "../../src/kernel/reviews/Reviews.ts"
import { GatePassedBefore, OperatorsOnly } from "../../src/kernel/operations/operatorRefusals.ts"
import { EventSubscriptions } from "../../src/kernel/events/EventSubscriptions.ts"
import {
  NothingToRefund,
  NotSettledYet,
  ProcessorUnavailable,
  RefundBlocked,
  RefundTooLarge
} from "../../src/kernel/refunds/refundRefusals.ts"
import { type RefundRefusal, Refunds } from "../../src/kernel/refunds/Refunds.ts"
import { SessionId } from "../../src/kernel/ids.ts"
import { PaymentSessions } from "../../src/kernel/PaymentSessions.ts"
import { WebhookInbox } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { UnknownWebhook } from "../../src/kernel/webhooks/webhookRefusals.ts"
import { VaultUnavailable } from "../../src/kernel/TokenVault.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import { schema } from "../../src/graphql/schema.ts"
import { codeOf } from "../../src/http/errorBody.ts"
import {
  at,
  codesSeen,
  confirm,
  create,
  declared,
  Doors,
  field,
  house,
  newSession,
  openDoors
} from "./support.ts"

const createWith = (extras: string, input: unknown, key?: string) =>
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
const refusedDeclarations: ReadonlyArray<readonly [string, object, string, object]> = [
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

it.layer(openDoors().pipe(Layer.provideMerge(house)), { excludeTestServices: true })(
  "refusals over GraphQL",
  (it) => {
    for (const [what, input, extras, expected] of refusedDeclarations) {
      it.effect(`name ${what}`, () =>
        Effect.gen(function* () {
          const { ask } = yield* Doors
          const refused = yield* createWith(extras, input)
          const { message, ...rest } = Object(refused)
          assert.deepStrictEqual(rest, expected)
          assert.isAbove(String(message).length, 10)
          const listed = yield* ask("{ sessions(first: 1) { nodes { sessionId } } }")
          assert.deepStrictEqual(at(listed.json, "data", "sessions", "nodes"), [], "nothing was written")
        })
      )
    }

    it.effect("name what stands against a subscription to events, and nothing is subscribed", () =>
      Effect.gen(function* () {
        const subscribe = (url: string) =>
          field(
            `mutation ($url: String!) { createEventSubscription(url: $url) { __typename
              ... on CreateEventSubscriptionPayload { subscription { subscriptionId } }
              ... on Refusal { code field message }
              ... on AddressNotAllowed { problem } ... on AlreadySubscribed { subscriptionId }
              ... on TooManySubscriptions { most } } }`,
            "createEventSubscription",
            { url }
          )
        const change = (call: string, name: string) =>
          field(`mutation { ${call} { __typename ... on Refusal { code field message } } }`, name)
        const codeOfRefusal = (refused: unknown) => [at(refused, "code"), at(refused, "field")]

        const inside = yield* subscribe("https://10.0.0.1/")
        assert.deepStrictEqual(codeOfRefusal(inside), ["address_not_allowed", "url"])
        const id = at(yield* subscribe("https://shop.example/0"), "subscription", "subscriptionId")
        const again = yield* subscribe("https://shop.example/0")
        assert.deepStrictEqual(
          [...codeOfRefusal(again), at(again, "subscriptionId")],
          ["already_subscribed", "url", id]
        )
        for (let nr = 1; nr < 20; nr++) yield* subscribe(`https://shop.example/${nr}`)
        const tooMany = yield* subscribe("https://shop.example/20")
        assert.deepStrictEqual(
          [...codeOfRefusal(tooMany), at(tooMany, "most")],
          ["too_many_subscriptions", "url", 20]
        )

        const unknown = yield* change(
          `disableEventSubscription(subscription: "es_1")`,
          "disableEventSubscription"
        )
        assert.deepStrictEqual(codeOfRefusal(unknown), ["unknown_subscription", "subscription"])
        const delivery = `replayEventDelivery(subscription: "${String(id)}", delivery: "ed_1")`
        assert.deepStrictEqual(codeOfRefusal(yield* change(delivery, "replayEventDelivery")), [
          "unknown_delivery",
          "delivery"
        ])
        yield* change(`disableEventSubscription(subscription: "${String(id)}")`, "disableEventSubscription")
        const replay = `replayEvents(subscription: "${String(id)}", since: "2026-01-01T00:00:00Z")`
        assert.deepStrictEqual(codeOfRefusal(yield* change(replay, "replayEvents")), [
          "subscription_disabled",
          "subscription"
        ])
        const never = `replayEvents(subscription: "${String(id)}", since: "tomorrow")`
        assert.deepStrictEqual(codeOfRefusal(yield* change(never, "replayEvents")), [
          "invalid_input",
          "since"
        ])
      })
    )

    it.effect("name the order that is declared already, with its session", () =>
      Effect.gen(function* () {
        const input = { ...declared, orderReference: "order-1" }
        const id = yield* newSession(input)
        const refused = yield* createWith(
          "... on OrderAlreadyDeclared { orderReference sessionId state }",
          input
        )
        assert.deepStrictEqual(refused, {
          __typename: "OrderAlreadyDeclared",
          code: "order_already_declared",
          field: "orderReference",
          message: `the order "order-1" has the session ${id}, which is pending; pay that one, or cancel it first`,
          orderReference: "order-1",
          sessionId: id,
          state: "pending"
        })
      })
    )

    it.effect("say what differs under a key that came before", () =>
      Effect.gen(function* () {
        yield* create(declared, "key-1")
        const refused = yield* createWith(
          "... on IdempotencyKeyReused { differences { field before now } }",
          { ...declared, mode: "embedded" },
          "key-1"
        )
        assert.strictEqual(at(refused, "code"), "idempotency_key_reused")
        assert.strictEqual(at(refused, "field"), "idempotencyKey")
        assert.deepStrictEqual(at(refused, "differences"), [
          { field: "mode", before: '"hosted"', now: '"embedded"' }
        ])
      })
    )

    it.effect("do not take a key that no header could carry", () =>
      Effect.gen(function* () {
        for (const key of ["", "línea", "x".repeat(256), "a\nb"]) {
          const refused = yield* createWith("", declared, key)
          assert.deepStrictEqual(
            [at(refused, "code"), at(refused, "field")],
            ["invalid_input", "idempotencyKey"],
            key
          )
        }
      })
    )

    it.effect("name what is wrong with a confirmation, in the words of the input", () =>
      Effect.gen(function* () {
        const id = yield* newSession()
        const codes = (refused: unknown) => [at(refused, "code"), at(refused, "field")]
        const unknown = `ps_${"0".repeat(26)}`
        assert.deepStrictEqual(codes(yield* confirm(unknown, "tok_captured")), ["unknown_session", "session"])
        assert.deepStrictEqual(codes(yield* confirm("junk", "tok_captured")), ["unknown_session", "session"])
        assert.deepStrictEqual(codes(yield* confirm(id, "tok_gold")), [
          "unknown_token",
          "vaultToken.tokenRef"
        ])
        assert.deepStrictEqual(codes(yield* confirm(id, "")), ["invalid_input", "vaultToken.tokenRef"])
        assert.deepStrictEqual(codes(yield* confirm(id, "4242424242424242")), [
          "invalid_input",
          "vaultToken.tokenRef"
        ])
        const elsewhere = { vaultToken: { vaultId: "elsewhere", tokenRef: "tok_captured" } }
        const unknownVault = yield* confirm(id, "", undefined, elsewhere)
        assert.deepStrictEqual(codes(unknownVault), ["unknown_vault", "vaultToken.vaultId"])
        const risky = yield* confirm(id, "tok_captured", undefined, { riskLevel: "extreme" })
        assert.deepStrictEqual(codes(risky), ["invalid_input", "riskLevel"])
        const read = yield* field(
          "query ($id: ID!) { session(id: $id) { state attempts { nodes { ordinal } } } }",
          "session",
          { id }
        )
        assert.deepStrictEqual(read, { state: "pending", attempts: { nodes: [] } }, "nothing was charged")
      })
    )

    it.effect("are the same for a key that confirmed something else", () =>
      Effect.gen(function* () {
        yield* confirm(yield* newSession(), "tok_captured", "key-2")
        const refused = yield* confirm(yield* newSession(), "tok_captured_mastercard", "key-2")
        assert.deepStrictEqual(
          [at(refused, "__typename"), at(refused, "field")],
          ["IdempotencyKeyReused", "idempotencyKey"]
        )
      })
    )

    it.effect("name the state in which a session cannot be paid, or not be fulfilled", () =>
      Effect.gen(function* () {
        const id = yield* newSession()
        const claim = `mutation ($id: ID!) { claimFulfilment(session: $id) { ... on SessionNotSettled { code sessionId state } } }`
        assert.deepStrictEqual(yield* field(claim, "claimFulfilment", { id }), {
          code: "session_not_settled",
          sessionId: id,
          state: "pending"
        })
        yield* confirm(id, "tok_captured")
        const pay = `mutation ($id: ID!) { confirmPaymentSession(input: { session: $id, vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }) {
        ... on SessionNotPayable { code sessionId state } } }`
        assert.deepStrictEqual(yield* field(pay, "confirmPaymentSession", { id }), {
          code: "session_not_payable",
          sessionId: id,
          state: "settled"
        })
      })
    )

    it.effect("say why each account may not serve when all of them were stopped", () =>
      Effect.gen(function* () {
        const stop = (mid: string, on: boolean) =>
          field(
            `mutation ($mid: ID!, $on: Boolean!) { setMidKillSwitch(mid: $mid, on: $on, reason: "a test") {
            ... on SetMidKillSwitchPayload { merchantAccount { killSwitch } } ... on Refusal { code } } }`,
            "setMidKillSwitch",
            { mid, on }
          )
        const id = yield* newSession()
        const mids = ["mid_bio_1", "mid_bio_2", "mid_bio_3"]
        yield* Effect.forEach(mids, (mid) => stop(mid, true))
        const refused = yield* field(
          `mutation ($id: ID!) { confirmPaymentSession(input: { session: $id, vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }) {
          ... on NoEligibleMerchantAccount { code leftOut { midId merchantAccount { killSwitch } reasons { __typename code sentence } } } } }`,
          "confirmPaymentSession",
          { id }
        )
        assert.deepStrictEqual(refused, {
          code: "no_eligible_merchant_account",
          leftOut: mids.map((midId) => ({
            midId,
            merchantAccount: { killSwitch: true },
            reasons: [
              { __typename: "MidKillSwitchOn", code: "kill_switch_on", sentence: "its kill switch is on" }
            ]
          }))
        })
        yield* Effect.forEach(mids, (mid) => stop(mid, false))
        assert.strictEqual(at(yield* confirm(id, "tok_captured"), "outcome"), "settled")
      })
    )

    it.effect("of a kill switch name the account or the reason; what is set is audited", () =>
      Effect.gen(function* () {
        const set = (mid: string, reason: string) =>
          field(
            `mutation ($mid: ID!, $reason: String!) { setMidKillSwitch(mid: $mid, on: true, reason: $reason) {
            ... on SetMidKillSwitchPayload { merchantAccount { midId killSwitch } }
            ... on UnknownMid { midId } ... on Refusal { code field } } }`,
            "setMidKillSwitch",
            { mid, reason }
          )
        const unknown = { midId: "mid_gold", code: "unknown_mid", field: "mid" }
        assert.deepStrictEqual(yield* set("mid_gold", "why not"), unknown)
        assert.deepStrictEqual(yield* set("mid_goods_3", " \n "), { code: "invalid_input", field: "reason" })
        const globalId = yield* field(`{ merchantAccount(id: "mid_goods_3") { id } }`, "merchantAccount")
        const done = { merchantAccount: { midId: "mid_goods_3", killSwitch: true } }
        assert.deepStrictEqual(yield* set(String(at(globalId, "id")), "the acquirer called"), done)
        const sql = yield* SqlClient.SqlClient
        const audited = yield* sql`select actor, action, detail from audit where chain = 'mid:mid_goods_3'`
        assert.deepStrictEqual(audited, [
          {
            actor: "development",
            action: "mid.kill_switch",
            detail: { on: true, reason: "the acquirer called" }
          }
        ])
      })
    )
  }
)

const unreachable = new LedgerUnavailable({
  operation: "declare_session",
  cause: "the line was cut at 10.0.0.7"
})
const silentVault = new VaultUnavailable({ vaultId: "stub", problem: "no answer in time" })

const session = SessionId.make(`ps_${"0".repeat(26)}`)

/** What a refund is refused for, by the id of the session that is asked for. */
const refundRefusals = new Map<string, RefundRefusal>([
  ["nothing", new NothingToRefund({ session, state: "pending", captures: [] })],
  ["several", new NothingToRefund({ session, state: "settled", captures: ["ch_1", "ch_2"] })],
  ["large", new RefundTooLarge({ amount: 2, refundable: 1, currency: "USD" })],
  ["blocked", new RefundBlocked({ session, reason: "disputed", by: "dp_1" })],
  ["unsettled", new NotSettledYet({ amount: 1, captured: 2 })],
  ["silent", new ProcessorUnavailable({ provider: "stub_a", problem: "it did not answer in time" })]
])
/** Refuses for one reason after the other. */
const inTurn = <E extends ReadonlyArray<unknown>>(...refusals: E) => {
  let nr = 0
  return (): Effect.Effect<never, E[number]> =>
    Effect.suspend(() => {
      const refusal: E[number] | undefined = refusals[nr++]
      return refusal === undefined ? Effect.die("asked too often") : Effect.fail(refusal)
    })
}

const broken = openDoors({
  replace: (services) =>
    services.pipe(
      Context.add(PaymentSessions, {
        create: () => Effect.fail(unreachable),
        get: () => Effect.fail(unreachable),
        cancel: () => Effect.die(new Error("select secret from vault"))
      }),
      Context.add(PaymentOrchestrator, { confirm: () => Effect.fail(silentVault) }),
      Context.add(Reviews, {
        ...Context.get(services, Reviews),
        request: inTurn(
          NothingToReview.of("at_1"),
          new ReviewOpenAlready({ review: "rv_1" }),
          new ReviewContradicted({ by: "captured" })
        ),
        approve: inTurn(
          UnknownReview.of("rv_1"),
          new SecondPersonNeeded(),
          new ReviewDecided({ state: "expired" })
        )
      }),
      Context.add(GateRecord, {
        pass: ({ mid, gate }) => Effect.fail(new GatePassedBefore({ mid, gate }))
      }),
      Context.add(WebhookInbox, {
        ...Context.get(services, WebhookInbox),
        replay: (_, webhook) =>
          Effect.fail(webhook === "wh_1" ? new OperatorsOnly() : UnknownWebhook.of(webhook))
      }),
      Context.add(EventSubscriptions, {
        ...Context.get(services, EventSubscriptions),
        create: () => Effect.fail(new SecretsNotKept())
      }),
      Context.add(Refunds, {
        refund: (id) => Effect.fail(refundRefusals.get(id) ?? unreachable),
        ofSession: () => Effect.fail(unreachable)
      })
    )
}).pipe(Layer.provideMerge(house))

it.layer(broken, { excludeTestServices: true })("when something behind the door fails", (it) => {
  it.effect("says what may have happened, and not why", () =>
    Effect.gen(function* () {
      const { log } = yield* Doors
      const refused = yield* createWith("... on LedgerUnavailable { charged }", declared)
      assert.deepStrictEqual(
        [at(refused, "__typename"), at(refused, "code"), at(refused, "charged")],
        ["LedgerUnavailable", "ledger_unavailable", "nothing"]
      )
      assert.notInclude(String(at(refused, "message")), "10.0.0.7")
      assert.include(log.join("\n"), "10.0.0.7")
    })
  )

  it.effect("names the vault that did not answer", () =>
    Effect.gen(function* () {
      const refused = yield* confirm(`ps_${"0".repeat(26)}`, "tok_captured")
      assert.deepStrictEqual(
        [at(refused, "__typename"), at(refused, "code")],
        ["VaultUnavailable", "vault_unavailable"]
      )
    })
  )

  it.effect("says that the operator gave no key to keep signing secrets under", () =>
    Effect.gen(function* () {
      const refused = yield* field(
        `mutation { createEventSubscription(url: "https://shop.example/") { __typename ... on Refusal { code message } } }`,
        "createEventSubscription"
      )
      assert.strictEqual(at(refused, "code"), "secrets_not_kept")
    })
  )

  it.effect("says who may replay a webhook, and which there is none of", () =>
    Effect.gen(function* () {
      const replay = (webhook: string) =>
        field(
          `mutation { replayWebhook(webhook: "${webhook}") { ... on Refusal { code field } } }`,
          "replayWebhook"
        )
      assert.deepStrictEqual(yield* replay("wh_1"), { code: "operators_only", field: null })
      assert.deepStrictEqual(yield* replay("wh_2"), { code: "unknown_webhook", field: "webhook" })
    })
  )

  it.effect("says why nothing is given back", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      for (const id of [...refundRefusals.keys(), "unreachable"]) {
        const refused = yield* field(
          `mutation ($session: ID!) { refundPayment(input: { session: $session, reason: "it came back" }) {
            __typename
            ... on Refusal { code field message }
            ... on NothingToRefund { sessionId state captures }
            ... on RefundTooLarge { amount refundable currency }
            ... on RefundBlocked { sessionId reason by }
            ... on NotSettledYet { amount captured }
            ... on ProcessorUnavailable { provider }
            ... on LedgerUnavailable { charged } } }`,
          "refundPayment",
          { session: id }
        )
        told.push(refused)
      }
      assert.deepStrictEqual(
        told.map((one) => [at(one, "__typename"), at(one, "field")]),
        [
          ["NothingToRefund", "session"],
          ["NothingToRefund", "processorReference"],
          ["RefundTooLarge", "amount"],
          ["RefundBlocked", "session"],
          ["NotSettledYet", "amount"],
          ["ProcessorUnavailable", null],
          ["LedgerUnavailable", null]
        ]
      )
      assert.strictEqual(at(told[2], "refundable"), 1)
      assert.strictEqual(at(told[3], "reason"), "disputed")
      assert.strictEqual(at(told[6], "charged"), "nothing")
    })
  )

  it.effect("says what stands against a review, and against a gate", () =>
    Effect.gen(function* () {
      const code = (asked: string, name: string) =>
        Effect.map(field(`mutation { ${asked} { ... on Refusal { code } } }`, name), (told) =>
          at(told, "code")
        )
      const request = `requestReview(attempt: "at_1", conclusion: absent, evidence: "seen")`
      for (const expected of ["nothing_to_review", "review_open_already", "review_contradicted"]) {
        assert.strictEqual(yield* code(request, "requestReview"), expected)
      }
      for (const expected of ["unknown_review", "second_person_needed", "review_decided"]) {
        assert.strictEqual(yield* code(`approveReview(review: "rv_1")`, "approveReview"), expected)
      }
      const pass = `passGate(mid: "mid_bio_1", gate: banking, evidence: "a letter")`
      assert.strictEqual(yield* code(pass, "passGate"), "gate_passed_before")
    })
  )

  it.effect("masks a defect: a code, the request's id, and the cause in the log under it", () =>
    Effect.gen(function* () {
      const { ask, log } = yield* Doors
      const answer = yield* ask(`mutation { cancelPaymentSession(session: "ps_1") { __typename } }`, {
        headers: { "x-request-id": "req_of_the_test" }
      })
      assert.deepStrictEqual(at(answer.json, "errors", 0, "extensions"), {
        code: "INTERNAL",
        requestId: "req_of_the_test"
      })
      assert.notInclude(answer.text, "secret")
      const logged = log.find((one) => one.includes("select secret from vault"))
      assert.include(logged, "req_of_the_test")
    })
  )
})

it("every refusal that the schema knows was answered by one of these tests", () => {
  const refusals = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Refusal")
      ? [codeOf(type.name)]
      : []
  )
  assert.deepStrictEqual(
    refusals.filter((code) => !codesSeen.has(code)),
    []
  )
})

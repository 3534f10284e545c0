import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { isObjectType } from "graphql"
import { beforeAll } from "vitest"
import { schema } from "../../src/graphql/schema.ts"
import { codeOf } from "../../src/http/errorBody.ts"
import { resumed } from "../changes/support.ts"
import { behindTheDoor } from "./refusals/behindTheDoor.ts"
import { createWith, refusedDeclarations } from "./refusals/declarations.ts"
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

// What other files of this process were answered counts for nothing here.
beforeAll(() => codesSeen.clear())

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
        const giveBack = `mutation ($id: ID!) { refundPayment(input: { session: $id, reason: "it came back" }) {
          ... on RefundPaymentPayload { refund { refundId } } } }`
        const gone = yield* field(giveBack, "refundPayment", { id })
        const late = `mutation ($id: ID!) { claimFulfilment(session: $id) { ... on NotFulfillable { code sessionId reason by } } }`
        assert.deepStrictEqual(yield* field(late, "claimFulfilment", { id }), {
          code: "not_fulfillable",
          sessionId: id,
          reason: "given_back",
          by: at(gone, "refund", "refundId")
        })
      })
    )

    it.effect("say why each account may not serve when all of them were stopped", () =>
      Effect.gen(function* () {
        const stop = (mid: string) =>
          field(
            `mutation ($mid: ID!) { setMidKillSwitch(mid: $mid, on: true, reason: "a test") {
            ... on SetMidKillSwitchPayload { merchantAccount { killSwitch } } ... on Refusal { code } } }`,
            "setMidKillSwitch",
            { mid }
          )
        const id = yield* newSession()
        const mids = ["mid_bio_1", "mid_bio_2", "mid_bio_3"]
        yield* Effect.forEach(mids, stop)
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
        yield* Effect.forEach(mids, resumed)
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

behindTheDoor()

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

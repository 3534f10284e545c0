import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { SessionId } from "../../src/kernel/ids.ts"
import { addresses } from "../support/checkoutAddresses.ts"
import { at, confirm, create, declared, Doors, doors, field, newSession } from "./support.ts"

it.layer(doors, { excludeTestServices: true })("charging over GraphQL", (it) => {
  it.effect("declares a payment and says where to send the customer", () =>
    Effect.gen(function* () {
      const hosted = yield* create(declared)
      const id = String(at(hosted, "session", "sessionId"))
      assert.match(id, /^ps_/)
      assert.deepStrictEqual(hosted, {
        __typename: "CreatePaymentSessionPayload",
        url: addresses.pageOf(SessionId.make(id)),
        embedToken: null,
        session: { sessionId: id, state: "pending" }
      })
      const embedded = yield* create({ ...declared, mode: "embedded" })
      assert.isNull(at(embedded, "url"))
      assert.isString(at(embedded, "embedToken"))
    })
  )

  it.effect("captures, and goes on to the next account after a decline only", () =>
    Effect.gen(function* () {
      const confirmed = yield* confirm(yield* newSession(), "tok_declined_at_stub_a")
      assert.deepStrictEqual(confirmed, {
        __typename: "ConfirmPaymentSessionPayload",
        outcome: "settled",
        state: "settled",
        message: "The payment is complete.",
        session: {
          state: "settled",
          attempts: {
            nodes: [
              { ordinal: 1, state: "declined", merchantAccount: { midId: "mid_bio_1" } },
              { ordinal: 2, state: "declined", merchantAccount: { midId: "mid_bio_2" } },
              { ordinal: 3, state: "captured", merchantAccount: { midId: "mid_bio_3" } }
            ]
          }
        }
      })
    })
  )

  it.effect("answers a hard decline as an answer, and the session takes another card", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      const first = yield* confirm(id, "tok_hard_decline")
      assert.strictEqual(at(first, "outcome"), "declined")
      assert.strictEqual(at(first, "state"), "pending")
      assert.deepStrictEqual(at(first, "session", "attempts", "nodes"), [
        { ordinal: 1, state: "declined", merchantAccount: { midId: "mid_bio_1" } }
      ])
      const second = yield* confirm(id, "tok_captured")
      assert.strictEqual(at(second, "outcome"), "settled")
    })
  )

  it.effect("puts an unknown outcome in review, and refuses to charge again", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      const first = yield* confirm(id, "tok_timeout_captured")
      assert.strictEqual(at(first, "outcome"), "in_review")
      assert.match(String(at(first, "message")), /do not pay again/)
      const second = yield* confirm(id, "tok_captured")
      assert.deepStrictEqual(second, {
        __typename: "SessionNotPayable",
        code: "session_not_payable",
        field: "session",
        message:
          "the outcome of the charge is unknown and is being checked; you will not be charged twice, do not pay again"
      })
    })
  )

  it.effect("replays a request with its key, and charges once", () =>
    Effect.gen(function* () {
      const one = yield* create(declared, "create-1")
      const again = yield* create(declared, "create-1")
      assert.deepStrictEqual(again, one)
      const id = String(at(one, "session", "sessionId"))
      const charged = yield* confirm(id, "tok_captured", "confirm-1")
      assert.deepStrictEqual(yield* confirm(id, "tok_captured", "confirm-1"), charged)
      assert.deepStrictEqual(at(charged, "session", "attempts", "nodes"), [
        { ordinal: 1, state: "captured", merchantAccount: { midId: "mid_bio_1" } }
      ])
    })
  )

  it.effect("shares its keys and its refusals with REST", () =>
    Effect.gen(function* () {
      const { fetch } = yield* Doors
      const rest = (body: unknown) =>
        fetch("/v1/payment-sessions", {
          method: "POST",
          headers: {
            authorization: "Bearer sk_development_loopback_only",
            "content-type": "application/json",
            "idempotency-key": "both-doors"
          },
          body: JSON.stringify(body)
        })
      const one = yield* rest(declared)
      assert.strictEqual(one.status, 201)
      const again = yield* create(declared, "both-doors")
      assert.strictEqual(at(again, "session", "sessionId"), at(one.json, "id"))
      const other = { ...declared, customer: "loop_user_2" }
      const refused = yield* create(other, "both-doors")
      const refusedByRest = yield* rest(other)
      assert.strictEqual(at(refused, "code"), at(refusedByRest.json, "error", "code"))
      assert.strictEqual(at(refused, "message"), at(refusedByRest.json, "error", "message"))
    })
  )

  it.effect("cancels a pending session, twice as once, and nothing is charged afterwards", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      const cancel = `mutation ($id: ID!) { cancelPaymentSession(session: $id) {
        ... on CancelPaymentSessionPayload { session { state } } ... on Refusal { code } } }`
      for (const _ of [1, 2]) {
        const cancelled = yield* field(cancel, "cancelPaymentSession", { id })
        assert.deepStrictEqual(cancelled, { session: { state: "cancelled" } })
      }
      assert.strictEqual(at(yield* confirm(id, "tok_captured"), "code"), "session_not_payable")
      const settled = yield* newSession()
      yield* confirm(settled, "tok_captured")
      const refused = yield* field(cancel, "cancelPaymentSession", { id: settled })
      assert.deepStrictEqual(refused, { code: "session_not_payable" })
    })
  )

  it.effect("gives a settled session's fulfilment out once", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      const claim = `mutation ($id: ID!) { claimFulfilment(session: $id) {
        ... on ClaimFulfilmentPayload { fulfilment ownClaim session { sessionId state } }
        ... on SessionNotSettled { code field message sessionId state } } }`
      const early = yield* field(claim, "claimFulfilment", { id })
      assert.deepStrictEqual(early, {
        code: "session_not_settled",
        field: "session",
        message: "the session is pending; fulfil only what is settled",
        sessionId: id,
        state: "pending"
      })
      yield* confirm(id, "tok_captured")
      const session = { sessionId: id, state: "settled" }
      const first = yield* field(claim, "claimFulfilment", { id })
      assert.deepStrictEqual(first, { fulfilment: "first", ownClaim: true, session })
      const second = yield* field(claim, "claimFulfilment", { id })
      assert.deepStrictEqual(second, { fulfilment: "duplicate", ownClaim: false, session })
    })
  )

  it.effect("goes on when the client hangs up in mid-charge", () =>
    Effect.gen(function* () {
      const { origin } = yield* Doors
      const id = yield* newSession()
      const state = Effect.map(
        field("query ($id: ID!) { session(id: $id) { state } }", "session", { id }),
        (session) => at(session, "state")
      )
      const hangUp = new AbortController()
      const query = `mutation { confirmPaymentSession(input: {
        session: "${id}", vaultToken: { vaultId: "stub", tokenRef: "tok_slow" } }) { __typename } }`
      const asked = fetch(`${origin}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${developmentKey.key}`, "content-type": "application/json" },
        body: JSON.stringify({ query }),
        signal: hangUp.signal
      }).then(
        () => "answered",
        () => "hung up"
      )
      yield* Effect.repeat(state, { until: (now) => now !== "pending" })
      hangUp.abort()
      assert.strictEqual(yield* Effect.promise(() => asked), "hung up")
      yield* Effect.repeat(state, { until: (now) => now !== "processing" })
      assert.strictEqual(yield* state, "settled")
    })
  )
})

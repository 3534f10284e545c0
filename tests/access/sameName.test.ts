// Two keys of one name for different companies share their idempotency keys, and nothing else.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { set } from "../changes/support.ts"
import { at, Doors } from "../graphql/support.ts"
import { refundDoors } from "../refunds/support.ts"
import { keyWith, within } from "./support.ts"

const post = Effect.fnUntraced(function* (key: string, path: string, body: unknown, once: string) {
  const answer = yield* (yield* Doors).fetch(`/v1/payment-sessions${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": once },
    body: JSON.stringify(body)
  })
  return { ...answer, code: at(answer.json, "error", "code") }
})

const cart = (entity: string, brand: string, price: string, customer: string) => ({
  customer,
  brand,
  entity,
  mode: "hosted",
  intent: { type: "line_items", lineItems: [{ providerPriceRef: price, quantity: 1 }] }
})
const bio = cart("loop_bio_labs", "loop-bio", "price_bpc157", "somebody_of_bio")
const goods = cart("loop_goods", "loop-store", "price_tshirt", "a_customer")
const token = (tokenRef: string) => ({ vaultToken: { vaultId: "stub", tokenRef } })

it.layer(refundDoors, { excludeTestServices: true, timeout: 60_000 })("a key of the same name", (it) => {
  it.effect("is told nothing of what another one did for others, by no idempotency key", () =>
    Effect.gen(function* () {
      yield* set(
        ...keyWith("sk_of_bio", { ...within({ entities: ["loop_bio_labs"] }), principal: "shop" }),
        ...keyWith("sk_of_goods", { ...within({ entities: ["loop_goods"] }), principal: "shop" }),
        ...keyWith("sk_of_store", { ...within({ brands: ["loop-store"] }), principal: "shop" })
      )
      const declared = yield* post("sk_of_bio", "", bio, "one")
      const theirs = String(at(declared.json, "id"))
      yield* post("sk_of_bio", `/${theirs}/confirm`, token("tok_captured"), "two")
      const back = { amount: 100, reason: "a word of bio's" }
      assert.strictEqual((yield* post("sk_of_bio", `/${theirs}/refunds`, back, "three")).status, 201)

      for (const key of ["sk_of_goods", "sk_of_store"]) {
        // The very same request is none that may be made.
        const same = yield* post(key, "", bio, "one")
        assert.include(["unknown_entity", "unknown_brand"], same.code)
        const own = yield* post(key, "", goods, `own ${key}`)
        const session = String(at(own.json, "id"))
        const others = [
          yield* post(key, "", goods, "one"),
          yield* post(key, "", { ...goods, entity: "nobody" }, "one"),
          yield* post(key, `/${session}/confirm`, token("tok_declined_at_stub_a"), "two")
        ]
        yield* post(key, `/${session}/confirm`, token("tok_captured"), `pays ${key}`)
        others.push(yield* post(key, `/${session}/refunds`, { reason: "too large" }, "three"))
        for (const { code, text } of others) {
          assert.strictEqual(code, "idempotency_key_reused", text)
          for (const word of [theirs, "bio", "tok_captured", "price_bpc157"]) assert.notInclude(text, word)
        }
      }
      // Whoever deals with it is told what differs.
      const again = yield* post("sk_of_bio", "", { ...bio, customer: "another" }, "one")
      assert.include(again.text, "somebody_of_bio")
      const card = yield* post("sk_of_bio", `/${theirs}/confirm`, token("tok_declined_at_stub_a"), "two")
      assert.include(card.text, "tok_captured")
      const more = yield* post("sk_of_bio", `/${theirs}/refunds`, { ...back, amount: 101 }, "three")
      assert.include(more.text, "amount was 100 and is 101")
    })
  )

  it.effect("is told that an order has a session, and of another brand's nothing else", () =>
    Effect.gen(function* () {
      yield* set(
        ...keyWith("sk_of_health", { ...within({ brands: ["loop-health"] }), principal: "orders" }),
        ...keyWith("sk_of_a_store", { ...within({ brands: ["loop-store"] }), principal: "orders" })
      )
      const order = (brand: string) => ({
        ...cart("loop_nutrition", brand, "price_magnesium", "somebody_of_health"),
        orderReference: "order_of_both"
      })
      const theirs = String(at((yield* post("sk_of_health", "", order("loop-health"), "a")).json, "id"))
      const foreign = yield* post("sk_of_a_store", "", order("loop-store"), "b")
      assert.strictEqual(foreign.code, "order_already_declared")
      assert.deepStrictEqual(at(foreign.json, "error", "details"), { orderReference: "order_of_both" })
      for (const word of [theirs, "pending", "health"]) assert.notInclude(foreign.text, word)
      const query = `mutation ($input: CreatePaymentSessionInput!) { createPaymentSession(input: $input) {
        ... on OrderAlreadyDeclared { code orderReference sessionId state } } }`
      const asked = yield* (yield* Doors).ask(query, {
        headers: { authorization: "Bearer sk_of_a_store" },
        variables: { input: order("loop-store") }
      })
      assert.deepStrictEqual(at(asked.json, "data", "createPaymentSession"), {
        code: "order_already_declared",
        orderReference: "order_of_both",
        sessionId: null,
        state: null
      })
      // Whoever deals with it is told which one it is.
      const again = yield* post("sk_of_health", "", order("loop-health"), "c")
      assert.deepInclude(at(again.json, "error", "details"), { session: theirs, state: "pending" })
    })
  )
})

// The flavour for Effect: the same calls, with typed errors and interruption.
import { assert, expectTypeOf, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { Webhook as Signer } from "standardwebhooks"
import { Payments, verifyWebhook } from "../../packages/sdk/src/effect.ts"
import { Session } from "../../packages/sdk/src/graphql.ts"
import type { PaymentsError } from "../../packages/sdk/src/index.ts"
import {
  config,
  confirmed,
  created,
  origin,
  refusal,
  scriptedFetch,
  session,
  type Scripted
} from "./scripted.ts"

const over = (script: ReadonlyArray<Scripted>) => {
  const { fetch, seen } = scriptedFetch(script)
  const retries = { tries: 1 }
  return { seen, layer: Payments.layer({ origin, apiKey: Redacted.make("sk_1"), fetch, retries }) }
}

it.live("a call answers, and fails with what this very call may end with", () => {
  const { layer, seen } = over([
    created,
    refusal(409, "session_not_payable", { session: "ps_1", state: "settled" })
  ])
  return Effect.gen(function* () {
    const payments = yield* Payments
    const { id } = yield* payments.create(config)
    const card = { vaultToken: { vaultId: "stub", tokenRef: "tok" } }
    const state = yield* payments.confirm(id, card, { timeoutMs: 1000 }).pipe(
      Effect.map(({ outcome }) => outcome),
      Effect.catchTag("session_not_payable", ({ details }) => Effect.succeed(details.state))
    )
    assert.strictEqual(state, "settled")
    expectTypeOf<Effect.Error<ReturnType<typeof payments.read>>>().toEqualTypeOf<
      PaymentsError<
        "unknown_session" | "unauthorized" | "forbidden" | "rate_limited" | "unavailable" | "aborted"
      >
    >()
    assert.deepStrictEqual(
      seen.map(({ authorization }) => authorization),
      ["Bearer sk_1", "Bearer sk_1"]
    )
  }).pipe(Effect.provide(layer))
})

it.live("whoever interrupts a call that was sent, and makes it again, makes the same call", () => {
  const { layer, seen } = over(["silence", confirmed("processing")])
  return Effect.gen(function* () {
    const payments = yield* Payments
    const confirm = payments.confirm("ps_1", { vaultToken: { vaultId: "stub", tokenRef: "tok" } })
    const fiber = yield* Effect.forkChild(confirm)
    yield* Effect.sleep("10 millis").pipe(Effect.repeat({ until: () => seen.length === 1 }))
    yield* Fiber.interrupt(fiber)
    yield* Effect.sleep("10 millis")
    assert.strictEqual((yield* confirm).outcome, "processing")
    assert.strictEqual(seen[1]?.key, seen[0]?.key)
  }).pipe(Effect.provide(layer))
})

it.live("waits for settlement and runs operations", () => {
  const settled: Scripted = { status: 200, json: { ...session("settled"), data: { session: null } } }
  const { layer } = over([settled])
  return Effect.gen(function* () {
    const payments = yield* Payments
    assert.strictEqual((yield* payments.waitForSettlement("ps_1")).end, "settled")
    assert.isNull((yield* payments.graphql(Session, { id: "ps_1" })).session)
  }).pipe(Effect.provide(layer))
})

it.live("verifies webhooks; a secret that is none is a defect", () =>
  Effect.gen(function* () {
    const secret = `whsec_${Buffer.from("a".repeat(32)).toString("base64")}`
    const body = JSON.stringify({
      id: "evt_1",
      type: "payment.charged.v1",
      timestamp: "t",
      data: { session: "ps_1" }
    })
    const now = Date.now()
    const headers = {
      "webhook-id": "evt_1",
      "webhook-timestamp": String(Math.floor(now / 1000)),
      "webhook-signature": new Signer(secret).sign("evt_1", new Date(now), body)
    }
    assert.strictEqual((yield* verifyWebhook({ body, headers, secret })).data.session, "ps_1")
    const forged = verifyWebhook({ body: `${body} `, headers, secret }).pipe(
      Effect.catchTag("webhook_not_signed", ({ code }) => Effect.succeed(code))
    )
    assert.strictEqual(yield* forged, "webhook_not_signed")
    const exit = yield* Effect.exit(verifyWebhook({ body, headers, secret: "" }))
    assert.match(String(exit), /Die.*whsec_/s)
  })
)

// Where a naive adapter of Stripe charges twice, one test for each trap.
import { it } from "@effect/vitest"
import { DateTime, Duration, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { VaultToken } from "../../../../src/kernel/Card.ts"
import { capability } from "../../../../src/kernel/PaymentProvider.ts"
import { refundLease } from "../../../../src/kernel/refunds/giveBack.ts"
import { defaultTimings } from "../../../../src/layers/providers/stripe/config.ts"
import type { Answered, Exchanged, OutgoingRequest } from "../../../../src/layers/transport/Exchange.ts"
import { answered, cardError, error, intent, method, refused, replayHeader } from "./answers.ts"
import { outcome, tagOf } from "./asking.ts"
import { farEnd } from "./farEnd.ts"
import { accountOf, chargeWith, newPermit } from "./stripeUnderTest.ts"

const madeThen = (charge: Exchanged) => (to: string) =>
  to === "POST proxied /v1/payment_methods"
    ? {
        ...answered(200, method),
        headers: [["bt-proxy-destination-status", "200"]] satisfies Answered["headers"]
      }
    : charge

const headersOf = ({ headers }: OutgoingRequest) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === "string" ? value : Redacted.value(value)
    ])
  )

describe("what is sent", () => {
  it.effect("is sent once, whatever comes of it: a cut line, a 429, a 500, a conflict", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<Exchanged> = [
        { _tag: "Unanswered", code: "ECONNRESET" },
        { _tag: "Unanswered", code: "timeout" },
        { _tag: "NotSent", code: "ECONNREFUSED" },
        answered(200, ""),
        error(409, refused("idempotency_key_in_use")),
        error(429, refused("rate_limit")),
        error(500, { type: "api_error" }),
        error(503, { type: "api_error" })
      ]
      for (const answer of answers) {
        const { driver, seen } = farEnd(madeThen(answer))
        yield* outcome(chargeWith(driver, newPermit(), "tok_1"))
        expect(seen.map(({ to }) => to)).toEqual([
          "POST proxied /v1/payment_methods",
          "POST /v1/payment_intents"
        ])
      }
    })
  )

  it.effect("is the same, byte for byte, whenever it is asked for, and random nowhere", () =>
    Effect.gen(function* () {
      const permit = newPermit()
      const key = permit.attempt.idempotencyKey
      const sent = yield* Effect.forEach([1, 2], () =>
        Effect.gen(function* () {
          const { driver, seen } = farEnd(madeThen({ _tag: "Unanswered", code: "timeout" }))
          yield* outcome(chargeWith(driver, permit, "tok_1"))
          return seen.map((request) => ({ ...request, url: request.url.href, headers: headersOf(request) }))
        })
      )
      expect(sent[1]).toEqual(sent[0])
      expect(sent[0]?.map(({ headers }) => headers["idempotency-key"])).toEqual([`${key}-pm`, key])
    })
  )

  it.effect(
    "goes through the vault's proxy only where the card is, and the charge goes to Stripe itself",
    () =>
      Effect.gen(function* () {
        const permit = newPermit()
        const { driver, seen } = farEnd(madeThen(answered(200, intent("succeeded"))))
        yield* outcome(chargeWith(driver, permit, "tok_1"))
        const [proxied, charge] = seen
        if (proxied === undefined || charge === undefined) return expect.fail("two requests were expected")
        expect(proxied.url.href).toBe("https://api.basistheory.com/proxy")
        expect(headersOf(proxied)).toMatchObject({
          "bt-api-key": "key_private",
          "bt-proxy-url": "https://api.stripe.com/v1/payment_methods"
        })
        expect(Object.fromEntries(new URLSearchParams(proxied.body))).toEqual({
          type: "card",
          "card[number]": "{{ tok_1 | json: '$.number' }}",
          "card[exp_month]": "{{ tok_1 | json: '$.expiration_month' }}",
          "card[exp_year]": "{{ tok_1 | json: '$.expiration_year' }}",
          "card[cvc]": "{{ tok_1 | json: '$.cvc' }}"
        })
        expect(charge.url.href).toBe("https://api.stripe.com/v1/payment_intents")
        expect(Object.keys(headersOf(charge)).some((name) => name.startsWith("bt-"))).toBe(false)
        expect(Object.fromEntries(new URLSearchParams(charge.body))).toEqual({
          amount: "1250",
          currency: "usd",
          confirm: "true",
          capture_method: "automatic",
          "allowed_payment_method_types[]": "card",
          "metadata[attempt_id]": permit.attempt.idempotencyKey,
          payment_method: "pm_1",
          return_url: `https://pay.example/pay/${permit.attempt.session}`
        })
        // The proxy says 408 after 25 seconds: who gives up before never hears it.
        expect(Duration.toSeconds(proxied.deadline)).toBeGreaterThan(25)
        expect(charge.deadline).toEqual(defaultTimings.intentDeadline)
      })
  )

  it.effect("leaves each step its time within the deadline of the whole", () =>
    Effect.gen(function* () {
      const { driver } = farEnd(madeThen(answered(200, intent("succeeded"))))
      const { deadline } = yield* capability(driver, "tokenCharge")
      const { absenceHorizon } = yield* capability(driver, "chargeLookup")
      const { intentDeadline, readDeadline, cancelDeadline } = defaultTimings
      const steps = [30, ...[intentDeadline, readDeadline, cancelDeadline].map(Duration.toSeconds)]
      expect(Duration.toSeconds(deadline)).toBeGreaterThanOrEqual(steps.reduce((sum, one) => sum + one))
      expect(Duration.toSeconds(absenceHorizon)).toBeGreaterThan(Duration.toSeconds(deadline) + 15)
      // A refund asks before and after; its lease is for as long as its sender may wait, and some seconds.
      const refund = Duration.sum(defaultTimings.refundDeadline, Duration.times(readDeadline, 2))
      expect(Duration.toSeconds(refund)).toBeLessThan(Duration.toSeconds(refundLease) - 10)
    })
  )

  it.effect("is nothing more once the process stood still for longer than the first step may take", () =>
    Effect.gen(function* () {
      const charging = Effect.fnUntraced(function* (seconds: number) {
        const { driver, seen } = farEnd(madeThen(answered(200, intent("succeeded"))), undefined, (to) =>
          to.startsWith("POST proxied") ? TestClock.adjust(Duration.seconds(seconds)) : Effect.void
        )
        const told = yield* outcome(chargeWith(driver, newPermit(), "tok_1"))
        return { told, charges: seen.filter(({ to }) => to === "POST /v1/payment_intents").length }
      })
      expect((yield* charging(30)).charges).toBe(1)
      expect(yield* charging(32)).toMatchObject({
        charges: 0,
        told: { _tag: "Declined", kind: "soft", evidence: { code: "not_sent" } }
      })
    })
  )

  it.effect("is no refund any more once the process stood still before it", () =>
    Effect.gen(function* () {
      const charged = intent("succeeded", {
        latest_charge: { id: "ch_1", amount_refunded: 0, currency: "usd" }
      })
      const { driver, seen } = farEnd(
        () => answered(200, charged),
        undefined,
        () => TestClock.adjust("1 minute")
      )
      const { mid, money } = newPermit().attempt
      const asked = { mid, money, idempotencyKey: "ref_1", processorReference: "pi_1" }
      expect(yield* Effect.flip(driver.refund(asked))).toMatchObject({
        _tag: "Declined",
        evidence: { code: "not_sent" }
      })
      expect(seen.map(({ to }) => to)).toEqual(["GET /v1/payment_intents/pi_1"])
    })
  )

  it.effect("is nothing for an account, a vault or a token that cannot be right", () =>
    Effect.gen(function* () {
      const { driver, seen } = farEnd(() => answered(500, ""))
      const { chargeToken } = yield* capability(driver, "tokenCharge")
      const elsewhere = new VaultToken({ vaultId: "stub", tokenRef: "tok_1" })
      expect(yield* outcome(chargeToken(newPermit(), elsewhere))).toMatchObject({
        _tag: "Declined",
        kind: "soft",
        evidence: { code: "not_sent" }
      })
      for (const ref of ["tok_1 }}{{ tok_2", "../tokens", "4242424242424242", "tok_1' | json: '$"]) {
        expect(yield* outcome(chargeWith(driver, newPermit(), ref)), ref).toMatchObject({
          _tag: "Declined",
          kind: "hard"
        })
      }
      expect(seen).toEqual([])
    })
  )

  it.effect("speaks for an account in its own mode only, and for the connected account that it names", () =>
    Effect.gen(function* () {
      const charging = Effect.fnUntraced(function* (change: Parameters<typeof accountOf>[1]) {
        const { driver, seen } = farEnd(madeThen(answered(200, intent("succeeded"))), (of) =>
          accountOf(of, change)
        )
        return { told: yield* outcome(chargeWith(driver, newPermit(), "tok_1")), seen }
      })
      for (const change of [
        { secret: Redacted.make("pk_test_publishable") },
        { secret: Redacted.make("sk_test_") },
        { secret: Redacted.make("sk_test_a\r\nx: y") },
        { secret: Redacted.make("sk_test_a"), live: true },
        { secret: Redacted.make("sk_live_a") },
        { secret: Redacted.make("rk_live_a"), live: false },
        { settings: { stripe_account: "ac ct_1" } }
      ]) {
        const { told, seen } = yield* charging(change)
        expect(told).toMatchObject({ _tag: "Declined", kind: "soft", evidence: { code: "not_sent" } })
        expect(seen).toEqual([])
      }
      const { seen } = yield* charging({ settings: { stripe_account: "acct_1" } })
      expect(seen.map((request) => headersOf(request)["stripe-account"])).toEqual(["acct_1", "acct_1"])
      // An answer of the test mode proves nothing to an account that moves real money.
      const live = yield* charging({ secret: Redacted.make("sk_live_a"), live: true })
      expect(live.told._tag).toBe("Indeterminate")
    })
  )
})

describe("an attempt that somebody sends a second time", () => {
  const second: ReadonlyArray<readonly [name: string, answer: Exchanged]> = [
    ["429", error(429, refused("rate_limit"))],
    ["a refused request", error(400, refused("amount_too_small"))],
    ["a wrong key", error(401, refused())],
    ["an error of the card", error(402, cardError())],
    ["no such thing", error(404, refused("resource_missing"))],
    ["other parameters under the key", error(400, { type: "idempotency_error" })],
    ["no line", { _tag: "NotSent", code: "ECONNREFUSED" }]
  ]

  it.effect.each(second)("is not declined by what is said of the second time: %s", ([, answer]) =>
    Effect.gen(function* () {
      const permit = newPermit()
      let sends = 0
      const { driver } = farEnd((to) =>
        to === "POST /v1/payment_intents"
          ? ++sends === 1
            ? { _tag: "Unanswered", code: "timeout" }
            : answer
          : madeThen(answer)(to)
      )
      expect(yield* tagOf(chargeWith(driver, permit, "tok_1"))).toBe("Indeterminate")
      expect(yield* tagOf(chargeWith(driver, permit, "tok_1"))).toBe("Indeterminate")
      expect(sends).toBe(2)
    })
  )

  it.effect("is not declined by what the proxy says of the second time", () =>
    Effect.gen(function* () {
      const permit = newPermit()
      let methods = 0
      const { driver } = farEnd((to) =>
        to.startsWith("POST proxied") && ++methods === 2
          ? answered(408, { proxy_error: { status: 408 } })
          : madeThen({ _tag: "Unanswered", code: "timeout" })(to)
      )
      expect(yield* tagOf(chargeWith(driver, permit, "tok_1"))).toBe("Indeterminate")
      expect(yield* tagOf(chargeWith(driver, permit, "tok_1"))).toBe("Indeterminate")
    })
  )

  it.effect("is told what the intent is now, because a replay tells what it was", () =>
    Effect.gen(function* () {
      const permit = newPermit()
      const ours = { metadata: { attempt_id: permit.attempt.idempotencyKey } }
      const replay = answered(200, intent("processing", ours), replayHeader)
      const told = (now: Exchanged) => {
        const { driver } = farEnd((to) =>
          to === "GET /v1/payment_intents/pi_1" ? now : madeThen(replay)(to)
        )
        return tagOf(chargeWith(driver, permit, "tok_1"))
      }
      expect(yield* told(answered(200, intent("succeeded", ours)))).toBe("Captured")
      expect(yield* told(answered(200, intent("canceled", ours)))).toBe("Declined")
      expect(yield* told(answered(200, intent("succeeded", { ...ours, id: "pi_2" })))).toBe("Indeterminate")
      expect(yield* told(error(500, { type: "api_error" }))).toBe("Indeterminate")
    })
  )

  it.effect("is looked at and not canceled while its driver is at it, however far it has come", () =>
    Effect.gen(function* () {
      const { attempt } = newPermit()
      const ours = { metadata: { attempt_id: attempt.idempotencyKey } }
      for (const status of ["requires_confirmation", "requires_payment_method"]) {
        const { driver, seen } = farEnd(() => answered(200, intent(status, ours)))
        const { lookupCharge } = yield* capability(driver, "chargeLookup")
        const query = { ...attempt, writtenAt: yield* DateTime.now, processorReference: "pi_1" }
        expect(yield* lookupCharge({ ...query, inFlight: true })).toMatchObject({ _tag: "StillPending" })
        expect(seen.map(({ to }) => to)).toEqual(["GET /v1/payment_intents/pi_1"])
      }
    })
  )
})

// A key does its work once for a day, and whatever was answered is answered again.
import type { Stripe } from "stripe"
import { describe, expect, it } from "vitest"
import { chargeOf, day, methodOf, moved, refusal, sandboxed, stripeClient } from "./support.ts"

const headersOf = (value: { readonly lastResponse?: unknown }): Readonly<Record<string, unknown>> => {
  const { lastResponse } = value
  return typeof lastResponse === "object" && lastResponse !== null && "headers" in lastResponse
    ? Object.fromEntries(Object.entries(lastResponse.headers ?? {}))
    : {}
}

const setting = async (stripe: Stripe, number = "4242424242424242") => {
  const charge = chargeOf(await methodOf(stripe, number), "a1")
  return (key: string, change: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    stripe.paymentIntents.create({ ...charge, ...change }, { idempotencyKey: key })
}

describe("an idempotency key", () => {
  it(
    "replays the first answer as it was then, and moves no money again",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const charge = await setting(stripe)
      const first = await charge("k1")
      await stripe.refunds.create({ payment_intent: first.id })
      const second = await charge("k1")
      expect(second.id).toBe(first.id)
      expect(headersOf(second)["idempotent-replayed"]).toBe("true")
      expect(headersOf(first)["idempotent-replayed"]).toBeUndefined()
      expect(headersOf(second)["original-request"]).toBe(headersOf(first)["request-id"])
      expect(moved(sandbox.stripe)).toEqual(["captured 2500", "refunded 2500"])
      expect(sandbox.stripe.books().movements[0]?.idempotencyKey).toBe("k1")
    })
  )

  it(
    "replays a decline and a 500 too",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const decline = await setting(stripe, "4000000000000002")
      const [first, second] = [await refusal(decline("k1")), await refusal(decline("k1"))]
      expect(second.payment_intent?.id).toBe(first.payment_intent?.id)
      expect(second.statusCode).toBe(402)

      sandbox.stripe.faults.add({ fault: { kind: "error_after" }, match: { path: "/payment_intents" } })
      const charge = await setting(stripe)
      for (const _ of [1, 2, 3]) {
        expect(await refusal(charge("k2"))).toMatchObject({ statusCode: 500, type: "StripeAPIError" })
      }
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )

  it(
    "with other parameters is an idempotency_error, and nothing happens",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const charge = await setting(stripe)
      await charge("k1")
      const other = await refusal(charge("k1", { amount: 2600 }))
      expect(other).toMatchObject({ statusCode: 400, type: "StripeIdempotencyError" })
      const elsewhere = await refusal(stripe.refunds.create({ amount: 1 }, { idempotencyKey: "k1" }))
      expect(elsewhere.type).toBe("StripeIdempotencyError")
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )

  it(
    "is forgotten after a day, and the same request charges again",
    sandboxed(async (sandbox) => {
      const charge = await setting(stripeClient(sandbox))
      const first = await charge("k1")
      sandbox.clock.advance(day - 60_000)
      expect((await charge("k1")).id).toBe(first.id)
      sandbox.clock.advance(60_000)
      expect((await charge("k1")).id).not.toBe(first.id)
      expect(moved(sandbox.stripe)).toEqual(["captured 2500", "captured 2500"])
    })
  )

  it(
    "in use is a 409 for whoever comes meanwhile, and the first one is charged once",
    sandboxed(async (sandbox) => {
      const charge = await setting(stripeClient(sandbox))
      sandbox.stripe.faults.add({
        fault: { kind: "late_answer", seconds: 1 },
        match: { path: "/payment_intents" }
      })
      const first = charge("k1")
      // The first has been worked on as soon as its money moved.
      while (moved(sandbox.stripe).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      const second = await refusal(charge("k1"))
      expect(second).toMatchObject({
        statusCode: 409,
        code: "idempotency_key_in_use",
        type: "StripeAPIError"
      })
      expect((await first).status).toBe("succeeded")
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )

  it(
    "is free again after a refusal that came before any work: a bad parameter, a bad key, too many requests",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const charge = await setting(stripe)
      expect((await refusal(charge("k1", { amount: 1 }))).statusCode).toBe(400)
      sandbox.stripe.faults.add({ fault: { kind: "rate_limited" }, match: { path: "/payment_intents" } })
      expect((await refusal(charge("k1"))).type).toBe("StripeRateLimitError")
      expect((await charge("k1")).status).toBe("succeeded")
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )

  it(
    "belongs to its account",
    sandboxed(async (sandbox) => {
      await (
        await setting(stripeClient(sandbox, "one"))
      )("k1")
      await (
        await setting(stripeClient(sandbox, "two"))
      )("k1")
      expect(sandbox.stripe.books().charges.map(({ account }) => account)).toEqual([
        "acct_sandbox_one",
        "acct_sandbox_two"
      ])
    })
  )
})

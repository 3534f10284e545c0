// Every test card that the wire facts name behaves as it does at Stripe, with and without the customer present.
import type { Stripe } from "stripe"
import { describe, expect, it } from "vitest"
import { codeCard } from "../../sandbox/plumbing/faultCards.ts"
import { declineCodes } from "../../sandbox/stripe/declines.ts"
import { chargeOf, methodOf, moved, refusal, sandboxed, stripeClient } from "./support.ts"

const present = (method: string): Stripe.PaymentIntentCreateParams => ({
  amount: 2500,
  currency: "usd",
  confirm: true,
  payment_method: method,
  allowed_payment_method_types: ["card"]
})

const declines: ReadonlyArray<readonly [number: string, code: string, declineCode: string]> = [
  ["4000000000000002", "card_declined", "generic_decline"],
  ["4000000000009995", "card_declined", "insufficient_funds"],
  ["4000000000009987", "card_declined", "lost_card"],
  ["4000000000009979", "card_declined", "stolen_card"],
  ["4000000000000069", "expired_card", "expired_card"],
  ["4000000000000127", "incorrect_cvc", "incorrect_cvc"],
  ["4000000000000119", "processing_error", "processing_error"],
  ["4000000000000341", "card_declined", "generic_decline"],
  ["4100000000000019", "card_declined", "fraudulent"]
]

describe("a test card", () => {
  it.each(declines)("%s is declined: %s, %s", async (number, code, declineCode) =>
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const method = await methodOf(stripe, number)
      for (const charge of [chargeOf(method, "a1"), present(method)]) {
        const refused = await refusal(stripe.paymentIntents.create(charge))
        expect(refused).toMatchObject({
          type: "StripeCardError",
          statusCode: 402,
          code,
          decline_code: declineCode
        })
        expect(refused.payment_intent).toMatchObject({
          status: "requires_payment_method",
          amount_received: 0,
          last_payment_error: { code, decline_code: declineCode }
        })
        const read = await stripe.paymentIntents.retrieve(refused.payment_intent?.id ?? "")
        expect(read.last_payment_error?.decline_code).toBe(declineCode)
        const failed = await stripe.charges.retrieve(String(read.latest_charge))
        expect(failed).toMatchObject({ status: "failed", paid: false, captured: false })
        expect(failed.outcome?.type).toBe(number === "4100000000000019" ? "blocked" : "issuer_declined")
      }
      expect(moved(sandbox.stripe)).toEqual([])
    })()
  )

  it(
    "of every decline code is declined with it, with the network's words, and may be tried again or not",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      expect(declineCodes.length).toBeGreaterThan(40)
      for (const [index, declineCode] of declineCodes.entries()) {
        const method = await methodOf(stripe, codeCard("declines", index + 1))
        const refused = await refusal(stripe.paymentIntents.create(chargeOf(method, declineCode)))
        expect(refused).toMatchObject({ statusCode: 402, decline_code: declineCode })
        const { last_payment_error: last } = await stripe.paymentIntents.retrieve(
          refused.payment_intent?.id ?? ""
        )
        if (["lost_card", "stop_payment_order", "do_not_try_again"].includes(declineCode)) {
          expect(last?.advice_code, declineCode).toBe("do_not_try_again")
        }
        if (declineCode === "insufficient_funds") expect(last?.network_decline_code).toBe("51")
      }
      expect(moved(sandbox.stripe)).toEqual([])
    })
  )

  it(
    "that wants authentication is declined off-session and waits for the customer on-session",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      for (const number of ["4000002500003155", "4000002760003184", "4000000000003220"]) {
        const method = await methodOf(stripe, number)
        const off = await refusal(stripe.paymentIntents.create(chargeOf(method, number)))
        expect(off).toMatchObject({
          statusCode: 402,
          code: "authentication_required",
          decline_code: "authentication_required"
        })
        expect(off.payment_intent?.status).toBe("requires_payment_method")
        const on = await stripe.paymentIntents.create(present(method))
        expect(on).toMatchObject({ status: "requires_action", next_action: { type: "use_stripe_sdk" } })
        const strict = await refusal(
          stripe.paymentIntents.create({ ...present(method), error_on_requires_action: true })
        )
        expect(strict).toMatchObject({ statusCode: 402, code: "authentication_required" })
      }
      expect(moved(sandbox.stripe)).toEqual([])
    })
  )

  it(
    "3155 needs no authentication off-session once it was set up with the customer, 3184 always does",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const setUp = async (number: string) => {
        const method = await methodOf(stripe, number)
        const waiting = await stripe.paymentIntents.create({
          ...present(method),
          setup_future_usage: "off_session",
          return_url: "https://shop.example/"
        })
        await fetch(waiting.next_action?.redirect_to_url?.url ?? "", {
          method: "POST",
          body: new URLSearchParams({ result: "pass" }),
          redirect: "manual"
        })
        return chargeOf(method, number)
      }
      const later = await stripe.paymentIntents.create(await setUp("4000002500003155"))
      expect(later.status).toBe("succeeded")
      const always = await refusal(stripe.paymentIntents.create(await setUp("4000002760003184")))
      expect(always.code).toBe("authentication_required")
    })
  )

  it(
    "that was declined leaves an intent that another card can pay, unless it is canceled",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const bad = await methodOf(stripe, "4000000000000002")
      const good = await methodOf(stripe, "4242424242424242")
      const open = (await refusal(stripe.paymentIntents.create(chargeOf(bad, "a1")))).payment_intent?.id ?? ""
      const left = (await refusal(stripe.paymentIntents.create(chargeOf(bad, "a2")))).payment_intent?.id ?? ""
      await stripe.paymentIntents.cancel(open)
      expect((await refusal(stripe.paymentIntents.confirm(open, { payment_method: good }))).statusCode).toBe(
        400
      )
      expect((await stripe.paymentIntents.confirm(left, { payment_method: good })).status).toBe("succeeded")
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )
})

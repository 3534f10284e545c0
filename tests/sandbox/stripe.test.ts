// The official client finds in the emulator what it finds at Stripe.
import { Stripe } from "stripe"
import { describe, expect, it } from "vitest"
import {
  chargeOf,
  hour,
  methodOf,
  moved,
  postForm,
  refusal,
  sandboxed,
  sendJson,
  stripeClient
} from "./support.ts"

const good = "4242424242424242"

describe("a PaymentIntent", () => {
  it(
    "goes from creation over confirmation to succeeded, and only then has money moved",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const created = await stripe.paymentIntents.create({
        amount: 2500,
        currency: "usd",
        allowed_payment_method_types: ["card"],
        metadata: { attempt_id: "a1" }
      })
      expect(created.status).toBe("requires_payment_method")
      expect(created.client_secret).toContain(created.id)
      const method = await methodOf(stripe, good)
      expect((await stripe.paymentMethods.retrieve(method)).card?.last4).toBe("4242")
      expect(sandbox.stripe.books().movements).toEqual([])

      const paid = await stripe.paymentIntents.confirm(created.id, { payment_method: method })
      expect(paid).toMatchObject({ status: "succeeded", amount_received: 2500, payment_method: method })
      expect(sandbox.stripe.books().charges).toMatchObject([
        { reference: created.id, order: "a1", captured: 2500, left: 2500, account: "acct_sandbox_shop" }
      ])
      const read = await stripe.paymentIntents.retrieve(created.id, { expand: ["latest_charge"] })
      expect(read.latest_charge).toMatchObject({ object: "charge", captured: true, paid: true, amount: 2500 })
    })
  )

  it(
    "is held with capture_method manual, and what is captured of it moves",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const held = await stripe.paymentIntents.create({
        ...chargeOf(await methodOf(stripe, good), "a1"),
        capture_method: "manual"
      })
      expect(held).toMatchObject({ status: "requires_capture", amount_received: 0, amount_capturable: 2500 })
      expect(moved(sandbox.stripe)).toEqual([])
      const taken = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1000 })
      expect(taken).toMatchObject({ status: "succeeded", amount_received: 1000 })
      expect(moved(sandbox.stripe)).toEqual(["captured 1000"])
    })
  )

  it(
    "can be canceled until money moved or is about to, and never charged afterwards",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const open = await stripe.paymentIntents.create({ amount: 900, currency: "usd" })
      const canceled = await stripe.paymentIntents.cancel(open.id, { cancellation_reason: "abandoned" })
      expect(canceled).toMatchObject({ status: "canceled", cancellation_reason: "abandoned" })
      const method = await methodOf(stripe, good)
      const late = await refusal(stripe.paymentIntents.confirm(open.id, { payment_method: method }))
      expect(late).toMatchObject({ statusCode: 400, code: "payment_intent_unexpected_state" })
      expect(late.payment_intent).toMatchObject({ status: "canceled" })
      expect(moved(sandbox.stripe)).toEqual([])

      const paid = await stripe.paymentIntents.create(chargeOf(method, "a1"))
      const refused = await refusal(stripe.paymentIntents.cancel(paid.id))
      expect(refused).toMatchObject({ statusCode: 400, code: "payment_intent_unexpected_state" })
      expect(refused.payment_intent).toMatchObject({ status: "succeeded", amount_received: 2500 })
      const again = await refusal(stripe.paymentIntents.confirm(paid.id, { payment_method: method }))
      expect(again.payment_intent).toMatchObject({ status: "succeeded" })
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )

  it(
    "is listed newest first, by creation and page; a search finds it later, by metadata",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const method = await methodOf(stripe, good)
      const ids: Array<string> = []
      for (const attempt of ["a1", "a2", "a3"]) {
        ids.unshift((await stripe.paymentIntents.create(chargeOf(method, attempt))).id)
        sandbox.clock.advance(10_000)
      }
      const listed = await stripe.paymentIntents.list({ limit: 2 })
      expect(listed).toMatchObject({ has_more: true, data: [{ id: ids[0] }, { id: ids[1] }] })
      const rest = await stripe.paymentIntents.list({ starting_after: ids[1] ?? "" })
      expect(rest).toMatchObject({ has_more: false, data: [{ id: ids[2] }] })
      const all: Array<string> = []
      for await (const intent of stripe.paymentIntents.list({ limit: 1 })) all.push(intent.id)
      expect(all).toEqual(ids)
      const [newest] = listed.data
      const since = await stripe.paymentIntents.list({ created: { gte: newest?.created ?? 0 } })
      expect(since.data.map(({ id }) => id)).toEqual([ids[0]])
      const until = await stripe.paymentIntents.list({ created: { lt: newest?.created ?? 0 } })
      expect(until.data.map(({ id }) => id)).toEqual([ids[1], ids[2]])

      const query = "metadata['attempt_id']:'a3'"
      expect((await stripe.paymentIntents.search({ query })).data).toEqual([])
      sandbox.clock.advance(60_000)
      const found = await stripe.paymentIntents.search({ query: `${query} AND status:'succeeded'` })
      expect(found.data.map(({ id }) => id)).toEqual([ids[0]])
      expect((await stripeClient(sandbox, "other").paymentIntents.list()).data).toEqual([])
    })
  )

  it(
    "asks for authentication with the customer present, on a page that completes or fails it",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const method = await methodOf(stripe, "4000002760003184")
      const present = {
        amount: 2500,
        currency: "usd",
        confirm: true,
        payment_method: method,
        allowed_payment_method_types: ["card"],
        return_url: "https://shop.example/back"
      } satisfies Stripe.PaymentIntentCreateParams
      const waiting = await stripe.paymentIntents.create(present)
      expect(waiting).toMatchObject({ status: "requires_action", next_action: { type: "redirect_to_url" } })
      const url = waiting.next_action?.redirect_to_url?.url ?? ""
      expect(await (await fetch(url)).text()).toContain("Complete")
      expect(moved(sandbox.stripe)).toEqual([])
      const passed = await fetch(url, {
        method: "POST",
        body: new URLSearchParams({ result: "pass" }),
        redirect: "manual"
      })
      expect(passed.headers.get("location")).toMatch(
        /^https:\/\/shop\.example\/back\?.*redirect_status=succeeded/
      )
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])

      const second = await stripe.paymentIntents.create(present)
      await postForm(second.next_action?.redirect_to_url?.url ?? "", { result: "fail" }).catch(
        () => undefined
      )
      const failed = await stripe.paymentIntents.retrieve(second.id)
      expect(failed.status).toBe("requires_payment_method")
      expect(failed.last_payment_error?.code).toBe("payment_intent_authentication_failure")
      const third = await stripe.paymentIntents.create(present)
      expect((await stripe.paymentIntents.cancel(third.id)).status).toBe("canceled")
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )
})

describe("a refund", () => {
  it(
    "gives back at most what was captured, in parts or all of it",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const paid = await stripe.paymentIntents.create(chargeOf(await methodOf(stripe, good), "a1"))
      const part = await stripe.refunds.create({ payment_intent: paid.id, amount: 700 })
      expect(part).toMatchObject({ status: "succeeded", amount: 700, payment_intent: paid.id })
      const tooMuch = await refusal(stripe.refunds.create({ payment_intent: paid.id, amount: 1801 }))
      expect(tooMuch).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError" })
      const rest = await stripe.refunds.create({ payment_intent: paid.id, metadata: { refund_id: "r2" } })
      expect(rest.amount).toBe(1800)
      const none = await refusal(stripe.refunds.create({ payment_intent: paid.id }))
      expect(none.code).toBe("charge_already_refunded")
      const listed = await stripe.refunds.list({ payment_intent: paid.id })
      expect(listed.data.map(({ id }) => id)).toEqual([rest.id, part.id])
      expect((await stripe.refunds.retrieve(rest.id)).metadata).toEqual({ refund_id: "r2" })
      const charge = await stripe.charges.retrieve(String(paid.latest_charge))
      expect(charge).toMatchObject({ refunded: true, amount_refunded: 2500 })
      expect(moved(sandbox.stripe)).toEqual(["captured 2500", "refunded 700", "refunded 1800"])
    })
  )

  it(
    "is refused where nothing was captured",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const open = await stripe.paymentIntents.create({ amount: 900, currency: "usd" })
      expect((await refusal(stripe.refunds.create({ payment_intent: open.id }))).statusCode).toBe(400)
      expect((await refusal(stripe.refunds.create({ payment_intent: "pi_nobody" }))).statusCode).toBe(404)
      expect(moved(sandbox.stripe)).toEqual([])
    })
  )

  it(
    "may be pending first, or fail after it succeeded",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const refundOf = async (number: string) => {
        const paid = await stripe.paymentIntents.create(chargeOf(await methodOf(stripe, number), number))
        return stripe.refunds.create({ payment_intent: paid.id })
      }
      const pending = await refundOf("4000000000007726")
      const failing = await refundOf("4000000000005126")
      expect([pending.status, failing.status]).toEqual(["pending", "succeeded"])
      sandbox.clock.advance(hour)
      expect((await stripe.refunds.retrieve(pending.id)).status).toBe("succeeded")
      const failed = await stripe.refunds.retrieve(failing.id)
      expect(failed).toMatchObject({ status: "failed", failure_reason: "expired_or_canceled_card" })
      expect(sandbox.stripe.books().charges.map(({ left }) => left)).toEqual([0, 2500])
    })
  )
})

describe("a dispute", () => {
  it(
    "takes the money when it opens and gives it back when it is won",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const paid = await stripe.paymentIntents.create(chargeOf(await methodOf(stripe, good), "a1"))
      const door = `${sandbox.stripe.origin}/_sandbox/disputes`
      const opened = await sendJson(door, "POST", { payment_intent: paid.id, reason: "fraudulent" })
      const { data } = await stripe.disputes.list({ payment_intent: paid.id })
      expect(data).toMatchObject([{ status: "needs_response", reason: "fraudulent", amount: 2500 }])
      expect(opened.status).toBe(201)
      expect((await refusal(stripe.refunds.create({ payment_intent: paid.id }))).code).toBe("charge_disputed")
      const id = data[0]?.id ?? ""
      await sendJson(`${door}/${id}`, "POST", { status: "under_review" })
      await sendJson(`${door}/${id}`, "POST", { status: "won" })
      expect((await stripe.disputes.retrieve(id)).status).toBe("won")
      expect(moved(sandbox.stripe)).toEqual(["captured 2500", "disputed 2500", "dispute_reinstated 2500"])
      const events = await stripe.events.list({ limit: 10 })
      expect(events.data.map(({ type }) => type).slice(0, 5)).toEqual([
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created"
      ])
    })
  )

  it(
    "takes nothing while it is an inquiry",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const paid = await stripe.paymentIntents.create(chargeOf(await methodOf(stripe, good), "a1"))
      await sendJson(`${sandbox.stripe.origin}/_sandbox/disputes`, "POST", {
        payment_intent: paid.id,
        status: "warning_needs_response"
      })
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )
})

describe("a refused request", () => {
  it(
    "of an unknown key is a 401, and of another account's object a 404",
    sandboxed(async (sandbox) => {
      const { hostname, port } = new URL(sandbox.stripe.origin)
      const stranger = new Stripe("sk_test_nobody", {
        host: hostname,
        port,
        protocol: "http",
        maxNetworkRetries: 0
      })
      expect(await refusal(stranger.paymentIntents.list())).toMatchObject({
        statusCode: 401,
        type: "StripeAuthenticationError"
      })
      const paid = await stripeClient(sandbox).paymentIntents.create({ amount: 900, currency: "usd" })
      expect(await refusal(stripeClient(sandbox, "other").paymentIntents.retrieve(paid.id))).toMatchObject({
        statusCode: 404,
        code: "resource_missing"
      })
    })
  )

  it(
    "names the parameter that is wrong, unknown or no longer there",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const small = await refusal(stripe.paymentIntents.create({ amount: 1, currency: "usd" }))
      expect(small).toMatchObject({ statusCode: 400, param: "amount", code: "amount_too_small" })
      const send = (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
        postForm(
          `${sandbox.stripe.origin}/v1/payment_intents`,
          { amount: "2500", currency: "usd", ...form },
          { authorization: "Bearer sk_test_sandbox_shop", ...headers }
        )
      expect((await send({ surprise: "1" })).text).toContain("parameter_unknown")
      const types = { "payment_method_types[]": "card" }
      expect((await send(types)).text).toContain("payment_method_types_no_longer_supported")
      expect((await send(types, { "stripe-version": "2026-08-26.dahlia" })).status).toBe(200)
    })
  )

  it(
    "of a card that is none says so, and no raw card is taken where that is off",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      expect(await refusal(methodOf(stripe, "4242424242424241"))).toMatchObject({
        statusCode: 402,
        code: "incorrect_number"
      })
      const refused = await refusal(methodOf(stripeClient(sandbox, "shop_noraw"), good))
      expect(refused.message).toContain("Sending credit card numbers directly")
    })
  )
})

// Every fault does what its table says: whether money moved is read in the books, not in the answer.
import { describe, expect, it } from "vitest"
import { type Fault, faultDoes } from "../../sandbox/plumbing/Fault.ts"
import { faultCards } from "../../sandbox/plumbing/faultCards.ts"
import type { Sandbox } from "../../sandbox/startSandbox.ts"
import {
  type Answered,
  chargeOf,
  field,
  hour,
  methodOf,
  moved,
  postForm,
  queried,
  refusal,
  sale,
  sandboxed,
  sendJson,
  stripeClient,
  texts
} from "./support.ts"

type Gateway = "stripe" | "nmi"

const authorization = { authorization: "Bearer sk_test_sandbox_shop" }

/** A charge of 25.00 as plain HTTP: the official client would resend a cut connection by itself. */
const chargeAt = async (
  sandbox: Sandbox,
  gateway: Gateway,
  number = "4242424242424242",
  attempt = "a1"
): Promise<string> => {
  const send = async (): Promise<Answered> => {
    if (gateway === "nmi") return sale(sandbox, { ccnumber: number, orderid: attempt })
    const origin = `${sandbox.stripe.origin}/v1`
    const card = { "card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034", type: "card" }
    // What the fault is meant for is the charge.
    const method = await postForm(`${origin}/payment_methods`, card, authorization)
    const charge = {
      amount: "2500",
      currency: "usd",
      confirm: "true",
      off_session: "true",
      payment_method: String(field(method.text, "id")),
      "allowed_payment_method_types[]": "card",
      "metadata[attempt_id]": attempt
    }
    return postForm(`${origin}/payment_intents`, charge, { ...authorization, "idempotency-key": attempt })
  }
  return send().then(
    ({ status, text }) => `${status} ${text}`,
    () => "cut"
  )
}

interface Row {
  readonly name: string
  readonly fault: Fault
  /** What was taken by the time of the answer, and an hour later. */
  readonly atOnce: number
  readonly later: number
  readonly stripe?: RegExp
  readonly nmi?: RegExp
}

const row = (fault: Fault, atOnce: number, later: number, stripe?: RegExp, nmi?: RegExp): Row => ({
  name: [fault.kind, fault.answer, fault.variant, fault.moves === true ? "moves" : undefined]
    .join(" ")
    .trim(),
  fault,
  atOnce,
  later,
  ...(stripe === undefined ? {} : { stripe }),
  ...(nmi === undefined ? {} : { nmi })
})

const cut = /^cut$/
const approved = /^200 response=1&.*response_code=100$/
const succeeded = /^200 [^]*"status": "succeeded"/

const rows: ReadonlyArray<Row> = [
  row({ kind: "cut_before" }, 0, 0, cut, cut),
  row({ kind: "cut_after" }, 2500, 2500, cut, cut),
  row({ kind: "slow", seconds: 0.05 }, 2500, 2500, succeeded, approved),
  row({ kind: "late_answer", seconds: 0.05 }, 2500, 2500, succeeded, approved),
  row({ kind: "error_before", status: 503 }, 0, 0, /^503 [^]*api_error/, /^503 <!doctype/),
  row({ kind: "error_after", status: 502 }, 2500, 2500, /^502 [^]*api_error/, /^502 <!doctype/),
  row({ kind: "error_saved" }, 0, 0, /^500 [^]*api_error/, /^200 response=3&.*response_code=400$/),
  row({ kind: "rate_limited" }, 0, 0, /^429 /, /^200 response=3&.*response_code=301$/),
  row({ kind: "late_money", answer: "error" }, 0, 2500, /^500 /, /^200 response=3&.*response_code=420$/),
  row({ kind: "late_money", answer: "pending" }, 0, 2500, /"status": "processing"/, /response_code=101$/),
  row({ kind: "late_money", answer: "decline" }, 0, 2500, /^402 /, /^200 response=2&.*response_code=200$/),
  row({ kind: "late_money", answer: "cut" }, 0, 2500, cut, cut),
  row({ kind: "malformed" }, 2500, 2500, /^200 <!doctype html>/, /^200 <!doctype html>/),
  row({ kind: "truncated" }, 2500, 2500, cut, cut),
  row({ kind: "empty" }, 2500, 2500, /^200 $/, /^200 $/),
  row({ kind: "answer_twice" }, 2500, 2500, /\}\n\{/, /response_code=100response=1/),
  row(
    { kind: "contradictory", variant: 1 },
    2500,
    2500,
    /^400 [^]*payment_intent_unexpected_state[^]*"status": "succeeded"/,
    /^200 response=2&response=1&/
  ),
  row(
    { kind: "contradictory", variant: 2 },
    2500,
    2500,
    /^402 [^]*card_declined[^]*"status": "succeeded"/,
    /^200 response=3&.*response_code=100$/
  ),
  row(
    { kind: "contradictory", variant: 3 },
    2500,
    2500,
    /^402 [^]*"amount_received": 2500[^]*"status": "requires_payment_method"/,
    /^200 response=2&.*response_code=100$/
  ),
  row(
    { kind: "duplicate_answer" },
    2500,
    2500,
    /^409 [^]*idempotency_key_in_use/,
    /^200 response=3&responsetext=Duplicate transaction REFID:\d+&.*response_code=300$/
  ),
  row({ kind: "code", code: "stolen_card" }, 0, 0, /^402 [^]*stolen_card/),
  row({ kind: "code", code: "252" }, 0, 0, undefined, /^200 response=2&.*response_code=252$/),
  row(
    { kind: "code", code: "430", moves: true },
    2500,
    2500,
    undefined,
    /^200 response=3&.*response_code=430$/
  ),
  row({ kind: "partial", amount: 1000 }, 1000, 1000, undefined, /amount_authorized=10\.00/),
  row({ kind: "blind" }, 2500, 2500, succeeded, approved)
]

const captured = (sandbox: Sandbox, gateway: Gateway) =>
  sandbox[gateway].books().charges.reduce((sum, charge) => sum + charge.captured, 0)

const cases = rows.flatMap((one) =>
  (["stripe", "nmi"] as const).flatMap((gateway) => {
    const wire = one[gateway]
    return wire === undefined ? [] : [{ ...one, gateway, wire }]
  })
)

const withPath = (gateway: Gateway) => ({ path: gateway === "stripe" ? "/payment_intents" : "/transact.php" })

describe("a fault that is switched on", () => {
  it("is in this table, unless it is one of webhooks or of the proxy", () => {
    const tried = new Set<string>(rows.map(({ fault }) => fault.kind))
    const due = Object.keys(faultDoes).filter((kind) => !/^(webhook|proxy)_/.test(kind))
    expect(due.filter((kind) => !tried.has(kind))).toEqual([])
  })

  it.each(cases)("$name at $gateway moves money when it says so, and looks as it says", async (one) =>
    sandboxed(async (sandbox) => {
      const { gateway, fault, wire, atOnce, later } = one
      sandbox[gateway].faults.add({ fault, match: withPath(gateway) })
      expect(await chargeAt(sandbox, gateway)).toMatch(wire)
      expect(captured(sandbox, gateway)).toBe(atOnce)
      sandbox.clock.advance(hour)
      expect(captured(sandbox, gateway)).toBe(later)
      expect(sandbox[gateway].faults.list()).toMatchObject([{ struck: 1 }])
    })()
  )

  it.each(cases)(
    "$name at $gateway, sent again with the same key or orderid, never charges twice",
    async (one) =>
      sandboxed(async (sandbox) => {
        const { gateway, fault } = one
        sandbox[gateway].faults.add({ fault, match: withPath(gateway) })
        const client = stripeClient(sandbox)
        const charge = chargeOf(await methodOf(client, "4242424242424242"), "a1")
        for (const _ of [1, 2, 3]) {
          const sent =
            gateway === "nmi"
              ? sale(sandbox, { orderid: "a1" })
              : client.paymentIntents.create(charge, { idempotencyKey: "a1" })
          await sent.catch(() => undefined)
          sandbox.clock.advance(60_000)
        }
        expect(moved(sandbox[gateway]).length).toBeLessThanOrEqual(1)
      })()
  )

  it(
    "strikes the nth that matches, as often as it was told, and nothing else",
    sandboxed(async (sandbox) => {
      const door = `${sandbox.nmi.origin}/_sandbox/faults`
      const rule = {
        match: { method: "POST", path: "transact", fields: { orderid: "hit" } },
        fault: { kind: "error_before" },
        nth: 2,
        times: 2
      }
      expect((await sendJson(door, "POST", rule)).status).toBe(201)
      const statuses: Array<number> = []
      for (const orderid of ["hit", "miss", "hit", "hit", "hit"]) {
        statuses.push((await sale(sandbox, { orderid, amount: `${10 + statuses.length}.00` })).status)
      }
      expect(statuses).toEqual([200, 200, 500, 500, 200])
      await sendJson(door, "POST", rule)
      await sendJson(door, "DELETE", undefined)
      expect(sandbox.nmi.faults.list()).toEqual([])
      expect((await sendJson(door, "POST", { fault: { kind: "nonsense" } })).status).toBe(400)
    })
  )
})

describe("a magic card", () => {
  const magic = faultCards.filter(({ at }) => at !== "vault")

  it.each(magic.flatMap((card) => (["stripe", "nmi"] as const).map((gateway) => ({ card, gateway }))))(
    "$card.number at $gateway: $card.does",
    async ({ card, gateway }) =>
      sandboxed(
        async (sandbox) => {
          const fault = card.fault({ slow: 0.01, late: 0.01, lateMoney: 8, blind: 20, webhook: 30 })
          const strikes = card.at === "any" || card.at === gateway
          const expected = rows.find(
            (one) =>
              one.fault.kind === fault.kind &&
              one.fault.answer === fault.answer &&
              one.fault.variant === fault.variant &&
              one.fault.moves !== true
          )
          const [atOnce, later, wire] =
            strikes && expected !== undefined
              ? [expected.atOnce, expected.later, expected[gateway]]
              : [2500, 2500, gateway === "stripe" ? succeeded : approved]
          const answered = await chargeAt(sandbox, gateway, card.number)
          if (fault.kind === "partial" && strikes) {
            expect(captured(sandbox, gateway)).toBe(1250)
            return
          }
          if (fault.kind !== "code") expect(answered).toMatch(wire ?? /./)
          expect(captured(sandbox, gateway)).toBe(atOnce)
          sandbox.clock.advance(hour)
          expect(captured(sandbox, gateway)).toBe(later)
        },
        { seconds: { slow: 0.01, late: 0.01 } }
      )()
  )

  it(
    "strikes the first time only: a replay of the key is answered",
    sandboxed(async (sandbox) => {
      const cutAfter = magic.find(
        ({ at, fault }) =>
          at === "any" && fault({ slow: 0, late: 0, lateMoney: 0, blind: 0, webhook: 0 }).kind === "cut_after"
      )
      const client = stripeClient(sandbox)
      const charge = chargeOf(await methodOf(client, cutAfter?.number ?? ""), "a1")
      // The official client resends a cut connection once by itself, even with maxNetworkRetries: 0.
      const paid = await client.paymentIntents.create(charge, { idempotencyKey: "k1" })
      expect(paid.status).toBe("succeeded")
      expect(moved(sandbox.stripe)).toEqual(["captured 2500"])
    })
  )
})

describe("money that moves late", () => {
  it(
    "cannot be stopped by a cancel that is refused while it is processing",
    sandboxed(async (sandbox) => {
      const client = stripeClient(sandbox)
      sandbox.stripe.faults.add({ fault: { kind: "late_money", answer: "pending", seconds: 8 } })
      const pending = await client.paymentIntents.create(
        chargeOf(await methodOf(client, "4242424242424242"), "a1")
      )
      const refused = await refusal(client.paymentIntents.cancel(pending.id))
      expect(refused.payment_intent).toMatchObject({ status: "processing", amount_received: 0 })
      sandbox.clock.advance(8_000)
      expect((await client.paymentIntents.retrieve(pending.id)).status).toBe("succeeded")

      sandbox.nmi.faults.add({ fault: { kind: "late_money", answer: "error", seconds: 8 } })
      await sale(sandbox, { orderid: "o1" })
      const [transactionid = ""] = texts(await queried(sandbox, { order_id: "o1" }), "transaction_id")
      expect(texts(await queried(sandbox, { order_id: "o1" }), "condition")).toEqual(["in_progress"])
      const voided = await sale(sandbox, { type: "void", transactionid })
      expect(voided.text).toContain("response_code=300")
      sandbox.clock.advance(8_000)
      expect(texts(await queried(sandbox, { order_id: "o1" }), "condition")).toEqual(["pendingsettlement"])
      expect([...moved(sandbox.stripe), ...moved(sandbox.nmi)]).toEqual(["captured 2500", "captured 2500"])
    })
  )

  it(
    "never comes after a declined intent was canceled",
    sandboxed(async (sandbox) => {
      const client = stripeClient(sandbox)
      sandbox.stripe.faults.add({ fault: { kind: "late_money", answer: "decline" } })
      const declined = await refusal(
        client.paymentIntents.create(chargeOf(await methodOf(client, "4242424242424242"), "a1"))
      )
      await client.paymentIntents.cancel(declined.payment_intent?.id ?? "")
      sandbox.clock.advance(hour)
      expect(moved(sandbox.stripe)).toEqual([])
    })
  )
})

describe("a blind lookup", () => {
  it(
    "sees nothing of money that moved, for a while",
    sandboxed(async (sandbox) => {
      const client = stripeClient(sandbox)
      for (const gateway of ["stripe", "nmi"] as const) {
        sandbox[gateway].faults.add({
          fault: { kind: "cut_after", blindSeconds: 90 },
          match: withPath(gateway)
        })
        expect(await chargeAt(sandbox, gateway)).toBe("cut")
      }
      const seen = async () => {
        const { data } = await client.paymentIntents.list()
        const found = await client.paymentIntents.search({ query: "metadata['attempt_id']:'a1'" })
        return [
          data.length,
          found.data.length,
          texts(await queried(sandbox, { order_id: "a1" }), "condition").length
        ]
      }
      sandbox.clock.advance(60_000)
      expect(await seen()).toEqual([0, 0, 0])
      sandbox.clock.advance(30_000)
      expect(await seen()).toEqual([1, 1, 1])
      expect([...moved(sandbox.stripe), ...moved(sandbox.nmi)]).toEqual(["captured 2500", "captured 2500"])
    })
  )
})

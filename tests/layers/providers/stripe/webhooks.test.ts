// Webhooks: signed as the official client signs and checks them, and read by the object that they are about.
import { it } from "@effect/vitest"
import { DateTime, Effect, Exit, Redacted } from "effect"
import * as fc from "fast-check"
import { Stripe } from "stripe"
import { describe, expect } from "vitest"
import { MidId } from "../../../../src/kernel/ids.ts"
import { capability, type WebhookReading } from "../../../../src/kernel/PaymentProvider.ts"
import type { ProviderAccount } from "../../../../src/layers/providers/ProviderAccounts.ts"
import { disputeStatuses, readWebhook } from "../../../../src/layers/providers/stripe/webhooks.ts"
import { type Received, receiver } from "../../../sandbox/support.ts"
import { asked, bytes, intent, refund } from "./answers.ts"
import { accountOf, chargeWith, newPermit, sandboxWithCards, stripeAgainst } from "./stripeUnderTest.ts"

const official = new Stripe("sk_test_nobody").webhooks

const at = 1_790_000_000
const secrets = ["whsec_new", "whsec_old"] as const

const event = (type: string, object: unknown, change: Readonly<Record<string, unknown>> = {}) => ({
  id: "evt_1",
  object: "event",
  created: at,
  type,
  data: { object },
  ...change
})

const signed = (payload: string, secret: string = secrets[0], timestamp = at): string =>
  official.generateTestHeaderString({ payload, secret, timestamp })

const account = (change: Partial<ProviderAccount> = {}): ProviderAccount =>
  accountOf(MidId.make("mid_1"), {
    webhookSecrets: secrets.map((secret) => Redacted.make(secret)),
    ...change
  })

const reading = (
  payload: string | Uint8Array,
  header: string | undefined,
  { receivedAt = at, ...change }: Partial<ProviderAccount> & { readonly receivedAt?: number } = {}
) =>
  readWebhook(account(change), {
    mid: MidId.make("mid_1"),
    headers: header === undefined ? {} : { "stripe-signature": header },
    body: bytes(payload),
    receivedAt: DateTime.makeUnsafe(receivedAt * 1000)
  })

const refusedFor = (effect: ReturnType<typeof reading>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

const paid = JSON.stringify(event("payment_intent.succeeded", intent("succeeded")))

describe("the signature of a webhook", () => {
  it.effect("is taken of either secret of a rotation, and of both at once", () =>
    Effect.gen(function* () {
      for (const secret of secrets) {
        expect((yield* reading(paid, signed(paid, secret))).eventId).toBe("evt_1")
      }
      const [, newer = ""] = signed(paid, secrets[0]).split(",v1=")
      const [, older = ""] = signed(paid, secrets[1]).split(",v1=")
      const [, strange = ""] = signed(paid, "whsec_of_nobody").split(",v1=")
      for (const header of [
        `t=${at},v1=${newer},v1=${older}`,
        `t=${at},v1=${strange},v1=${older}`,
        `t=${at},v0=abc,v1=${newer}`,
        ` t=${at} , v1=${newer} `
      ]) {
        expect((yield* reading(paid, header)).eventId, header).toBe("evt_1")
      }
      expect(yield* refusedFor(reading(paid, `t=${at},v1=${strange},v1=${strange}`))).toBe("bad_signature")
    })
  )

  it.effect("is refused of another account's secret, and of an account without any", () =>
    Effect.gen(function* () {
      const other = { webhookSecrets: [Redacted.make("whsec_of_another")] }
      expect(yield* refusedFor(reading(paid, signed(paid), other))).toBe("bad_signature")
      expect(yield* refusedFor(reading(paid, signed(paid), { webhookSecrets: [] }))).toBe("no_secret")
    })
  )

  it.effect("is over every byte of the body", () =>
    Effect.gen(function* () {
      const header = signed(paid)
      const body = bytes(paid)
      for (let index = 0; index < body.length; index++) {
        const flipped = Uint8Array.from(body, (byte, place) => (place === index ? byte ^ 1 : byte))
        expect(yield* refusedFor(readRaw(flipped, header))).toBe("bad_signature")
      }
      const reserialized = JSON.stringify(JSON.parse(paid), undefined, 2)
      expect(yield* refusedFor(reading(reserialized, header))).toBe("bad_signature")
      expect(yield* refusedFor(reading(`${paid} `, header))).toBe("bad_signature")
    })
  )

  it.effect("is over its time, and good for five minutes", () =>
    Effect.gen(function* () {
      const header = signed(paid)
      expect(yield* refusedFor(reading(paid, header.replace(`t=${at}`, `t=${at + 1}`)))).toBe("bad_signature")
      expect((yield* reading(paid, header, { receivedAt: at + 300 })).eventId).toBe("evt_1")
      expect(yield* refusedFor(reading(paid, header, { receivedAt: at + 301 }))).toBe("too_old")
      // Of a clock that is behind. The official check would take it at any time before, for as long.
      expect((yield* reading(paid, header, { receivedAt: at - 300 })).eventId).toBe("evt_1")
      expect(yield* refusedFor(reading(paid, header, { receivedAt: at - 301 }))).toBe("too_old")
    })
  )

  it.effect("has to be there", () =>
    Effect.gen(function* () {
      for (const header of [undefined, "", "  "])
        expect(yield* refusedFor(reading(paid, header))).toBe("no_signature")
      const [, v1 = ""] = signed(paid).split(",v1=")
      for (const header of [
        "garbage",
        `v1=${v1}`,
        `t=${at}`,
        `t=,v1=${v1}`,
        `t=${at},t=${at},v1=${v1}`,
        `t=${at},t=${at + 1},v1=${v1}`,
        `t=${at},v0=${v1}`,
        `t=${at},v1=${v1.slice(1)}`,
        `t=${at},v1=${v1}00`,
        `t=${at},v1=`,
        `t=-${at},v1=${v1}`,
        `t=${at}.0,v1=${v1}`
      ]) {
        expect(yield* refusedFor(reading(paid, header)), header).toBe("bad_signature")
      }
    })
  )

  it("is never taken where the official client would not take it", () => {
    const [, v1 = ""] = signed(paid).split(",v1=")
    const part = fc.oneof(
      fc.constantFrom(`t=${at}`, `t=${at + 1}`, `t=${at - 400}`, `v1=${v1}`, `v0=${v1}`, `v1=${v1.slice(2)}`),
      fc.constantFrom(signed(paid, secrets[1]), signed(paid, "whsec_x"), signed(paid, secrets[0], at - 301)),
      fc.string({ maxLength: 12 })
    )
    let times = 0
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.integer({ min: -400, max: 700 }), (parts, passed) => {
        const header = parts.join(",")
        const taken = Exit.isSuccess(Effect.runSyncExit(reading(paid, header, { receivedAt: at + passed })))
        if (!taken) return
        times++
        const officially = secrets.some((secret) => {
          try {
            const now = (at + passed) * 1000
            official.constructEvent(paid, header, secret, 300, undefined, now)
            return true
          } catch {
            return false
          }
        })
        expect(officially, header).toBe(true)
      }),
      { numRuns: 2000 }
    )
    expect(times).toBeGreaterThan(20)
  })
})

const readRaw = (body: Uint8Array, header: string) =>
  readWebhook(account(), {
    mid: MidId.make("mid_1"),
    headers: { "stripe-signature": header },
    body,
    receivedAt: DateTime.makeUnsafe(at * 1000)
  })

const subjects = (type: string, object: unknown, change: Readonly<Record<string, unknown>> = {}) => {
  const payload = JSON.stringify(event(type, object, change))
  return Effect.map(reading(payload, signed(payload)), (read) => read.subjects)
}

const dispute = (status: string, change: Readonly<Record<string, unknown>> = {}) => ({
  id: "dp_1",
  object: "dispute",
  amount: 1250,
  currency: "usd",
  payment_intent: "pi_1",
  reason: "fraudulent",
  status,
  evidence_details: { due_by: at + 86_400 },
  ...change
})

describe("what a webhook is about", () => {
  const charge = { _tag: "Charge", processorReference: "pi_1", idempotencyKey: asked.idempotencyKey }
  const captured = { ...charge, said: "captured" }
  const ofStatus = (status: string, took: boolean) => ({
    object: "charge",
    payment_intent: "pi_1",
    metadata: intent("").metadata,
    status,
    captured: took
  })

  it.effect.each([
    ["payment_intent.succeeded", intent("succeeded"), [captured]],
    // By the state of the object, never by the name of the event.
    ["payment_intent.created", intent("succeeded"), [captured]],
    ["payment_intent.succeeded", intent("canceled"), [charge]],
    ["charge.succeeded", ofStatus("succeeded", true), [captured]],
    ["charge.succeeded", ofStatus("succeeded", false), [charge]],
    ["charge.failed", ofStatus("failed", true), [charge]],
    ["payment_intent.payment_failed", intent("requires_payment_method"), [charge]],
    ["payment_intent.a_type_of_tomorrow", intent("processing"), [charge]],
    [
      "payment_intent.canceled",
      intent("canceled", { metadata: {} }),
      [{ _tag: "Charge", processorReference: "pi_1" }]
    ],
    [
      "charge.refunded",
      { object: "charge", payment_intent: "pi_1", metadata: intent("").metadata },
      [charge]
    ],
    ["charge.succeeded", { object: "charge", payment_intent: null, metadata: {} }, [{ _tag: "Other" }]],
    [
      "refund.failed",
      refund("failed"),
      [
        {
          _tag: "Refund",
          refundReference: "re_1",
          processorReference: "pi_1",
          idempotencyKey: "ref_1",
          said: "failed"
        }
      ]
    ],
    [
      "refund.updated",
      refund("canceled"),
      [
        {
          _tag: "Refund",
          refundReference: "re_1",
          processorReference: "pi_1",
          idempotencyKey: "ref_1",
          said: "failed"
        }
      ]
    ],
    [
      "refund.updated",
      refund("a status of tomorrow"),
      [{ _tag: "Refund", refundReference: "re_1", processorReference: "pi_1", idempotencyKey: "ref_1" }]
    ],
    [
      "charge.refund.updated",
      refund("succeeded"),
      [{ _tag: "Refund", refundReference: "re_1", processorReference: "pi_1", idempotencyKey: "ref_1" }]
    ],
    // Made elsewhere, it carries no key of ours.
    [
      "refund.created",
      refund("succeeded", { metadata: {} }),
      [{ _tag: "Refund", refundReference: "re_1", processorReference: "pi_1" }]
    ],
    ["refund.created", refund("succeeded", { payment_intent: null }), [{ _tag: "Other" }]],
    ["charge.dispute.created", dispute("lost", { payment_intent: null }), [{ _tag: "Other" }]],
    ["customer.created", { id: "cus_1", object: "customer" }, [{ _tag: "Other" }]],
    ["payment_intents.succeeded", intent("succeeded"), [{ _tag: "Other" }]]
  ] as const)("%s", ([type, object, about]) =>
    Effect.gen(function* () {
      expect(yield* subjects(type, object)).toEqual(about)
    })
  )

  it.effect("of a dispute is the state of the object, whatever the event is called", () =>
    Effect.gen(function* () {
      for (const [status, state] of Object.entries(disputeStatuses)) {
        for (const type of ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"]) {
          const [subject] = yield* subjects(`charge.dispute.${type}`, dispute(status))
          expect(subject).toMatchObject({
            _tag: "Dispute",
            disputeReference: "dp_1",
            processorReference: "pi_1",
            state,
            reason: "fraudulent",
            money: { amount: 1250, currency: "USD" },
            evidenceDueBy: DateTime.makeUnsafe((at + 86_400) * 1000)
          })
        }
      }
    })
  )

  it.effect("has no time that nothing can hold, and is read all the same", () =>
    Effect.gen(function* () {
      const day = (time: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(time)) / 1000
      const first = day("2000-01-01T00:00:00Z")
      const last = day("2199-12-31T23:59:59Z")
      const of = (due_by: unknown, created = at) => {
        const payload = JSON.stringify(
          event("charge.dispute.created", dispute("needs_response", { evidence_details: { due_by } }), {
            created
          })
        )
        return reading(payload, signed(payload))
      }
      for (const due of [first, last]) {
        const read = yield* of(due, due)
        expect(read.subjects).toMatchObject([{ evidenceDueBy: DateTime.makeUnsafe(due * 1000) }])
        expect(read.occurredAt).toEqual(DateTime.makeUnsafe(due * 1000))
      }
      for (const due of [
        first - 1,
        last + 1,
        253_402_300_800,
        -99_999_999_999,
        Number.MAX_SAFE_INTEGER,
        null
      ]) {
        const [subject] = (yield* of(due)).subjects
        expect(subject).toMatchObject({ _tag: "Dispute", disputeReference: "dp_1" })
        expect(subject).not.toHaveProperty("evidenceDueBy")
      }
      for (const created of [0, first - 1, last + 1]) {
        expect(yield* of(at, created)).not.toHaveProperty("occurredAt")
      }
    })
  )

  it.effect("is nothing of ours when it is of another connected account", () =>
    Effect.gen(function* () {
      const other = JSON.stringify(
        event("payment_intent.succeeded", intent("succeeded"), { account: "acct_2" })
      )
      expect((yield* reading(other, signed(other))).subjects).toEqual([{ _tag: "Other" }])
      const settings = { settings: { stripe_account: "acct_2" } }
      expect((yield* reading(other, signed(other), settings)).subjects).toEqual([captured])
      expect((yield* reading(paid, signed(paid), settings)).subjects).toEqual([{ _tag: "Other" }])
    })
  )

  it.effect("is told only of what can be read, signed or not", () =>
    Effect.gen(function* () {
      const spoilt: ReadonlyArray<unknown> = [
        "",
        "{}",
        "[]",
        "null",
        paid.slice(0, -1),
        paid.replace("{", '{"id":"evt_2",'),
        event("", intent("succeeded")),
        event("payment_intent.succeeded", intent("succeeded"), { id: "" }),
        event("payment_intent.succeeded", intent("succeeded"), { created: "now" }),
        event("payment_intent.succeeded", intent("succeeded"), { created: -1 }),
        event("payment_intent.succeeded", intent("succeeded"), { object: "v2.core.event" }),
        event("payment_intent.succeeded", { id: "pi_1" }),
        event("payment_intent.succeeded", refund("succeeded")),
        event("refund.updated", intent("succeeded")),
        event("charge.refunded", intent("succeeded")),
        event("charge.dispute.created", dispute("a_status_of_tomorrow")),
        event("charge.dispute.created", dispute("constructor")),
        event("charge.dispute.created", dispute("lost", { amount: -1 })),
        event("charge.dispute.created", dispute("lost", { currency: "zzz" }))
      ]
      for (const one of spoilt) {
        const payload = typeof one === "string" ? one : JSON.stringify(one)
        expect(yield* refusedFor(reading(payload, signed(payload))), payload).toBe("unreadable")
      }
    })
  )
})

describe("the emulator's webhooks", () => {
  it.live("are read from the first to the last, by either secret of a rotation, by their account only", () =>
    Effect.gen(function* () {
      const sandbox = yield* sandboxWithCards()
      const shop = yield* Effect.acquireRelease(
        Effect.promise(() => receiver()),
        ({ close }) => Effect.sync(close)
      )
      const permit = newPermit()
      const { mid } = permit.attempt
      const secret = sandbox.stripe.listen(mid, shop.url)
      const driver = stripeAgainst(sandbox, {
        account: (of: MidId) =>
          accountOf(of, {
            webhookSecrets: (of === mid ? ["whsec_before", secret] : ["whsec_of_another"]).map((one) =>
              Redacted.make(one)
            )
          })
      })

      const captured = yield* chargeWith(driver, permit, "tok_captured")
      yield* Effect.flip(chargeWith(driver, newPermit(), "tok_generic_decline"))
      const { processorReference } = captured
      const { refundReference } = yield* driver.refund({
        ...permit.attempt,
        idempotencyKey: "ref_1",
        processorReference,
        money: permit.attempt.money
      })
      const disputed = yield* chargeWith(driver, newPermit(), "tok_disputed")
      yield* sandbox.stripe.quiet

      const { readWebhook: read } = yield* capability(driver, "webhooks")
      const reads = (of: MidId, { headers, body }: Received) =>
        read({
          mid: of,
          headers: { "stripe-signature": String(headers["stripe-signature"]) },
          body: bytes(body),
          receivedAt: DateTime.makeUnsafe(Date.now())
        })
      const heard: Array<WebhookReading> = []
      for (const one of shop.received) {
        heard.push(yield* reads(mid, one))
        expect((yield* Effect.flip(reads(MidId.make("mid_2"), one))).reason).toBe("bad_signature")
      }
      expect(new Set(heard.map(({ eventId }) => eventId)).size).toBe(heard.length)
      const about = (type: string) => heard.filter((one) => one.type === type).flatMap((one) => one.subjects)
      expect(about("payment_intent.succeeded")).toContainEqual({
        _tag: "Charge",
        processorReference,
        idempotencyKey: permit.attempt.idempotencyKey,
        said: "captured"
      })
      expect(about("payment_intent.canceled")).toHaveLength(1)
      expect(about("charge.refunded")).toMatchObject([{ _tag: "Charge", processorReference }])
      expect(about("refund.created")).toMatchObject([{ _tag: "Refund", refundReference }])
      expect(about("charge.dispute.created")).toMatchObject([
        { _tag: "Dispute", processorReference: disputed.processorReference, state: "open" }
      ])
    }).pipe(Effect.scoped)
  )
})

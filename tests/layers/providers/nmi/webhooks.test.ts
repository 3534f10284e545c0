import { describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as fc from "fast-check"
import { createHmac } from "node:crypto"
import { expect } from "vitest"
import { MidId } from "../../../../src/kernel/ids.ts"
import type { WebhookRefused } from "../../../../src/kernel/PaymentProvider.ts"
import { readWebhook } from "../../../../src/layers/providers/nmi/webhooks.ts"
import type { ProviderAccount } from "../../../../src/layers/providers/ProviderAccounts.ts"
import { someTime } from "./answers.ts"
import { accountOf } from "./nmiUnderTest.ts"

const mid = MidId.make("mid_under_test")
const key = "nmi_signing_key"

const signatureOf = (secret: string, nonce: string, body: Uint8Array) =>
  createHmac("sha256", secret).update(`${nonce}.`).update(body).digest("hex")

const event = (change: object = {}, type = "transaction.sale.success") =>
  JSON.stringify(
    {
      event_id: "ev_1",
      event_type: type,
      event_body: {
        merchant: { id: "1" },
        features: { is_test_mode: false },
        transaction_id: "12030573555",
        condition: "pendingsettlement",
        processor_id: "ccprocessora",
        order_id: "ps_1-1-abc",
        action: { amount: "12.50", action_type: "sale", date: "20261121150000", success: "1" },
        ...change
      }
    },
    undefined,
    1
  )

interface Sending {
  readonly secret?: string
  readonly header?: string
  readonly account?: Partial<ProviderAccount>
}

const reading = (text: string | Uint8Array, { secret = key, header, account }: Sending = {}) => {
  const body = typeof text === "string" ? new TextEncoder().encode(text) : text
  const signed = header ?? `t=nonce123,s=${signatureOf(secret, "nonce123", body)}`
  return readWebhook(accountOf(mid, account), {
    mid,
    headers: signed === "" ? {} : { "webhook-signature": signed },
    body,
    receivedAt: someTime
  })
}

const refusal = (...given: Parameters<typeof reading>): WebhookRefused["reason"] | "taken" =>
  Effect.runSync(
    Effect.match(reading(...given), { onFailure: ({ reason }) => reason, onSuccess: () => "taken" })
  )

const subjects = (change: object, type: string, settings: Readonly<Record<string, string>> = {}) =>
  Effect.runSync(reading(event(change, type), { account: { settings } })).subjects

describe("a webhook", () => {
  it.effect("is read when the account's secret signed its nonce and its bytes", () =>
    Effect.gen(function* () {
      expect(yield* reading(event())).toEqual({
        eventId: "ev_1",
        type: "transaction.sale.success",
        occurredAt: someTime,
        subjects: [
          {
            _tag: "Charge",
            processorReference: "12030573555",
            idempotencyKey: "ps_1-1-abc",
            said: "captured"
          }
        ]
      })
    })
  )

  it("is taken with either of two secrets while they are rotated, and with no third", () => {
    const account = { webhookSecrets: [Redacted.make("new_secret"), Redacted.make("old_secret")] }
    for (const secret of ["new_secret", "old_secret"]) {
      expect(refusal(event(), { secret, account })).toBe("taken")
    }
    for (const secret of ["", "other_secret", "new_secret,old_secret"]) {
      expect(refusal(event(), { secret, account })).toBe("bad_signature")
    }
    expect(refusal(event(), { account: { webhookSecrets: [] } })).toBe("no_secret")
  })

  it("is refused without a signature, or with more or less than one nonce and one signature", () => {
    const good = signatureOf(key, "n", new TextEncoder().encode(event()))
    expect(refusal(event(), { header: `t=n,s=${good}` })).toBe("taken")
    expect(refusal(event(), { header: `t=n, s=${good}` })).toBe("taken")
    expect(refusal(event(), { header: "" })).toBe("no_signature")
    for (const header of [
      `s=${good}`,
      `t=,s=${good}`,
      "t=n",
      "t=n,s=",
      `s=${good},t=n`,
      `t=n,t=n,s=${good}`,
      `t=n,s=${good},s=${good}`,
      `t=n,s=${good.toUpperCase()}`,
      `t=n,s=${good.slice(2)}`,
      `t=n,s=${good}00`,
      `t=m,s=${good}`,
      `t=n,v1=${good}`,
      good,
      `t=n.x,s=${good}`
    ]) {
      expect(refusal(event(), { header }), header).toBe("bad_signature")
    }
  })

  it("is refused once any byte of it differs from what was signed", () => {
    const body = new TextEncoder().encode(event())
    const header = `t=n,s=${signatureOf(key, "n", body)}`
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const other = Uint8Array.from(body, (byte, index) => (index === at ? byte ^ flip : byte))
        expect(refusal(other, { header })).toBe("bad_signature")
      })
    )
    const reserialized = JSON.stringify(JSON.parse(event()))
    expect(refusal(reserialized, { header })).toBe("bad_signature")
    expect(refusal(body.subarray(0, -1), { header })).toBe("bad_signature")
  })

  it("is refused when it is signed and cannot be read", () => {
    for (const text of [
      "",
      "null",
      "[]",
      "{}",
      "<xml/>",
      '{"event_id":"1","event_id":"2","event_type":"transaction.sale.success","event_body":{}}',
      '{"event_id":"","event_type":"settlement.batch.complete","event_body":{}}',
      '{"event_type":"settlement.batch.complete","event_body":{}}',
      event({ transaction_id: undefined }),
      event({ transaction_id: "0" }),
      event({ transaction_id: 12030573555 }),
      event({ transaction_id: "ch_1" }),
      event({ order_id: 1 }),
      // Money that a bank takes back is nothing to pass over.
      event({}, "chargeback.batch.complete"),
      event({}, "")
    ]) {
      expect(refusal(text), text).toBe("unreadable")
    }
    const body = new TextEncoder().encode(event())
    for (let length = 0; length < body.length; length++) {
      expect(refusal(body.subarray(0, length))).toBe("unreadable")
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refusal(bytes)).toBe("unreadable")
      })
    )
  })

  it("is about the charge that its transaction is, whatever became of it", () => {
    const charge = { _tag: "Charge", processorReference: "12030573555", idempotencyKey: "ps_1-1-abc" }
    for (const what of ["sale", "auth", "capture", "validate"]) {
      for (const outcome of ["success", "failure", "unknown"]) {
        // Only a sale that succeeded took money.
        const said = what === "sale" && outcome === "success" ? { said: "captured" } : {}
        expect(subjects({}, `transaction.${what}.${outcome}`)).toEqual([{ ...charge, ...said }])
      }
    }
    // A void gives back what the charge took, so both want to know.
    expect(subjects({}, "transaction.void.success")).toEqual([
      charge,
      { _tag: "Refund", refundReference: "void_12030573555", processorReference: "12030573555" }
    ])
    for (const order_id of ["", "12030573555", undefined]) {
      expect(subjects({ order_id }, "transaction.sale.success")).toEqual([
        { _tag: "Charge", processorReference: "12030573555", said: "captured" }
      ])
    }
  })

  it("is about a refund, which is a transaction of its own", () => {
    const refund = { _tag: "Refund", refundReference: "12030573555", idempotencyKey: "ps_1-1-abc" }
    expect(subjects({}, "transaction.refund.success")).toEqual([refund])
    const ofCharge = { ...refund, processorReference: "7" }
    for (const type of [
      "transaction.refund.success",
      "transaction.refund.unknown",
      "transaction.void.failure"
    ]) {
      expect(subjects({ original_transaction_id: "7" }, type)).toEqual([ofCharge])
    }
    // One that is voided does not go back.
    for (const type of ["transaction.refund.failure", "transaction.void.success"]) {
      expect(subjects({ original_transaction_id: "7" }, type)).toEqual([{ ...ofCharge, said: "failed" }])
    }
  })

  it("is about nothing here when it is of other things, or of another processor of the same account", () => {
    const nothing = [{ _tag: "Other" }]
    for (const type of [
      "settlement.batch.complete",
      "acu.summary.available",
      "recurring.subscription.add",
      "transaction.credit.success",
      "transaction.somehow.success"
    ]) {
      expect(subjects({}, type), type).toEqual(nothing)
    }
    const settings = { processor_id: "second" }
    expect(subjects({}, "transaction.sale.success", settings)).toEqual(nothing)
    expect(subjects({ processor_id: "second" }, "transaction.sale.success", settings)).not.toEqual(nothing)
  })

  it("is passed over by no account when it names no processor: whoever knows the charge looks it up", () => {
    const settings = { processor_id: "second" }
    for (const processor_id of [undefined, ""]) {
      for (const type of [
        "transaction.sale.success",
        "transaction.void.success",
        "transaction.refund.success"
      ]) {
        const named = subjects({ processor_id: "second" }, type, settings)
        expect(subjects({ processor_id }, type, settings), type).toEqual(named)
      }
    }
  })

  it("has no time when it says none that there is", () => {
    for (const action of [
      undefined,
      { date: "" },
      { date: "yesterday" },
      { date: "20261399000000" },
      { date: "00000101000000" },
      { date: "19991231235959" },
      { date: "22000101000000" }
    ]) {
      expect(Effect.runSync(reading(event({ action })))).not.toHaveProperty("occurredAt")
    }
  })
})

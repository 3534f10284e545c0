// Webhooks, signed by the library that the server signs them with.
import { describe, expect, expectTypeOf, it } from "vitest"
import { Webhook as Signer } from "standardwebhooks"
import { isPaymentsError, type PaymentEvent, verifyWebhook } from "../../packages/sdk/src/index.ts"
import type { EventType } from "../../src/kernel/Outbox.ts"

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString("base64")}`
const [secret, other] = [secretOf("a"), secretOf("b")]
const now = Date.parse("2026-11-20T10:00:00Z")
const body = JSON.stringify({
  id: "evt_7",
  type: "payment.charged.v1",
  timestamp: "2026-11-20T10:00:00.000Z",
  data: { session: "ps_1", orderReference: "Bestellung № 7", amount: 4200 }
})

const signed = (more: { body?: string; id?: string; at?: number; by?: ReadonlyArray<string> } = {}) => {
  const { body: text = body, id = "evt_7", at = now, by = [secret] } = more
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": by.map((one) => new Signer(one).sign(id, new Date(at), text)).join(" ")
  }
}

/** The code of what the verification ends with. */
const codeOf = (webhook: Parameters<typeof verifyWebhook>[0]): Promise<string> =>
  verifyWebhook(webhook).then(
    ({ type }) => type,
    (thrown: unknown) => (isPaymentsError(thrown) ? thrown.code : String(thrown))
  )

describe("a webhook", () => {
  it("is read when it was signed with the secret, whatever form body and headers have", async () => {
    const event = await verifyWebhook({ body, headers: signed(), secret, now })
    expect(event).toEqual(JSON.parse(body))
    if (event.type === "payment.charged.v1") expect(event.data.orderReference).toBe("Bestellung № 7")
    const bytes = new TextEncoder().encode(body)
    expect(await verifyWebhook({ body: bytes, headers: new Headers(signed()), secret, now })).toEqual(event)
    expect(
      await verifyWebhook({ body: Buffer.from(body), headers: signed(), secret: [other, secret], now })
    ).toEqual(event)
  })

  it("is read whatever the case of its headers' names, as proxies and frameworks leave them", async () => {
    const headers = signed()
    for (const written of [
      (name: string) => name.toUpperCase(),
      (name: string) => name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
    ]) {
      const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [written(name), value]))
      expect(await codeOf({ body, headers: named, secret, now })).toBe("payment.charged.v1")
      expect(await codeOf({ body, headers: named, secret: other, now })).toBe("webhook_not_signed")
    }
  })

  it("is taken with either secret while they are exchanged, and beside signatures of other schemes", async () => {
    const headers = signed({ by: [other, secret] })
    expect(await codeOf({ body, headers, secret, now })).toBe("payment.charged.v1")
    expect(await codeOf({ body, headers, secret: other, now })).toBe("payment.charged.v1")
    const mixed = { ...headers, "webhook-signature": `v1a,AAAA v2 ${headers["webhook-signature"]}` }
    expect(await codeOf({ body, headers: mixed, secret, now })).toBe("payment.charged.v1")
  })

  it("is refused after any flip of a byte, in its body, its id, its time or its signature", async () => {
    const headers = signed()
    for (let at = 0; at < body.length; at += 7) {
      const flipped = body.slice(0, at) + String.fromCharCode(body.charCodeAt(at) ^ 1) + body.slice(at + 1)
      expect(await codeOf({ body: flipped, headers, secret, now })).toBe("webhook_not_signed")
    }
    const wrong = [
      { "webhook-id": "evt_8" },
      { "webhook-timestamp": String(now / 1000 + 1) },
      { "webhook-timestamp": "soon" },
      { "webhook-signature": headers["webhook-signature"].replace(/.=*$/, "A=") },
      { "webhook-signature": "v1,%%%" },
      { "webhook-signature": headers["webhook-signature"].replace("v1,", "") }
    ]
    for (const more of wrong) {
      expect(await codeOf({ body, headers: { ...headers, ...more }, secret, now })).toBe("webhook_not_signed")
    }
    expect(await codeOf({ body, headers, secret: other, now })).toBe("webhook_not_signed")
    expect(await codeOf({ body: JSON.stringify(JSON.parse(body), null, 1), headers, secret, now })).toBe(
      "webhook_not_signed"
    )
    for (const name of Object.keys(headers)) {
      expect(await codeOf({ body, headers: { ...headers, [name]: undefined }, secret, now })).toBe(
        "webhook_not_signed"
      )
    }
  })

  it("is refused when it was signed more than five minutes away from now, either way", async () => {
    for (const [seconds, code] of [
      [300, "payment.charged.v1"],
      [301, "webhook_too_old"]
    ] as const) {
      for (const sign of [1, -1]) {
        const headers = signed({ at: now + sign * seconds * 1000 })
        expect(await codeOf({ body, headers, secret, now })).toBe(code)
      }
    }
    const old = signed({ at: now - 301_000 })
    expect(await codeOf({ body, headers: old, secret: other, now })).toBe("webhook_not_signed")
  })

  it("is told apart from an event when it is signed and is none", async () => {
    for (const text of [
      "",
      "[]",
      "{}",
      '{"id":"evt_7","type":"x","timestamp":"t","data":{}}',
      body.replace("evt_7", "evt_8")
    ]) {
      expect(await codeOf({ body: text, headers: signed({ body: text }), secret, now })).toBe(
        "webhook_unreadable"
      )
    }
    const latin = Buffer.from([0x7b, 0xff, 0x7d])
    const headers = signed()
    expect(await codeOf({ body: latin, headers, secret, now })).toBe("webhook_not_signed")
  })

  it("cannot be verified with a secret that is none, which is a bug and no webhook's fault", async () => {
    for (const none of ["", "whsec_", "whsec_%"]) {
      expect(await codeOf({ body, headers: signed(), secret: none, now })).toMatch(/TypeError.*whsec_/)
    }
    expect(await codeOf({ body, headers: signed(), secret: [], now })).toBe("webhook_not_signed")
  })

  it("cannot be verified over what was parsed of it, and says so", async () => {
    for (const parsed of [JSON.parse(body), undefined, null]) {
      expect(await codeOf({ body: parsed, headers: signed(), secret, now })).toMatch(/TypeError.*as it came/)
    }
  })

  it("has a type for each event that the server tells", () => {
    expectTypeOf<PaymentEvent["type"]>().toEqualTypeOf<EventType>()
  })
})

// The official client of the vault finds in the emulator what it finds there.
import { BasisTheoryError } from "@basis-theory/node-sdk"
import { describe, expect, it } from "vitest"
import { day, field, hour, sandboxed, sendJson, vaultClient } from "./support.ts"

const card = { number: "4242424242424242", expiration_month: 12, expiration_year: 2034, cvc: "123" }

const statusOf = async (promise: Promise<unknown>): Promise<number | undefined> => {
  try {
    await promise
    return 200
  } catch (error) {
    if (error instanceof BasisTheoryError) return error.statusCode
    throw error
  }
}

describe("a token", () => {
  it(
    "shows what may be known of the card and never its number or cvc",
    sandboxed(async (sandbox) => {
      const vault = vaultClient(sandbox)
      const made = await vault.tokens.create({ type: "card", data: card, metadata: { customer: "c1" } })
      const read = await vault.tokens.get(made.id ?? "")
      expect(read).toMatchObject({
        type: "card",
        metadata: { customer: "c1" },
        containers: ["/pci/high/"],
        card: { bin: "42424242", last4: "4242", brand: "visa", expirationMonth: 12, expirationYear: 2034 },
        data: { number: "XXXXXXXXXXXX4242", expiration_month: 12, expiration_year: 2034 }
      })
      expect(read.fingerprint).toBe(made.fingerprint)
      expect(JSON.stringify([made, read])).not.toMatch(/4242424242424242|"123"/)
    })
  )

  it(
    "has the fingerprint of its number alone, and is deduplicated by it when that is asked for",
    sandboxed(async (sandbox) => {
      const vault = vaultClient(sandbox)
      const first = await vault.tokens.create({ type: "card", data: card })
      const other = { ...card, expiration_year: 2035, cvc: "999" }
      const second = await vault.tokens.create({ type: "card", data: other })
      expect(second.id).not.toBe(first.id)
      expect(second.fingerprint).toBe(first.fingerprint)
      const third = await vault.tokens.create({ type: "card", data: other, deduplicateToken: true })
      expect(third).toMatchObject({ id: first.id, extras: { deduplicated: true } })
      expect(third.card?.expirationYear).toBe(2034)
      const elsewhere = await vaultClient(sandbox, "key_sandbox_private_other").tokens.create({
        type: "card",
        data: card
      })
      expect(elsewhere.fingerprint).not.toBe(first.fingerprint)
    })
  )

  it(
    "is changed by merge-patch, and by nothing else",
    sandboxed(async (sandbox) => {
      const vault = vaultClient(sandbox)
      const made = await vault.tokens.create({ type: "card", data: card, metadata: { a: "1", b: "2" } })
      const id = made.id ?? ""
      const changed = await vault.tokens.update(id, {
        data: { expiration_year: 2036 },
        metadata: { a: "3" }
      })
      expect(changed).toMatchObject({
        metadata: { a: "3", b: "2" },
        card: { expirationYear: 2036, last4: "4242" }
      })
      const url = `${sandbox.basisTheory.origin}/tokens/${id}`
      const patch = (type: string, body: unknown) =>
        sendJson(url, "PATCH", body, { "BT-API-KEY": "key_sandbox_private", "content-type": type })
      expect((await patch("application/json", { metadata: { a: "4" } })).status).toBe(415)
      const removed = await patch("application/merge-patch+json", { metadata: { a: null } })
      expect(field(removed.text, "metadata")).toEqual({ b: "2" })
      await vault.tokens.delete(id)
      expect(await statusOf(vault.tokens.get(id))).toBe(404)
    })
  )

  it(
    "that is expired is gone at once",
    sandboxed(async (sandbox) => {
      const vault = vaultClient(sandbox)
      const expiresAt = new Date(sandbox.clock.now() + hour).toISOString()
      const made = await vault.tokens.create({ type: "card", data: card, expiresAt })
      expect((await vault.tokens.get(made.id ?? "")).expiresAt).toEqual(new Date(expiresAt))
      sandbox.clock.advance(hour)
      expect(await statusOf(vault.tokens.get(made.id ?? ""))).toBe(404)
    })
  )

  it(
    "of no card is a problem that names the field",
    sandboxed(async (sandbox) => {
      const headers = { "BT-API-KEY": "key_sandbox_private" }
      const refused = await sendJson(
        `${sandbox.basisTheory.origin}/tokens`,
        "POST",
        { type: "card", data: { ...card, number: "4242424242424241" } },
        headers
      )
      expect(refused.status).toBe(400)
      expect(refused.headers.get("content-type")).toContain("problem+json")
      expect(JSON.parse(refused.text)).toMatchObject({
        status: 400,
        title: "One or more validation errors occurred.",
        errors: { "data.number": [expect.any(String)] }
      })
    })
  )
})

describe("a token intent", () => {
  it(
    "lives a day, and becomes a token without its cvc",
    sandboxed(async (sandbox) => {
      const browser = vaultClient(sandbox, "key_sandbox_public")
      const vault = vaultClient(sandbox)
      const intent = await browser.tokenIntents.create({ type: "card", data: card })
      expect(intent).toMatchObject({ type: "card", card: { last4: "4242" } })
      const token = await vault.tokens.create({ tokenIntentId: intent.id ?? "" })
      expect(token.fingerprint).toBe(intent.fingerprint)
      expect(await statusOf(vault.tokens.create({ tokenIntentId: intent.id ?? "" }))).toBe(400)

      const again = await browser.tokenIntents.create({
        type: "card",
        data: { ...card, expiration_year: 2039 }
      })
      const updated = await vault.tokens.create({ tokenIntentId: again.id ?? "" })
      expect(updated).toMatchObject({
        id: token.id,
        card: { expirationYear: 2039 },
        extras: { deduplicated: true, deduplicationBehavior: "update_existing" }
      })
      const late = await browser.tokenIntents.create({ type: "card", data: card })
      sandbox.clock.advance(day)
      expect(await statusOf(vault.tokens.create({ tokenIntentId: late.id ?? "" }))).toBe(400)
    })
  )
})

describe("a key", () => {
  it(
    "may do what it was given: 401 for none, 403 for too little",
    sandboxed(async (sandbox) => {
      const made = await vaultClient(sandbox).tokens.create({ type: "card", data: card })
      const id = made.id ?? ""
      expect(await statusOf(vaultClient(sandbox, "key_of_nobody").tokens.get(id))).toBe(401)
      const browser = vaultClient(sandbox, "key_sandbox_public")
      expect(await statusOf(browser.tokens.get(id))).toBe(403)
      const theirs = await browser.tokens.create({ type: "card", data: card })
      expect(theirs.data).toBeUndefined()
      const keys = await sendJson(`${sandbox.basisTheory.origin}/_sandbox/keys`, "POST", {
        type: "private",
        permissions: ["token:read"]
      })
      const reader = vaultClient(sandbox, String(field(keys.text, "key")))
      expect((await reader.tokens.get(id)).id).toBe(id)
      expect(await statusOf(reader.tokens.delete(id))).toBe(403)
      expect(await statusOf(vaultClient(sandbox, "key_sandbox_private_other").tokens.get(id))).toBe(404)
    })
  )

  it(
    "of a session can do nothing until it is authorized, once, and nothing after three minutes",
    sandboxed(async (sandbox) => {
      const session = await vaultClient(sandbox, "key_sandbox_public").sessions.create()
      const page = vaultClient(sandbox, session.sessionKey ?? "")
      const vault = vaultClient(sandbox)
      const make = () => statusOf(page.tokens.create({ type: "card", data: card }))
      expect(await make()).toBe(403)
      const permissions = ["token:create"]
      const nonce = session.nonce ?? ""
      const { sessions } = vaultClient(sandbox, "key_sandbox_public")
      expect(await statusOf(sessions.authorize({ nonce, permissions }))).toBe(403)
      await vault.sessions.authorize({ nonce, permissions })
      expect(await make()).toBe(200)
      expect(await statusOf(vault.sessions.authorize({ nonce, permissions }))).toBe(409)
      expect(await statusOf(vaultClient(sandbox, session.sessionKey ?? "").tokens.get("x"))).toBe(403)
      sandbox.clock.advance(181_000)
      expect(await make()).toBe(401)
      expect(await statusOf(vaultClient(sandbox).sessions.create())).toBe(403)
    })
  )

  it(
    "is throttled when the limit is switched on",
    sandboxed(async (sandbox) => {
      const door = `${sandbox.basisTheory.origin}/_sandbox/limit`
      await sendJson(door, "POST", { requests: 2, seconds: 10 })
      const { tokens } = vaultClient(sandbox)
      const statuses = [
        await statusOf(tokens.get("x")),
        await statusOf(tokens.get("x")),
        await statusOf(tokens.get("x"))
      ]
      expect(statuses).toEqual([404, 404, 429])
      sandbox.clock.advance(10_000)
      expect(await statusOf(tokens.get("x"))).toBe(404)
    })
  )
})

describe("an idempotency key of the vault", () => {
  it(
    "keeps successes for a day, and no failures",
    sandboxed(async (sandbox) => {
      const { tokens } = vaultClient(sandbox)
      const make = (data: unknown) => tokens.create({ type: "card", data }, { idempotencyKey: "k1" })
      expect(await statusOf(make({ number: "1" }))).toBe(400)
      const first = await make(card)
      expect((await make(card)).id).toBe(first.id)
      sandbox.clock.advance(day)
      expect((await make(card)).id).not.toBe(first.id)
    })
  )

  it(
    "in flight is a 409",
    sandboxed(async (sandbox) => {
      sandbox.basisTheory.faults.add({ fault: { kind: "slow", seconds: 1 } })
      const { tokens } = vaultClient(sandbox)
      const make = () => tokens.create({ type: "card", data: card }, { idempotencyKey: "k1" })
      const slow = make()
      // The second comes once the first is being worked on, which the switch counts.
      while (sandbox.basisTheory.faults.list()[0]?.struck !== 1)
        await new Promise((resolve) => setTimeout(resolve, 5))
      expect(await statusOf(make())).toBe(409)
      expect((await slow).id).toBeDefined()
    })
  )
})

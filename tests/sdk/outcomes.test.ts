// What the SDK takes for proof, and what it does with a key until there is some. The line is a script here; the same
// laws over a real server are in faults.test.ts.
import { describe, expect, it } from "vitest"
import { createPayments, isPaymentsError } from "../../packages/sdk/src/index.ts"
import {
  badGateway,
  card,
  config,
  confirmed,
  created,
  cut,
  nobodyThere,
  refusal,
  type Scripted,
  scripted,
  session
} from "./scripted.ts"

const unknown: Readonly<Record<string, Scripted>> = {
  "a line that was cut": cut,
  "no answer in time": "silence",
  "an error page of something in between": badGateway,
  "a page without permission of something in between": { status: 403, text: "<html>" },
  "a redirect": { status: 302, text: "" },
  "an answer of another form": { status: 201, json: { hello: "world" } },
  "an answer that was cut short": { status: 201, text: '{"id":"ps_1","sta' },
  "a ledger that did not answer": refusal(503, "ledger_unavailable", { charged: "nothing" }),
  "something that broke": refusal(500, "internal"),
  "somebody in between who is asked too often": { status: 429, text: "slow down" }
}

describe("an outcome that nobody knows", () => {
  for (const [name, heard] of Object.entries(unknown)) {
    it(`is what ${name} leaves, and its key is used again until there is proof`, async () => {
      const { payments, keys } = scripted([heard, created, created], { retries: { tries: 1 } })
      const result = await payments.create(config).result()
      expect(result).toMatchObject({ ok: false, error: { code: "outcome_unknown" } })
      await payments.create({ ...config })
      await payments.create(config)
      const [first, second, third] = keys()
      expect(first).toMatch(/^sdk_[a-p]{32}$/)
      expect(second).toBe(first)
      expect(third).not.toBe(first)
    })
  }

  it("is told in words that nobody takes for a no", async () => {
    for (const [name, heard] of Object.entries(unknown)) {
      const { payments } = scripted([heard], { retries: { tries: 1 } })
      const result = await payments.confirm("ps_1", card).result()
      if (result.ok) throw new Error(name)
      expect(result.error.code).toBe("outcome_unknown")
      expect(result.error.message, name).toMatch(/^nobody knows yet/)
      expect(result.error.message, name).toMatch(/Do not pay/)
      expect(result.error.message, name).not.toMatch(/fail|declin|error|unsuccessful/i)
    }
  })

  it("stays unknown when a later try is refused, because that says nothing about the earlier one", async () => {
    const no = refusal(422, "unknown_token", { vaultId: "stub", tokenRef: "tok" })
    const { payments, keys } = scripted([cut, no, no, confirmed()])
    const first = await payments.confirm("ps_1", card).result()
    expect(first).toMatchObject({
      ok: false,
      error: {
        code: "outcome_unknown",
        details: { because: "refused_later", tries: 2, told: { code: "unknown_token", status: 422 } }
      }
    })
    await payments.confirm("ps_1", card).result()
    expect(new Set(keys().slice(0, 3)).size).toBe(1)
  })

  it("is tried again under the same key by itself, as often as it may be", async () => {
    const { payments, keys } = scripted([cut, badGateway, "silence", created])
    expect(await payments.create(config)).toMatchObject({ id: "ps_1" })
    expect(keys()).toHaveLength(4)
    expect(new Set(keys()).size).toBe(1)

    const bounded = scripted([cut], { retries: { tries: 3, firstDelayMs: 1 } })
    await bounded.payments.create(config).result()
    expect(bounded.keys()).toHaveLength(3)
  })

  it("belongs to one call: another that runs at the same time has a key of its own", async () => {
    const { payments, keys } = scripted([cut, created, created, created], { retries: { tries: 1 } })
    const both = await Promise.all([payments.create(config).result(), payments.create(config).result()])
    expect(both.map(({ ok }) => ok)).toEqual([false, true])
    await payments.create(config)
    const [lost, other, again] = keys()
    expect(other).not.toBe(lost)
    expect(again).toBe(lost)
  })

  it("is of what was asked for, in whatever order somebody wrote that down; another wish is another call", async () => {
    const { payments, keys } = scripted([cut], { retries: { tries: 1 } })
    const { intent, ...rest } = config
    const { type, ...amount } = intent
    await payments.create(config).result()
    await payments.create({ intent: { ...amount, type }, ...rest }).result()
    await payments.create({ ...config, intent: { ...intent, amountCents: 4201 } }).result()
    const [first, second, third] = keys()
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  it("hands over a key of the app's own as it is, and brings it back in the error", async () => {
    const { payments, keys } = scripted([cut], { retries: { tries: 2, firstDelayMs: 1 } })
    const result = await payments.create(config, { idempotencyKey: "order 7" }).result()
    expect(keys()).toEqual(["order 7", "order 7"])
    expect(result).toMatchObject({ ok: false, error: { idempotencyKey: "order 7" } })
    await expect(payments.create(config, { idempotencyKey: " order 7" })).rejects.toThrow(TypeError)
    expect(keys()).toHaveLength(2)
  })
})

describe("a definite answer", () => {
  it("is a refusal in the server's own words; the next call for the same thing is a new one", async () => {
    const { payments, keys } = scripted([
      refusal(409, "session_not_payable", { session: "ps_1", state: "settled" })
    ])
    for (let times = 0; times < 2; times++) {
      const result = await payments.confirm("ps_1", card).result()
      if (result.ok || result.error.code !== "session_not_payable") throw new Error("not refused")
      expect(result.error.details.state).toBe("settled")
      expect(result.error).toMatchObject({ status: 409, requestId: "req_1" })
    }
    expect(new Set(keys()).size).toBe(2)
  })

  it("is not that a second person is waited for: under the same key is told what came of that", async () => {
    const done = { status: 201, json: { id: "re_1", session: "ps_1", state: "refunded" } }
    const { payments, keys } = scripted([refusal(202, "needs_approval"), done])
    const ask = () => payments.refund("ps_1", { amount: 3000, reason: "returned" }).result()
    expect(await ask()).toMatchObject({ ok: false, error: { code: "needs_approval" } })
    await ask()
    await ask()
    const [first, signed, next] = keys()
    expect(signed).toBe(first)
    expect(next).not.toBe(first)
  })

  it("is a decline, after which the same card is a new charge", async () => {
    const { payments, keys } = scripted([confirmed("declined", "pending")])
    expect(await payments.confirm("ps_1", card)).toMatchObject({ outcome: "declined" })
    await payments.confirm("ps_1", card)
    expect(new Set(keys()).size).toBe(2)
  })

  it("is a line that was never opened: nothing was sent, so nothing is in doubt", async () => {
    const { payments, keys } = scripted([nobodyThere])
    const result = await payments.confirm("ps_1", card).result()
    expect(result).toMatchObject({ ok: false, error: { code: "unavailable", details: { tries: 4 } } })
    await payments.confirm("ps_1", card).result()
    expect(new Set(keys()).size).toBe(2)
  })

  it("is a vault or a processor that could not be asked: nothing was done, and it is asked again", async () => {
    const { payments, seen } = scripted([refusal(503, "vault_unavailable", { vaultId: "stub" }), confirmed()])
    expect(await payments.confirm("ps_1", card)).toMatchObject({ outcome: "settled" })
    expect(seen).toHaveLength(2)
    const always = scripted([refusal(503, "vault_unavailable", { vaultId: "stub" })])
    expect(await always.payments.confirm("ps_1", card).result()).toMatchObject({
      ok: false,
      error: { code: "vault_unavailable", status: 503 }
    })
  })

  it("is never an outcome that this SDK does not know", async () => {
    const { payments } = scripted([confirmed("partly_settled")], { retries: { tries: 1 } })
    expect(await payments.confirm("ps_1", card).result()).toMatchObject({
      ok: false,
      error: { code: "outcome_unknown", details: { because: "unreadable_answer" } }
    })
  })

  it("is an error with a code, however it is caught", async () => {
    const { payments } = scripted([refusal(404, "unknown_session", { session: "ps_2" })])
    const thrown: unknown = await payments.read("ps_2").catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(Error)
    if (!isPaymentsError(thrown) || thrown.code !== "unknown_session") throw new Error("another error")
    expect(thrown.details.session).toBe("ps_2")
    expect(thrown.message).toBe("refused as unknown_session")
    expect(isPaymentsError(new Error("a bug"))).toBe(false)
  })
})

describe("patience", () => {
  const busy = (header: string) => refusal(429, "rate_limited", {}, { "retry-after": header })

  it("waits as long as the server asks, whether in seconds or as a date", async () => {
    for (const header of ["0", new Date(Date.now() - 5000).toUTCString()]) {
      const { payments, seen } = scripted([busy(header), created])
      await payments.create(config)
      expect(seen).toHaveLength(2)
    }
  })

  it("gives up at once where the server asks for more than it has, and says for how much", async () => {
    const { payments, seen } = scripted([busy("3600")])
    const result = await payments.create(config).result()
    expect(result).toMatchObject({ ok: false, error: { code: "rate_limited", retryAfterMs: 3_600_000 } })
    expect(seen).toHaveLength(1)
  })

  it("ends when it is aborted, before and during a wait, and says whether anything was sent", async () => {
    const before = scripted([created])
    const early = await before.payments.create(config, { signal: AbortSignal.abort() }).result()
    expect(early).toMatchObject({ ok: false, error: { code: "aborted" } })
    expect(before.seen).toHaveLength(0)

    const waiting = scripted([cut, created], { retries: { firstDelayMs: 60_000, longestDelayMs: 60_000 } })
    const control = new AbortController()
    const call = waiting.payments.create(config, { signal: control.signal }).result()
    await Promise.resolve()
    setTimeout(() => control.abort(), 5)
    expect(await call).toMatchObject({ ok: false, error: { code: "outcome_unknown" } })
    expect(waiting.seen).toHaveLength(1)

    const during = scripted(["silence"], { timeoutMs: 60_000 })
    const other = new AbortController()
    const lost = during.payments.create(config, { signal: other.signal }).result()
    setTimeout(() => other.abort(), 5)
    expect(await lost).toMatchObject({ ok: false, error: { details: { because: "aborted" } } })

    const reading = scripted(["silence"], { timeoutMs: 60_000 })
    const third = new AbortController()
    const read = reading.payments.read("ps_1", { signal: third.signal }).result()
    setTimeout(() => third.abort(), 5)
    expect(await read).toMatchObject({ ok: false, error: { code: "aborted" } })
  })

  it("reads again without a key, and says that nothing was changed when nobody answers", async () => {
    const { payments, seen } = scripted([badGateway])
    const result = await payments.read("ps_1").result()
    expect(result).toMatchObject({
      ok: false,
      error: { code: "unavailable", details: { because: "unreadable_answer", tries: 4 }, status: 502 }
    })
    expect(seen.every(({ key, method }) => key === null && method === "GET")).toBe(true)
  })
})

describe("a claim", () => {
  const claimed = (fulfilment: string, ownClaim: boolean): Scripted => ({
    status: 200,
    json: { session: "ps_1", fulfilment, ownClaim }
  })

  it("whose first answer was lost is still told as the first, because nobody else had its key", async () => {
    const { payments } = scripted([cut, claimed("duplicate", true)])
    expect(await payments.claimFulfilment("ps_1")).toMatchObject({ fulfilment: "first" })
    const later = scripted([cut, claimed("duplicate", true), claimed("duplicate", false)], {
      retries: { tries: 1 }
    })
    await later.payments.claimFulfilment("ps_1").result()
    expect(await later.payments.claimFulfilment("ps_1")).toMatchObject({ fulfilment: "first" })
    expect(await later.payments.claimFulfilment("ps_1")).toMatchObject({ fulfilment: "duplicate" })
    expect(new Set(later.keys()).size).toBe(2)
  })

  it("under a key of the app's own is told as the server says: it may be of a worker that died after it", async () => {
    const { payments } = scripted([claimed("duplicate", true)])
    expect(await payments.claimFulfilment("ps_1", { idempotencyKey: "worker 7" })).toEqual({
      session: "ps_1",
      fulfilment: "duplicate",
      ownClaim: true
    })
  })
})

describe("what is sent", () => {
  it("goes to an origin; what is none is a bug, and nobody's outcome is in doubt over it", () => {
    for (const origin of ["pay.example", "127.0.0.1:4000", "https://", "https://pay.example/?a", "ftp://a"]) {
      expect(() => createPayments({ origin })).toThrow(TypeError)
    }
    for (const origin of [
      "https://pay.example",
      "http://127.0.0.1:4000/",
      "https://a.example/api/",
      "/api",
      "/"
    ]) {
      createPayments({ origin })
    }
  })

  it("is the contract's: paths, bodies, the key of the API, and ids that cannot leave their place", async () => {
    let given = 0
    const { payments, seen } = scripted(
      [{ status: 200, json: { ...session(), refunds: [], captures: [], disputes: [] } }],
      {
        apiKey: () => Promise.resolve(`sk_${++given}`)
      }
    )
    await payments.create(config)
    await payments.read("ps_1")
    await payments.cancel("ps_1")
    await payments.refund("ps_1", { amount: 100, reason: "one came back" })
    await payments.readRefunds("../../graphql?")
    expect(seen.map(({ method, path, body, authorization }) => [method, path, body, authorization])).toEqual([
      ["POST", "/v1/payment-sessions", config, "Bearer sk_1"],
      ["GET", "/v1/payment-sessions/ps_1", undefined, "Bearer sk_2"],
      ["POST", "/v1/payment-sessions/ps_1/cancel", undefined, "Bearer sk_3"],
      ["POST", "/v1/payment-sessions/ps_1/refunds", { amount: 100, reason: "one came back" }, "Bearer sk_4"],
      ["GET", "/v1/payment-sessions/..%2F..%2Fgraphql%3F/refunds", undefined, "Bearer sk_5"]
    ])
    expect(seen.map(({ key }) => key !== null)).toEqual([true, false, false, true, false])
  })

  it("is not made with an id that is none: its address would be another call's", async () => {
    const { payments, seen } = scripted([{ status: 405, text: "" }])
    for (const id of ["", ".", ".."]) {
      for (const asked of [
        () => payments.read(id),
        () => payments.confirm(id, card),
        () => payments.cancel(id),
        () => payments.claimFulfilment(id),
        () => payments.refund(id, { reason: "one came back" }),
        () => payments.readRefunds(id)
      ]) {
        await expect(asked()).rejects.toThrow(TypeError)
      }
    }
    expect(seen).toEqual([])
  })
})

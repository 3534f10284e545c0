// What a request must look like to reach the kernel, and what the kernel is handed then.
import { expect, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { connect } from "node:net"
import { Attempt } from "../../src/kernel/Attempt.ts"
import { attemptId, BrandId, EntityId, MidId, ProviderName } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import type { IdempotentRequest } from "../../src/kernel/PaymentLedger.ts"
import type { ConfirmOutcome, ConfirmRequest } from "../../src/kernel/PaymentOrchestrator.ts"
import type { PaymentSession, SessionState } from "../../src/kernel/PaymentSession.ts"
import type { SessionConfig } from "../../src/kernel/SessionConfig.ts"
import { addresses } from "../support/checkoutAddresses.ts"
import { config, confirmation, type Door, key, openDoor, principal, sessionId, sessionOf } from "./support.ts"

const sessions = "/v1/payment-sessions"
const confirm = `${sessions}/${sessionId}/confirm`

/** A door whose kernel declares every session, and what it was asked for. */
const declaring = Effect.fnUntraced(function* (session: PaymentSession = sessionOf()) {
  const asked: Array<IdempotentRequest<SessionConfig>> = []
  const create = (request: IdempotentRequest<SessionConfig>) => {
    asked.push(request)
    return Effect.succeed(session)
  }
  return { asked, door: yield* openDoor({ sessions: { create } }) }
})

/** A door whose kernel confirms every session with one outcome, and what it was asked for. */
const confirming = Effect.fnUntraced(function* (outcome: ConfirmOutcome, state: SessionState) {
  const asked: Array<readonly [string, IdempotentRequest<ConfirmRequest>]> = []
  const door = yield* openDoor({
    orchestrator: {
      confirm: (session, request) => {
        asked.push([session, request])
        return Effect.succeed({ session: sessionId, outcome, state })
      }
    }
  })
  return { asked, door }
})

type FieldProblem = readonly [field: string | null, problem: string]

const malformed = (...problems: ReadonlyArray<FieldProblem>) => ({
  error: {
    code: "malformed_request",
    field: problems[0]?.[0] ?? null,
    message: problems.map(([field, problem]) => `${field ?? "the body"} ${problem}`).join("; "),
    details: { problems: problems.map(([field, problem]) => ({ field, problem })) },
    requestId: expect.stringMatching(/^req_/)
  }
})

it.live("a hosted session is declared as sent, and answers the address of its page", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    const answer = yield* door.ask("POST", sessions, {
      body: config,
      headers: { "Idempotency-Key": "order 1" }
    })
    expect(answer.status).toBe(201)
    expect(answer.json).toMatchObject({
      id: sessionId,
      state: "pending",
      money: { amount: 4200, currency: "USD" },
      createdAt: "2026-11-20T10:00:00.000Z",
      url: `https://pay.example/pay/${sessionId}/${addresses.secretOf(sessionId)}`
    })
    expect(answer.json).not.toHaveProperty("embedToken")
    expect(asked).toEqual([{ by: principal, idempotencyKey: "order 1", body: config }])
  })
)

it.live("an embedded session answers a token for the component, and no address", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring(sessionOf({ mode: "embedded" }))
    const answer = yield* door.ask("POST", sessions, { body: { ...config, mode: "embedded" } })
    expect(answer.json).toMatchObject({ embedToken: expect.stringMatching(/^et_/) })
    expect(answer.json).not.toHaveProperty("url")
    expect(asked.map(({ idempotencyKey }) => idempotencyKey)).toEqual([undefined])
  })
)

it.live("values are the kernel's to judge: a fractional, negative or huge amount reaches it as it is", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    for (const amountCents of [10.5, -1, 0, 1e300]) {
      const intent = { type: "no such type", amountCents, currency: "no such currency" }
      const body = { ...config, entity: "", intent, mode: "" }
      expect(yield* door.ask("POST", sessions, { body })).toMatchObject({ status: 201 })
      expect(asked.at(-1)?.body).toEqual(body)
    }
  })
)

it.live("a wrong shape is refused with the path of every field that is wrong, and reaches nobody", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    const unknown = "is not a field of this request; take it out, or correct its name"
    const { customer, ...withoutCustomer } = config
    const amount = { type: "amount", amountCents: "4200" }
    const lineItems = [{ quantity: 1 }, { quantity: "1", sku: "a" }]
    const cases: ReadonlyArray<readonly [body: unknown, problems: ReadonlyArray<FieldProblem>]> = [
      [withoutCustomer, [["customer", "is missing"]]],
      [{ ...config, customer: 7 }, [["customer", "should be a string"]]],
      [{ ...config, orderReference: null }, [["orderReference", "should be a string"]]],
      [{ ...config, ordreReference: customer }, [["ordreReference", unknown]]],
      [{ ...config, redirects: { successUrl: "/" } }, [["redirects.cancelUrl", "is missing"]]],
      [{ ...config, metadata: { campaign: 1 } }, [["metadata.campaign", "should be a string"]]],
      [{ ...config, intent: amount }, [["intent.amountCents", "should be a number"]]],
      [
        { ...config, intent: { type: "line_items", lineItems } },
        [
          ["intent.lineItems[1].sku", unknown],
          ["intent.lineItems[1].quantity", "should be a number"]
        ]
      ],
      [[], [[null, "should be an object"]]],
      ["null", [[null, "should be an object"]]],
      ["", [[null, "should be an object"]]],
      ["{", [[null, "should be valid JSON"]]]
    ]
    for (const [body, problems] of cases) {
      const answer = yield* door.ask("POST", sessions, { body })
      expect(answer.status, JSON.stringify(body)).toBe(400)
      expect(answer.json, JSON.stringify(body)).toEqual(malformed(...problems))
    }
    expect(asked).toEqual([])
  })
)

it.live("a number that JSON cannot hold is refused before the kernel sees infinity", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    const body = JSON.stringify(config).replace("4200", "1e999")
    const answer = yield* door.ask("POST", sessions, { body })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ error: { field: "intent.amountCents" } })
    expect(asked).toEqual([])
  })
)

it.live("what a caller sent is not repeated in the refusal of its shape", () =>
  Effect.gen(function* () {
    const { door } = yield* confirming("settled", "settled")
    const number = "4242424242424242"
    const body = { vaultToken: { vaultId: "stub", tokenRef: Number(number) }, riskLevel: [number] }
    const answer = yield* door.ask("POST", confirm, { body })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain(number)
    expect(door.log.map(({ whole }) => whole).join("\n")).not.toContain(number)
  })
)

it.live("an idempotency key is 1 to 255 printable characters", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    const with_ = (idempotencyKey: string) =>
      door.ask("POST", sessions, { body: config, headers: { "idempotency-key": idempotencyKey } })
    for (const bad of ["", "x".repeat(256), "caf\u00e9", "a\tb"]) {
      const answer = yield* with_(bad)
      expect(answer.status, bad).toBe(400)
      expect(answer.json).toEqual(
        malformed(["Idempotency-Key", "should be 1 to 255 printable ASCII characters"])
      )
    }
    expect(asked).toEqual([])
    expect(yield* with_("x".repeat(255))).toMatchObject({ status: 201 })
  })
)

const tooLarge = { error: { code: "body_too_large", field: null, details: { limit: 65_536 } } }

it.live("a body over 64 KiB is refused, whether it announces its size or not", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    const large = JSON.stringify({ ...config, metadata: { note: "x".repeat(65_536) } })
    const announced = yield* door.ask("POST", sessions, { body: large })
    expect(announced.status).toBe(413)
    expect(announced.json).toMatchObject(tooLarge)
    const chunked = yield* sendChunked(door, large)
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /)
    expect(chunked).toContain('"code":"body_too_large"')
    expect(asked).toEqual([])
    const most = JSON.stringify({ ...config, metadata: { note: "" } })
    const body = most.replace('"note":""', `"note":"${"x".repeat(65_536 - most.length)}"`)
    expect(yield* door.ask("POST", sessions, { body })).toMatchObject({ status: 201 })
  })
)

/** Sends a body in one chunk without a Content-Length; answers the whole response as it came. */
const sendChunked = (door: Door, body: string) =>
  sendLines(door, [
    `POST ${sessions} HTTP/1.1`,
    `Host: ${new URL(door.origin).hostname}`,
    `Authorization: Bearer ${key}`,
    "Content-Type: application/json",
    "Transfer-Encoding: chunked",
    "",
    body.length.toString(16),
    body,
    "0",
    "",
    ""
  ])

/** Sends what no client would; answers the whole response as it came. */
const sendLines = (door: Door, lines: ReadonlyArray<string>) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(door.origin)
        const socket = connect(Number(port), hostname)
        let response = ""
        socket.on("data", (data) => {
          response += data.toString()
          if (response.includes("\r\n\r\n{")) socket.end()
        })
        socket.on("close", () => resolve(response))
        socket.on("error", reject)
        socket.write(lines.join("\r\n"))
      })
  )

it.live("a request is for one host: of two, a proxy may have judged by the other one", () =>
  Effect.gen(function* () {
    const { door } = yield* declaring()
    const heads = ["GET /health HTTP/1.1", "Host: a", "Connection: close"]
    expect(yield* sendLines(door, [...heads, "", ""])).toMatch(/^HTTP\/1\.1 200 /)
    const refused = yield* sendLines(door, [...heads, "host: b", "", ""])
    expect(refused).toMatch(/^HTTP\/1\.1 400 /)
    expect(refused).toContain('"code":"malformed_request","field":"Host"')
  })
)

it.live("a body is JSON and says so", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    for (const contentType of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
      const answer = yield* door.ask("POST", sessions, {
        body: config,
        headers: { "content-type": contentType }
      })
      expect(answer.status).toBe(415)
      expect(answer.json).toMatchObject({
        error: { code: "unsupported_media_type", field: "Content-Type", details: { contentType } }
      })
    }
    for (const contentType of ["application/json; charset=utf-16", "application/json; charset=latin1"]) {
      const headers = { "content-type": contentType }
      expect(yield* door.ask("POST", sessions, { body: config, headers })).toMatchObject({ status: 415 })
    }
    const packed = { "content-type": "application/json", "content-encoding": "gzip" }
    expect(yield* door.ask("POST", sessions, { body: config, headers: packed })).toMatchObject({
      status: 415,
      json: { error: { code: "unsupported_media_type", field: "Content-Encoding" } }
    })
    expect(asked).toEqual([])
    const headers = { "content-type": "application/json; charset=utf-8", "content-encoding": "identity" }
    expect(yield* door.ask("POST", sessions, { body: config, headers })).toMatchObject({ status: 201 })
  })
)

it.live("without a known key nothing is read and nothing is asked", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* declaring()
    const cases = [
      ["", "missing"],
      [`Basic ${key}`, "not_bearer"],
      ["Bearer", "not_bearer"],
      ["Bearer two words", "not_bearer"],
      ["Bearer pk_nobody", "unknown"],
      [`Bearer ${"k".repeat(4000)}`, "unknown"]
    ] as const
    for (const [authorization, problem] of cases) {
      const answer = yield* door.ask("POST", sessions, { body: "{", headers: { authorization } })
      expect(answer.status, authorization).toBe(401)
      expect(answer.json).toMatchObject({ error: { code: "unauthorized", details: { problem } } })
      expect(answer.headers.get("www-authenticate")).toBe("Bearer")
    }
    for (const path of [`${sessions}/${sessionId}`, confirm, `${sessions}/${sessionId}/cancel`]) {
      const method = path.endsWith(sessionId) ? "GET" : "POST"
      expect(yield* door.ask(method, path, { headers: { authorization: "" } })).toMatchObject({ status: 401 })
    }
    expect(asked).toEqual([])
    expect(door.log.map(({ whole }) => whole).join("\n")).not.toContain("pk_nobody")
  })
)

it.live("a confirmation hands over the vault token, the risk and the key", () =>
  Effect.gen(function* () {
    const { asked, door } = yield* confirming("settled", "settled")
    const body = { ...confirmation, riskLevel: "high" }
    const answer = yield* door.ask("POST", confirm, { body, headers: { "idempotency-key": "k1" } })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      session: sessionId,
      outcome: "settled",
      state: "settled",
      message: "The payment is complete."
    })
    const handed = { vaultToken: { vaultId: "stub", tokenRef: "tok_1" }, riskLevel: "high" }
    expect(asked).toEqual([[sessionId, { by: principal, idempotencyKey: "k1", body: handed }]])
  })
)

it.live("an outcome that nobody knows is answered with 200 and tells the customer not to pay again", () =>
  Effect.gen(function* () {
    for (const outcome of ["in_review", "processing"] as const) {
      const { door } = yield* confirming(outcome, outcome)
      const answer = yield* door.ask("POST", confirm, { body: confirmation })
      expect(answer.status).toBe(200)
      expect(answer.json).toMatchObject({ outcome, state: outcome })
      expect(answer.json).toHaveProperty("message", expect.stringMatching(/do not pay again/))
      expect(answer.text).not.toMatch(/fail|declin/i)
    }
    const { door } = yield* confirming("in_review", "in_review")
    const answer = yield* door.ask("POST", confirm, { body: confirmation })
    expect(answer.json).toHaveProperty("message", expect.stringMatching(/checking.*not be charged twice/))
  })
)

it.live("a declined charge is an answer, and says whether another card may be tried", () =>
  Effect.gen(function* () {
    const again = yield* confirming("declined", "pending")
    const over = yield* confirming("declined", "failed")
    expect((yield* again.door.ask("POST", confirm, { body: confirmation })).json).toMatchObject({
      outcome: "declined",
      message: "The payment was declined and no money moved. You may try another card."
    })
    expect((yield* over.door.ask("POST", confirm, { body: confirmation })).json).toMatchObject({
      outcome: "declined",
      message: "The payment was declined and no money moved. This session takes no further card."
    })
  })
)

it.live("a session is read with its attempts, and with what its review waits for", () =>
  Effect.gen(function* () {
    const waitsFor = [{ what: "charge", reference: attemptId(sessionId, 1) } as const]
    const late = {
      attempt: attemptId(sessionId, 1),
      mid: MidId.make("mid_1"),
      processorReference: "ch_late",
      money: new Money({ amount: 4200, currency: "USD" }),
      left: 200,
      capturedAt: DateTime.makeUnsafe(0),
      incident: 7
    }
    const attempt = new Attempt({
      id: attemptId(sessionId, 1),
      session: sessionId,
      ordinal: 1,
      mid: MidId.make("mid_1"),
      entity: EntityId.make("loop_nutrition"),
      provider: ProviderName.make("stub_a"),
      category: "supplements",
      brand: BrandId.make("loop-nutrition"),
      money: new Money({ amount: 4200, currency: "USD" }),
      idempotencyKey: "never shown",
      state: "indeterminate"
    })
    const door = yield* openDoor({
      sessions: { get: () => Effect.succeed(sessionOf({ state: "in_review" })) },
      ledger: { attempts: () => Effect.succeed([attempt]) },
      refunds: {
        ofSession: () =>
          Effect.succeed({ captures: [], refunds: [], disputes: [], waitsFor, lateCaptures: [late] })
      }
    })
    const answer = yield* door.ask("GET", `${sessions}/${sessionId}`)
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      id: sessionId,
      state: "in_review",
      attempts: [
        {
          id: attempt.id,
          ordinal: 1,
          mid: "mid_1",
          provider: "stub_a",
          state: "indeterminate",
          capturedLate: true
        }
      ],
      lateCaptures: [
        {
          attempt: attempt.id,
          mid: "mid_1",
          processorReference: "ch_late",
          money: { amount: 4200, currency: "USD" },
          left: 200,
          capturedAt: "1970-01-01T00:00:00.000Z",
          incident: 7
        }
      ],
      waitsFor: [{ ...waitsFor[0], message: `It is being found out whether ${attempt.id} moved money.` }]
    })
    expect(answer.text).not.toContain("never shown")
  })
)

it.live("a key that is none is refused before the fulfilment is claimed", () =>
  Effect.gen(function* () {
    let claims = 0
    const claim = () => Effect.sync(() => ({ fulfilment: "first" as const, ownClaim: claims++ === 0 }))
    const door = yield* openDoor({ gate: { claim } })
    for (const given of ["", " ", "x".repeat(256), "\u00e9"]) {
      const answer = yield* door.ask("POST", `${sessions}/${sessionId}/fulfilment`, {
        headers: { "idempotency-key": given }
      })
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({ error: { code: "malformed_request", field: "Idempotency-Key" } })
    }
    expect(claims).toBe(0)
  })
)

it.live("cancelling and claiming the fulfilment name the session and who asks", () =>
  Effect.gen(function* () {
    const asked: Array<ReadonlyArray<string | undefined>> = []
    const door = yield* openDoor({
      sessions: {
        cancel: (...args) => {
          asked.push(["cancel", ...args])
          return Effect.succeed(sessionOf({ state: "cancelled" }))
        }
      },
      gate: {
        claim: (...args) => {
          asked.push(["claim", ...args])
          return Effect.succeed({ fulfilment: "first", ownClaim: true })
        }
      }
    })
    const cancelled = yield* door.ask("POST", `${sessions}/${sessionId}/cancel`)
    expect(cancelled).toMatchObject({ status: 200, json: { id: sessionId, state: "cancelled" } })
    const claimed = yield* door.ask("POST", `${sessions}/${sessionId}/fulfilment`, {
      headers: { "idempotency-key": "claim-1" }
    })
    expect(claimed.json).toEqual({ session: sessionId, fulfilment: "first", ownClaim: true })
    expect(asked).toEqual([
      ["cancel", sessionId, principal],
      ["claim", sessionId, principal, "claim-1"]
    ])
  })
)

// What every request passes, whatever it asks for.
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { config, confirmation, key, openDoor, principal, sessionId, sessionOf } from "./support.ts"

const sessions = "/v1/payment-sessions"

it.live("a sane request id of the caller is kept, and another is replaced", () =>
  Effect.gen(function* () {
    const door = yield* openDoor()
    const idOf = (given: string) =>
      Effect.map(door.ask("GET", "/health", { headers: { "x-request-id": given } }), ({ headers }) =>
        headers.get("x-request-id")
      )
    expect(yield* idOf("checkout-7:retry.2")).toBe("checkout-7:retry.2")
    for (const bad of ["", "two words", '"quoted"', "x".repeat(101), "-dash", "caf\u00e9"]) {
      expect(yield* idOf(bad), bad).toMatch(/^req_[0-9A-Z]{26}$/)
    }
    const [first, second] = [yield* door.ask("GET", "/health"), yield* door.ask("GET", "/health")]
    expect(first.headers.get("x-request-id")).not.toBe(second.headers.get("x-request-id"))
  })
)

it.live("every answer of data may not be kept, framed or run", () =>
  Effect.gen(function* () {
    const door = yield* openDoor({ sessions: { create: () => Effect.succeed(sessionOf()) } })
    const answers = [
      yield* door.ask("GET", "/health"),
      yield* door.ask("GET", "/openapi.json"),
      yield* door.ask("GET", "/nothing"),
      yield* door.ask("POST", sessions, { body: config })
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 201])
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        "content-type": "application/json",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY"
      })
    }
  })
)

it.live("health needs no key", () =>
  Effect.gen(function* () {
    const door = yield* openDoor()
    const answer = yield* door.ask("GET", "/health", { headers: { authorization: "" } })
    expect(answer).toMatchObject({ status: 200, json: { status: "ok" } })
  })
)

it.live("the reference brings its script along and lets nothing else in", () =>
  Effect.gen(function* () {
    const door = yield* openDoor()
    const page = yield* door.ask("GET", "/docs", { headers: { authorization: "" } })
    expect(page.status).toBe(200)
    expect(page.headers.get("content-type")).toMatch(/^text\/html/)
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*connect-src 'self'/)
    expect(page.text).not.toMatch(/<script[^>]*\ssrc=|<link[^>]*\shref=/)
    expect(page.text).toContain("Declare a payment")
    const document = yield* door.ask("GET", "/openapi.json")
    expect(document.json).toMatchObject({
      openapi: "3.1.0",
      paths: {
        "/v1/payment-sessions": { post: { summary: "Declare a payment" } },
        "/v1/payment-sessions/{id}": { get: {} },
        "/v1/payment-sessions/{id}/confirm": { post: {} },
        "/v1/payment-sessions/{id}/cancel": { post: {} },
        "/v1/payment-sessions/{id}/fulfilment": { post: {} }
      }
    })
  })
)

it.live("an address that does not exist is 404, and a method that an address does not take is 405", () =>
  Effect.gen(function* () {
    const door = yield* openDoor()
    for (const path of [
      "/",
      "/v1",
      "/v1/payment-session",
      `${sessions}/%ZZ`,
      `${sessions}/${sessionId}/refund`
    ]) {
      const answer = yield* door.ask("GET", path)
      expect(answer.status, path).toBe(404)
      expect(answer.json).toMatchObject({ error: { code: "route_not_found", field: null } })
    }
    const cases = [
      ["GET", sessions, "POST"],
      ["DELETE", `${sessions}/${sessionId}`, "GET"],
      ["PUT", `${sessions}/${sessionId}/confirm`, "POST"],
      ["POST", "/health", "GET"]
    ] as const
    for (const [method, path, allowed] of cases) {
      const answer = yield* door.ask(method, path)
      expect(answer.status, path).toBe(405)
      expect(answer.headers.get("allow")).toBe(allowed)
      expect(answer.json).toMatchObject({
        error: { code: "method_not_allowed", details: { method, allowed: [allowed] } }
      })
    }
  })
)

it.live("what breaks is answered with the request's id only, and its cause is in the log under that id", () =>
  Effect.gen(function* () {
    const door = yield* openDoor({
      orchestrator: { confirm: () => Effect.die(new Error("password of the database")) }
    })
    const answer = yield* door.ask("POST", `${sessions}/${sessionId}/confirm`, {
      body: confirmation,
      headers: { "x-request-id": "find-me" }
    })
    expect(answer.status).toBe(500)
    expect(answer.json).toEqual({
      error: {
        code: "internal",
        field: null,
        message: "something broke on our side; name the requestId when you ask about it",
        details: {},
        requestId: "find-me"
      }
    })
    const broke = door.log.filter(({ whole }) => whole.includes("password of the database"))
    expect(broke.map(({ annotations }) => annotations["requestId"])).toEqual(["find-me"])
  })
)

it.live("each request leaves one line in the log, without its body, its headers or its path", () =>
  Effect.gen(function* () {
    const door = yield* openDoor({ sessions: { create: () => Effect.succeed(sessionOf()) } })
    const headers = { "x-request-id": "id-1", "x-secret": "header that stays out" }
    yield* door.ask("POST", `${sessions}?note=query`, { body: config, headers })
    yield* door.ask("GET", `${sessions}/4242424242424242`, { headers: { authorization: "" } })
    yield* door.ask("GET", "/4242424242424242")
    expect(door.log.map(({ message, annotations }) => ({ message, ...annotations }))).toEqual([
      {
        message: "request",
        requestId: "id-1",
        method: "POST",
        path: sessions,
        status: 201,
        milliseconds: expect.any(Number),
        principal
      },
      expect.objectContaining({ path: `${sessions}/:id`, status: 401 }),
      expect.objectContaining({ path: "(no route)", status: 404 })
    ])
    const log = door.log.map(({ whole }) => whole).join("\n")
    for (const secret of [config.customer, key, "header that stays out", "note=query", "4242424242424242"]) {
      expect(log).not.toContain(secret)
    }
  })
)

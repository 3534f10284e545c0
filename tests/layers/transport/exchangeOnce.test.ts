import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Redacted } from "effect"
import { createServer } from "node:net"
import type { Exchanged, OutgoingRequest } from "../../../src/layers/transport/Exchange.ts"
import { exchangeOnce } from "../../../src/layers/transport/exchangeOnce.ts"
import { certificate } from "../webhooks/certificate.ts"
import { answer, type Line, openRawServer } from "./rawServer.ts"

const body = "amount=1250&currency=usd"

const charge = (origin: string, change: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method: "POST",
  url: new URL("/v1/charge", origin),
  headers: { "content-type": "application/x-www-form-urlencoded", authorization: Redacted.make("Bearer sk") },
  body,
  deadline: Duration.seconds(5),
  ...change
})

const send = exchangeOnce()

/** What comes of one request when the far end does this with its line; and that it was asked once. */
const against = Effect.fnUntraced(function* (
  serve: (line: Line) => Promise<void> | void,
  change: Partial<OutgoingRequest> = {}
) {
  const server = yield* openRawServer()
  server.serve(serve)
  const exchanged = yield* send(charge(server.origin, change))
  expect(server.lines).toHaveLength(1)
  return exchanged
})

const text = (exchanged: Exchanged) =>
  exchanged._tag === "Answered" ? Buffer.from(exchanged.body).toString("utf8") : undefined

const whole = answer(200, '{"status":"succeeded"}', [["Request-Id", "req_1"]])

describe("one exchange", () => {
  it.live("is the request as it was given, on a line of its own that is closed, and the whole answer", () =>
    Effect.gen(function* () {
      const server = yield* openRawServer()
      server.serve(async (line) => {
        await line.until("whole")
        await line.write(whole)
      })
      for (const nth of [1, 2]) {
        const exchanged = yield* send(charge(server.origin))
        expect(exchanged).toMatchObject({ _tag: "Answered", status: 200, whole: true })
        expect(text(exchanged)).toBe('{"status":"succeeded"}')
        expect(exchanged._tag === "Answered" && exchanged.headers).toContainEqual(["request-id", "req_1"])
        expect(server.lines).toHaveLength(nth)
      }
      const sent = server.lines[0]?.received() ?? ""
      expect(sent).toMatch(/^POST \/v1\/charge HTTP\/1\.1\r\n/)
      expect(sent).toContain("authorization: Bearer sk\r\n")
      expect(sent).toContain("connection: close\r\n")
      expect(sent).toContain(`content-length: ${body.length}\r\n`)
      expect(sent.endsWith(`\r\n\r\n${body}`)).toBe(true)
    })
  )

  it.live("does not follow a redirect", () =>
    Effect.gen(function* () {
      const exchanged = yield* against(async (line) => {
        await line.until("whole")
        await line.write(answer(307, "", [["location", "/elsewhere"]]))
      })
      expect(exchanged).toMatchObject({ _tag: "Answered", status: 307 })
    })
  )

  it.live("shows a header that came twice, twice", () =>
    Effect.gen(function* () {
      const exchanged = yield* against(async (line) => {
        await line.until("whole")
        await line.write(
          answer(200, "", [
            ["BT-Proxy-Destination-Status", "200"],
            ["bt-proxy-destination-status", "402"]
          ])
        )
      })
      expect(
        exchanged._tag === "Answered" &&
          exchanged.headers.filter(([name]) => name === "bt-proxy-destination-status")
      ).toEqual([
        ["bt-proxy-destination-status", "200"],
        ["bt-proxy-destination-status", "402"]
      ])
    })
  )
})

describe("a line that is cut", () => {
  const request = 300
  it.live.each([
    ["before anything was read", 0],
    ["in the request line", 5],
    ["in the headers of the request", 60],
    ["in the body of the request", request]
  ] as const)("%s leaves it unanswered, never not sent, and nothing is sent again", ([, bytes]) =>
    Effect.gen(function* () {
      for (const how of ["cut", "end"] as const) {
        const exchanged = yield* against(async (line) => {
          if (bytes > 0) await line.until(bytes === request ? "whole" : bytes)
          line[how]()
        })
        expect(exchanged, how).toMatchObject({ _tag: "Unanswered" })
      }
    })
  )

  it.live("at any byte of the answer leaves no whole answer", () =>
    Effect.gen(function* () {
      const server = yield* openRawServer()
      for (const how of ["cut", "end"] as const) {
        for (let bytes = 0; bytes < whole.length; bytes++) {
          server.serve(async (line) => {
            await line.until("whole")
            if (bytes > 0) await line.write(whole.slice(0, bytes))
            line[how]()
          })
          const exchanged = yield* send(charge(server.origin))
          const where = `${how} after ${bytes}`
          if (exchanged._tag === "Answered") expect(exchanged.whole, where).toBe(false)
          else expect(exchanged._tag, where).toBe("Unanswered")
        }
        expect(server.lines.length).toBe(whole.length * (how === "cut" ? 1 : 2))
      }
    })
  )

  it.live("at any byte of an answer in chunks leaves no whole answer", () =>
    Effect.gen(function* () {
      const server = yield* openRawServer()
      const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
      for (let bytes = 0; bytes <= chunked.length; bytes++) {
        server.serve(async (line) => {
          await line.until("whole")
          if (bytes > 0) await line.write(chunked.slice(0, bytes))
          line.end()
        })
        const exchanged = yield* send(charge(server.origin))
        expect(exchanged._tag === "Answered" && exchanged.whole, `${bytes}`).toBe(bytes === chunked.length)
      }
    })
  )

  it.live("is the only end of a body without framing, which is therefore never whole", () =>
    Effect.gen(function* () {
      const exchanged = yield* against(async (line) => {
        await line.until("whole")
        await line.write('HTTP/1.1 200 OK\r\n\r\n{"status":"succeeded"}')
        line.end()
      })
      expect(exchanged).toMatchObject({ _tag: "Answered", status: 200, whole: false })
    })
  )
})

describe("an answer that is none", () => {
  it.live.each<readonly [string, string]>([
    ["no HTTP", "220 mail.example ESMTP\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    ],
    ["another protocol", "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"x-filler: 0123456789\r\n".repeat(2000)}`],
    ["a promise only", "HTTP/1.1 100 Continue\r\n\r\n"]
  ])("is not believed: %s", ([, bytes]) =>
    Effect.gen(function* () {
      const exchanged = yield* against(async (line) => {
        await line.until("whole")
        await line.write(bytes)
        line.end()
      })
      expect(exchanged._tag === "Answered" ? exchanged.whole : exchanged._tag).toSatisfy(
        (seen) => seen === "Unanswered" || seen === false
      )
    })
  )

  it.live("is not read to an end that never comes", () =>
    Effect.gen(function* () {
      const exchanged = yield* against(async (line) => {
        await line.until("whole")
        await line.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        const chunk = `10000\r\n${"x".repeat(65536)}\r\n`
        for (let nth = 0; nth < 40; nth++) await line.write(chunk)
      })
      expect(exchanged).toMatchObject({ _tag: "Answered", whole: false })
    })
  )
})

describe("the deadline", () => {
  it.live("ends the wait for a silent far end: unanswered", () =>
    Effect.gen(function* () {
      const exchanged = yield* against(() => {}, { deadline: Duration.millis(150) })
      expect(exchanged).toEqual({ _tag: "Unanswered", code: "timeout" })
    })
  )

  it.live("ends the wait for the rest of an answer, which is not whole", () =>
    Effect.gen(function* () {
      const exchanged = yield* against(
        async (line) => {
          await line.until("whole")
          await line.write(whole.slice(0, -3))
        },
        { deadline: Duration.millis(300) }
      )
      expect(exchanged).toMatchObject({ _tag: "Answered", whole: false })
    })
  )

  it.live("holds where nobody may be interrupted", () =>
    Effect.gen(function* () {
      const exchanged = yield* Effect.uninterruptible(against(() => {}, { deadline: Duration.millis(150) }))
      expect(exchanged).toEqual({ _tag: "Unanswered", code: "timeout" })
    })
  )
})

describe("nothing was sent", () => {
  it.live("where nobody listens", () =>
    Effect.gen(function* () {
      expect(yield* send(charge(`http://127.0.0.1:${yield* closedPort}`))).toEqual({
        _tag: "NotSent",
        code: "ECONNREFUSED"
      })
    })
  )

  it.live("where no name leads", () =>
    Effect.gen(function* () {
      const exchanged = yield* send(charge("http://nobody.invalid"))
      expect(exchanged).toMatchObject({ _tag: "NotSent" })
      expect(["ENOTFOUND", "EAI_AGAIN"]).toContain(exchanged._tag === "NotSent" && exchanged.code)
    })
  )

  it.live("where the certificate is somebody else's, not a byte of it", () =>
    Effect.gen(function* () {
      const server = yield* openRawServer({ tls: true })
      server.serve(async (line) => {
        await line.until("whole")
        await line.write(whole)
      })
      const exchanged = yield* send(charge(server.origin))
      expect(exchanged).toMatchObject({ _tag: "NotSent" })
      expect(server.lines.map((line) => line.received()).join("")).toBe("")
      // One that is trusted, but of another name.
      expect(yield* exchangeOnce({ ca: certificate })(charge(server.origin))).toMatchObject({
        _tag: "NotSent",
        code: "ERR_TLS_CERT_ALTNAME_INVALID"
      })
      expect(server.lines.map((line) => line.received()).join("")).toBe("")
    })
  )

  it.live("where the far end speaks no TLS", () =>
    Effect.gen(function* () {
      const server = yield* openRawServer()
      server.serve(async (line) => {
        await line.until(1)
        await line.write(whole)
        line.end()
      })
      const url = new URL("/", server.origin.replace("http:", "https:"))
      expect(yield* send(charge(server.origin, { url }))).toMatchObject({ _tag: "NotSent" })
      expect(server.lines[0]?.received()).not.toContain(body)
    })
  )

  it.live("while the handshake takes too long, and nothing is written when it ends at last", () =>
    Effect.gen(function* () {
      const server = yield* openRawServer()
      const url = new URL("/", server.origin.replace("http:", "https:"))
      const impatient = exchangeOnce({ connectPatience: Duration.millis(150) })
      expect(yield* impatient(charge(server.origin, { url }))).toEqual({
        _tag: "NotSent",
        code: "UND_ERR_CONNECT_TIMEOUT"
      })
    })
  )

  it.live("is not said of a handshake that is cut, which is none of the proofs", () =>
    Effect.gen(function* () {
      const server = yield* openRawServer()
      server.serve(async (line) => {
        await line.until(1)
        line.cut()
      })
      const url = new URL("/", server.origin.replace("http:", "https:"))
      expect(yield* send(charge(server.origin, { url }))).toMatchObject({ _tag: "Unanswered" })
    })
  )
})

it.live("an interrupted exchange has no outcome, and the far end may have it all", () =>
  Effect.gen(function* () {
    const server = yield* openRawServer()
    const arrived = Promise.withResolvers<void>()
    server.serve(async (line) => {
      await line.until("whole")
      arrived.resolve()
    })
    const fiber = yield* Effect.forkChild(send(charge(server.origin)))
    yield* Effect.promise(() => arrived.promise)
    yield* Fiber.interrupt(fiber)
    const exit = yield* Fiber.await(fiber)
    expect(exit._tag).toBe("Failure")
    expect(server.lines).toHaveLength(1)
  })
)

/** A port at which somebody listened a moment ago. */
const closedPort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

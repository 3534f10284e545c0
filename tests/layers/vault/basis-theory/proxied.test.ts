import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Answered, Exchanged } from "../../../../src/layers/transport/Exchange.ts"
import { type Proxied, proxyRows, readProxied } from "../../../../src/layers/vault/basis-theory/proxied.ts"

const destinationStatus = "bt-proxy-destination-status"

const answered = (
  status: number,
  body: unknown = {},
  headers: Answered["headers"] = [],
  change: Partial<Answered> = {}
): Answered => ({
  _tag: "Answered",
  status,
  headers,
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  whole: true,
  ...change
})

const through = (status: number, value: string = String(status)): Answered["headers"] => [
  ["content-type", "application/json"],
  [destinationStatus, value]
]

const refused = (status: number) => ({
  proxy_error: {
    errors: {},
    title: "Invalid proxy request",
    status,
    detail: "Failed to detokenize some tokens"
  }
})

/** At least one exchange for every row of the table, and what it has to be taken for. */
const examples: ReadonlyArray<readonly [code: string, exchanged: Exchanged, means: Proxied["_tag"]]> = [
  ["not_sent", { _tag: "NotSent", code: "ECONNREFUSED" }, "NotForwarded"],
  ["proxy_unanswered", { _tag: "Unanswered", code: "timeout" }, "Unknown"],
  ["proxy_unanswered", { _tag: "Unanswered", code: "ECONNRESET" }, "Unknown"],
  ["destination_status_repeated", answered(200, {}, [...through(200), ...through(200)]), "Unknown"],
  ["destination_status_repeated", answered(200, {}, [...through(402), ...through(200)]), "Unknown"],
  ...["", "ok", "20", "2000", "200, 402", "0x1", "199", "600", "-200", " 200"].map(
    (value) => ["destination_status_unreadable", answered(200, {}, through(200, value)), "Unknown"] as const
  ),
  ["destination_status_differs", answered(200, {}, through(402)), "Unknown"],
  ["destination_status_differs", answered(400, refused(400), through(200)), "Unknown"],
  ["destination_status_differs", answered(408, {}, through(200)), "Unknown"],
  ...[200, 302, 400, 402, 408, 429, 500, 503].map(
    (status) => ["destination", answered(status, {}, through(status)), "Destination"] as const
  ),
  ["destination", answered(400, refused(400), through(400)), "Destination"],
  ["destination", answered(200, "{", through(200), { whole: false }), "Destination"],
  ["proxy_timeout", answered(408, refused(408)), "Unknown"],
  ["proxy_timeout", answered(408, ""), "Unknown"],
  ...[400, 401, 403, 404, 422, 429].map(
    (status) => ["proxy_refused", answered(status, refused(status)), "NotForwarded"] as const
  ),
  ["proxy_refused", answered(400, { proxy_error: {} }), "NotForwarded"],
  ["proxy_4xx_unexplained", answered(400, {}), "Unknown"],
  ["proxy_4xx_unexplained", answered(401, { title: "Unauthorized", status: 401 }), "Unknown"],
  ["proxy_4xx_unexplained", answered(400, "<html>"), "Unknown"],
  ["proxy_4xx_unexplained", answered(400, { proxy_error: null }), "Unknown"],
  ["proxy_4xx_unexplained", answered(400, refused(500)), "Unknown"],
  ["proxy_4xx_unexplained", answered(400, refused(400), [], { whole: false }), "Unknown"],
  ["proxy_4xx_unexplained", answered(400, '{"proxy_error":{},"proxy_error":{}}'), "Unknown"],
  ...[500, 502, 503, 504].map(
    (status) => ["proxy_failed", answered(status, refused(status)), "Unknown"] as const
  ),
  ["proxy_unattributed", answered(200, { status: "succeeded" }), "Unknown"],
  ["proxy_unattributed", answered(200, refused(200)), "Unknown"],
  ["proxy_unattributed", answered(302, ""), "Unknown"]
]

describe("what the proxy's answer means", () => {
  it.each(examples)("%s: %j", (code, exchanged, means) => {
    const proxied = readProxied(exchanged)
    expect(proxied._tag).toBe(means)
    if (proxied._tag !== "Destination") expect(proxied.code).toBe(code)
  })

  it("has an example for every row, and every row has its reason", () => {
    expect(new Set(examples.map(([code]) => code))).toEqual(new Set(proxyRows.map(({ code }) => code)))
    for (const { why, answer } of proxyRows) expect(`${why}${answer}`.length).toBeGreaterThan(20)
  })
})

/** What "the destination was never asked" has to rest on, told without the table. */
const provesNotForwarded = (exchanged: Exchanged): boolean => {
  if (exchanged._tag === "NotSent") return true
  if (exchanged._tag === "Unanswered" || !exchanged.whole) return false
  if (exchanged.headers.some(([name]) => name === destinationStatus)) return false
  if (exchanged.status < 400 || exchanged.status > 499 || exchanged.status === 408) return false
  return /^\s*\{\s*"proxy_error"\s*:\s*\{/.test(Buffer.from(exchanged.body).toString())
}

const anyExchange: fc.Arbitrary<Exchanged> = fc.oneof(
  fc.record({ _tag: fc.constantFrom("NotSent", "Unanswered"), code: fc.string() }),
  fc.record({
    _tag: fc.constant("Answered"),
    status: fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom(200, 400, 402, 408, 500)),
    headers: fc.array(
      fc.tuple(
        fc.constantFrom(destinationStatus, "content-type", "x"),
        fc.oneof(fc.string(), fc.integer({ min: 100, max: 599 }).map(String))
      ),
      { maxLength: 3 }
    ),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(400, 401, 408, 500).map((status) => Buffer.from(JSON.stringify(refused(status)))),
      fc
        .tuple(fc.constantFrom(400, 404), fc.integer({ min: 0, max: 120 }))
        .map(([status, length]) => Buffer.from(JSON.stringify(refused(status)).slice(0, length)))
    ),
    whole: fc.boolean()
  })
)

describe("whatever the proxy answers", () => {
  it("is never taken for not forwarded, nor for the destination's own, without the evidence", () => {
    fc.assert(
      fc.property(anyExchange, (exchanged) => {
        const proxied = readProxied(exchanged)
        if (proxied._tag === "NotForwarded") expect(provesNotForwarded(exchanged)).toBe(true)
        if (proxied._tag === "Destination") {
          const said = exchanged._tag === "Answered" ? exchanged.headers : []
          expect(said.filter(([name]) => name === destinationStatus)).toEqual([
            [destinationStatus, String(proxied.answer.status)]
          ])
        }
      }),
      { numRuns: 5000 }
    )
  })
})

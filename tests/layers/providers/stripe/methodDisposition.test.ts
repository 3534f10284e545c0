// The step before the charge: whatever comes of it, no money has moved, and only what was made can be charged.
import { Option, Schema } from "effect"
import { describe, expect, it } from "vitest"
import {
  judgeMethod,
  methodRows,
  type MethodStep,
  type MethodVerdict
} from "../../../../src/layers/providers/stripe/methodDisposition.ts"
import { PaymentMethod, readReply } from "../../../../src/layers/providers/stripe/wire.ts"
import type { Exchanged } from "../../../../src/layers/transport/Exchange.ts"
import { readProxied } from "../../../../src/layers/vault/basis-theory/proxied.ts"
import { answered, cardError, error, method, refused, replayHeader } from "./answers.ts"

const decode = Schema.decodeUnknownOption(PaymentMethod)

const stepOf = (exchanged: Exchanged): MethodStep => {
  const proxied = readProxied(exchanged)
  return proxied._tag === "Destination"
    ? { _tag: "Replied", reply: readReply(proxied.answer, decode) }
    : { _tag: "Proxied", proxied }
}

/** An answer of Stripe's, as the proxy hands it on. */
const through = (answer: ReturnType<typeof answered>): Exchanged => ({
  ...answer,
  headers: [...answer.headers, ["bt-proxy-destination-status", String(answer.status)]]
})

const noCode = refused("parameter_invalid_empty", { param: "card[cvc]" })

const examples: ReadonlyArray<
  readonly [row: string, exchanged: Exchanged, means: MethodVerdict["_tag"], says: string]
> = [
  ["not_sent", { _tag: "NotSent", code: "ECONNREFUSED" }, "Declined", "soft not_sent"],
  ["not_sent", { _tag: "Unanswered", code: "timeout" }, "Declined", "soft not_sent"],
  ["not_sent", answered(408, { proxy_error: { status: 408 } }), "Declined", "soft not_sent"],
  ["not_sent", answered(400, { proxy_error: { status: 400 } }), "Declined", "soft not_sent"],
  ["not_sent", answered(502, { proxy_error: { status: 502 } }), "Declined", "soft not_sent"],
  ["not_sent", answered(200, method), "Declined", "soft not_sent"],
  ["made", through(answered(200, method)), "Made", ""],
  ["made", through(answered(200, method, replayHeader)), "Made", ""],
  ["other_request", through(error(409, refused("idempotency_key_in_use"))), "Unknown", ""],
  ["other_request", through(error(424, refused())), "Unknown", ""],
  ["other_request", through(error(400, { type: "idempotency_error" })), "Unknown", ""],
  ["other_request", through(error(429, refused("lock_timeout"))), "Unknown", ""],
  ["other_request", through(error(402, cardError(), undefined, replayHeader)), "Unknown", ""],
  ["other_request", through(error(400, noCode, undefined, replayHeader)), "Unknown", ""],
  ["without_security_code", through(error(400, noCode)), "WithoutCode", ""],
  ["card_error", through(error(402, cardError({ decline_code: "lost_card" }))), "Declined", "hard lost_card"],
  [
    "card_error",
    through(error(402, cardError({ code: "incorrect_number", decline_code: undefined }))),
    "Declined",
    "hard incorrect_number"
  ],
  ...[
    error(400, refused()),
    error(400, refused("parameter_invalid_empty", { param: "card[number]" })),
    error(401, refused()),
    error(403, refused("account_invalid")),
    error(404, refused()),
    error(429, refused("rate_limit")),
    error(500, { type: "api_error" }),
    answered(200, "<h1>Oops</h1>"),
    answered(200, method, [], { whole: false }),
    answered(200, { ...method, id: "tok_1" }),
    answered(200, { ...method, type: "us_bank_account" }),
    answered(408, "")
  ].map((one) => ["not_sent", through(one), "Declined", "soft not_sent"] as const)
]

describe("what comes of the PaymentMethod", () => {
  it.each(examples)("%s: %j", (row, exchanged, means, says) => {
    const step = stepOf(exchanged)
    expect(methodRows.find(({ applies }) => applies(step))?.code).toBe(row)
    const verdict = judgeMethod(step)
    expect(verdict._tag).toBe(means)
    if (verdict._tag !== "Declined") return
    expect(`${verdict.decline.kind} ${verdict.decline.code}`).toBe(says)
    // No network hears of a PaymentMethod.
    expect(verdict.decline.offNetwork).toBe(true)
  })

  it("every row has an example and a reason", () => {
    expect(new Set(examples.map(([row]) => row))).toEqual(new Set(methodRows.map(({ code }) => code)))
    for (const { why } of methodRows) expect(why.length).toBeGreaterThan(10)
  })

  it("is a PaymentMethod only if the object says so", () => {
    expect(Option.isSome(decode(method))).toBe(true)
    for (const name of ["id", "object", "type"]) {
      expect(Option.isSome(decode({ ...method, [name]: undefined }))).toBe(false)
    }
  })
})

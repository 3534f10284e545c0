// Whatever comes over the line: nothing is captured and nothing is declined without its evidence. What counts as
// evidence is written down here a second time, over the JSON itself.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { judgeAnswer } from "../../../../src/layers/providers/stripe/disposition.ts"
import { asked, bytes, cardError, error, intent, refused, replyOf, waiting } from "./answers.ts"
import { reordered, type Spoilt, spoiltOf } from "./spoil.ts"

const member = (json: unknown, ...names: ReadonlyArray<string>): unknown =>
  names.reduce<unknown>(
    (inside, name) =>
      typeof inside === "object" && inside !== null && Object.hasOwn(inside, name)
        ? new Map(Object.entries(inside)).get(name)
        : undefined,
    json
  )

/** Whether it is the intent of our charge, of our amount, in our mode. */
const isOurs = (json: unknown): boolean =>
  member(json, "object") === "payment_intent" &&
  member(json, "metadata", "attempt_id") === asked.idempotencyKey &&
  member(json, "livemode") === false &&
  member(json, "amount") === 1250 &&
  member(json, "currency") === "usd"

const provesCapture = (json: unknown): boolean =>
  isOurs(json) && member(json, "status") === "succeeded" && member(json, "amount_received") === 1250

/** No money has moved; whether it still may is another question. */
const provesNone = (json: unknown, statuses: ReadonlyArray<string>): boolean =>
  isOurs(json) && member(json, "amount_received") === 0 && statuses.includes(String(member(json, "status")))

const cancelable = ["requires_payment_method", "requires_confirmation", "requires_action"]

/** What the request itself was refused for, without an intent. */
const isRefusal = ({ answer: { status }, json }: Spoilt): boolean => {
  const type = member(json, "error", "type")
  const code = member(json, "error", "code") ?? undefined
  if (status === 402) return type === "card_error"
  if (type !== "invalid_request_error") return false
  if (status === 429) return code === "rate_limit"
  return [400, 401, 403, 404].includes(status) && (code === undefined || code === "amount_too_small")
}

const declinedIntent = intent("requires_payment_method", { last_payment_error: cardError() })

const valid = [
  ...["succeeded", "succeeded", "canceled", "processing", "requires_capture", "requires_confirmation"].map(
    (status) => ({ status: 200, body: intent(status) })
  ),
  { status: 200, body: declinedIntent },
  { status: 200, body: waiting() },
  { status: 402, body: { error: { ...cardError(), payment_intent: declinedIntent } } },
  { status: 402, body: { error: cardError() } },
  {
    status: 400,
    body: { error: { ...refused("payment_intent_unexpected_state"), payment_intent: intent("succeeded") } }
  },
  {
    status: 400,
    body: { error: { ...refused("payment_intent_unexpected_state"), payment_intent: intent("canceled") } }
  },
  { status: 400, body: { error: refused("amount_too_small") } },
  { status: 401, body: { error: refused() } },
  { status: 409, body: { error: refused("idempotency_key_in_use") } },
  { status: 429, body: { error: refused("rate_limit") } },
  { status: 500, body: { error: { type: "api_error" } } }
]

describe("an answer to the charge", () => {
  it("proves what it says, in whole and without a doubt, and nothing else", () => {
    const seen: Record<string, number> = {}
    fc.assert(
      fc.property(spoiltOf(valid), (spoilt) => {
        const { answer, json, replayed } = spoilt
        const verdict = judgeAnswer(replyOf(answer), asked)
        seen[verdict._tag] = (seen[verdict._tag] ?? 0) + 1
        if (verdict._tag === "Unknown") return
        const carried = member(json, "error", "payment_intent") ?? undefined
        const one = answer.status === 200 ? json : carried
        expect(json).toBeDefined()
        expect(replayed).toBe(false)
        const proven = {
          Captured: () => provesCapture(one),
          Cancel: () => provesNone(one, cancelable),
          Waits: () => provesNone(one, ["requires_action"]),
          Declined: () =>
            one === undefined ? isRefusal(spoilt) : answer.status < 500 && provesNone(one, ["canceled"])
        }[verdict._tag]()
        expect(proven).toBe(true)
      }),
      { numRuns: 15_000 }
    )
    for (const tag of ["Captured", "Cancel", "Declined", "Waits", "Unknown"]) {
      expect(seen[tag], tag).toBeGreaterThan(15)
    }
  })

  it("proves nothing that is any bytes at all", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(bytes), fc.string().map(bytes)),
        fc.integer({ min: 100, max: 599 }),
        (body, status) => {
          const answer = { ...error(200, {}), status, body }
          expect(judgeAnswer(replyOf(answer), asked)._tag).toBe("Unknown")
        }
      ),
      { numRuns: 5000 }
    )
  })

  it("proves nothing when it is cut, wherever that is", () => {
    for (const { status, body } of valid) {
      const text = JSON.stringify(body)
      for (let length = 0; length < text.length; length++) {
        const answer = { ...error(200, {}), status, body: bytes(text.slice(0, length)) }
        expect(judgeAnswer(replyOf(answer), asked)._tag).toBe("Unknown")
      }
      const unframed = { ...error(200, {}), status, body: bytes(text), whole: false }
      expect(judgeAnswer(replyOf(unframed), asked)._tag).toBe("Unknown")
    }
  })

  it("proves the same in whichever order its fields come, and with fields that nobody knows", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...valid),
        fc.nat({ max: 50 }),
        fc.json(),
        ({ status, body }, turn, more) => {
          const before = judgeAnswer(replyOf({ ...error(200, {}), status, body: bytes(body) }), asked)
          const other = { ...Object(reordered(body, turn)), a_field_of_tomorrow: JSON.parse(more) }
          const after = judgeAnswer(replyOf({ ...error(200, {}), status, body: bytes(other) }), asked)
          expect(after).toEqual(before)
        }
      )
    )
  })
})

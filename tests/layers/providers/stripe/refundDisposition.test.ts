// What proves that money went back, and what proves that it did not.
import { Indeterminate } from "../../../../src/kernel/cascade/Disposition.ts"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import {
  judgeRefundAnswer,
  refundRefusals,
  refundStatuses
} from "../../../../src/layers/providers/stripe/refundDisposition.ts"
import { readReply, Refund } from "../../../../src/layers/providers/stripe/wire.ts"
import type { Exchanged } from "../../../../src/layers/transport/Exchange.ts"
import { answered, cardError, error, refund, refused, replayHeader } from "./answers.ts"

const asked = { idempotencyKey: "ref_1", processorReference: "pi_1" }

const told = (exchanged: Exchanged): string => {
  const heard = judgeRefundAnswer(readReply(exchanged, Schema.decodeUnknownOption(Refund)), asked)
  return heard instanceof Indeterminate ? "Indeterminate" : heard._tag
}

describe("a refund", () => {
  it.each([
    ["succeeded", "RefundDone"],
    ["pending", "RefundPending"],
    ["requires_action", "RefundPending"],
    ["failed", "RefundDeclined"],
    ["canceled", "RefundDeclined"],
    ["a_status_of_tomorrow", "Indeterminate"],
    ["constructor", "Indeterminate"],
    ["", "Indeterminate"],
    [null, "Indeterminate"]
  ])("that is %s is %s", (status, means) => {
    expect(told(answered(200, refund(status)))).toBe(means)
  })

  it("has a row for every status that proves something", () => {
    expect(Object.keys(refundStatuses).toSorted()).toEqual([
      "canceled",
      "failed",
      "pending",
      "requires_action",
      "succeeded"
    ])
  })

  it.each([
    ["of another key", { metadata: { refund_id: "ref_2" } }],
    ["of no key", { metadata: {} }],
    ["of another charge", { payment_intent: "pi_2" }],
    ["of no charge", { payment_intent: null }],
    ["that says why it failed", { failure_reason: "lost_or_stolen_card" }],
    ["of nothing", { amount: 0 }],
    ["of less than nothing", { amount: -400 }],
    ["in a currency that is none", { currency: "zzz" }],
    ["without an id of a refund", { id: "pi_1" }],
    ["that is another object", { object: "charge" }]
  ])("%s proves nothing", (_, change) => {
    expect(told(answered(200, refund("succeeded", change)))).toBe("Indeterminate")
  })
})

describe("a refusal to refund", () => {
  it.each(Object.keys(refundRefusals))("%s gives nothing back", (code) => {
    expect(told(error(400, refused(code)))).toBe("RefundDeclined")
    // Replayed, it is about an earlier time.
    expect(told(error(400, refused(code), undefined, replayHeader))).toBe("Indeterminate")
    expect(told(error(500, refused(code)))).toBe("Indeterminate")
    expect(told(error(400, { ...refused(code), type: "api_error" }))).toBe("Indeterminate")
  })

  it.each<readonly [string, Exchanged, string]>([
    ["never sent", { _tag: "NotSent", code: "ECONNREFUSED" }, "RefundDeclined"],
    ["no such charge", error(404, refused("resource_missing")), "RefundDeclined"],
    ["a refused request", error(400, refused()), "RefundDeclined"],
    ["a wrong key", error(401, refused()), "RefundDeclined"],
    ["no answer", { _tag: "Unanswered", code: "timeout" }, "Indeterminate"],
    ["a cut answer", answered(200, refund("succeeded"), [], { whole: false }), "Indeterminate"],
    ["half an answer", answered(200, JSON.stringify(refund("succeeded")).slice(0, -1)), "Indeterminate"],
    ["a page", answered(200, "<h1>Sorry</h1>"), "Indeterminate"],
    ["too many requests", error(429, refused("rate_limit")), "Indeterminate"],
    ["another request under the key", error(409, refused("idempotency_key_in_use")), "Indeterminate"],
    ["another body under the key", error(400, { type: "idempotency_error" }), "Indeterminate"],
    ["a lock", error(400, refused("lock_timeout")), "Indeterminate"],
    ["a code of tomorrow", error(400, refused("a_code_of_tomorrow")), "Indeterminate"],
    ["an error of the card", error(402, cardError()), "Indeterminate"],
    ["an error of Stripe's", error(500, { type: "api_error" }), "Indeterminate"]
  ])("%s", (_, exchanged, means) => {
    expect(told(exchanged)).toBe(means)
  })
})

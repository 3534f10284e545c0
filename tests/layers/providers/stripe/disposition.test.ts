// Every row of the tables of intents and answers, by at least one answer that it is there for.
import { describe, expect, it } from "vitest"
import { answerRows, judgeAnswer, seenIn } from "../../../../src/layers/providers/stripe/disposition.ts"
import {
  intentRows,
  judgeIntent,
  type Verdict
} from "../../../../src/layers/providers/stripe/intentDisposition.ts"
import type { Exchanged } from "../../../../src/layers/transport/Exchange.ts"
import {
  answered,
  asked,
  cardError,
  error,
  intent,
  intentFrom,
  refused,
  replayHeader,
  replyOf,
  waiting
} from "./answers.ts"

type Means = Verdict["_tag"]

/** What is said of the decline or of the doubt, as a record keeps it. */
const saysOf = (verdict: Verdict): string => {
  switch (verdict._tag) {
    case "Declined":
    case "Cancel": {
      const { kind, advice, code } = verdict.decline
      return [kind, advice, code].filter(Boolean).join(" ")
    }
    case "Unknown":
      return verdict.code
    case "Waits":
      return verdict.action.url
    case "Captured":
      return verdict.intent.id
  }
}

const intents: ReadonlyArray<readonly [row: string | undefined, intent: object, means: Means, says: string]> =
  [
    ["intent_of_another", intent("succeeded", { metadata: {} }), "Unknown", "intent_of_another"],
    [
      "intent_of_another",
      intent("canceled", { metadata: { attempt_id: "" } }),
      "Unknown",
      "intent_of_another"
    ],
    [
      "intent_of_another",
      intent("succeeded", { metadata: { attempt_id: `${asked.idempotencyKey} ` } }),
      "Unknown",
      "intent_of_another"
    ],
    ["intent_of_other_mode", intent("succeeded", { livemode: true }), "Unknown", "intent_of_other_mode"],
    ["intent_of_other_mode", intent("canceled", { livemode: true }), "Unknown", "intent_of_other_mode"],
    ["succeeded", intent("succeeded"), "Captured", "pi_1"],
    // What was captured is told as it is; whether it is what was asked for is judged beside the request.
    ["succeeded", intent("succeeded", { amount: 900, amount_received: 900 }), "Captured", "pi_1"],
    ...[
      intent("succeeded", { amount_received: 1249 }),
      intent("succeeded", { amount_received: 1251 }),
      intent("succeeded", { amount_received: 0 }),
      intent("succeeded", { amount: 0, amount_received: 0 }),
      intent("succeeded", { amount: -5, amount_received: -5 }),
      intent("succeeded", { amount_capturable: 1250 }),
      intent("succeeded", { currency: "zzz" }),
      intent("canceled", { amount_received: 1250 }),
      intent("canceled", { amount_capturable: 1 }),
      intent("requires_payment_method", { amount_received: 1 }),
      intent("requires_action", { amount_received: 1250 }),
      intent("processing", { amount_received: 1250 })
    ].map((one) => ["intent_contradicts_itself", one, "Unknown", "intent_contradicts_itself"] as const),
    ...[
      intent("canceled", { amount: 1251 }),
      intent("canceled", { currency: "eur" }),
      intent("requires_payment_method", { amount: 100 }),
      waiting({ currency: "eur" })
    ].map((one) => ["intent_of_other_money", one, "Unknown", "intent_of_other_money"] as const),
    ["canceled", intent("canceled"), "Declined", "soft canceled"],
    ["canceled", intent("canceled", { last_payment_error: cardError() }), "Declined", "soft do_not_honor"],
    [
      "canceled",
      intent("canceled", { last_payment_error: cardError({ decline_code: "stolen_card" }) }),
      "Declined",
      "hard never stolen_card"
    ],
    [
      "requires_payment_method",
      intent("requires_payment_method", { last_payment_error: cardError() }),
      "Cancel",
      "soft do_not_honor"
    ],
    ["requires_payment_method", intent("requires_payment_method"), "Cancel", "soft requires_payment_method"],
    [
      "requires_payment_method",
      intent("requires_payment_method", {
        last_payment_error: refused("payment_intent_authentication_failure")
      }),
      "Cancel",
      "hard payment_intent_authentication_failure"
    ],
    ["requires_confirmation", intent("requires_confirmation"), "Cancel", "soft requires_confirmation"],
    ["requires_action", waiting(), "Waits", "https://hooks.stripe.com/3d_secure"],
    ...[
      intent("requires_action"),
      intent("requires_action", { next_action: { type: "use_stripe_sdk" } }),
      intent("requires_action", { next_action: { type: "redirect_to_url", redirect_to_url: null } }),
      ...["javascript:alert(1)", "//hooks.stripe.com", "", null].map((url) =>
        waiting({ next_action: { type: "redirect_to_url", redirect_to_url: { url } } })
      )
    ].map((one) => ["authentication_required", one, "Cancel", "hard authentication_required"] as const),
    ["requires_capture", intent("requires_capture"), "Unknown", "requires_capture"],
    [
      "requires_capture",
      intent("requires_capture", { amount_capturable: 1250 }),
      "Unknown",
      "requires_capture"
    ],
    ["processing", intent("processing"), "Unknown", "processing"],
    [undefined, intent("requires_source"), "Unknown", "unknown_status"],
    [undefined, intent("Succeeded"), "Unknown", "unknown_status"],
    [undefined, intent("succeeded "), "Unknown", "unknown_status"],
    [undefined, intent(""), "Unknown", "unknown_status"]
  ]

describe("what an intent itself proves", () => {
  it.each(intents)("%s: %j", (row, json, means, says) => {
    const one = intentFrom(json)
    const verdict = judgeIntent(one, asked)
    if (row !== undefined) {
      expect(intentRows.find(({ applies }) => applies({ intent: one, asked }))?.code).toBe(row)
    }
    expect([verdict._tag, saysOf(verdict)]).toEqual([means, says])
  })

  it("every row has an example", () => {
    expect(new Set(intents.flatMap(([row]) => (row === undefined ? [] : [row])))).toEqual(
      new Set(intentRows.map(({ code }) => code))
    )
  })

  it("a row that is not the one of succeeded proves no capture, and has a reason", () => {
    expect(intentRows.filter(({ means }) => means === "Captured").map(({ code }) => code)).toEqual([
      "succeeded"
    ])
    for (const { why, answer } of [...intentRows, ...answerRows]) {
      expect(why.length).toBeGreaterThan(10)
      expect(answer).not.toBe("")
    }
  })

  it("in live mode no customer is sent to a page without TLS", () => {
    const live = { ...asked, livemode: true }
    const page = (url: string) =>
      intentFrom(
        waiting({ livemode: true, next_action: { type: "redirect_to_url", redirect_to_url: { url } } })
      )
    expect(judgeIntent(page("https://acs.example/"), live)._tag).toBe("Waits")
    expect(judgeIntent(page("http://acs.example/"), live)._tag).toBe("Cancel")
  })
})

const cut = { _tag: "Unanswered", code: "cut" } as const
const declinedIntent = intent("requires_payment_method", { last_payment_error: cardError() })
const twice = `${JSON.stringify(intent("succeeded"))}\n${JSON.stringify(intent("succeeded"))}`

const answers: ReadonlyArray<
  readonly [row: string | undefined, answer: Exchanged, means: Means, says: string]
> = [
  ["not_sent", { _tag: "NotSent", code: "ECONNREFUSED" }, "Declined", "soft not_sent"],
  ["unanswered", cut, "Unknown", "unanswered"],
  ["unanswered", { _tag: "Unanswered", code: "timeout" }, "Unknown", "timeout"],
  ...[
    answered(200, "<h1>Service temporarily unavailable</h1>"),
    answered(200, ""),
    answered(200, "null"),
    answered(200, "[]"),
    answered(200, twice),
    answered(200, JSON.stringify(intent("succeeded")).replace("{", '{"status":"canceled",')),
    answered(200, intent("succeeded"), [], { whole: false }),
    answered(200, intent("succeeded", { object: "charge" })),
    answered(200, intent("succeeded", { id: "ch_1" })),
    answered(200, intent("succeeded", { amount_received: "1250" })),
    answered(200, intent("succeeded", { amount_received: 1250.5 })),
    answered(200, intent("succeeded", { metadata: null })),
    answered(200, { ...intent("succeeded"), error: cardError() }),
    answered(201, intent("succeeded")),
    answered(302, intent("succeeded")),
    answered(402, intent("succeeded")),
    answered(402, "Your card was declined."),
    answered(402, { error: "card_error" }),
    answered(302, { error: refused() }),
    error(402, cardError(), { ...declinedIntent, amount: "1250" }),
    error(402, cardError(), "pi_1")
  ].map((one) => ["unreadable_answer", one, "Unknown", "unreadable_answer"] as const),
  ["replayed", answered(200, intent("succeeded"), replayHeader), "Unknown", "replayed"],
  ["replayed", answered(200, intent("succeeded"), [...replayHeader, ...replayHeader]), "Unknown", "replayed"],
  ["replayed", error(402, cardError(), declinedIntent, replayHeader), "Unknown", "card_declined"],
  [
    "replayed",
    error(400, refused("parameter_missing"), undefined, replayHeader),
    "Unknown",
    "parameter_missing"
  ],
  ["replayed", error(500, { type: "api_error" }, undefined, replayHeader), "Unknown", "replayed"],
  [
    "other_money",
    answered(200, intent("succeeded", { amount: 100, amount_received: 100 })),
    "Unknown",
    "other_money"
  ],
  ["other_money", answered(200, intent("succeeded", { currency: "eur" })), "Unknown", "other_money"],
  ["other_money", answered(200, intent("canceled", { amount: 100 })), "Unknown", "other_money"],
  ["intent", answered(200, intent("succeeded")), "Captured", "pi_1"],
  ["intent", answered(200, intent("succeeded"), [["idempotent-replayed", "false"]]), "Captured", "pi_1"],
  ["intent", answered(200, intent("canceled")), "Declined", "soft canceled"],
  ["intent", answered(200, declinedIntent), "Cancel", "soft do_not_honor"],
  ["intent", answered(200, waiting()), "Waits", "https://hooks.stripe.com/3d_secure"],
  ["intent", answered(200, intent("processing")), "Unknown", "processing"],
  ["intent", answered(200, intent("requires_capture")), "Unknown", "requires_capture"],
  ["intent", answered(200, intent("succeeded", { livemode: true })), "Unknown", "intent_of_other_mode"],
  ["intent", answered(200, intent("succeeded", { metadata: {} })), "Unknown", "intent_of_another"],
  ...[
    error(400, refused("payment_intent_unexpected_state"), intent("succeeded")),
    error(402, cardError(), intent("succeeded")),
    error(409, refused("idempotency_key_in_use"), intent("succeeded")),
    error(500, { type: "api_error" }, intent("succeeded"))
  ].map((one) => ["error_of_succeeded", one, "Captured", "pi_1"] as const),
  [
    "error_of_canceled",
    error(400, refused("payment_intent_unexpected_state"), intent("canceled")),
    "Declined",
    "soft canceled"
  ],
  ["error_of_canceled", error(402, cardError(), intent("canceled")), "Declined", "soft canceled"],
  // An answer about another request, or of a status that says nothing, is no place for a proof.
  ...[
    error(409, refused("idempotency_key_in_use"), intent("canceled")),
    error(400, refused("idempotency_key_in_use"), intent("canceled")),
    error(400, refused("lock_timeout"), intent("canceled")),
    error(429, refused("rate_limit"), intent("canceled")),
    error(424, refused("a"), intent("canceled"))
  ].map((one) => {
    const { code } = JSON.parse(new TextDecoder().decode(one.body)).error
    return ["error_intent_unclear", one, "Unknown", String(code)] as const
  }),
  ["card_error_intent", error(402, cardError(), declinedIntent), "Cancel", "soft do_not_honor"],
  [
    "card_error_intent",
    error(402, cardError({ decline_code: "lost_card" }), declinedIntent),
    "Cancel",
    "hard never lost_card"
  ],
  ...[
    error(402, cardError(), intent("requires_payment_method", { amount_received: 1250 })),
    error(402, cardError(), intent("processing")),
    error(402, cardError(), waiting()),
    error(402, cardError(), intent("requires_capture", { amount_capturable: 1250 })),
    error(402, cardError(), intent("succeeded", { amount_received: 0 })),
    error(402, cardError(), intent("canceled", { metadata: {} })),
    error(400, cardError(), declinedIntent)
  ].map((one) => ["error_intent_unclear", one, "Unknown", "card_declined"] as const),
  [
    "error_intent_unclear",
    error(500, { type: "api_error" }, declinedIntent),
    "Unknown",
    "error_intent_unclear"
  ],
  [
    "error_intent_unclear",
    error(500, { type: "api_error" }, intent("canceled")),
    "Unknown",
    "error_intent_unclear"
  ],
  ["card_error", error(402, cardError()), "Declined", "soft do_not_honor"],
  [
    "card_error",
    error(402, cardError({ decline_code: "expired_card" })),
    "Declined",
    "hard updated expired_card"
  ],
  ["card_error", error(402, cardError({ decline_code: "what_is_this" })), "Declined", "hard what_is_this"],
  // An error of the card about something else than the card.
  ...["payment_intent_unexpected_state", "idempotency_key_in_use", "lock_timeout"].map(
    (code) => ["conflict", error(402, cardError({ code })), "Unknown", code] as const
  ),
  // A refusal of the request that an issuer gave a reason for.
  [undefined, error(400, refused(undefined, { decline_code: "do_not_honor" })), "Unknown", "unlisted"],
  [undefined, error(400, refused(undefined, { network_decline_code: "51" })), "Unknown", "unlisted"],
  ["rate_limit", error(429, refused("rate_limit")), "Declined", "soft rate_limit"],
  ["refused", error(400, refused()), "Declined", "soft refused"],
  ["refused", error(400, refused("amount_too_small")), "Declined", "soft amount_too_small"],
  ["refused", error(401, refused()), "Declined", "soft refused"],
  ["refused", error(403, refused("account_invalid")), "Declined", "soft account_invalid"],
  ["refused", error(404, refused("resource_missing")), "Declined", "soft resource_missing"],
  ["conflict", error(409, refused("idempotency_key_in_use")), "Unknown", "idempotency_key_in_use"],
  ["conflict", error(409, refused()), "Unknown", "conflict"],
  ["conflict", error(424, refused()), "Unknown", "conflict"],
  ["conflict", error(400, { type: "idempotency_error" }), "Unknown", "conflict"],
  ["conflict", error(400, refused("lock_timeout")), "Unknown", "lock_timeout"],
  ["conflict", error(429, refused("lock_timeout")), "Unknown", "lock_timeout"],
  ["conflict", error(429, { type: "api_error" }), "Unknown", "conflict"],
  [
    "conflict",
    error(400, refused("payment_intent_unexpected_state")),
    "Unknown",
    "payment_intent_unexpected_state"
  ],
  ...[500, 502, 503, 504].map(
    (status) => ["stripe_failed", error(status, { type: "api_error" }), "Unknown", "stripe_failed"] as const
  ),
  ["stripe_failed", error(400, { type: "api_error" }), "Unknown", "stripe_failed"],
  ["stripe_failed", error(500, cardError()), "Unknown", "card_declined"],
  ["stripe_failed", error(503, refused("rate_limit")), "Unknown", "rate_limit"],
  // In no table: nothing is guessed.
  [undefined, error(400, refused("a_code_of_tomorrow")), "Unknown", "a_code_of_tomorrow"],
  [undefined, error(402, refused()), "Unknown", "unlisted"],
  [undefined, error(402, { type: "a_type_of_tomorrow" }), "Unknown", "unlisted"],
  [undefined, error(405, refused()), "Unknown", "unlisted"],
  [undefined, error(400, cardError()), "Unknown", "card_declined"]
]

describe("what an answer to the charge proves", () => {
  it.each(answers)("%s: %j", (row, exchanged, means, says) => {
    const reply = replyOf(exchanged)
    expect(answerRows.find(({ applies }) => applies(seenIn(reply, asked)))?.code).toBe(row)
    const verdict = judgeAnswer(reply, asked)
    expect([verdict._tag, saysOf(verdict)]).toEqual([means, says])
  })

  it("every row has an example", () => {
    expect(new Set(answers.flatMap(([row]) => (row === undefined ? [] : [row])))).toEqual(
      new Set(answerRows.map(({ code }) => code))
    )
  })

  it("spends none of the networks' budgets where no network was asked", () => {
    const marks = answers.flatMap(([row, exchanged, means]) => {
      const verdict = judgeAnswer(replyOf(exchanged), asked)
      return means === "Declined" && verdict._tag === "Declined"
        ? [`${row} ${verdict.decline.offNetwork === true ? "unheard" : "heard"}`]
        : []
    })
    expect([...new Set(marks)].toSorted()).toEqual([
      "card_error heard",
      "error_of_canceled heard",
      "intent heard",
      "not_sent unheard",
      "rate_limit unheard",
      "refused unheard"
    ])
  })

  it("keeps nothing of an intent that is another attempt's, not even where it is", () => {
    const verdict = judgeAnswer(replyOf(answered(200, intent("succeeded", { metadata: {} }))), asked)
    expect(verdict).not.toHaveProperty("intent")
  })
})

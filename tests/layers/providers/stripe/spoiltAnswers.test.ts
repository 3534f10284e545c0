// The driver against a far end that spoils its answers: lookups, cancellations and refunds conclude nothing without
// evidence either, and send nothing that was not asked for.
import { DateTime, Effect, Exit } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { MidId } from "../../../../src/kernel/ids.ts"
import { Money } from "../../../../src/kernel/Money.ts"
import { capability } from "../../../../src/kernel/PaymentProvider.ts"
import type { Exchanged } from "../../../../src/layers/transport/Exchange.ts"
import { answered, asked, cardError, error, intent, list, refund, refused, waiting } from "./answers.ts"
import { farEnd } from "./farEnd.ts"
import { type Spoilt, spoiltOf } from "./spoil.ts"

const mid = MidId.make("mid_1")
const writtenAt = DateTime.makeUnsafe(1_790_000_000_000)
const query = { ...asked, mid, writtenAt }

const member = (json: unknown, name: string): unknown =>
  typeof json === "object" && json !== null && Object.hasOwn(json, name)
    ? new Map(Object.entries(json)).get(name)
    : undefined

/** Every object in what was answered, however deep. */
const within = (json: unknown): ReadonlyArray<unknown> =>
  typeof json === "object" && json !== null
    ? [json, ...Object.values(json).flatMap((inner) => within(inner))]
    : []

const isOurs = (one: unknown): boolean =>
  member(member(one, "metadata"), "attempt_id") === asked.idempotencyKey && member(one, "livemode") === false

const isCaptured = (one: unknown): boolean =>
  isOurs(one) &&
  member(one, "status") === "succeeded" &&
  member(one, "amount") === member(one, "amount_received") &&
  Number(member(one, "amount_received")) > 0

const isCanceled = (one: unknown): boolean =>
  isOurs(one) && member(one, "status") === "canceled" && member(one, "amount_received") === 0

const declined = intent("requires_payment_method", { last_payment_error: cardError() })

const states = [
  ...["succeeded", "succeeded", "canceled", "processing", "requires_capture"].map((status) => intent(status)),
  declined,
  waiting()
]
const stranger = intent("succeeded", { id: "pi_2", metadata: { attempt_id: "ps_2-1-abcdef0123" } })

const intentAnswers = [
  ...states.map((body) => ({ status: 200, body })),
  { status: 404, body: { error: refused("resource_missing") } },
  { status: 500, body: { error: { type: "api_error" } } }
]
const listAnswers = [
  ...states.flatMap((one) => [
    { status: 200, body: list([one]) },
    { status: 200, body: list([stranger, one]) }
  ]),
  { status: 200, body: list([]) },
  { status: 200, body: list([stranger]) },
  { status: 200, body: list([stranger], true) },
  { status: 429, body: { error: refused("rate_limit") } }
]
const cancelAnswers = [
  { status: 200, body: intent("canceled") },
  { status: 200, body: intent("canceled", { last_payment_error: cardError() }) },
  { status: 200, body: declined },
  { status: 200, body: intent("processing") },
  {
    status: 400,
    body: { error: { ...refused("payment_intent_unexpected_state"), payment_intent: declined } }
  },
  {
    status: 400,
    body: { error: { ...refused("payment_intent_unexpected_state"), payment_intent: intent("succeeded") } }
  },
  { status: 400, body: { error: refused("lock_timeout") } }
]

const spoiltAnswers = {
  byId: spoiltOf(intentAnswers),
  listed: spoiltOf(listAnswers),
  canceled: spoiltOf(cancelAnswers)
}

const lookups = fc.record({
  ...spoiltAnswers,
  known: fc.boolean(),
  cancels: fc.boolean()
})

describe("a lookup and a cancellation", () => {
  it("say captured, declined or not found with the evidence only", () => {
    const seenTags: Record<string, number> = {}
    fc.assert(
      fc.property(lookups, ({ byId, listed, canceled, known, cancels }) => {
        let pages = 0
        const heard: Array<Spoilt> = []
        const say = (spoilt: Spoilt): Exchanged => {
          heard.push(spoilt)
          return spoilt.answer
        }
        const { driver, seen } = farEnd((to) => {
          if (to.endsWith("/cancel")) return say(canceled)
          if (to === "GET /v1/payment_intents/pi_1") return say(byId)
          // Whatever a list says of its next page: there is an end.
          return pages++ === 0 ? say(listed) : answered(200, list([]))
        })
        const charge = known ? { ...query, processorReference: "pi_1" } : query
        const told = Effect.runSyncExit(
          Effect.gen(function* () {
            const { lookupCharge } = yield* capability(driver, "chargeLookup")
            const { cancelCharge } = yield* capability(driver, "chargeCancel")
            return yield* (cancels ? cancelCharge : lookupCharge)(charge)
          })
        )
        // No money can move of what is asked.
        for (const { to, method } of seen) {
          expect(method === "GET" || /^POST \/v1\/payment_intents\/pi_\w+\/cancel$/.test(to), to).toBe(true)
        }
        const tag = Exit.isSuccess(told) ? told.value._tag : "unknown"
        seenTags[tag] = (seenTags[tag] ?? 0) + 1
        const objects = heard.flatMap(({ json }) => within(json))
        if (tag === "FoundCaptured") expect(objects.some(isCaptured)).toBe(true)
        if (tag === "FoundDeclined") {
          expect(objects.some(isCanceled)).toBe(true)
          expect(isCaptured(canceled.json) && seen.some(({ to }) => to.endsWith("/cancel"))).toBe(false)
        }
        if (tag === "NotFound") {
          expect(member(listed.json, "object")).toBe("list")
          expect(typeof member(listed.json, "has_more")).toBe("boolean")
          expect(within(member(listed.json, "data")).some(isOurs)).toBe(false)
        }
      }),
      { numRuns: 2500 }
    )
    for (const tag of ["FoundCaptured", "FoundDeclined", "StillPending", "NotFound", "unknown"]) {
      expect(seenTags[tag], tag).toBeGreaterThan(10)
    }
  })
})

describe("a lookup", () => {
  const asks = (byId: Exchanged, listed: Exchanged) => {
    const { driver } = farEnd((to) => (to === "GET /v1/payment_intents/pi_1" ? byId : listed))
    return Effect.runSyncExit(
      Effect.flatMap(capability(driver, "chargeLookup"), ({ lookupCharge }) =>
        lookupCharge({ ...query, processorReference: "pi_1" })
      )
    )
  }

  it("by a reference that somebody heard wrong leads to no other charge, and the right one is still found", () => {
    const wrong = answered(200, intent("canceled", { metadata: {} }))
    const found = asks(wrong, answered(200, list([intent("succeeded", { id: "pi_3" })])))
    expect(Exit.isSuccess(found) && found.value).toMatchObject({
      _tag: "FoundCaptured",
      captured: { processorReference: "pi_3" }
    })
    const none = asks(wrong, answered(200, list([])))
    expect(Exit.isSuccess(none) && none.value._tag).toBe("NotFound")
  })

  it("that finds two intents of one key concludes nothing of either", () => {
    const missing = error(404, refused("resource_missing"))
    for (const two of [
      [intent("succeeded", { id: "pi_3" }), intent("canceled", { id: "pi_4" })],
      [intent("canceled", { id: "pi_4" }), intent("succeeded", { id: "pi_3" })]
    ]) {
      const found = asks(missing, answered(200, list(two)))
      expect(Exit.isFailure(found) && String(found.cause)).toContain("pi_3")
    }
    // One that two pages show is one.
    const same = intent("succeeded", { id: "pi_3" })
    const shown = asks(missing, answered(200, list([same, same])))
    expect(Exit.isSuccess(shown) && shown.value._tag).toBe("FoundCaptured")
  })
})

const isDone = (one: unknown): boolean =>
  member(one, "status") === "succeeded" &&
  member(member(one, "metadata"), "refund_id") === "ref_1" &&
  member(one, "payment_intent") === "pi_1" &&
  member(one, "amount") === 400 &&
  member(one, "currency") === "usd"

const isUndone = (one: unknown): boolean =>
  ["failed", "canceled"].includes(String(member(one, "status"))) &&
  member(member(one, "metadata"), "refund_id") === "ref_1" &&
  member(one, "payment_intent") === "pi_1"

const isRefused = ({ answer: { status }, json, replayed }: Spoilt): boolean =>
  [400, 401, 403, 404].includes(status) &&
  !replayed &&
  member(member(json, "error"), "type") === "invalid_request_error" &&
  !["lock_timeout", "a_code_of_tomorrow", "rate_limit"].includes(
    String(member(member(json, "error"), "code"))
  )

const chargedAnd = (amount_refunded: number) =>
  intent("succeeded", { latest_charge: { id: "ch_1", amount_refunded, currency: "usd" } })

const charged = chargedAnd(0)

const refunds = ["succeeded", "succeeded", "pending", "failed", "canceled", "requires_action"].map((status) =>
  refund(status)
)

const refundAnswers = [
  ...refunds.map((body) => ({ status: 200, body })),
  { status: 400, body: { error: refused("charge_already_refunded") } },
  { status: 400, body: { error: { type: "idempotency_error" } } },
  { status: 429, body: { error: refused("rate_limit") } },
  { status: 500, body: { error: { type: "api_error" } } }
]

const refundRequest = {
  mid,
  idempotencyKey: "ref_1",
  processorReference: "pi_1",
  money: new Money({ amount: 400, currency: "USD" })
}

describe("a refund", () => {
  it("is done or declined with the evidence only, and sent once at most", () => {
    const seenTags: Record<string, number> = {}
    const answers = fc.record({
      context: spoiltOf([{ status: 200, body: charged }]),
      created: spoiltOf(refundAnswers),
      again: spoiltOf(refunds.map((body) => ({ status: 200, body }))),
      intact: fc.boolean()
    })
    fc.assert(
      fc.property(answers, ({ context, created, again, intact }) => {
        const { driver, seen } = farEnd((to) => {
          if (to === "POST /v1/refunds") return created.answer
          if (to.startsWith("GET /v1/refunds/")) return again.answer
          return intact ? answered(200, charged) : context.answer
        })
        const told = Effect.runSync(Effect.result(driver.refund(refundRequest)))
        const sent = seen.filter(({ method }) => method === "POST")
        expect(sent.length).toBeLessThanOrEqual(1)
        const tag = told._tag === "Success" ? "Refunded" : told.failure._tag
        seenTags[tag] = (seenTags[tag] ?? 0) + 1
        const asWell = seen.some(({ to }) => to.startsWith("GET /v1/refunds/"))
          ? [again.json]
          : [created.json]
        if (tag === "Refunded") expect(asWell.some(isDone)).toBe(true)
        if (tag === "Declined" && sent.length > 0) {
          expect(isRefused(created) || asWell.some(isUndone)).toBe(true)
        }
      }),
      { numRuns: 2500 }
    )
    for (const tag of ["Refunded", "Declined", "Indeterminate"])
      expect(seenTags[tag], tag).toBeGreaterThan(10)
  })

  it("is found done, declined or not at all with the evidence only", () => {
    const seenTags: Record<string, number> = {}
    const answers = fc.record({
      byId: spoiltOf([...refundAnswers, { status: 404, body: { error: refused("resource_missing") } }]),
      listed: spoiltOf([
        ...refunds.map((one) => ({ status: 200, body: list([one]) })),
        { status: 200, body: list([]) },
        { status: 200, body: list([refund("succeeded", { metadata: { refund_id: "ref_2" } })]) }
      ]),
      known: fc.boolean()
    })
    fc.assert(
      fc.property(answers, ({ byId, listed, known }) => {
        let pages = 0
        const { driver, seen } = farEnd((to) =>
          to === "GET /v1/refunds/re_1"
            ? byId.answer
            : pages++ === 0
              ? listed.answer
              : answered(200, list([]))
        )
        const told = Effect.runSyncExit(
          Effect.flatMap(capability(driver, "refundLookup"), ({ lookupRefund }) =>
            lookupRefund({ ...refundRequest, writtenAt, ...(known ? { refundReference: "re_1" } : {}) })
          )
        )
        expect(seen.every(({ method }) => method === "GET")).toBe(true)
        const tag = Exit.isSuccess(told) ? told.value._tag : "unknown"
        seenTags[tag] = (seenTags[tag] ?? 0) + 1
        const objects = [...within(known ? byId.json : undefined), ...within(listed.json)]
        const isOurRefund = (one: unknown) =>
          member(member(one, "metadata"), "refund_id") === "ref_1" && member(one, "payment_intent") === "pi_1"
        if (Exit.isSuccess(told) && told.value._tag === "RefundDone") {
          const { refundReference, money } = told.value.refunded
          expect(
            objects.some(
              (one) =>
                isOurRefund(one) &&
                member(one, "status") === "succeeded" &&
                member(one, "id") === refundReference &&
                member(one, "amount") === money.amount
            )
          ).toBe(true)
        }
        if (tag === "RefundDeclined") expect(objects.some(isUndone)).toBe(true)
        if (tag === "RefundNotFound") {
          expect(member(listed.json, "object")).toBe("list")
          expect(within(member(listed.json, "data")).some(isOurRefund)).toBe(false)
        }
      }),
      { numRuns: 2500 }
    )
    for (const tag of ["RefundDone", "RefundDeclined", "RefundPending", "RefundNotFound", "unknown"]) {
      expect(seenTags[tag], tag).toBeGreaterThan(10)
    }
  })

  it("knows what was captured only of a charge that is captured", () => {
    let known = 0
    fc.assert(
      fc.property(
        spoiltOf([
          { status: 200, body: charged },
          { status: 200, body: chargedAnd(400) },
          { status: 200, body: { ...intent("canceled"), latest_charge: null } }
        ]),
        ({ answer, json }) => {
          const { driver } = farEnd(() => answer)
          const told = Effect.runSyncExit(driver.refundContext({ mid, processorReference: "pi_1" }))
          if (!Exit.isSuccess(told)) return
          known++
          expect(member(json, "status")).toBe("succeeded")
          expect(member(json, "id")).toBe("pi_1")
          expect(told.value.captured.amount).toBe(member(json, "amount_received"))
          expect(told.value.refundedAmount).toBe(member(member(json, "latest_charge"), "amount_refunded"))
          expect(told.value.refundedAmount).toBeLessThanOrEqual(told.value.captured.amount)
        }
      ),
      { numRuns: 2500 }
    )
    expect(known).toBeGreaterThan(100)
  })

  it("of another amount or currency than was asked for is not taken for the one that was asked for", () => {
    for (const change of [{ amount: 399 }, { amount: 401 }, { currency: "eur" }]) {
      const { driver } = farEnd((to) =>
        answered(200, to === "POST /v1/refunds" ? refund("succeeded", change) : charged)
      )
      const told = Effect.runSync(Effect.flip(driver.refund(refundRequest)))
      expect(told).toMatchObject({
        _tag: "Indeterminate",
        processorReference: "re_1",
        evidence: { code: "other_money" }
      })
    }
  })

  it("that is pending says where it is, so that it is found again", () => {
    const { driver } = farEnd((to) => answered(200, to === "POST /v1/refunds" ? refund("pending") : charged))
    expect(Effect.runSync(Effect.flip(driver.refund(refundRequest)))).toMatchObject({
      _tag: "Indeterminate",
      processorReference: "re_1",
      evidence: { code: "pending" }
    })
  })

  it("is not sent to a charge that Stripe does not know, nor in another currency than the charge's", () => {
    for (const [answer, money] of [
      [error(404, refused("resource_missing")), refundRequest.money],
      [answered(200, charged), new Money({ amount: 400, currency: "EUR" })]
    ] as const) {
      const { driver, seen } = farEnd(() => answer)
      const refusedBy = Effect.runSync(Effect.flip(driver.refund({ ...refundRequest, money })))
      expect(refusedBy).toMatchObject({ _tag: "Declined", kind: "hard" })
      expect(seen.map(({ to }) => to)).toEqual(["GET /v1/payment_intents/pi_1"])
    }
  })
})

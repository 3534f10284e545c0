// A far end that contradicts itself: what it says in one place does not undo what it says in another.
import { it } from "@effect/vitest"
import { DateTime, Effect, Exit } from "effect"
import { describe, expect } from "vitest"
import { MidId } from "../../../../src/kernel/ids.ts"
import { Money } from "../../../../src/kernel/Money.ts"
import { capability } from "../../../../src/kernel/PaymentProvider.ts"
import type { Exchanged } from "../../../../src/layers/transport/Exchange.ts"
import {
  answered,
  asked,
  cardError,
  error,
  intent,
  list,
  refund,
  refused,
  replayHeader,
  waiting
} from "./answers.ts"
import { farEnd } from "./farEnd.ts"

const mid = MidId.make("mid_1")
const query = { ...asked, mid, writtenAt: DateTime.makeUnsafe(1_790_000_000_000), processorReference: "pi_1" }
const declined = intent("requires_payment_method", { last_payment_error: cardError() })
const ofState = refused("payment_intent_unexpected_state")

const tagOf = (exit: Exit.Exit<{ readonly _tag: string }, unknown>) =>
  Exit.isSuccess(exit) ? exit.value._tag : "unknown"

describe("a cancellation", () => {
  /** What comes of a charge that is canceled, when that is answered so. */
  const canceling = (before: unknown, answer: Exchanged) => {
    const { driver } = farEnd((to) => (to.endsWith("/cancel") ? answer : answered(200, before)))
    return Effect.gen(function* () {
      const { cancelCharge } = yield* capability(driver, "chargeCancel")
      return tagOf(yield* Effect.exit(cancelCharge(query)))
    })
  }

  it.effect("is confirmed by the canceled intent itself, or by the refusal to cancel one that is", () =>
    Effect.gen(function* () {
      for (const before of [declined, waiting()]) {
        for (const answer of [
          answered(200, intent("canceled")),
          error(400, ofState, intent("canceled")),
          error(400, refused(), intent("canceled"))
        ]) {
          expect(yield* canceling(before, answer)).toBe("FoundDeclined")
        }
      }
    })
  )

  it.effect("is confirmed by nothing else that shows one", () =>
    Effect.gen(function* () {
      const canceled = intent("canceled")
      for (const answer of [
        ...[500, 502, 503, 504].map((status) => error(status, { type: "api_error" }, canceled)),
        error(500, ofState, canceled),
        error(409, refused("idempotency_key_in_use"), canceled),
        error(429, refused("rate_limit"), canceled),
        error(400, { type: "api_error" }, canceled),
        error(400, { type: "idempotency_error" }, canceled),
        error(402, cardError(), canceled),
        error(400, ofState, canceled, replayHeader),
        answered(200, canceled, replayHeader),
        answered(201, canceled),
        answered(200, intent("canceled", { id: "pi_2" })),
        answered(200, intent("canceled", { amount: 100 })),
        answered(200, intent("canceled", { currency: "eur" })),
        answered(200, intent("canceled", { metadata: {} })),
        answered(200, intent("canceled", { amount_received: 1250 }))
      ]) {
        expect(yield* canceling(declined, answer), JSON.stringify(answer)).toBe("unknown")
      }
    })
  )

  it.effect("that comes too late tells of the money, whatever the error is", () =>
    Effect.gen(function* () {
      for (const answer of [
        error(400, ofState, intent("succeeded")),
        error(500, { type: "api_error" }, intent("succeeded"))
      ]) {
        expect(yield* canceling(declined, answer)).toBe("FoundCaptured")
      }
    })
  )
})

describe("a lookup", () => {
  const listing = (...shown: ReadonlyArray<unknown>) => {
    const { driver } = farEnd((to) =>
      to === "GET /v1/payment_intents" ? answered(200, list(shown)) : error(404, refused("resource_missing"))
    )
    return Effect.gen(function* () {
      const { lookupCharge } = yield* capability(driver, "chargeLookup")
      return tagOf(yield* Effect.exit(lookupCharge(query)))
    })
  }

  it.effect("that is shown one intent in two states concludes nothing, in whatever order", () =>
    Effect.gen(function* () {
      const states = [intent("canceled"), intent("succeeded")]
      expect(yield* listing(...states)).toBe("unknown")
      expect(yield* listing(...states.toReversed())).toBe("unknown")
      expect(yield* listing(intent("canceled"), intent("canceled"))).toBe("FoundDeclined")
    })
  )

  it.effect("that finds other money not moved says nothing of this, and money that moved as it is", () =>
    Effect.gen(function* () {
      for (const change of [{ amount: 100 }, { currency: "eur" }]) {
        expect(yield* listing(intent("canceled", change))).toBe("unknown")
        expect(yield* listing(intent("succeeded", { ...change, amount_received: 100, amount: 100 }))).toBe(
          "FoundCaptured"
        )
      }
    })
  )
})

describe("a refund that was made before", () => {
  const made = answered(200, refund("pending"), replayHeader)
  const charge = intent("succeeded", { latest_charge: { id: "ch_1", amount_refunded: 0, currency: "usd" } })

  const asksAgain = (now: Exchanged) => {
    const { driver } = farEnd((to) =>
      to === "POST /v1/refunds" ? made : to === "GET /v1/refunds/re_1" ? now : answered(200, charge)
    )
    const request = { mid, processorReference: "pi_1", idempotencyKey: "ref_1" }
    const money = new Money({ amount: 400, currency: "USD" })
    return Effect.map(Effect.result(driver.refund({ ...request, money })), (result) =>
      result._tag === "Failure" ? result.failure._tag : "Refunded"
    )
  }

  it.effect("is what it is now; whatever keeps it from being read again does not undo it", () =>
    Effect.gen(function* () {
      expect(yield* asksAgain(answered(200, refund("succeeded")))).toBe("Refunded")
      expect(yield* asksAgain(answered(200, refund("failed")))).toBe("Declined")
      for (const now of [
        error(404, refused("resource_missing")),
        error(401, refused()),
        error(403, refused("account_invalid")),
        error(400, refused("charge_already_refunded")),
        error(500, { type: "api_error" }),
        answered(200, refund("failed", { id: "re_2" })),
        answered(200, ""),
        { _tag: "NotSent", code: "ECONNREFUSED" } as const,
        { _tag: "Unanswered", code: "timeout" } as const
      ]) {
        expect(yield* asksAgain(now), JSON.stringify(now)).toBe("Indeterminate")
      }
    })
  )
})

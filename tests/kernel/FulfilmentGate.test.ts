import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FulfilmentGate } from "../../src/kernel/FulfilmentGate.ts"
import { Principal } from "../../src/kernel/ids.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { NotFulfillable } from "../../src/kernel/refusals.ts"
import { SessionState } from "../../src/kernel/PaymentSession.ts"
import { sessionId } from "../support/kernel/accounts.ts"
import { fakeLedger } from "../support/kernel/FakeLedger.ts"

type ClaimFulfilment = PaymentLedger["Service"]["claimFulfilment"]

/** A claim at the gate over a ledger that answers so, and what the ledger was asked. */
const claim = (id: string, answer: ReturnType<ClaimFulfilment>, idempotencyKey?: string) => {
  const asked: Array<ReadonlyArray<unknown>> = []
  const { service } = fakeLedger({
    answers: {
      claimFulfilment: (...question) => {
        asked.push(question)
        return answer
      }
    }
  })
  const claimed = Effect.flatMap(FulfilmentGate, (gate) =>
    gate.claim(id, Principal.make("app"), idempotencyKey)
  ).pipe(Effect.provide(FulfilmentGate.layer.pipe(Layer.provide(Layer.succeed(PaymentLedger, service)))))
  return { claimed, asked }
}

const session = sessionId(1)

describe("the fulfilment gate", () => {
  it.effect.each([
    { fulfilment: "first", ownClaim: true },
    { fulfilment: "duplicate", ownClaim: true },
    { fulfilment: "duplicate", ownClaim: false }
  ] as const)("says what the ledger gave out: %j", (given) =>
    Effect.gen(function* () {
      const { asked, claimed } = claim(session, Effect.succeed({ _tag: "Claimed", ...given }), "key_1")
      expect(yield* claimed).toEqual(given)
      expect(asked).toEqual([[session, "app", "key_1"]])
    })
  )

  it.effect.each(SessionState.literals.filter((state) => state !== "settled"))(
    "gives nothing out while the session is %s",
    (state) =>
      Effect.gen(function* () {
        const { claimed } = claim(session, Effect.succeed({ _tag: "NotSettled", state }))
        expect(yield* Effect.flip(claimed)).toMatchObject({ _tag: "SessionNotSettled", session, state })
      })
  )

  it.effect.each([
    { reason: "given_back", by: "re_1" },
    { reason: "disputed", by: "dp_1" },
    { reason: "news_waiting", by: "wh_1" },
    { reason: "given_back" }
  ] as const)("gives nothing out for money that is not there: %j", (why) =>
    Effect.gen(function* () {
      const { claimed } = claim(session, Effect.succeed({ _tag: "NotFulfillable", ...why }))
      expect(yield* Effect.flip(claimed)).toStrictEqual(new NotFulfillable({ session, ...why }))
    })
  )

  it.effect("knows no session that the ledger does not know", () =>
    Effect.gen(function* () {
      const { claimed } = claim(session, Effect.succeed(undefined))
      expect(yield* Effect.flip(claimed)).toMatchObject({ _tag: "UnknownSession", session })
    })
  )

  it.effect.each(["ps_1", "", "at_00000000000000000000000001_1"])(
    "asks no ledger for %j, which is no session",
    (id) =>
      Effect.gen(function* () {
        const { asked, claimed } = claim(id, Effect.succeed(undefined))
        expect(yield* Effect.flip(claimed)).toMatchObject({ _tag: "UnknownSession", session: id })
        expect(asked).toEqual([])
      })
  )
})

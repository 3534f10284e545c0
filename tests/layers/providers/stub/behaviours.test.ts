// What the documented cards and amounts do, seen through the driver; the laws of every provider are in the suite.
import { describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { expect } from "vitest"
import { VaultToken } from "../../../../src/kernel/Card.ts"
import type { Captured, Declined, Indeterminate } from "../../../../src/kernel/cascade/Disposition.ts"
import { idempotencyKey } from "../../../../src/kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../../../src/kernel/cascade/SendPermit.ts"
import { attemptId, MidId, ProviderName, SessionId } from "../../../../src/kernel/ids.ts"
import { Money } from "../../../../src/kernel/Money.ts"
import { capability, Providers } from "../../../../src/kernel/PaymentProvider.ts"
import { ProviderAccounts } from "../../../../src/layers/providers/ProviderAccounts.ts"
import { providers } from "../../../../src/layers/providers/providers.ts"
import { type Rule, amountEndings } from "../../../../src/layers/providers/stub/behaviours.ts"
import { makeStubProvider } from "../../../../src/layers/providers/stub/driver.ts"
import {
  StubGatewayLedger,
  StubLedgerUnavailable
} from "../../../../src/layers/providers/stub/StubGatewayLedger.ts"
import { testCards } from "../../../../src/layers/providers/stub/testCards.ts"
import { token } from "./stubUnderTest.ts"

const world = providers({ checkoutPage: () => "https://pay.example/" }).pipe(
  Layer.provideMerge(StubGatewayLedger.layerMemory),
  Layer.provide(Layer.succeed(ProviderAccounts, { get: () => Effect.die("the stub knows no accounts") }))
)

const mid = MidId.make("mid_1")
let sessions = 0

const newPermit = (provider: string, amount = 1250): SendPermit => {
  const session = SessionId.make(`ps_${String(++sessions).padStart(26, "0")}`)
  return SendPermit.afterCommit({
    attempt: attemptId(session, 1),
    session,
    ordinal: 1,
    mid,
    provider: ProviderName.make(provider),
    money: new Money({ amount, currency: "USD" }),
    idempotencyKey: idempotencyKey(session, 1, mid),
    fence: 1
  })
}

const outcomeOf = (exit: Exit.Exit<Captured, Declined | Indeterminate>) =>
  Exit.isSuccess(exit) ? "Captured" : String(exit.cause)

/** What comes back within the deadline, and what the books say once everything has moved. */
const charge = Effect.fnUntraced(function* (permit: SendPermit, card: VaultToken) {
  const ledger = yield* StubGatewayLedger
  const { get } = yield* Providers
  const { chargeToken, deadline } = yield* capability(yield* get(permit.attempt.provider), "tokenCharge")
  const fiber = yield* Effect.forkChild(chargeToken(permit, card))
  yield* TestClock.adjust(deadline)
  const exit = yield* Fiber.await(fiber)
  const [entry, ...others] = yield* ledger.byKey(permit.attempt.provider, permit.attempt.idempotencyKey)
  expect(others).toEqual([])
  return { outcome: outcomeOf(exit), kind: entry?.kind ?? "nothing", code: entry?.code, exit }
})

const expected: Readonly<Record<Exclude<Rule, "by_amount">, readonly [outcome: string, kind: string]>> = {
  captured: ["Captured", "captured"],
  soft_decline: ["declined (soft)", "declined"],
  hard_decline: ["declined (hard): the card was reported stolen", "declined"],
  insufficient_funds: ["declined (hard): the account does not hold that much", "declined"],
  slow_decline: ["declined (soft)", "declined"],
  declined_at_stub_a: ["declined (soft)", "declined"],
  declined_slowly_at_stub_a: ["declined (soft)", "declined"],
  timeout_captured: ["did not answer in time", "captured"],
  timeout_captured_late: ["did not answer in time", "captured"],
  timeout_nothing: ["did not answer in time", "nothing"],
  slow: ["Captured", "captured"],
  lies_on_lookup: ["did not answer in time", "captured"],
  duplicate: ["a transaction like this was seen before", "captured"],
  garbled: ["answered something that cannot be read", "captured"]
}

describe("the documented test cards", () => {
  for (const { tokenRef, rule } of testCards) {
    if (rule === "by_amount") continue
    it.effect(`${tokenRef} at stub_a: ${expected[rule].join(" / ")}`, () =>
      Effect.gen(function* () {
        const { outcome, kind } = yield* charge(newPermit("stub_a"), token(tokenRef))
        expect(outcome).toContain(expected[rule][0])
        expect(kind).toBe(expected[rule][1])
      }).pipe(Effect.provide(world))
    )
  }

  for (const [ending, rule] of amountEndings) {
    it.effect(`tok_by_amount with an amount that ends in ${ending} does like ${rule}`, () =>
      Effect.gen(function* () {
        const { outcome, kind } = yield* charge(newPermit("stub_a", 4200 + ending), token("tok_by_amount"))
        expect(outcome).toContain(expected[rule][0])
        expect(kind).toBe(expected[rule][1])
      }).pipe(Effect.provide(world))
    )
  }

  it.effect("tok_by_amount is captured with any other ending", () =>
    Effect.gen(function* () {
      expect((yield* charge(newPermit("stub_a", 4299), token("tok_by_amount"))).outcome).toBe("Captured")
    }).pipe(Effect.provide(world))
  )

  it.effect("tok_declined_at_stub_a is captured at stub_b", () =>
    Effect.gen(function* () {
      const { outcome, kind } = yield* charge(newPermit("stub_b"), token("tok_declined_at_stub_a"))
      expect([outcome, kind]).toEqual(["Captured", "captured"])
    }).pipe(Effect.provide(world))
  )

  it.effect("a token of another vault is no card, even when it is spelled like one", () =>
    Effect.gen(function* () {
      const foreign = new VaultToken({ vaultId: "another", tokenRef: "tok_captured" })
      const { outcome, code } = yield* charge(newPermit("stub_a"), foreign)
      expect(outcome).toContain("declined (hard)")
      expect(code).toBe("invalid_token")
    }).pipe(Effect.provide(world))
  )
})

describe("a lookup", () => {
  const lookUp = Effect.fnUntraced(function* (permit: SendPermit) {
    const { get } = yield* Providers
    const { lookupCharge } = yield* capability(yield* get(permit.attempt.provider), "chargeLookup")
    return (yield* lookupCharge({ ...permit.attempt, writtenAt: yield* DateTime.now }))._tag
  })

  it.effect("of a late capture says pending until the money moves", () =>
    Effect.gen(function* () {
      const permit = newPermit("stub_a")
      yield* charge(permit, token("tok_timeout_captured_late"))
      expect(yield* lookUp(permit)).toBe("StillPending")
      expect((yield* (yield* StubGatewayLedger).totals).byCurrency).toMatchObject([{ captured: 0 }])
      yield* TestClock.adjust(Duration.seconds(8))
      expect(yield* lookUp(permit)).toBe("FoundCaptured")
      expect((yield* (yield* StubGatewayLedger).totals).byCurrency).toMatchObject([{ captured: 1250 }])
    }).pipe(Effect.provide(world))
  )

  it.effect("of tok_lies_on_lookup lies twice, then tells the truth", () =>
    Effect.gen(function* () {
      const permit = newPermit("stub_a")
      yield* charge(permit, token("tok_lies_on_lookup"))
      const told = [yield* lookUp(permit), yield* lookUp(permit), yield* lookUp(permit)]
      expect(told).toEqual(["NotFound", "NotFound", "FoundCaptured"])
    }).pipe(Effect.provide(world))
  )

  it.effect("does not lie when it is late", () =>
    Effect.gen(function* () {
      const permit = newPermit("stub_a")
      yield* charge(permit, token("tok_lies_on_lookup"))
      yield* TestClock.adjust(Duration.seconds(15))
      expect(yield* lookUp(permit)).toBe("FoundCaptured")
    }).pipe(Effect.provide(world))
  )
})

describe("the stub driver", () => {
  it.effect("cannot tell what happened when the gateway has lost its books", () =>
    Effect.gen(function* () {
      const ledger = yield* StubGatewayLedger
      const lost = Effect.fail(new StubLedgerUnavailable({ cause: "the disk is gone" }))
      const provider = makeStubProvider({ name: "stub_c", ledger: { ...ledger, write: () => lost } })
      const { chargeToken } = yield* capability(provider, "tokenCharge")
      const error = yield* Effect.flip(chargeToken(newPermit("stub_c"), token("tok_captured")))
      expect(error).toMatchObject({ _tag: "Indeterminate", evidence: { code: "gateway_error" } })
    }).pipe(Effect.provide(world))
  )

  it.effect(
    "cannot call back what it sent, even when it is interrupted before the gateway wrote it down",
    () =>
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const write: typeof ledger.write = (entry) =>
          Effect.andThen(Effect.sleep(Duration.seconds(1)), ledger.write(entry))
        const provider = makeStubProvider({ name: "stub_c", ledger: { ...ledger, write } })
        const { chargeToken } = yield* capability(provider, "tokenCharge")
        const permit = newPermit("stub_c")
        const sender = yield* Effect.forkChild(chargeToken(permit, token("tok_captured")))
        yield* TestClock.adjust(Duration.millis(500))
        yield* Fiber.interrupt(sender)
        expect(yield* ledger.byKey("stub_c", permit.attempt.idempotencyKey)).toEqual([])
        yield* TestClock.adjust(Duration.seconds(1))
        expect(yield* ledger.byKey("stub_c", permit.attempt.idempotencyKey)).toMatchObject([
          { kind: "captured" }
        ])
      }).pipe(Effect.provide(world))
  )

  it.effect(
    "shows a refund that does not arrive as gone first and then as failed, and its money is here again",
    () =>
      Effect.gen(function* () {
        const permit = newPermit("stub_a", 5000)
        const { processorReference } = yield* (yield* charge(permit, token("tok_captured"))).exit
        const { refund, refundContext, refundLookup } = yield* (yield* Providers).get(permit.attempt.provider)
        const money = new Money({ amount: 1097, currency: "USD" })
        const asked = { mid, processorReference, idempotencyKey: "back-1-r", money }
        const { refundReference } = yield* refund(asked)
        const told = Effect.gen(function* () {
          const { refundedAmount } = yield* refundContext(asked)
          const named = yield* refundLookup?.readRefund({ ...asked, refundReference }) ?? Effect.die("cannot")
          const ours = yield* (
            refundLookup?.lookupRefund({ ...asked, writtenAt: yield* DateTime.now }) ?? Effect.die("cannot")
          )
          expect(ours).toStrictEqual(named)
          return [
            refundedAmount,
            named._tag,
            named._tag === "RefundDeclined" && named.declined.processorReference
          ]
        })
        expect(yield* told).toEqual([1097, "RefundDone", false])
        yield* TestClock.adjust(Duration.seconds(8))
        expect(yield* told).toEqual([0, "RefundDeclined", refundReference])
        const [totals] = (yield* (yield* StubGatewayLedger).totals).byCurrency
        expect(totals).toMatchObject({ captured: 5000, refunded: 0 })
        yield* refund({
          ...asked,
          idempotencyKey: "back-2-r",
          money: new Money({ amount: 5000, currency: "USD" })
        })
      }).pipe(Effect.provide(world))
  )

  it.effect("is configured twice, by the names that the seeded accounts use", () =>
    Effect.gen(function* () {
      expect((yield* Providers).names).toEqual(expect.arrayContaining(["stub_a", "stub_b"]))
    }).pipe(Effect.provide(world))
  )

  it.effect("does not void what is settled", () =>
    Effect.gen(function* () {
      const permit = newPermit("stub_a")
      const { exit } = yield* charge(permit, token("tok_captured"))
      const captured = yield* exit
      const { get } = yield* Providers
      const { voidCharge } = yield* capability(yield* get(permit.attempt.provider), "void")
      yield* TestClock.adjust(Duration.hours(1))
      const { processorReference } = captured
      const error = yield* Effect.flip(voidCharge({ mid, processorReference, idempotencyKey: "late-1-v" }))
      expect(error).toMatchObject({ _tag: "Declined", evidence: { code: "already_settled" } })
    }).pipe(Effect.provide(world))
  )
})

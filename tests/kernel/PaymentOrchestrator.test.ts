import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import type { Candidate, PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { providersOf } from "../../src/kernel/PaymentProvider.ts"
import { account } from "../support/kernel/accounts.ts"
import { captured, declined, indeterminate, session } from "../support/kernel/cascade.ts"
import { deadline, incapable } from "../support/kernel/fakeDrivers.ts"
import { accounts, type Changes, openOrchestrator, own } from "../support/kernel/orchestrator.ts"
import { captures, declinesSoftly } from "../support/kernel/runningCascade.ts"

describe("confirming a session", () => {
  it.effect("charges its accounts in order until one captures", () =>
    Effect.gen(function* () {
      const { calls, confirm, sends } = yield* openOrchestrator({
        mid_a: declinesSoftly,
        mid_b: captures,
        mid_c: captures
      })
      expect(yield* confirm()).toEqual({ session, outcome: "settled", state: "settled" })
      expect(sends).toEqual(["mid_a", "mid_b"])
      expect(calls[0]).toBe("open mid_a,mid_b,mid_c")
    })
  )

  it.effect.each([
    ["declined", () => Effect.fail(declined("hard")), "pending"],
    ["in_review", () => Effect.fail(indeterminate), "in_review"]
  ] as const)("answers %s", ([outcome, answer, state]) =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* openOrchestrator({ mid_a: answer, mid_b: captures, mid_c: captures })
      expect(yield* confirm()).toEqual({ session, outcome, state })
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect("answers processing when the outcome could not be recorded, whatever it was", () =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* openOrchestrator({ mid_a: captures }, { failingRecords: "broken" })
      expect(yield* confirm()).toEqual({ session, outcome: "processing", state: "processing" })
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect("leaves out accounts that the card does not suit", () =>
    Effect.gen(function* () {
      const choosy = account({ id: "mid_a", provider: "driver_of_mid_a", rules: { blockedBins: ["42"] } })
      const { calls, confirm } = yield* openOrchestrator(
        { mid_b: captures },
        { accounts: [choosy, own("mid_b", 2)] }
      )
      yield* confirm()
      expect(calls[0]).toBe("open mid_b")
    })
  )

  it.effect("leaves out accounts whose driver cannot charge a token or is not there", () =>
    Effect.gen(function* () {
      const { calls, confirm } = yield* openOrchestrator(
        {},
        { providers: providersOf([incapable("driver_of_mid_a")]), stopped: ["mid_a", "mid_b", "mid_c"] }
      )
      expect(yield* Effect.flip(confirm())).toMatchObject({ _tag: "NoEligibleMerchantAccount" })
      expect(calls).toEqual(["open "])
    })
  )

  it.effect("leaves out accounts that the registry does not have any more", () =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* openOrchestrator(
        { mid_a: captures, mid_b: captures, mid_c: captures },
        { gone: ["mid_a"] }
      )
      yield* confirm()
      expect(sends).toEqual(["mid_b"])
    })
  )

  it.effect("gives each attempt a lease that outlives its driver's deadline", () =>
    Effect.gen(function* () {
      let seen: ReadonlyArray<Candidate> = []
      const { confirm } = yield* openOrchestrator(
        { mid_a: captures, mid_b: captures, mid_c: captures },
        {
          answers: {
            open: (_session, candidates) => {
              seen = candidates
              return Effect.succeed({ _tag: "NotPayable", state: "settled" })
            }
          }
        }
      )
      yield* Effect.exit(confirm())
      expect(seen.length).toBe(3)
      for (const { lease } of seen)
        expect(Duration.toMillis(lease)).toBe(Duration.toMillis(deadline) + 10_000)
    })
  )
})

describe("a confirmation is refused, and nothing is sent,", () => {
  const cardNumber = "looks like a card number; this service takes vault tokens only"
  const wrong = (field: string, problem: string) => ({ _tag: "InvalidInput", field, problem })

  it.effect.each<[string, Changes, object]>([
    ["without a vault", { vaultId: " " }, wrong("vaultToken.vaultId", "is empty; send a vault token")],
    ["without a token", { tokenRef: "" }, wrong("vaultToken.tokenRef", "is empty; send a vault token")],
    ["with a card number", { tokenRef: "4242424242424242" }, wrong("vaultToken.tokenRef", cardNumber)],
    [
      "with a card number for a vault",
      { vaultId: "4242424242424242" },
      wrong("vaultToken.vaultId", cardNumber)
    ],
    [
      "with a spaced card number",
      { tokenRef: "4242 4242-4242 4242" },
      wrong("vaultToken.tokenRef", cardNumber)
    ],
    [
      "with as many digits as a card number has",
      { tokenRef: "4242 4242-4242 4241" },
      wrong("vaultToken.tokenRef", cardNumber)
    ],
    ["with so many digits for a vault", { vaultId: "424242424242" }, wrong("vaultToken.vaultId", cardNumber)],
    ["with a card number for a risk", { riskLevel: "4242424242424242" }, wrong("riskLevel", cardNumber)],
    [
      "with a risk that is none",
      { riskLevel: "extreme" },
      wrong("riskLevel", 'is "extreme"; say low, medium or high')
    ],
    [
      "with a vault that is not there",
      { vaultId: "elsewhere" },
      { _tag: "UnknownVault", configured: ["vault"] }
    ],
    ["with a token that is not there", { tokenRef: "tok_unknown" }, { _tag: "UnknownToken" }],
    ["with a vault that does not answer", { tokenRef: "tok_silent" }, { _tag: "VaultUnavailable" }]
  ])("%s", ([, changes, refusal]) =>
    Effect.gen(function* () {
      const { calls, confirm, sends } = yield* openOrchestrator({ mid_a: captures })
      const error = yield* Effect.flip(confirm(changes))
      expect(error).toMatchObject(refusal)
      expect(error.message).not.toContain("4242")
      expect([...calls, ...sends]).toEqual([])
    })
  )

  it.effect.each(["ps_1", "", "at_00000000000000000000000001_1"])("for %j, which is no session", (id) =>
    Effect.gen(function* () {
      const { confirm } = yield* openOrchestrator({ mid_a: captures })
      expect(yield* Effect.flip(confirm({}, id))).toMatchObject({ _tag: "UnknownSession", session: id })
    })
  )

  it.effect.each<[string, Partial<PaymentLedger["Service"]>]>([
    ["that the ledger does not know", { declaration: () => Effect.succeed(undefined) }],
    ["that is gone at the write-ahead", { open: () => Effect.succeed({ _tag: "NoSuchSession" }) }]
  ])("for a session %s", ([, answers]) =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* openOrchestrator({ mid_a: captures }, { answers })
      expect(yield* Effect.flip(confirm())).toMatchObject({ _tag: "UnknownSession", session })
      expect(sends).toEqual([])
    })
  )

  it.effect("when every account was stopped after it had been chosen, and says so", () =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* openOrchestrator(
        { mid_a: captures, mid_b: captures, mid_c: captures },
        {
          stopped: ["mid_a", "mid_b", "mid_c"],
          accounts: [...accounts, account({ id: "mid_off", killSwitch: true })]
        }
      )
      const error = yield* Effect.flip(confirm())
      expect(error.message).toBe(
        "no merchant account of loop_goods may serve this charge (mid_off: its kill switch is on; mid_a: kill switch on; mid_b: kill switch on; mid_c: kill switch on)"
      )
      expect(sends).toEqual([])
    })
  )

  it.effect("when the ledger cannot be reached", () =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* openOrchestrator({ mid_a: captures }, { openIsUnavailable: true })
      expect(yield* Effect.flip(confirm())).toMatchObject({ _tag: "LedgerUnavailable" })
      expect(sends).toEqual([])
    })
  )

  it.effect.each(["processing", "in_review", "settled", "failed", "cancelled", "expired"] as const)(
    "when the session is %s",
    (state) =>
      Effect.gen(function* () {
        const { confirm, sends } = yield* openOrchestrator(
          { mid_a: captures },
          { answers: { open: () => Effect.succeed({ _tag: "NotPayable", state }) } }
        )
        expect(yield* Effect.flip(confirm())).toMatchObject({ _tag: "SessionNotPayable", session, state })
        expect(sends).toEqual([])
      })
  )

  it.effect("when its key came before with another card, and says what differs", () =>
    Effect.gen(function* () {
      const earlierBody = { vaultToken: { vaultId: "vault", tokenRef: "tok_0" }, riskLevel: "low" }
      const { confirm, sends } = yield* openOrchestrator(
        { mid_a: captures },
        {
          answers: {
            open: () => Effect.succeed({ _tag: "ConfirmKeyReused", earlierSession: session, earlierBody })
          }
        }
      )
      const error = yield* Effect.flip(confirm())
      expect(error).toMatchObject({
        _tag: "IdempotencyKeyReused",
        differences: [{ field: "vaultToken.tokenRef", before: '"tok_0"', now: '"tok_1"' }]
      })
      expect(sends).toEqual([])
    })
  )
})

describe("a charge in flight", () => {
  const inFlight = Effect.gen(function* () {
    const sent = yield* Deferred.make<void>()
    const answer = yield* Deferred.make<void>()
    const made = yield* openOrchestrator({
      mid_a: () =>
        Deferred.succeed(sent, undefined).pipe(Effect.andThen(Deferred.await(answer)), Effect.as(captured))
    })
    const caller = yield* Effect.forkChild(made.confirm())
    yield* Deferred.await(sent)
    return { ...made, answer: Deferred.succeed(answer, undefined), caller }
  })

  it.effect("goes on and is recorded when its caller goes away", () =>
    Effect.gen(function* () {
      const { answer, caller, calls, scope } = yield* inFlight
      yield* Fiber.interrupt(caller)
      expect(calls).toEqual(["open mid_a"])
      yield* answer
      yield* Scope.close(scope, Exit.void)
      expect(calls).toEqual(["open mid_a", "record 1 Captured approved"])
    })
  )

  it.effect("is waited for when the service shuts down", () =>
    Effect.gen(function* () {
      const { answer, caller, calls, scope } = yield* inFlight
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* TestClock.adjust(Duration.seconds(1))
      expect(closing.pollUnsafe()).toBeUndefined()
      yield* answer
      yield* Fiber.join(closing)
      expect(calls.at(-1)).toBe("record 1 Captured approved")
      expect(yield* Fiber.join(caller)).toMatchObject({ outcome: "settled" })
    })
  )

  it.effect("does not hold a shutdown up beyond its deadline", () =>
    Effect.gen(function* () {
      const { calls, caller, scope } = yield* inFlight
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* TestClock.adjust(Duration.seconds(11))
      yield* Fiber.join(closing)
      expect(calls.at(-1)).toBe("record 1 Indeterminate deadline")
      expect(yield* Fiber.join(caller)).toMatchObject({ outcome: "in_review" })
    })
  )
})

import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, References, Scope } from "effect"
import { TestClock } from "effect/testing"
import { VaultedCard, VaultToken } from "../../src/kernel/Card.ts"
import type { Brand, Entity } from "../../src/kernel/Entity.ts"
import { EntityRegistry, type RegistrySnapshot } from "../../src/kernel/EntityRegistry.ts"
import { BrandId, CustomerId, Principal } from "../../src/kernel/ids.ts"
import { type Candidate, PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { type ConfirmRequest, PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import { Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import type { SessionState } from "../../src/kernel/PaymentSession.ts"
import { Providers, providersOf, type TokenCharge } from "../../src/kernel/PaymentProvider.ts"
import { SessionDeclaration } from "../../src/kernel/PaymentSession.ts"
import { type Account, compile } from "../../src/kernel/routing/RoutingPolicy.ts"
import { UnknownToken, Vaults, vaultsOf, VaultUnavailable } from "../../src/kernel/TokenVault.ts"
import { account, entity } from "../support/kernel/accounts.ts"
import { captured, declined, indeterminate, money, session } from "../support/kernel/cascade.ts"
import { deadline, fakeDrivers, incapable } from "../support/kernel/fakeDrivers.ts"
import { fakeLedger, type Mischief } from "../support/kernel/FakeLedger.ts"

const declaration = new SessionDeclaration({
  id: session,
  customer: CustomerId.make("user_1"),
  brand: BrandId.make("loop-goods"),
  entity,
  category: "merchandise",
  money,
  intent: { type: "amount" },
  mode: "hosted",
  theme: {},
  metadata: {}
})

const own = (id: string, priority: number): Account => account({ id, priority, provider: `driver_of_${id}` })

const snapshotOf = (accounts: ReadonlyArray<Account>): RegistrySnapshot => ({
  entities: new Map<string, Entity>(),
  brands: new Map<string, Brand>(),
  accounts: new Map(accounts.map((one) => [one.account.id, one.account])),
  policy: compile(1, accounts)
})

const vault = vaultsOf([
  {
    vaultId: "vault",
    vaultCard: () => Effect.die("nobody hands over a raw card here"),
    getCard: (tokenRef) =>
      tokenRef === "tok_unknown"
        ? Effect.fail(new UnknownToken({ vaultId: "vault", tokenRef }))
        : tokenRef === "tok_silent"
          ? Effect.fail(new VaultUnavailable({ vaultId: "vault", problem: "timeout" }))
          : Effect.succeed(
              new VaultedCard({
                token: new VaultToken({ vaultId: "vault", tokenRef }),
                bin: "424242",
                last4: "4242",
                brand: "visa",
                expiryMonth: 12,
                expiryYear: 2030,
                fingerprint: "fp",
                country: "US"
              })
            )
  }
])

const accounts = [own("mid_a", 1), own("mid_b", 2), own("mid_c", 3)]

/** An orchestrator in a scope of its own, over fakes. */
/** What a test says otherwise of the token and the risk that it confirms with. */
type Changes = Partial<ConfirmRequest["vaultToken"]> & Pick<ConfirmRequest, "riskLevel">

const setup = Effect.fnUntraced(function* (
  answers: Readonly<Record<string, TokenCharge["chargeToken"]>>,
  mischief: Mischief & {
    readonly accounts?: ReadonlyArray<Account>
    readonly providers?: Providers["Service"]
  } = {}
) {
  const ledger = fakeLedger({ declaration, ...mischief })
  const drivers = fakeDrivers(answers)
  const scope = yield* Scope.make()
  const context = yield* PaymentOrchestrator.layer.pipe(
    Layer.provide([
      Layer.succeed(PaymentLedger, ledger.service),
      Layer.succeed(Providers, mischief.providers ?? drivers.service),
      Layer.succeed(Vaults, vault),
      Layer.succeed(EntityRegistry, {
        snapshot: Effect.succeed(snapshotOf(mischief.accounts ?? accounts)),
        setKillSwitch: () => Effect.die("no test flips a switch here")
      })
    ]),
    Layer.buildWithScope(scope)
  )
  const confirm = ({ riskLevel, ...changes }: Changes = {}, id: string = session) =>
    Effect.flatMap(PaymentOrchestrator, (orchestrator) =>
      orchestrator.confirm(id, {
        by: Principal.make("app"),
        idempotencyKey: "key_1",
        body: { vaultToken: { vaultId: "vault", tokenRef: "tok_1", ...changes }, riskLevel }
      })
    ).pipe(Effect.provideContext(context), Effect.provideService(References.MinimumLogLevel, "None"))
  return { calls: ledger.calls, sends: drivers.sends, confirm, scope }
})

const captures = () => Effect.succeed(captured)
const declinesSoftly = () => Effect.fail(declined("soft"))

describe("confirming a session", () => {
  it.effect("charges its accounts in order until one captures", () =>
    Effect.gen(function* () {
      const { calls, confirm, sends } = yield* setup({
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
      const { confirm, sends } = yield* setup({ mid_a: answer, mid_b: captures, mid_c: captures })
      expect(yield* confirm()).toEqual({ session, outcome, state })
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect("answers processing when the outcome could not be recorded, whatever it was", () =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* setup({ mid_a: captures }, { failingRecords: "broken" })
      expect(yield* confirm()).toEqual({ session, outcome: "processing", state: "processing" })
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect("leaves out accounts that the card does not suit", () =>
    Effect.gen(function* () {
      const choosy = account({ id: "mid_a", provider: "driver_of_mid_a", rules: { blockedBins: ["42"] } })
      const { calls, confirm } = yield* setup({ mid_b: captures }, { accounts: [choosy, own("mid_b", 2)] })
      yield* confirm()
      expect(calls[0]).toBe("open mid_b")
    })
  )

  it.effect("leaves out accounts whose driver cannot charge a token or is not there", () =>
    Effect.gen(function* () {
      const { calls, confirm } = yield* setup(
        {},
        { providers: providersOf([incapable("driver_of_mid_a")]), stopped: ["mid_a", "mid_b", "mid_c"] }
      )
      expect(yield* Effect.flip(confirm())).toMatchObject({ _tag: "NoEligibleMerchantAccount" })
      expect(calls).toEqual(["open "])
    })
  )

  it.effect("gives each attempt a lease that outlives its driver's deadline", () =>
    Effect.gen(function* () {
      let seen: ReadonlyArray<Candidate> = []
      const { confirm } = yield* setup(
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
  it.effect.each<[string, Changes, object]>([
    ["without a vault", { vaultId: " " }, { _tag: "InvalidInput", field: "vaultToken.vaultId" }],
    ["without a token", { tokenRef: "" }, { _tag: "InvalidInput", field: "vaultToken.tokenRef" }],
    [
      "with a card number",
      { tokenRef: "4242424242424242" },
      { _tag: "InvalidInput", field: "vaultToken.tokenRef" }
    ],
    [
      "with a card number for a vault",
      { vaultId: "4242424242424242" },
      { _tag: "InvalidInput", field: "vaultToken.vaultId" }
    ],
    [
      "with a spaced card number",
      { tokenRef: "4242 4242-4242 4242" },
      { _tag: "InvalidInput", field: "vaultToken.tokenRef" }
    ],
    ["with a risk that is none", { riskLevel: "extreme" }, { _tag: "InvalidInput", field: "riskLevel" }],
    [
      "with a vault that is not there",
      { vaultId: "elsewhere" },
      { _tag: "UnknownVault", configured: ["vault"] }
    ],
    ["with a token that is not there", { tokenRef: "tok_unknown" }, { _tag: "UnknownToken" }],
    ["with a vault that does not answer", { tokenRef: "tok_silent" }, { _tag: "VaultUnavailable" }]
  ])("%s", ([, changes, refusal]) =>
    Effect.gen(function* () {
      const { calls, confirm, sends } = yield* setup({ mid_a: captures })
      const error = yield* Effect.flip(confirm(changes))
      expect(error).toMatchObject(refusal)
      expect(error.message).not.toContain("4242")
      expect([...calls, ...sends]).toEqual([])
    })
  )

  it.effect.each(["ps_1", "", "at_00000000000000000000000001_1"])("for %j, which is no session", (id) =>
    Effect.gen(function* () {
      const { confirm } = yield* setup({ mid_a: captures })
      expect(yield* Effect.flip(confirm({}, id))).toMatchObject({ _tag: "UnknownSession", session: id })
    })
  )

  it.effect("for a session that the ledger does not know", () =>
    Effect.gen(function* () {
      const { confirm } = yield* setup(
        { mid_a: captures },
        { answers: { declaration: () => Effect.succeed(undefined) } }
      )
      expect(yield* Effect.flip(confirm())).toMatchObject({ _tag: "UnknownSession", session })
    })
  )

  it.effect("when every account was stopped after it had been chosen, and says so", () =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* setup(
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
      const { confirm, sends } = yield* setup({ mid_a: captures }, { openIsUnavailable: true })
      expect(yield* Effect.flip(confirm())).toMatchObject({ _tag: "LedgerUnavailable" })
      expect(sends).toEqual([])
    })
  )

  it.effect.each(["processing", "in_review", "settled", "failed", "cancelled", "expired"] as const)(
    "when the session is %s",
    (state) =>
      Effect.gen(function* () {
        const { confirm, sends } = yield* setup(
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
      const { confirm, sends } = yield* setup(
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

describe("a confirmation that came before", () => {
  it.effect.each([
    ["settled", "settled"],
    ["in_review", "in_review"],
    ["processing", "processing"],
    ["pending", "declined"],
    ["cancelled", "declined"],
    ["expired", "declined"],
    ["failed", "failed"]
  ] as const)("of a session that is now %s answers %s and charges nobody", ([state, outcome]) =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* setup(
        { mid_a: captures },
        {
          answers: {
            open: () => Effect.succeed({ _tag: "ConfirmReplayed", state, captured: state === "settled" })
          }
        }
      )
      expect(yield* confirm()).toEqual({ session, outcome, state })
      expect(sends).toEqual([])
    })
  )
})

describe("what is told of a charge whose session ended meanwhile:", () => {
  const recordedAs = (state: SessionState, driver: Parameters<typeof setup>[0]["mid_a"]) =>
    setup(
      { mid_a: driver },
      { answers: { record: () => Effect.succeed({ attempt: "absent", session: state, passedOver: [] }) } }
    )

  it.effect.each(["failed", "cancelled", "expired", "pending"] as const)(
    "a capture that came too late for a session that is %s is looked into, never told as a decline",
    (state) =>
      Effect.gen(function* () {
        const { confirm } = yield* recordedAs(state, captures)
        expect(yield* confirm()).toEqual({ session, outcome: "in_review", state })
      })
  )

  it.effect.each(["pending", "cancelled", "expired"] as const)(
    "so is money that was captured for a session that is now %s, when the confirmation is repeated",
    (state) =>
      Effect.gen(function* () {
        const { confirm } = yield* setup(
          { mid_a: captures },
          { answers: { open: () => Effect.succeed({ _tag: "ConfirmReplayed", state, captured: true }) } }
        )
        expect(yield* confirm()).toEqual({ session, outcome: "in_review", state })
      })
  )

  it.effect.each(["failed", "cancelled", "expired"] as const)(
    "a decline is not told as one once money was captured for a session that is %s",
    (state) =>
      Effect.gen(function* () {
        for (const says of [Effect.fail(declined("soft")), Effect.fail(indeterminate)]) {
          const { confirm } = yield* setup(
            { mid_a: () => says },
            {
              answers: {
                record: () =>
                  Effect.succeed({ attempt: "declined", session: state, passedOver: [], captured: true })
              }
            }
          )
          expect(yield* confirm()).toEqual({ session, outcome: "in_review", state })
        }
      })
  )

  it.effect("an unknown outcome of a session that failed meanwhile is no decline either", () =>
    Effect.gen(function* () {
      const { confirm } = yield* recordedAs("failed", () =>
        Effect.fail(new Indeterminate({ evidence: { code: "timeout", message: "no answer" } }))
      )
      expect(yield* confirm()).toEqual({ session, outcome: "failed", state: "failed" })
    })
  )
})

describe("a charge in flight", () => {
  const inFlight = Effect.gen(function* () {
    const sent = yield* Deferred.make<void>()
    const answer = yield* Deferred.make<void>()
    const made = yield* setup({
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

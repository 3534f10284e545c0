import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Attempt, type AttemptState } from "../../src/kernel/Attempt.ts"
import {
  Absent,
  Captured,
  Declined,
  Indeterminate,
  type Outcome
} from "../../src/kernel/cascade/Disposition.ts"
import { ChargeResolver, conclusion } from "../../src/kernel/ChargeResolver.ts"
import { Principal } from "../../src/kernel/ids.ts"
import { PaymentLedger, type Unresolved } from "../../src/kernel/PaymentLedger.ts"
import {
  type ChargeCancel,
  type ChargeQuery,
  type LookupResult,
  type PaymentProvider,
  Providers,
  providersOf,
  severalCaptures
} from "../../src/kernel/PaymentProvider.ts"
import { incapable } from "../support/kernel/fakeDrivers.ts"
import { fakeLedger } from "../support/kernel/FakeLedger.ts"
import { keptLog } from "../support/kernel/keptLog.ts"
import { spansOf } from "../support/kernel/spansOf.ts"
import { unresolved } from "../support/kernel/unresolved.ts"

const evidence = { code: "code", message: "message" }
const action = { type: "redirect", url: "https://issuer.example/challenge" } as const
const captured = new Captured({ processorReference: "ch_1", amount: 4900, currency: "USD", evidence })
const declined = new Declined({ kind: "soft", evidence })
const nothingProven = new Indeterminate({ evidence })
const horizon = Duration.minutes(5)
const by = Principal.make("whoever asks")

/** Minutes that a customer has for a charge that waits for them. */
const patience = Duration.minutes(15)
const longAgo = Duration.sum(patience, Duration.millis(1))

interface Script {
  readonly found?: LookupResult
  readonly lookUp?: (charge: ChargeQuery) => Effect.Effect<LookupResult, Indeterminate>
  readonly cancel?: ChargeCancel["cancelCharge"]
}

/** A resolver over one processor that says what a test says; what was asked of it, and what was recorded. */
const resolving = ({ found = { _tag: "StillPending", evidence }, lookUp, cancel }: Script) => {
  const asked: Array<ChargeQuery> = []
  const cancelled: Array<ChargeQuery> = []
  const driver: PaymentProvider = {
    ...incapable("processor"),
    chargeLookup: {
      absenceHorizon: horizon,
      lookupCharge: (charge) => {
        asked.push(charge)
        return lookUp === undefined ? Effect.succeed(found) : lookUp(charge)
      }
    },
    ...(cancel === undefined
      ? {}
      : {
          chargeCancel: {
            cancelCharge: (charge) => {
              cancelled.push(charge)
              return cancel(charge)
            }
          }
        })
  }
  const log = keptLog()
  const ledger = fakeLedger()
  const layer = ChargeResolver.layer.pipe(
    Layer.provide([
      Layer.succeed(PaymentLedger, ledger.service),
      Layer.succeed(Providers, providersOf([driver]))
    ])
  )
  const using = <A, E>(use: (resolver: ChargeResolver["Service"]) => Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        Effect.flatMap(ChargeResolver, use).pipe(Effect.provide(layer), log.keeping)
      )
      // Longer than any processor may take.
      yield* TestClock.adjust(Duration.minutes(1))
      return yield* Fiber.join(fiber)
    })
  return {
    ask: (charge: Unresolved) => using((resolver) => resolver.ask(charge)),
    lookInto: (charge: Unresolved) => using((resolver) => resolver.lookInto(charge, "webhook", by)),
    asked,
    cancelled,
    recorded: ledger.evidence,
    log: log.entries
  }
}

const charge = (age?: Duration.Duration): Unresolved => unresolved(1, "processor", age)
const unknown = (code: string, message: string) => new Indeterminate({ evidence: { code, message } })

describe("who asks what became of a charge", () => {
  it.effect("asks by the processor's own id too, once somebody heard it", () =>
    Effect.gen(function* () {
      const { ask, asked } = resolving({})
      yield* ask(charge())
      yield* ask({ ...charge(), processorReference: "ch_9" })
      const { mid, idempotencyKey, money } = charge().attempt
      const query = { mid, idempotencyKey, money, writtenAt: charge().writtenAt }
      expect(asked).toStrictEqual([query, { ...query, processorReference: "ch_9" }])
    })
  )

  it.effect.each<[string, LookupResult, Outcome]>([
    ["a capture", { _tag: "FoundCaptured", captured }, captured],
    ["a decline", { _tag: "FoundDeclined", declined }, declined],
    ["that it is on its way", { _tag: "StillPending", evidence }, nothingProven],
    [
      "that it waits for its customer, and where",
      { _tag: "StillPending", evidence, action },
      new Indeterminate({ evidence, action })
    ],
    [
      "that it is on its way under an id",
      { _tag: "StillPending", evidence, processorReference: "ch_9" },
      new Indeterminate({ evidence, processorReference: "ch_9" })
    ]
  ])("hears %s", ([, found, outcome]) =>
    Effect.gen(function* () {
      const { ask } = resolving({ found })
      expect(yield* ask(charge())).toStrictEqual(outcome)
    })
  )

  it.effect("takes nothing for absent that the processor named once, however late it does not find it", () =>
    Effect.gen(function* () {
      const { ask } = resolving({ found: { _tag: "NotFound", evidence } })
      const late = charge(Duration.hours(1))
      expect(yield* ask(late)).toStrictEqual(new Absent({ evidence }))
      expect(yield* ask({ ...late, processorReference: "ch_9" })).toStrictEqual(
        unknown("known_and_not_found", "the processor named it ch_9 and does not find it: message")
      )
    })
  )

  it.effect("says when a driver is still at it, so that nothing is touched", () =>
    Effect.gen(function* () {
      const { lookInto, asked } = resolving({})
      const { attempt, ...rest } = charge()
      for (const state of ["in_flight", "indeterminate"] as const) {
        yield* lookInto({ ...rest, attempt: new Attempt({ ...attempt, state }) })
      }
      expect(asked.map(({ inFlight }) => inFlight)).toEqual([true, undefined])
    })
  )

  it.effect("takes a lookup that breaks, and the log, for the only witnesses of it", () =>
    Effect.gen(function* () {
      const { ask, log } = resolving({ lookUp: () => Effect.die("broken") })
      expect(yield* ask(charge())).toStrictEqual(
        unknown("lookup_broke", "the lookup ended without an answer")
      )
      expect(log).toEqual([{ level: "Error", words: "a lookup broke", about: {} }])
    })
  )

  it.effect("waits twenty seconds and no longer", () =>
    Effect.gen(function* () {
      const after = (seconds: number) =>
        resolving({
          lookUp: () =>
            Effect.delay(Effect.succeed({ _tag: "FoundCaptured", captured }), `${seconds} seconds`)
        }).ask(charge())
      expect(yield* after(19)).toStrictEqual(captured)
      expect(yield* after(21)).toStrictEqual(
        unknown("lookup_unanswered", "the processor did not answer the lookup in time")
      )
    })
  )

  it("takes nothing for absent before the horizon, and after it what was not found and nothing else", () => {
    const beyond = Duration.toMillis(horizon) + 1
    const found: LookupResult = { _tag: "NotFound", evidence }
    expect(conclusion(found, beyond - 1, horizon)).toStrictEqual(nothingProven)
    expect(conclusion(found, beyond, horizon)).toStrictEqual(new Absent({ evidence }))
    expect(conclusion({ _tag: "StillPending", evidence }, beyond, horizon)).toStrictEqual(nothingProven)
  })
})

describe("a charge that waits for its customer", () => {
  const waits: LookupResult = { _tag: "StillPending", evidence, action }
  const cancels = () => Effect.succeed<LookupResult>({ _tag: "FoundDeclined", declined })

  it.effect("is cancelled once they had fifteen minutes, by all that helps to find it, and not before", () =>
    Effect.gen(function* () {
      const { ask, asked, cancelled } = resolving({ found: waits, cancel: cancels })
      const inTime = { ...charge(patience), processorReference: "ch_9" }
      expect(yield* ask(inTime)).toStrictEqual(new Indeterminate({ evidence, action }))
      expect(cancelled).toEqual([])
      const late = { ...charge(longAgo), processorReference: "ch_9" }
      expect(yield* ask(late)).toStrictEqual(declined)
      expect(cancelled).toStrictEqual([asked[1]])
    })
  )

  it.effect("is what it is after the cancellation: the customer may have been quicker", () =>
    Effect.gen(function* () {
      const quicker = resolving({
        found: waits,
        cancel: () => Effect.succeed({ _tag: "FoundCaptured", captured })
      })
      expect(yield* quicker.ask(charge(longAgo))).toStrictEqual(captured)
      const unsure = resolving({ found: waits, cancel: () => Effect.succeed(waits) })
      expect(yield* unsure.ask(charge(longAgo))).toStrictEqual(new Indeterminate({ evidence, action }))
    })
  )

  it.effect("is unknown when its processor cannot cancel, or says nothing about it in time", () =>
    Effect.gen(function* () {
      const unable = resolving({ found: waits })
      expect(yield* unable.ask(charge(longAgo))).toStrictEqual(
        unknown("cannot_look_up", "processor cannot do chargeCancel; choose a provider that can")
      )
      const silent = resolving({ found: waits, cancel: () => Effect.never })
      expect(yield* silent.ask(charge(longAgo))).toStrictEqual(
        unknown("lookup_unanswered", "the processor did not answer the lookup in time")
      )
    })
  )

  it.effect.each<[string, LookupResult, Outcome]>([
    ["is only on its way", { _tag: "StillPending", evidence }, nothingProven],
    ["was captured", { _tag: "FoundCaptured", captured }, captured],
    ["was declined", { _tag: "FoundDeclined", declined }, declined],
    ["is not found", { _tag: "NotFound", evidence }, new Absent({ evidence })]
  ])("is left alone if it %s, however old it is", ([, found, outcome]) =>
    Effect.gen(function* () {
      const { ask, cancelled } = resolving({ found, cancel: cancels })
      expect(yield* ask(charge(Duration.days(1)))).toStrictEqual(outcome)
      expect(cancelled).toEqual([])
    })
  )
})

describe("who is pointed at a charge", () => {
  const inState = (state: AttemptState): Unresolved => {
    const { attempt, ...rest } = charge(Duration.hours(1))
    return { ...rest, attempt: new Attempt({ ...attempt, state }) }
  }
  const record = (outcome: Outcome) => ({
    attempt: charge().attempt.id,
    fence: 0,
    outcome,
    source: "webhook",
    next: [],
    by
  })
  const answers: ReadonlyArray<readonly [LookupResult, Outcome]> = [
    [{ _tag: "FoundCaptured", captured }, captured],
    [{ _tag: "FoundDeclined", declined }, declined],
    [{ _tag: "StillPending", evidence }, nothingProven],
    [{ _tag: "NotFound", evidence }, new Absent({ evidence })]
  ]
  const rows = answers.map(([found, outcome]) => [found._tag, found, outcome] as const)

  it.effect.each(rows)("records whatever it is if nobody waits for it: %s", ([, found, outcome]) =>
    Effect.gen(function* () {
      const { lookInto, recorded } = resolving({ found })
      expect(yield* lookInto(inState("indeterminate"))).toBeUndefined()
      expect(recorded).toStrictEqual([record(outcome)])
    })
  )

  const pending: LookupResult = { _tag: "StillPending", evidence }

  it.effect("keeps the name that it was pointed to by, so that what has one is never called absent", () =>
    Effect.gen(function* () {
      for (const lookUp of [() => Effect.succeed(pending), () => Effect.fail(nothingProven)]) {
        const { lookInto, recorded } = resolving({ lookUp })
        yield* lookInto({ ...inState("indeterminate"), processorReference: "ch_9" })
        expect(recorded.map(({ outcome }) => outcome)).toMatchObject([
          { _tag: "Indeterminate", processorReference: "ch_9" }
        ])
      }
    })
  )

  it.effect("comes again with the name of each, where several were captured", () =>
    Effect.gen(function* () {
      const several = unknown(severalCaptures, "two sales")
      const { lookInto, recorded, asked } = resolving({ lookUp: () => Effect.fail(several) })
      expect(yield* lookInto(inState("indeterminate"))).toStrictEqual(several)
      expect(recorded).toHaveLength(1)
      yield* lookInto({ ...inState("captured"), capturedAs: "ch_8" })
      expect(asked.at(-1)).toMatchObject({ capturedAs: "ch_8" })
    })
  )

  it.effect.each(["in_flight", "captured", "declined", "absent"] as const)(
    "records that money moved, if it is %s or not",
    (state) =>
      Effect.gen(function* () {
        const { lookInto, recorded } = resolving({ found: { _tag: "FoundCaptured", captured } })
        expect(yield* lookInto(inState(state))).toBeUndefined()
        expect(recorded).toStrictEqual([record(captured)])
      })
  )

  it.effect.each(rows.slice(1))("leaves it to its driver while that is at it: %s", ([, found]) =>
    Effect.gen(function* () {
      const { lookInto, recorded } = resolving({ found })
      expect(yield* lookInto(inState("in_flight"))).toStrictEqual(
        unknown("in_flight", "its driver has not recorded an outcome yet")
      )
      expect(recorded).toEqual([])
    })
  )

  it.effect.each(rows.slice(1))(
    "learns nothing more of one whose outcome is known: %s",
    ([, found, outcome]) =>
      Effect.gen(function* () {
        for (const state of ["captured", "declined", "absent"] as const) {
          const { lookInto, recorded } = resolving({ found })
          const again = outcome instanceof Indeterminate ? outcome : undefined
          expect(yield* lookInto(inState(state))).toStrictEqual(again)
          expect(recorded).toEqual([])
        }
      })
  )

  it.effect("finds it in the trace", () =>
    Effect.gen(function* () {
      const { lookInto } = resolving({})
      expect(yield* spansOf(lookInto(inState("indeterminate")))).toEqual(["ChargeResolver.lookInto"])
    })
  )

  it.effect("records a capture that cannot be one as unknown", () =>
    Effect.gen(function* () {
      const impossible = new Captured({ ...captured, amount: 0 }, { disableChecks: true })
      const { lookInto, recorded } = resolving({ found: { _tag: "FoundCaptured", captured: impossible } })
      yield* lookInto(inState("indeterminate"))
      expect(recorded.map(({ outcome }) => outcome.evidence.code)).toEqual(["impossible_capture"])
    })
  )
})

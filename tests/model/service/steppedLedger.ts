// The real ledger, whose steps wait for their turn: one commit at a time, in the order that was drawn.
import { Clock, Context, Duration, Effect, Layer, References, Semaphore } from "effect"
import { permitLifetime } from "../../../src/kernel/cascade/chargeAcrossProviders.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import type { Place, Stage } from "../stage.ts"
import type { Hand } from "./hand.ts"

/** The request that an effect works for: it is in every line of its log, so in its fibers too. */
export const requestAtWork: Effect.Effect<string> = Effect.map(
  References.CurrentLogAnnotations,
  ({ requestId }) => String(requestId)
)

export const atPlace = (stage: Stage, place: Place, about = ""): Effect.Effect<void> =>
  Effect.flatMap(requestAtWork, (request) => Effect.promise(() => stage.at(request, place, about)))

export const steppedLedger = (stage: Stage, hand: Hand): Layer.Layer<PaymentLedger, never, PaymentLedger> =>
  Layer.effect(
    PaymentLedger,
    Effect.gen(function* () {
      const real = yield* PaymentLedger
      // The wait between two lookups is taken away right before work is given out. Nothing may come in between.
      const lookups = yield* Semaphore.make(1)

      const open: typeof real.open = Effect.fnUntraced(function* (id, ...rest) {
        const request = yield* requestAtWork
        const begun = yield* Clock.monotonicTimeNanos
        yield* atPlace(stage, "writes ahead")
        const opening = yield* real.open(id, ...rest)
        if (opening._tag === "Permitted") {
          stage.chargeBegins()
          yield* atPlace(stage, "has its permit", `of ${opening.permit.attempt.attempt}`)
          // A permit that went stale is not used: the charge ends here.
          if (yield* isStale(opening.permit.askedAt ?? begun)) stage.chargeEnds(request)
        }
        return opening
      })

      const record: typeof real.record = Effect.fnUntraced(function* (evidence) {
        const request = yield* requestAtWork
        const begun = yield* Clock.monotonicTimeNanos
        yield* atPlace(stage, "records", `${evidence.outcome._tag} of ${evidence.attempt}`)
        const ofDriver = evidence.source === "driver"
        const recording = yield* ofDriver
          ? real.record(evidence)
          : lookups.withPermits(1)(real.record(evidence))
        const next = recording.next?.attempt.attempt
        if (next !== undefined) yield* atPlace(stage, "has its permit", `of ${next}`)
        if (!ofDriver) stage.putsAside(request)
        else if (recording.next === undefined || (yield* isStale(recording.next.askedAt ?? begun)))
          stage.chargeEnds(request)
        return recording
      })

      const claimUnresolved: typeof real.claimUnresolved = Effect.fnUntraced(function* (...limits) {
        yield* atPlace(stage, "takes work")
        const due = yield* lookups.withPermits(1)(
          Effect.andThen(Effect.orDie(hand.allDue), real.claimUnresolved(...limits))
        )
        stage.takesInHand(yield* requestAtWork, due.length)
        return due
      })

      /** A step that waits for its turn and is the real one then. */
      const after =
        <Args extends ReadonlyArray<unknown>, A, E>(
          place: Place,
          step: (...args: Args) => Effect.Effect<A, E>
        ) =>
        (...args: Args) =>
          Effect.andThen(atPlace(stage, place), step(...args))

      return Context.get(
        Context.make(PaymentLedger, {
          ...real,
          open,
          record,
          claimUnresolved,
          declare: after("writes", real.declare),
          declaredBefore: after("reads", real.declaredBefore),
          cancel: after("writes", real.cancel),
          claimFulfilment: after("writes", real.claimFulfilment),
          session: after("reads", real.session),
          attempts: after("reads", real.attempts),
          takeOver: after("takes work", real.takeOver),
          expireDue: after("takes work", real.expireDue)
        }),
        PaymentLedger
      )
    })
  )

const isStale = (begun: bigint): Effect.Effect<boolean> =>
  Effect.map(Clock.monotonicTimeNanos, (now) => now - begun > Duration.toNanosUnsafe(permitLifetime))

import { Context, Duration, Effect, Layer } from "effect"
import { ChargeResolver } from "./ChargeResolver.ts"
import { Principal } from "./ids.ts"
import { type LedgerUnavailable, PaymentLedger, type Unresolved } from "./PaymentLedger.ts"
import type { Providers } from "./PaymentProvider.ts"

/** What one pass of the reconciler did, in attempts. */
export interface Reconciled {
  readonly asked: number
  readonly resolved: number
}

const reconciler = Principal.make("reconciler")

/** How many attempts one pass takes on, and how many processors it asks at a time. */
const batch = 100
const parallel = 8

/** Longer than a lookup takes and is recorded: two reconcilers do not ask for one attempt at a time. */
const askingLease = Duration.seconds(60)

/**
 * Finds out what became of attempts whose outcome nobody recorded: their driver died, or the processor's answer
 * proved nothing. It asks by lookup and records what it hears. A capture settles, a positive decline lets the
 * customer try again, "not found" ends the session once the processor's horizon has passed and never before.
 * It never sends a charge. An attempt that cannot be asked for or recorded holds up no other: it is tried again
 * when its lease is over.
 */
export class Reconciler extends Context.Service<
  Reconciler,
  {
    /** Takes over attempts whose driver died; answers how many. */
    readonly takeOver: Effect.Effect<number, LedgerUnavailable>
    /** Asks for what is due. */
    readonly pass: Effect.Effect<Reconciled, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/Reconciler") {
  static readonly layer: Layer.Layer<Reconciler, never, PaymentLedger | Providers> = Layer.effect(
    Reconciler,
    Effect.gen(function* () {
      const ledger = yield* PaymentLedger
      const resolver = yield* ChargeResolver

      const resolve = Effect.fn("Reconciler.resolve", { root: true, kind: "consumer" })(
        function* (unresolved: Unresolved) {
          const outcome = yield* resolver.ask(unresolved)
          const { id, mid, provider } = unresolved.attempt
          yield* Effect.annotateCurrentSpan({
            attempt: id,
            mid,
            provider,
            source: "lookup",
            outcome: outcome._tag
          })
          const recording = yield* resolver.record(unresolved.attempt.id, outcome, "lookup", reconciler)
          return recording.attempt !== "indeterminate"
        },
        (effect, { attempt }) =>
          Effect.catchCause(effect, (cause) =>
            Effect.logError("an attempt could not be reconciled and is tried again", cause).pipe(
              Effect.annotateLogs({ attempt: attempt.id, provider: attempt.provider }),
              Effect.as(false)
            )
          )
      )

      const pass = Effect.gen(function* () {
        const due = yield* ledger.claimUnresolved(batch, askingLease)
        const resolved = yield* Effect.forEach(due, resolve, { concurrency: parallel })
        return { asked: due.length, resolved: resolved.filter(Boolean).length }
      }).pipe(Effect.withSpan("Reconciler.pass"))

      return { takeOver: ledger.takeOver(batch), pass }
    })
  ).pipe(Layer.provide(ChargeResolver.layer))
}

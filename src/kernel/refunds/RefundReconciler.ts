import { Context, Duration, Effect, Layer } from "effect"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { Providers, type RefundHeard } from "../PaymentProvider.ts"
import type { Reconciled } from "../Reconciler.ts"
import {
  askForSum,
  askNamed,
  askOurs,
  indeterminate,
  nameOf,
  notOver,
  notOverYet,
  reconciler
} from "./askRefund.ts"
import { RefundLedger, type RefundOutcome, type UnresolvedRefund } from "./RefundLedger.ts"
import { RefundNews } from "./RefundNews.ts"

/** How many refunds one pass takes on, and how many processors it asks at a time. */
const batch = 100
const parallel = 8

const askingLease = Duration.seconds(60)

/** How often news is asked about when each time the books moved meanwhile; then it comes again. */
const mostRounds = 5

/**
 * Finds out what became of refunds whose outcome nobody recorded. It asks by lookup and records what it hears;
 * "not found" means that nothing went back only once the processor's horizon has passed. It never sends a refund.
 */
export class RefundReconciler extends Context.Service<
  RefundReconciler,
  {
    /** Takes over refunds whose sender died; answers how many. */
    readonly takeOver: Effect.Effect<number, LedgerUnavailable>
    /** Asks for what is due. */
    readonly pass: Effect.Effect<Reconciled, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/refunds/RefundReconciler") {
  /** With it comes {@link RefundNews}, which asks in the same way when a webhook says that there is something to ask. */
  static readonly layer: Layer.Layer<RefundReconciler | RefundNews, never, RefundLedger | Providers> =
    Layer.effectContext(
      Effect.gen(function* () {
        const ledger = yield* RefundLedger
        const providers = yield* Providers

        /** The refund as it was recorded; nothing when there was nothing to record, or the books moved meanwhile. */
        const resolve = Effect.fn("RefundReconciler.resolve")(function* (
          unresolved: UnresolvedRefund,
          source: "lookup" | "webhook",
          news?: RefundHeard
        ) {
          const outcome = yield* askOurs(unresolved).pipe(Effect.provideService(Providers, providers))
          const { refund, version } = unresolved
          const { id, mid, provider, state } = refund
          yield* Effect.annotateCurrentSpan({ refund: id, mid, provider, source, outcome: outcome._tag })
          if (news !== undefined && denies(news, outcome)) return yield* denied(news)
          // Whoever sends it is still at it: what proves nothing adds nothing.
          const recorded =
            state === "indeterminate" || provesSomething(outcome)
              ? yield* ledger.record({ refund: id, outcome, source, by: reconciler, version })
              : undefined
          return { outcome, recorded }
        })

        const resolveQuietly = (unresolved: UnresolvedRefund) =>
          resolve(unresolved, "lookup").pipe(
            Effect.map(({ recorded }) => recorded !== undefined && recorded.state !== "indeterminate"),
            Effect.catchCause((cause) =>
              Effect.logError("a refund could not be reconciled and is tried again", cause).pipe(
                Effect.annotateLogs({ refund: unresolved.refund.id }),
                Effect.as(false)
              )
            ),
            Effect.withSpan("RefundReconciler.takeOn", { root: true, kind: "consumer" })
          )

        const pass = Effect.gen(function* () {
          const due = yield* ledger.claimUnresolved(batch, askingLease)
          const resolved = yield* Effect.forEach(due, resolveQuietly, { concurrency: parallel })
          return { asked: due.length, resolved: resolved.filter(Boolean).length }
        }).pipe(Effect.withSpan("RefundReconciler.pass"))

        const heard: RefundNews["Service"]["heard"] = Effect.fn("RefundNews.heard")(function* (
          mid,
          news,
          source = "webhook"
        ) {
          const { refundReference } = news
          let oursIsAsked = false
          for (let round = 0; round < mostRounds; round++) {
            const found = yield* ledger.find(mid, news)
            if (found === undefined) return false
            const { provider: name, processorReference, version, ours } = found
            if (ours !== undefined && !oursIsAsked) {
              oursIsAsked = true
              const { outcome, recorded } = yield* resolve(ours, source, news)
              if (recorded !== undefined) {
                if (provesSomething(outcome) && nameOf(outcome) === refundReference) return true
                continue
              }
            }
            const provider = yield* providers
              .get(name)
              .pipe(Effect.mapError((error) => indeterminate("cannot_ask", error.message)))
            const outcome = yield* askNamed(provider, { mid, processorReference, refundReference }).pipe(
              Effect.catchIf(
                ({ evidence }) => news.said === "failed" && evidence.code === notOverYet,
                () => denied(news)
              )
            )
            if (denies(news, outcome)) return yield* denied(news)
            const refunded = yield* askForSum(provider, { mid, processorReference })
            const kept = yield* ledger.recordReturn({
              mid,
              processorReference,
              refundReference,
              outcome,
              source,
              version,
              ...(refunded === undefined ? {} : { refunded }),
              by: reconciler
            })
            if (kept === "known") return true
            if (kept === "waits") {
              return yield* notOver("a refund of the charge is still being checked")
            }
          }
          return yield* indeterminate(
            "books_moved",
            "its books were written to each time that the processor was asked"
          )
        })

        return Context.make(RefundReconciler, { takeOver: ledger.takeOver(batch), pass }).pipe(
          Context.add(RefundNews, { heard })
        )
      })
    )
}

/** The webhook says that it failed, and the processor that it went back: what it knew before, perhaps. */
const denies = ({ said, refundReference }: RefundHeard, outcome: RefundOutcome): boolean =>
  said === "failed" && outcome._tag === "Refunded" && outcome.refundReference === refundReference

const denied = ({ refundReference }: RefundHeard) =>
  indeterminate(
    "refund_contradicted",
    `a webhook says that ${refundReference} failed, and its processor still shows otherwise`
  )

const provesSomething = ({ _tag }: RefundOutcome): boolean => _tag === "Refunded" || _tag === "Declined"

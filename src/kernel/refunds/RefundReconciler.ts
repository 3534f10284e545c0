import { Context, Duration, Effect, Fiber, Layer } from "effect"
import { Absent, Indeterminate } from "../cascade/Disposition.ts"
import { withDeadline } from "../detached.ts"
import { Principal } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { capability, Providers, type RefundLookupResult } from "../PaymentProvider.ts"
import type { Reconciled } from "../Reconciler.ts"
import { keepableRefund } from "./keepableRefund.ts"
import { RefundLedger, type RefundOutcome, type UnresolvedRefund } from "./RefundLedger.ts"
import { RefundNews } from "./RefundNews.ts"
import { refundLease, unknownRefund, voidReference } from "./giveBack.ts"

const reconciler = Principal.make("reconciler")

/** How many refunds one pass takes on, and how many processors it asks at a time. */
const batch = 100
const parallel = 8

const lookupDeadline = Duration.seconds(20)
const askingLease = Duration.seconds(60)

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

        const resolve = Effect.fn("RefundReconciler.resolve")(function* (
          unresolved: UnresolvedRefund,
          source: "lookup" | "webhook"
        ) {
          const outcome = keepableRefund(
            yield* ask(unresolved).pipe(Effect.provideService(Providers, providers))
          )
          const { refund } = unresolved
          const { id, mid, provider } = refund
          yield* Effect.annotateCurrentSpan({ refund: id, mid, provider, source, outcome: outcome._tag })
          // Whoever sends it is still at it, or it is known already: what proves nothing adds nothing.
          if (refund.state !== "indeterminate" && !provesSomething(outcome)) return refund
          return yield* ledger.record({ refund: refund.id, outcome, source, by: reconciler })
        })

        const resolveQuietly = (unresolved: UnresolvedRefund) =>
          resolve(unresolved, "lookup").pipe(
            Effect.map(({ state }) => state !== "indeterminate"),
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

        const heard: RefundNews["Service"]["heard"] = Effect.fn("RefundNews.heard")(function* (mid, news) {
          const found = yield* ledger.find(mid, news)
          if (found === undefined) return false
          const { provider: name, processorReference, booked, ours } = found
          if (ours !== undefined) yield* resolve(ours, "webhook")
          if (booked) return true
          const { refundedAmount } = yield* providers.get(name).pipe(
            Effect.flatMap((provider) => inTime(provider.refundContext({ mid, processorReference }))),
            Effect.catchTag(["UnknownProvider", "ChargeUnknown"], (error) =>
              Effect.fail(indeterminate("cannot_ask", error.message))
            )
          )
          const { refundReference } = news
          const known = yield* ledger.recordElsewhere({
            mid,
            processorReference,
            refundReference,
            refunded: refundedAmount
          })
          return (
            known ??
            (yield* indeterminate("refund_in_review", "a refund of the charge is still being checked"))
          )
        })

        return Context.make(RefundReconciler, { takeOver: ledger.takeOver(batch), pass }).pipe(
          Context.add(RefundNews, { heard })
        )
      })
    )
}

const provesSomething = ({ _tag }: RefundOutcome): boolean => _tag === "Refunded" || _tag === "Declined"

/** Whatever a driver says: while a refund may still be on its way to the processor, "not found" means nothing. */
const horizonOf = (absenceHorizon: Duration.Duration): Duration.Duration =>
  Duration.max(absenceHorizon, refundLease)

const ask = Effect.fnUntraced(function* ({
  refund,
  age,
  refundReference
}: UnresolvedRefund): Effect.fn.Return<RefundOutcome, never, Providers> {
  return yield* Effect.gen(function* () {
    const provider = yield* (yield* Providers).get(refund.provider)
    if (refund.kind === "void") return yield* askForVoid(refund, age)
    const { lookupRefund, absenceHorizon } = yield* capability(provider, "refundLookup")
    const { mid, idempotencyKey, money, processorReference, writtenAt } = refund
    const found = yield* inTime(
      lookupRefund({
        mid,
        idempotencyKey,
        money,
        processorReference,
        writtenAt,
        ...(refundReference === undefined ? {} : { refundReference })
      })
    )
    // What the processor named once is not absent, however it is hidden now.
    if (found._tag === "RefundNotFound" && refundReference !== undefined) {
      const { message } = found.evidence
      return unknown(
        "known_and_not_found",
        `the processor named it ${refundReference} and does not find it: ${message}`
      )
    }
    return concluded(found, age, horizonOf(absenceHorizon))
  }).pipe(
    Effect.catchTag("Indeterminate", (error) => Effect.succeed(unknownRefund(error))),
    Effect.catch((error) => Effect.succeed(unknown("cannot_look_up", error.message))),
    Effect.catchCause((cause) =>
      Effect.as(
        Effect.logError("a lookup broke", cause),
        unknown("lookup_broke", "the lookup ended without an answer")
      )
    )
  )
})

/** A void is known by what is left of its charge: everything went back, or nothing did. */
const askForVoid = Effect.fnUntraced(function* (refund: UnresolvedRefund["refund"], age: number) {
  const { mid, processorReference, money } = refund
  const provider = yield* (yield* Providers).get(refund.provider)
  const { absenceHorizon } =
    provider.refundLookup ?? provider.chargeLookup ?? (yield* capability(provider, "refundLookup"))
  const context = yield* inTime(provider.refundContext({ mid, processorReference }))
  if (context.refundedAmount >= money.amount) {
    const evidence = { code: "voided", message: "the processor says that all of the charge went back" }
    const voided: RefundOutcome = {
      _tag: "Refunded",
      refundReference: voidReference(processorReference),
      money,
      evidence
    }
    return voided
  }
  const evidence = { code: "not_voided", message: "the processor says that nothing of the charge went back" }
  return age > Duration.toMillis(horizonOf(absenceHorizon))
    ? new Absent({ evidence })
    : unknown(evidence.code, evidence.message)
})

const inTime = <A, E>(asking: Effect.Effect<A, E>): Effect.Effect<A, E | Indeterminate> =>
  withDeadline(asking, lookupDeadline, (fiber) =>
    Effect.andThen(
      Effect.forkDetach(Fiber.interrupt(fiber)),
      Effect.fail(indeterminate("lookup_unanswered", "the processor did not answer in time"))
    )
  )

/** What the answer to a lookup proves of a refund, so many milliseconds after its write-ahead. */
export const concluded = (
  found: RefundLookupResult,
  age: number,
  absenceHorizon: Duration.Duration
): RefundOutcome => {
  switch (found._tag) {
    case "RefundDone": {
      const { refundReference, money } = found.refunded
      const evidence = { code: "refunded", message: "the processor gave it back" }
      return { _tag: "Refunded", refundReference, money, evidence }
    }
    case "RefundDeclined":
      return found.declined
    case "RefundPending": {
      const { evidence, refundReference } = found
      return {
        _tag: "Indeterminate",
        evidence,
        ...(refundReference === undefined ? {} : { refundReference })
      }
    }
    case "RefundNotFound":
      return age > Duration.toMillis(absenceHorizon)
        ? new Absent({ evidence: found.evidence })
        : { _tag: "Indeterminate", evidence: found.evidence }
  }
}

const indeterminate = (code: string, message: string): Indeterminate =>
  new Indeterminate({ evidence: { code, message } })

const unknown = (code: string, message: string): RefundOutcome => ({
  _tag: "Indeterminate",
  evidence: { code, message }
})

import { Context, Effect, Layer } from "effect"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { capability, Providers } from "../PaymentProvider.ts"
import type { Reconciled } from "../Reconciler.ts"
import { askForSum, inTime, reconciler } from "./askRefund.ts"
import { type MissingReturn, RefundLedger } from "./RefundLedger.ts"
import { RefundNews } from "./RefundNews.ts"

/** How many charges one pass takes on, and how many processors it asks at a time. */
const batch = 20
const parallel = 4

/** No more of one charge is asked for at a time; what is left is found next time. */
const mostRefunds = 20

/**
 * Looks for money that went back and is not booked, because the webhook of a refund that somebody made at the processor
 * never came. The processor's list says what there is to ask for, and no more: each refund that is not in the books is
 * asked for by its own id and recorded, in the same way as if its webhook had come. What the list does not explain is left to
 * the person whom the incident calls.
 */
export class ReturnSearch extends Context.Service<
  ReturnSearch,
  {
    /** Looks for what is due; `resolved` counts refunds that were heard. */
    readonly pass: Effect.Effect<Reconciled, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/refunds/ReturnSearch") {
  static readonly layer: Layer.Layer<ReturnSearch, never, RefundLedger | Providers | RefundNews> =
    Layer.effect(
      ReturnSearch,
      Effect.gen(function* () {
        const ledger = yield* RefundLedger
        const providers = yield* Providers
        const { heard } = yield* RefundNews

        const search = Effect.fnUntraced(function* ({
          mid,
          provider: name,
          processorReference,
          booked
        }: MissingReturn) {
          const charge = { mid, processorReference }
          const provider = yield* providers.get(name)
          const { listRefunds } = yield* capability(provider, "refundLookup")
          if (listRefunds === undefined) return 0
          const known = new Set(booked)
          const unheard = [...new Set(yield* inTime(listRefunds(charge)))].filter((one) => !known.has(one))
          let found = 0
          for (const refundReference of unheard.slice(0, mostRefunds)) {
            // One that cannot be heard of now keeps no other from it.
            const isHeard = yield* heard(mid, { refundReference, processorReference }, "lookup").pipe(
              Effect.catchTag("Indeterminate", ({ evidence }) =>
                Effect.as(
                  Effect.logInfo("a refund in a processor's list proves nothing yet").pipe(
                    Effect.annotateLogs({ refundReference, code: evidence.code })
                  ),
                  false
                )
              )
            )
            if (isHeard) found += 1
          }
          // Perhaps all of it is booked by now, by webhooks that came after all.
          const books = yield* ledger.find(mid, { refundReference: "", processorReference })
          const refunded = books === undefined ? undefined : yield* askForSum(provider, charge)
          if (books !== undefined && refunded !== undefined) {
            const { version } = books
            yield* ledger.compareReturned({ ...charge, refunded, version, by: reconciler })
          }
          return found
        })

        const searchQuietly = (missing: MissingReturn) =>
          search(missing).pipe(
            Effect.catchCause((cause) =>
              Effect.as(Effect.logWarning("what went back of a charge could not be looked for now", cause), 0)
            ),
            Effect.annotateLogs({ mid: missing.mid, charge: missing.processorReference }),
            Effect.withSpan("ReturnSearch.takeOn", { root: true, kind: "consumer" })
          )

        const pass = Effect.gen(function* () {
          const due = yield* ledger.claimMissing(batch)
          const found = yield* Effect.forEach(due, searchQuietly, { concurrency: parallel })
          return { asked: due.length, resolved: found.reduce((sum, heardOf) => sum + heardOf, 0) }
        }).pipe(Effect.withSpan("ReturnSearch.pass"))

        return { pass }
      })
    )
}

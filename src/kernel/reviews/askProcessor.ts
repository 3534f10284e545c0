import { Duration, Effect } from "effect"
import type { Indeterminate } from "../cascade/Disposition.ts"
import { answeredWithin } from "../detached.ts"
import { type PaymentLedger, type LedgerUnavailable } from "../PaymentLedger.ts"
import type { Providers } from "../PaymentProvider.ts"
import type { Review } from "./Review.ts"
import { ProcessorSilent, ReviewContradicted } from "./reviewRefusals.ts"

/** How long a processor may take to show a charge. */
const deadline = Duration.seconds(20)

/**
 * Asks the processor for the charge that a review says was captured, by the reference that it names. Money that a person
 * says moved is booked and fulfilled for, and nothing takes it back: so a processor that does not show it, or shows
 * another sum, stands against it, and one that is silent leaves everything as it is.
 */
export const askProcessor = Effect.fnUntraced(function* (
  {
    ledger,
    providers
  }: { readonly ledger: PaymentLedger["Service"]; readonly providers: Providers["Service"] },
  { conclusion, session, attempt: id, processorReference, amount, currency }: Review
): Effect.fn.Return<void, ReviewContradicted | ProcessorSilent | LedgerUnavailable> {
  if (conclusion !== "captured" || processorReference === undefined) return
  const attempt = (yield* ledger.attempts(session)).find((one) => one.id === id)
  // One that nobody knows is the storage's to refuse.
  if (attempt === undefined) return
  const { mid, provider: name } = attempt
  const silent = (error: Indeterminate | { readonly message: string }) =>
    new ProcessorSilent({ provider: name, problem: error.message })
  const provider = yield* Effect.mapError(providers.get(name), silent)
  const { captured, refundedAmount } = yield* answeredWithin(
    provider.refundContext({ mid, processorReference }),
    deadline,
    () => ({ _tag: "Silent" as const, message: "it did not answer in time" })
  ).pipe(
    Effect.catchTag("ChargeUnknown", () =>
      Effect.fail(new ReviewContradicted({ by: "unknown_to_processor" }))
    ),
    Effect.catchTag(["Indeterminate", "Silent"], (error) => Effect.fail(silent(error)))
  )
  // Of one that is in review, what went back as a whole would settle it, and the goods go out for nothing.
  const allGone = attempt.state === "indeterminate" && refundedAmount >= captured.amount
  if (captured.amount !== amount || captured.currency !== currency || allGone) {
    return yield* new ReviewContradicted({ by: "other_at_processor" })
  }
})

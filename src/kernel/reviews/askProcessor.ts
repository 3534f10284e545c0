import { Duration, Effect } from "effect"
import type { Indeterminate } from "../cascade/Disposition.ts"
import { answeredWithin } from "../detached.ts"
import type { MidId } from "../ids.ts"
import { type PaymentLedger, type LedgerUnavailable } from "../PaymentLedger.ts"
import { capability, type PaymentProvider, type Providers, refundOfAnother } from "../PaymentProvider.ts"
import type { Contradiction, Review } from "./Review.ts"
import { ProcessorSilent, ReviewContradicted } from "./reviewRefusals.ts"

/** How long a processor may take to show a charge or a refund. */
const deadline = Duration.seconds(20)

interface Asked {
  readonly provider: PaymentProvider
  readonly mid: MidId
  readonly review: Review
  /** The key that the attempt was sent with. */
  readonly key: string
  /** The attempt is in review, and settled by what is signed. */
  readonly settles: boolean
}

/**
 * Asks the processor for the charge that a review says was captured, or for the refund that it says went back, by the
 * reference that it names. Money that a person says moved is booked, and nothing takes it back: so a processor that does
 * not show it, or shows another sum, stands against it, and one that is silent leaves everything as it is.
 */
export const askProcessor = Effect.fnUntraced(function* (
  {
    ledger,
    providers
  }: { readonly ledger: PaymentLedger["Service"]; readonly providers: Providers["Service"] },
  review: Review
): Effect.fn.Return<void, ReviewContradicted | ProcessorSilent | LedgerUnavailable> {
  const { conclusion, session, attempt: id } = review
  if (conclusion !== "captured" && conclusion !== "refunded") return
  const attempt = (yield* ledger.attempts(session)).find((one) => one.id === id)
  // One that nobody knows is the storage's to refuse.
  if (attempt === undefined) return
  const { mid, provider: name, state, idempotencyKey: key } = attempt
  const silent = (error: Indeterminate | { readonly message: string }) =>
    new ProcessorSilent({ provider: name, problem: error.message })
  const provider = yield* Effect.mapError(providers.get(name), silent)
  const asked = { provider, mid, review, key, settles: state === "indeterminate" }
  const asking = conclusion === "captured" ? askForCharge(asked) : askForRefund(asked)
  const contradiction = yield* answeredWithin(asking, deadline, () => ({
    message: "it did not answer in time"
  })).pipe(Effect.mapError(silent))
  if (contradiction !== undefined) return yield* new ReviewContradicted({ by: contradiction })
})

/** What stands against it, if anything does. Whatever else the processor says proves nothing. */
type Asking = Effect.Effect<Contradiction | undefined, { readonly message: string }>

const askForCharge = ({
  provider,
  mid,
  key,
  settles,
  review: { processorReference = "", amount, currency }
}: Asked): Asking =>
  provider.refundContext({ mid, processorReference }).pipe(
    Effect.map(({ captured, refundedAmount, idempotencyKey = key }) => {
      // What went back as a whole would settle it, and the goods go out for nothing.
      const allGone = settles && refundedAmount >= captured.amount
      // What was sent for another attempt is somebody else's money.
      const another = idempotencyKey !== key
      return another || captured.amount !== amount || captured.currency !== currency || allGone
        ? "other_at_processor"
        : undefined
    }),
    Effect.catchTag("ChargeUnknown", () => Effect.succeed("unknown_to_processor" as const))
  )

const askForRefund = Effect.fnUntraced(function* ({
  provider,
  mid,
  review: { charge = "", processorReference: refundReference = "", amount, currency }
}: Asked): Effect.fn.Return<Contradiction | undefined, { readonly message: string }> {
  const { readRefund } = yield* capability(provider, "refundLookup")
  const found = yield* readRefund({ mid, processorReference: charge, refundReference }).pipe(
    Effect.catchIf(
      ({ evidence }) => evidence.code === refundOfAnother,
      () => Effect.succeed({ _tag: "OfAnother" as const })
    )
  )
  switch (found._tag) {
    case "RefundDone": {
      const { refundReference: shown, money } = found.refunded
      const asSaid = shown === refundReference && money.amount === amount && money.currency === currency
      return asSaid ? undefined : "other_at_processor"
    }
    case "OfAnother":
      return "other_at_processor"
    case "RefundDeclined":
    case "RefundPending":
      return "not_refunded_at_processor"
    case "RefundNotFound":
      return "unknown_to_processor"
  }
})

import { Duration, Effect } from "effect"
import { Absent, type Declined, Indeterminate } from "../cascade/Disposition.ts"
import { answeredWithin } from "../detached.ts"
import { Principal } from "../ids.ts"
import {
  capability,
  type ChargeReference,
  type PaymentProvider,
  Providers,
  type RefundLookupResult,
  refundOfAnother
} from "../PaymentProvider.ts"
import { refundLease, unknownRefund, voidReference } from "./giveBack.ts"
import { keepableRefund } from "./keepableRefund.ts"
import type { RefundedOutcome, RefundOutcome, UnresolvedRefund } from "./RefundLedger.ts"

// How a processor is asked what became of a refund. Whatever it answers, asking fails with nothing but "nobody knows".

/** Who writes down what a processor was asked for. */
export const reconciler = Principal.make("reconciler")

const lookupDeadline = Duration.seconds(20)

/** Whatever a driver says: while a refund may still be on its way to the processor, "not found" means nothing. */
const horizonOf = (absenceHorizon: Duration.Duration): Duration.Duration =>
  Duration.max(absenceHorizon, refundLease)

/** What became of a refund of ours, by the key that it was sent with. */
export const askOurs = Effect.fnUntraced(function* ({
  refund,
  age,
  refundReference
}: UnresolvedRefund): Effect.fn.Return<RefundOutcome, never, Providers> {
  return yield* Effect.gen(function* () {
    const provider = yield* (yield* Providers).get(refund.provider)
    if (refund.kind === "void") return yield* askForVoid(provider, refund, age)
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
    ),
    Effect.map(keepableRefund)
  )
})

/** A void is known by its charge: it went back as a whole, or it did not. */
const askForVoid = Effect.fnUntraced(function* (
  provider: PaymentProvider,
  { mid, processorReference }: UnresolvedRefund["refund"],
  age: number
) {
  const { readRefund, absenceHorizon } = yield* capability(provider, "refundLookup")
  const refundReference = voidReference(processorReference)
  const found = yield* inTime(readRefund({ mid, processorReference, refundReference }))
  if (found._tag === "RefundDone" || found._tag === "RefundDeclined") {
    const outcome = concluded(found, age, horizonOf(absenceHorizon))
    return nameOf(outcome) === refundReference
      ? outcome
      : unknown(refundOfAnother, `the answer is not of ${refundReference}`)
  }
  const evidence = { code: "not_voided", message: "the processor says that the charge is not voided" }
  return age > Duration.toMillis(horizonOf(absenceHorizon))
    ? new Absent({ evidence })
    : unknown(evidence.code, evidence.message)
})

interface Named extends ChargeReference {
  readonly refundReference: string
}

/** What became of one refund by the processor's own id, if anything did: another one's answer is none. */
export const askNamed = Effect.fnUntraced(function* (
  provider: PaymentProvider,
  named: Named
): Effect.fn.Return<RefundedOutcome | Declined, Indeterminate> {
  const { readRefund } = yield* capability(provider, "refundLookup").pipe(
    Effect.mapError((error) => indeterminate("cannot_ask", error.message))
  )
  const found = yield* inTime(readRefund(named))
  if (found._tag === "RefundPending") return yield* notOver(found.evidence.message)
  if (found._tag === "RefundNotFound") return yield* new Indeterminate({ evidence: found.evidence })
  const outcome = keepableRefund(
    found._tag === "RefundDone" ? refundedOutcome(found.refunded) : found.declined
  )
  if (outcome._tag !== "Refunded" && outcome._tag !== "Declined") {
    return yield* indeterminate(outcome.evidence.code, outcome.evidence.message)
  }
  return nameOf(outcome) === named.refundReference
    ? outcome
    : yield* indeterminate(refundOfAnother, `the answer is not of ${named.refundReference}`)
})

/** The processor's own id of what an outcome is of. */
export const nameOf = (outcome: RefundOutcome): string | undefined => {
  switch (outcome._tag) {
    case "Declined":
      return outcome.processorReference
    case "Refunded":
    case "Indeterminate":
      return outcome.refundReference
    case "Absent":
      return undefined
  }
}

/** What the processor says went back of the charge in all, in minor units; nothing if it does not say so now. */
export const askForSum = (provider: PaymentProvider, charge: ChargeReference) =>
  inTime(provider.refundContext(charge)).pipe(
    Effect.map(({ refundedAmount }) => refundedAmount),
    Effect.catch(() => Effect.undefined)
  )

/** Within the time of every lookup. */
export const inTime = <A, E>(asking: Effect.Effect<A, E>): Effect.Effect<A, E | Indeterminate> =>
  answeredWithin(asking, lookupDeadline, () =>
    indeterminate("lookup_unanswered", "the processor did not answer in time")
  )

const refundedOutcome = ({
  refundReference,
  money
}: Pick<RefundedOutcome, "refundReference" | "money">): RefundedOutcome => {
  const evidence = { code: "refunded", message: "the processor gave it back" }
  return { _tag: "Refunded", refundReference, money, evidence }
}

/** What the answer to a lookup proves of a refund, so many milliseconds after its write-ahead. */
export const concluded = (
  found: RefundLookupResult,
  age: number,
  absenceHorizon: Duration.Duration
): RefundOutcome => {
  switch (found._tag) {
    case "RefundDone":
      return refundedOutcome(found.refunded)
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

/** Nothing failed: news of it comes again for as long as that takes. */
export const notOver = (message: string): Indeterminate => indeterminate(notOverYet, message)

/** The code of news that waits, because the refund, or another one of its charge, is not over. */
export const notOverYet = "refund_in_review"

export const indeterminate = (code: string, message: string): Indeterminate =>
  new Indeterminate({ evidence: { code, message } })

const unknown = (code: string, message: string): RefundOutcome => ({
  _tag: "Indeterminate",
  evidence: { code, message }
})

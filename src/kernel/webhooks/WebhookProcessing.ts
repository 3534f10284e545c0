import { Context, Duration, Effect, Layer, Result } from "effect"
import { Declined } from "../cascade/Disposition.ts"
import { ChargeResolver, contradicted, undone } from "../ChargeResolver.ts"
import { DisputeNews } from "../disputes/DisputeNews.ts"
import { Principal } from "../ids.ts"
import type { LedgerUnavailable, PaymentLedger, Unresolved } from "../PaymentLedger.ts"
import { Providers, type RefundHeard } from "../PaymentProvider.ts"
import { notOverYet } from "../refunds/askRefund.ts"
import { voidReference } from "../refunds/giveBack.ts"
import { RefundNews } from "../refunds/RefundNews.ts"
import { keptReading } from "./keptReading.ts"
import {
  type ClaimedWebhook,
  type KeptReading,
  type KeptSubject,
  WebhookInbox,
  type WebhookLane,
  type WebhookOutcome,
  type WebhookTrouble
} from "./WebhookInbox.ts"

/** What one pass did, in webhooks. */
export interface WorkedOff {
  readonly taken: number
  readonly deadLetters: number
}

const webhooks = Principal.make("webhooks")

/** How many one pass of a lane takes on, and how many of them at a time. */
const batch = 100
const parallel = 8

/** Longer than the lookups of one webhook take and are recorded. */
const lease = Duration.seconds(90)

/** An unreadable body is kept so long for a version that can read it. */
const keepBodies = Duration.days(30)

/**
 * When a webhook is tried again that came to nothing, after each try in turn: 19 hours in all, and then it is a dead
 * letter. At the beginning often: the row of its attempt may be on its way.
 */
export const webhookRetryDelays: ReadonlyArray<Duration.Duration> = [
  1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 14_400, 28_800
].map((seconds) => Duration.seconds(seconds))

/**
 * When a charge is looked at again that was said to be captured, and of which its processor showed that all was taken
 * back: beyond every processor's horizon, and a day later. Nobody is held up by it meanwhile.
 */
export const undoneLooks: ReadonlyArray<Duration.Duration> = [
  Duration.hours(1),
  Duration.hours(24),
  Duration.hours(24)
]

const delaysOf = ({ released }: ClaimedWebhook): ReadonlyArray<Duration.Duration> =>
  released === "undone" ? undoneLooks : webhookRetryDelays

/** When one is tried again that waits for the outcome of something else, however long that takes. */
export const webhookWaits = Duration.minutes(10)

/** Why a webhook, or one of its subjects, came to nothing this time. */
interface Trouble {
  readonly trouble: WebhookTrouble
  readonly problem: string
  /** It is no try that failed: something else has to end first. */
  readonly waits?: true
  /** What was shown of the charge, for all that it is said to be captured: that it took nothing, or gave all back. */
  readonly shown?: "nothing" | "undone"
}

/**
 * Works off the webhooks that came in, in any order and as often as they come. A webhook only tells where to look:
 * what became of a charge or a refund is asked of the processor, by the same resolver as everywhere. What is about
 * nothing that is known here is parked and tried again, and left to a person at last; so is what fails. One that
 * breaks holds up no other, and a processor that never answers holds up its own alone.
 */
export class WebhookProcessing extends Context.Service<
  WebhookProcessing,
  {
    /**
     * Each takes on what is due in its lane, and waits for nothing of another: what asks no processor, disputes above
     * all, and what asks one, for each of them.
     */
    readonly lanes: ReadonlyArray<Effect.Effect<WorkedOff, LedgerUnavailable>>
    /** All of them once. */
    readonly pass: Effect.Effect<WorkedOff, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/webhooks/WebhookProcessing") {
  static readonly layer: Layer.Layer<
    WebhookProcessing,
    never,
    WebhookInbox | PaymentLedger | Providers | RefundNews | DisputeNews
  > = Layer.effect(
    WebhookProcessing,
    Effect.gen(function* () {
      const inbox = yield* WebhookInbox
      const resolver = yield* ChargeResolver
      const providers = yield* Providers
      const refunds = yield* RefundNews
      const disputes = yield* DisputeNews

      /** What is left to be done of one subject; nothing when all is known of it. */
      const lookInto = Effect.fnUntraced(function* (
        { mid, receivedAt }: ClaimedWebhook,
        subject: KeptSubject,
        { occurredAt, subjects }: Pick<KeptReading, "occurredAt" | "subjects">
      ): Effect.fn.Return<Trouble | undefined, LedgerUnavailable> {
        switch (subject._tag) {
          case "Charge": {
            const charge = yield* inbox.charge(mid, subject)
            if (charge === undefined) return unknown("no attempt of this account is known by what it names")
            if (isOldNews(charge)) return undefined
            const unsure = yield* resolver.lookInto(charge, "webhook", webhooks, subject.said)
            return unsure === undefined
              ? undefined
              : {
                  ...failed(`${unsure.evidence.code}: ${unsure.evidence.message}`),
                  ...(unsure.evidence.code === undone ? { shown: "undone" as const } : {}),
                  ...(unsure.evidence.code === contradicted ? { shown: "nothing" as const } : {})
                }
          }
          case "Refund":
            return yield* refunds.heard(mid, subject).pipe(
              Effect.flatMap((known) => (known ? Effect.succeed(true) : tookNothing(mid, subject, subjects))),
              Effect.map((known) =>
                known ? undefined : unknown("no refund or charge is known by what it names")
              ),
              Effect.catchTag("Indeterminate", ({ evidence }) =>
                Effect.succeed({
                  ...failed(`${evidence.code}: ${evidence.message}`),
                  ...(evidence.code === notOverYet ? { waits: true as const } : {})
                })
              )
            )
          case "Dispute": {
            const known = yield* disputes.heard(mid, subject, occurredAt, receivedAt)
            return known ? undefined : unknown("the charge that is disputed is not known")
          }
          case "Other":
            return undefined
        }
      })

      /**
       * Whether it is the void of a charge that never took money: there is nothing to give back of it, if its processor
       * proves of that very one that it moved none.
       */
      const tookNothing = Effect.fnUntraced(function* (
        mid: ClaimedWebhook["mid"],
        { refundReference, processorReference }: RefundHeard,
        subjects: KeptReading["subjects"]
      ) {
        const charge = subjects.find(
          (one) => one._tag === "Charge" && one.processorReference === processorReference
        )
        if (processorReference === undefined || refundReference !== voidReference(processorReference))
          return false
        const found = yield* inbox.charge(mid, charge?._tag === "Charge" ? charge : { processorReference })
        if (found === undefined || found.attempt.state === "in_flight") return false
        const outcome = yield* resolver.ask(found)
        return outcome instanceof Declined && outcome.processorReference === processorReference
      })

      /** Reads one anew that could not be read when it came; its signature is judged by the time at which it came. */
      const reread = Effect.fnUntraced(function* ({ provider, mid, raw, receivedAt }: ClaimedWebhook) {
        if (raw === undefined) return unreadable("its body is not kept any more")
        const driver = yield* Effect.result(providers.get(provider))
        const reader = Result.isSuccess(driver) ? driver.success.webhooks : undefined
        if (reader === undefined) return unreadable("its provider reads no webhooks")
        const reading = yield* Effect.result(reader.readWebhook({ mid, ...raw, receivedAt }))
        return Result.isSuccess(reading) ? keptReading(reading.success) : unreadable(reading.failure.problem)
      })

      const workOff = Effect.fnUntraced(function* (
        webhook: ClaimedWebhook
      ): Effect.fn.Return<WebhookOutcome, LedgerUnavailable> {
        const { step, released, occurredAt, subjects } = webhook
        const read = subjects.length > 0 ? undefined : yield* reread(webhook)
        if (read !== undefined && "trouble" in read) return { outcome: "dead_letter", ...read }
        const kept = read === undefined ? {} : { read }
        const troubles: Array<Trouble> = []
        for (const subject of read?.subjects ?? subjects) {
          const trouble = yield* lookInto(
            webhook,
            subject,
            read ?? { subjects, ...(occurredAt === undefined ? {} : { occurredAt }) }
          ).pipe(
            Effect.catchIf(isRefusal, (error) =>
              Effect.as(
                Effect.logError("the database refuses what a webhook is about", error.cause),
                failed("the database refuses what it is about; the cause is in the log")
              )
            )
          )
          if (trouble !== undefined) troubles.push(trouble)
        }
        // What may still succeed by itself is told before what only a person can know.
        const left =
          troubles.find(
            (one) => one.trouble === "failed" && one.waits === undefined && one.shown === undefined
          ) ??
          troubles.find(({ shown }) => shown === "nothing") ??
          troubles.find(({ waits }) => waits === true) ??
          troubles.find(({ shown }) => shown === undefined) ??
          troubles[0]
        if (left === undefined) return { outcome: "processed", ...kept }
        const { shown, ...worst } = left
        // Heard, and nobody waits for it any more; but what it shows is looked at again.
        if (shown === "undone") {
          const retryAfter = undoneLooks[released === "undone" ? step : 0]
          return retryAfter === undefined
            ? { outcome: "processed", ...kept }
            : { outcome: "later", retryAfter, release: "undone", ...worst, ...kept }
        }
        // Given up, it would not be there when the refund that it waits for is called absent.
        if (worst.waits === true) return { outcome: "later", retryAfter: webhookWaits, ...worst, ...kept }
        const retryAfter = delaysOf(webhook)[step]
        // Nothing is shown to the last of what holds nobody up: what was signed, or heard, stands.
        if (retryAfter === undefined && shown === "nothing" && released !== undefined)
          return { outcome: "processed", ...(released === "signed" ? worst : {}), ...kept }
        return retryAfter === undefined
          ? { outcome: "dead_letter", ...worst, ...kept }
          : { outcome: "later", retryAfter, ...worst, ...kept }
      })

      const process = Effect.fn("WebhookProcessing.process", { root: true, kind: "consumer" })(
        function* (webhook: ClaimedWebhook) {
          yield* Effect.annotateCurrentSpan({ provider: webhook.provider, mid: webhook.mid })
          const reached = yield* workOff(webhook).pipe(
            // What breaks on it is its own trouble, and so is what the database refuses of it; the database's silence
            // is not, and costs it no try.
            Effect.catchDefect((defect) =>
              Effect.as(Effect.logError("a webhook broke", defect), broke(webhook))
            )
          )
          const outcome = yield* Effect.as(inbox.record(webhook, reached), reached).pipe(
            Effect.catchIf(isRefusal, (error) => {
              const instead = broke(webhook)
              return Effect.logError("the database refuses what was read of a webhook", error.cause).pipe(
                Effect.andThen(inbox.record(webhook, instead)),
                Effect.as(instead)
              )
            })
          )
          yield* Effect.annotateCurrentSpan({ outcome: outcome.outcome })
          if (outcome.outcome !== "dead_letter") return false
          yield* Effect.logError("a webhook is a dead letter: an operator looks at it").pipe(
            Effect.annotateLogs({ type: webhook.type, trouble: outcome.trouble, problem: outcome.problem })
          )
          return true
        },
        (effect, { nr, provider, mid }) =>
          effect.pipe(
            Effect.catchCause((cause) =>
              Effect.as(Effect.logError("a webhook could not be processed and is tried again", cause), false)
            ),
            Effect.annotateLogs({ webhook: `wh_${nr}`, provider, mid })
          )
      )

      const passOf = (lane: WebhookLane): Effect.Effect<WorkedOff, LedgerUnavailable> =>
        Effect.gen(function* () {
          const due = yield* inbox.claim(lane, batch, lease)
          const dead = yield* Effect.forEach(due, process, { concurrency: parallel })
          if (due.length === 0 && "besides" in lane) yield* inbox.forgetBodies(keepBodies, batch)
          return { taken: due.length, deadLetters: dead.filter(Boolean).length }
        }).pipe(Effect.withSpan("WebhookProcessing.pass"))

      const lanes = [passOf({ besides: providers.names }), ...providers.names.map((of) => passOf({ of }))]
      const pass = Effect.all(lanes, { concurrency: "unbounded" }).pipe(
        Effect.map((all) => ({
          taken: all.reduce((sum, { taken }) => sum + taken, 0),
          deadLetters: all.reduce((sum, { deadLetters }) => sum + deadLetters, 0)
        }))
      )

      return { lanes, pass }
    })
  ).pipe(Layer.provide(ChargeResolver.layer))
}

/** The money that it names is the money that the attempt is known to have moved. */
const isOldNews = ({ capturedAs, processorReference }: Unresolved): boolean =>
  capturedAs !== undefined && capturedAs === processorReference

/** Whether the database would refuse it again. */
const isRefusal = ({ refused }: LedgerUnavailable): boolean => refused === true

const unknown = (problem: string): Trouble => ({ trouble: "unknown", problem })
const failed = (problem: string): Trouble => ({ trouble: "failed", problem })
const unreadable = (problem: string): Trouble => ({ trouble: "unreadable", problem })

const broke = (webhook: ClaimedWebhook): WebhookOutcome => {
  const retryAfter = delaysOf(webhook)[webhook.step]
  const trouble = failed("something broke; the cause is in the log")
  return retryAfter === undefined
    ? { outcome: "dead_letter", ...trouble }
    : { outcome: "later", retryAfter, ...trouble }
}

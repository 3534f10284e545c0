import { Context, Duration, Effect, Layer, Option, type Redacted, Schedule, Tracer } from "effect"
import { withoutCardNumber } from "../cardNumbers.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { type ClaimedDelivery, EventDeliveries, type DeliveryOutcome } from "./EventDeliveries.ts"
import { EventSecrets } from "./EventSecrets.ts"
import { EventSender, type Sent } from "./EventSender.ts"
import { waitAfter } from "./retrySchedule.ts"

/** How much one pass takes on. */
const batch = 500

/** Longer than the hard deadline of a try, with what it takes to record it. */
const lease = Duration.seconds(60)

/** How many of one subscription are under way at a time; fewer while it fails. */
const each = { healthy: 8, failing: 2 }

/** A subscription is disabled after so long of nothing but failures. */
const disableAfter = Duration.days(5)

/** Failures further apart than this do not make one row: there was nothing to be told meanwhile. */
const streak = Duration.days(2)

/** What is kept of an answer. */
const longestAnswer = 500

/** Which subscriptions are served: those that take what they are sent, or those that fail, which hold up no other. */
export type Lane = "healthy" | "failing"

/** Carries events from the outbox to the apps: at least once, each by itself. */
export class EventDispatcher extends Context.Service<
  EventDispatcher,
  {
    /** Makes deliveries of what happened, and anew of what is to be replayed. Answers whether there may be more. */
    readonly prepare: Effect.Effect<boolean, LedgerUnavailable>
    /** Deliveries that are due, up to some room, each as the work of making it. The caller says how they run. */
    readonly claim: (
      lane: Lane,
      room: number
    ) => Effect.Effect<ReadonlyArray<Effect.Effect<void>>, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/events/EventDispatcher") {
  static readonly layer: Layer.Layer<EventDispatcher, never, EventDeliveries | EventSecrets | EventSender> =
    Layer.effect(
      EventDispatcher,
      Effect.gen(function* () {
        const deliveries = yield* EventDeliveries
        const { open } = yield* EventSecrets
        const sender = yield* EventSender

        const record = (delivery: ClaimedDelivery, outcome: DeliveryOutcome) =>
          // Not recorded is sent again: a moment's silence of the database is waited for.
          deliveries
            .record(delivery, outcome)
            .pipe(Effect.retry({ schedule: Schedule.exponential("200 millis"), times: 4 }))

        const deliver = Effect.fnUntraced(
          function* (delivery: ClaimedDelivery) {
            const { subscription, event, url } = delivery
            const opened = yield* Effect.forEach(delivery.secrets, (sealed) =>
              open(subscription, sealed).pipe(
                Effect.tapError((error) => Effect.logError(error.message)),
                Effect.option
              )
            )
            const secrets: ReadonlyArray<Redacted.Redacted> = opened.flatMap(Option.toArray)
            // Ours to mend, and no failure of the endpoint: it comes again when its lease is over.
            if (secrets.length === 0) return
            const sent = yield* sender.send({ url, id: event, body: bodyOf(delivery), secrets })
            const outcome = outcomeOf(delivery, sent)
            yield* Effect.annotateCurrentSpan({ outcome: outcome.outcome })
            const disabled = yield* record(delivery, outcome)
            if (outcome.outcome !== "delivered") {
              yield* Effect.logWarning("an event was not received").pipe(
                Effect.annotateLogs({
                  ...(sent._tag === "Answered" ? { status: sent.status } : { problem: sent.problem }),
                  again: "retryAfter" in outcome
                })
              )
            }
            if (disabled !== undefined) {
              yield* Effect.logError("a subscription was disabled; its app enables it again").pipe(
                Effect.annotateLogs({ reason: disabled })
              )
            }
            return undefined
          },
          (work, { subscription, event, type, trace }) =>
            work.pipe(
              Effect.catchCause((cause) =>
                Effect.logWarning("a delivery could not be ended and comes again", cause)
              ),
              // A trace of its own, because it may be made days later: it leads back to the one in which it happened.
              Effect.withSpan("EventDispatcher.deliver", {
                root: true,
                kind: "producer",
                attributes: { event, type },
                links: linksTo(trace)
              }),
              Effect.annotateLogs({ subscription, event, type })
            )
        )

        return EventDispatcher.of({
          prepare: Effect.gen(function* () {
            const told = yield* deliveries.fanOut(batch)
            const replayed = yield* deliveries.replay(batch)
            return told === batch || replayed > 0
          }),
          claim: Effect.fn("EventDispatcher.claim")(function* (lane, room) {
            const claimed = yield* deliveries.claim({
              failing: lane === "failing",
              limit: room,
              each: each[lane],
              lease
            })
            return claimed.map((delivery) => deliver(delivery))
          })
        })
      })
    )
}

const linksTo = (trace: string | null | undefined): ReadonlyArray<Tracer.SpanLink> => {
  const [traceId, spanId] = trace?.split("-") ?? []
  return traceId === undefined || spanId === undefined
    ? []
    : [{ span: Tracer.externalSpan({ traceId, spanId, sampled: true }), attributes: {} }]
}

/** What is sent, as Standard Webhooks has it. The same event gives the same bytes at every try. */
const bodyOf = ({ event, type, occurredAt, payload }: ClaimedDelivery): string =>
  JSON.stringify({ id: event, type, timestamp: occurredAt, data: payload })

const outcomeOf = ({ subscription, event, step }: ClaimedDelivery, sent: Sent): DeliveryOutcome => {
  const bounds = { streak, disableAfter }
  if (sent._tag === "NotAnswered") {
    return {
      outcome: "failed",
      answer: keepable(sent.problem),
      ...again(`${subscription}_${event}`, step),
      ...bounds
    }
  }
  const { status } = sent
  const answered = { status, answer: keepable(sent.answer), ...bounds }
  if (status >= 200 && status < 300) return { outcome: "delivered", ...answered }
  return {
    outcome: status === 410 ? "gone" : "failed",
    ...answered,
    ...again(`${subscription}_${event}`, step)
  }
}

const again = (delivery: string, step: number) => {
  const retryAfter = waitAfter(delivery, step)
  return retryAfter === undefined ? {} : { retryAfter }
}

/** What a record can keep of somebody's answer: bounded, without control characters, and no card number. */
const keepable = (answer: string): string =>
  withoutCardNumber(
    answer
      .slice(0, longestAnswer)
      .replaceAll(/[\p{Cc}\p{Cs}\s]+/gu, " ")
      .trim()
  )

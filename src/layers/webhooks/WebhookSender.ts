import { Clock, Duration, Effect, Layer, Redacted } from "effect"
import { Webhook } from "standardwebhooks"
import { EventSender } from "../../kernel/events/EventSender.ts"
import { traceparent } from "../transport/trace.ts"
import { judgeEndpoint, type EndpointRules } from "./endpoint.ts"
import { post } from "./post.ts"
import { Resolver } from "./Resolver.ts"

/** How long an endpoint may take to answer. */
const deadlineByDefault = Duration.seconds(15)

interface SenderSettings extends EndpointRules {
  readonly deadline?: Duration.Duration
}

/** Sends events as Standard Webhooks. The address is judged before every try, because a name may lead elsewhere by then. */
export const layer = ({
  deadline = deadlineByDefault,
  ...rules
}: SenderSettings): Layer.Layer<EventSender, never, Resolver> =>
  Layer.effect(
    EventSender,
    Effect.gen(function* () {
      const resolver = yield* Resolver
      const judge = (url: string) => judgeEndpoint(url, resolver, rules)
      return EventSender.of({
        judge: Effect.fn("EventSender.judge")((url) =>
          Effect.map(judge(url), (endpoint) => endpoint.url.href)
        ),
        send: Effect.fn("EventSender.send")(function* ({ url, id, body, secrets }) {
          const endpoint = yield* Effect.result(judge(url))
          if (endpoint._tag === "Failure") {
            return { _tag: "NotAnswered", problem: `not sent: ${endpoint.failure.message}` } as const
          }
          const now = yield* Clock.currentTimeMillis
          const trace = yield* traceparent
          const headers = {
            ...(trace === undefined ? {} : { traceparent: trace }),
            "content-type": "application/json",
            "user-agent": "payment-orchestration-webhooks/1",
            "webhook-id": id,
            "webhook-timestamp": String(Math.floor(now / 1000)),
            "webhook-signature": secrets.map((secret) => sign(secret, id, now, body)).join(" ")
          }
          return yield* post(endpoint.success, headers, body, deadline)
        })
      })
    })
  )

const sign = (secret: Redacted.Redacted, id: string, now: number, body: string): string =>
  new Webhook(Redacted.value(secret)).sign(id, new Date(now), body)

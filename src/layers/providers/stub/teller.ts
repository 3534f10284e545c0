import {
  Clock,
  Context,
  DateTime,
  Duration,
  Effect,
  FiberSet,
  Redacted,
  Schedule,
  Schema,
  type Scope
} from "effect"
import { Webhook } from "standardwebhooks"
import { post } from "../../webhooks/post.ts"
import type { StubEntry } from "./StubEntry.ts"
import { accountSecret, StubWebhook } from "./webhooks.ts"

/** Where the simulated gateways of this process find its door: an IP address and a port, or nothing to tell nobody. */
export const StubWebhookTarget = Context.Reference<
  { readonly address: string; readonly port: number } | undefined
>("payment-orchestration/layers/providers/stub/teller/StubWebhookTarget", { defaultValue: () => undefined })

/** Tells of a charge or a refund once its money has moved. */
export type Tell = (entry: StubEntry) => Effect.Effect<void>

const encode = Schema.encodeEffect(Schema.fromJsonString(StubWebhook))

const newsOf = ({
  operation,
  mid,
  idempotencyKey: key,
  processorReference: reference,
  chargeReference: charge
}: StubEntry): Omit<StubWebhook, "timestamp"> =>
  operation === "charge"
    ? { type: "charge.updated", data: { object: "charge", mid, reference, key } }
    : { type: "refund.updated", data: { object: "refund", mid, reference, charge } }

/** Whatever is lost, the reconciler finds out by asking. */
const mostTries = 5
const pause = Duration.seconds(2)
const patience = Duration.seconds(5)

/**
 * What the simulated gateways tell by themselves: late captures and refunds that do not arrive, when their money moves,
 * while the process lives. Like a processor they POST a signed webhook to the service's own door, and try again unless it answers 2xx.
 */
export const makeTeller = Effect.fnUntraced(function* (
  secret: Redacted.Redacted | undefined
): Effect.fn.Return<Tell, never, Scope.Scope> {
  const target = yield* StubWebhookTarget
  if (target === undefined || secret === undefined) return () => Effect.void
  const { address, port } = target
  const underWay = yield* FiberSet.make<void>()

  const send = Effect.fnUntraced(function* (entry: StubEntry) {
    const { gateway, mid, processorReference } = entry
    const now = DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
    const id = `msg_${processorReference}`
    const body = yield* encode({ ...newsOf(entry), timestamp: now })
    const signer = new Webhook(Redacted.value(accountSecret(secret, gateway, mid)))
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(DateTime.toEpochMillis(now) / 1000)),
      "webhook-signature": signer.sign(id, DateTime.toDate(now), body)
    }
    const host = address.includes(":") ? `[${address}]` : address
    const url = new URL(`http://${host}:${port}/v1/webhooks/${gateway}/${mid}`)
    const sent = yield* post({ url, addresses: [address] }, headers, body, patience)
    return sent._tag === "Answered" && sent.status >= 200 && sent.status < 300
  })

  return (entry) => {
    const telling = Effect.gen(function* () {
      const wait = entry.movesAt - (yield* Clock.currentTimeMillis)
      yield* Effect.sleep(Duration.millis(Math.max(wait, 0)))
      const heard = yield* Effect.repeat(send(entry), {
        until: (received) => received,
        schedule: Schedule.spaced(pause),
        times: mostTries - 1
      })
      if (!heard) yield* Effect.logWarning("a simulated gateway could not tell of what it moved")
    }).pipe(
      Effect.catchCause((cause) =>
        Effect.logWarning("a simulated gateway could not tell of what it moved", cause)
      )
    )
    return Effect.asVoid(FiberSet.run(underWay, telling))
  }
})

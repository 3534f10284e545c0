import { Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Attempt } from "../../kernel/Attempt.ts"
import { OperatorsOnly } from "../../kernel/operations/operatorRefusals.ts"
import {
  ClaimedWebhook,
  KeptReading,
  RawWebhook,
  WebhookInbox,
  WebhookRecord
} from "../../kernel/webhooks/WebhookInbox.ts"
import { UnknownWebhook } from "../../kernel/webhooks/webhookRefusals.ts"
import { step, unavailable } from "../steps.ts"

const HeardCharge = Schema.Struct({
  attempt: Attempt,
  writtenAt: Schema.DateTimeUtcFromString,
  age: Schema.Int,
  processorReference: Schema.optionalKey(Schema.String),
  capturedAs: Schema.optionalKey(Schema.String)
})

const Replaying = Schema.Union([
  Schema.TaggedStruct("Replaying", { webhook: WebhookRecord }),
  Schema.TaggedStruct("NotOperator", {}),
  Schema.TaggedStruct("NoSuchWebhook", {})
])

/** What is read of a webhook before all else. */
const Claim = Schema.StructWithRest(Schema.Struct({ nr: Schema.Int, claim: Schema.Int }), [
  Schema.Record(Schema.String, Schema.Unknown)
])
const decodeClaimed = Schema.decodeUnknownEffect(ClaimedWebhook)
const notRead = { trouble: "failed", problem: "this version cannot read what was kept of it" }

const encodeReading = Schema.encodeEffect(KeptReading)
const encodeRaw = Schema.encodeEffect(RawWebhook)

/** The webhooks that came in, in PostgreSQL. What each step does is in `migrations/0008_webhooks_in.sql`. */
export const layer: Layer.Layer<WebhookInbox, never, SqlClient.SqlClient> = Layer.effect(
  WebhookInbox,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const takeStep = step(sql, "take_webhook", Schema.Boolean)
    const claimStep = step(sql, "claim_webhooks", Schema.Array(Claim))
    const recordStep = step(sql, "record_webhook", Schema.Boolean)
    const forgetStep = step(sql, "forget_bodies", Schema.Int)
    const chargeStep = step(sql, "charge_heard", Schema.NullOr(HeardCharge))
    const deadLettersStep = step(sql, "read_dead_letters", Schema.NullOr(Schema.Array(WebhookRecord)))
    const replayStep = step(sql, "replay_webhook", Replaying)

    return WebhookInbox.of({
      take: Effect.fn("WebhookInbox.take")(function* (webhook) {
        const { raw, ...rest } = webhook
        return yield* takeStep({
          ...rest,
          ...(yield* encodeReading(webhook)),
          ...(raw === undefined ? {} : { raw: yield* encodeRaw(raw) })
        })
      }, unavailable("take_webhook")),

      claim: Effect.fn("WebhookInbox.claim")(function* (lane, limit, lease) {
        const rows = yield* claimStep({ ...lane, limit, leaseMs: Duration.toMillis(lease) })
        const read = yield* Effect.forEach(rows, (row) =>
          decodeClaimed(row).pipe(
            // One that this version cannot read keeps nobody from the others.
            Effect.catch((error) =>
              Effect.logError("a webhook in the inbox cannot be read", error).pipe(
                Effect.andThen(recordStep({ ...row, outcome: "dead_letter", ...notRead })),
                Effect.as(undefined)
              )
            )
          )
        )
        return read.filter((one) => one !== undefined)
      }),

      record: Effect.fn("WebhookInbox.record")(function* ({ nr, claim }, { read, ...outcome }) {
        yield* recordStep({
          nr,
          claim,
          ...outcome,
          ...("retryAfter" in outcome ? { retryMs: Duration.toMillis(outcome.retryAfter) } : {}),
          ...(read === undefined ? {} : { read: yield* encodeReading(read) })
        })
      }, unavailable("record_webhook")),

      forgetBodies: Effect.fn("WebhookInbox.forgetBodies")((after, limit) =>
        forgetStep({ afterMs: Duration.toMillis(after), limit })
      ),

      charge: Effect.fn("WebhookInbox.charge")(function* (mid, { idempotencyKey, processorReference }) {
        return (yield* chargeStep({ mid, idempotencyKey, processorReference })) ?? undefined
      }),

      deadLetters: Effect.fn("WebhookInbox.deadLetters")(function* (by, slice) {
        return (yield* deadLettersStep({ by, ...slice })) ?? (yield* new OperatorsOnly())
      }),

      replay: Effect.fn("WebhookInbox.replay")(function* (by, webhook) {
        const nr = /^wh_([0-9]{1,18})$/.exec(webhook)?.[1]
        const replaying = yield* replayStep({ by, nr: nr ?? "0" })
        if (replaying._tag === "Replaying") return replaying.webhook
        return yield* replaying._tag === "NotOperator" ? new OperatorsOnly() : UnknownWebhook.of(webhook)
      })
    })
  })
)

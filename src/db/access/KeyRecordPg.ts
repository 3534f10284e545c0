import { Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ApiKey, KeyRecord } from "../../kernel/access/KeyRecord.ts"
import { TooManyKeys, UnknownKey, WiderThanOwn } from "../../kernel/access/keyRefusals.ts"
import { KeySecrets } from "../../kernel/access/KeySecrets.ts"
import { ChangeRequest } from "../../kernel/changes/ChangeRequest.ts"
import { ChangeLifetime } from "../../kernel/changes/ChangeStore.ts"
import { OperatorsOnly } from "../../kernel/operations/operatorRefusals.ts"
import { step } from "../steps.ts"

const NotOperator = Schema.TaggedStruct("NotOperator", {})
const NoSuchKey = Schema.TaggedStruct("NoSuchKey", {})

const Giving = Schema.Union([
  Schema.TaggedStruct("Given", { key: ApiKey }),
  NotOperator,
  NoSuchKey,
  Schema.TaggedStruct("WiderThanOwn", {}),
  Schema.TaggedStruct("TooManyKeys", {})
])
const Asking = Schema.Union([
  Schema.TaggedStruct("Requested", { change: ChangeRequest }),
  NotOperator,
  Schema.TaggedStruct("WiderThanOwn", {}),
  Schema.TaggedStruct("TooManyKeys", {})
])
const Revoking = Schema.Union([Schema.TaggedStruct("Revoked", { key: ApiKey }), NotOperator, NoSuchKey])

/** Keys in PostgreSQL. What each step does is in `migrations/0020_api_keys.sql`. */
export const layer: Layer.Layer<KeyRecord, never, SqlClient.SqlClient | KeySecrets> = Layer.effect(
  KeyRecord,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { draw } = yield* KeySecrets
    const giveStep = step(sql, "give_api_key", Giving)
    const changeLifetime = yield* ChangeLifetime
    const askStep = step(sql, "request_key", Asking)
    const revokeStep = step(sql, "revoke_api_key", Revoking)
    const listStep = step(sql, "read_api_keys", Schema.NullOr(Schema.Array(ApiKey)))

    const giveOut = Effect.fnUntraced(function* (wish: object) {
      const { id, key, mac } = yield* draw
      const giving = yield* giveStep({ ...wish, key: id, mac })
      switch (giving._tag) {
        case "Given":
          return { _tag: "Given", apiKey: giving.key, key } as const
        case "NoSuchKey":
          return giving
        case "NotOperator":
          return yield* new OperatorsOnly()
        case "WiderThanOwn":
          return yield* new WiderThanOwn()
        case "TooManyKeys":
          return yield* new TooManyKeys()
      }
    })

    return KeyRecord.of({
      give: Effect.fn("KeyRecord.give")(function* (giver, { lifetime, ...wish }) {
        const given = yield* giveOut({
          ...giver,
          ...wish,
          ...(lifetime === undefined ? {} : { lifetimeMs: Duration.toMillis(lifetime) })
        })
        return given._tag === "Given"
          ? given
          : yield* Effect.die(new Error("a key that replaces none replaces one that is not there"))
      }),
      ask: Effect.fn("KeyRecord.ask")(function* (giver, { lifetime, ...wish }, reason) {
        const { id, key, mac } = yield* draw
        const asking = yield* askStep({
          ...giver,
          mac,
          reason,
          lifetimeMs: Duration.toMillis(changeLifetime),
          wanted: {
            ...wish,
            key: id,
            ...(lifetime === undefined ? {} : { lifetimeMs: Duration.toMillis(lifetime) })
          }
        })
        switch (asking._tag) {
          case "Requested":
            return { change: asking.change, key }
          case "NotOperator":
            return yield* new OperatorsOnly()
          case "WiderThanOwn":
            return yield* new WiderThanOwn()
          case "TooManyKeys":
            return yield* new TooManyKeys()
        }
      }),
      rotate: Effect.fn("KeyRecord.rotate")(function* (giver, replaced, overlap) {
        const given = yield* giveOut({
          ...giver,
          replaces: replaced,
          overlapMs: Duration.toMillis(overlap)
        })
        return given._tag === "Given" ? given : yield* new UnknownKey()
      }),
      revoke: Effect.fn("KeyRecord.revoke")(function* (by, key, reason) {
        const revoking = yield* revokeStep({ by, key, reason })
        switch (revoking._tag) {
          case "Revoked":
            return revoking.key
          case "NotOperator":
            return yield* new OperatorsOnly()
          case "NoSuchKey":
            return yield* new UnknownKey()
        }
      }),
      list: Effect.fn("KeyRecord.list")(function* (by, principal, part) {
        return (yield* listStep({ by, principal, ...part })) ?? (yield* new OperatorsOnly())
      })
    })
  })
)

import { PgClient } from "@effect/sql-pg"
import { Context, Duration, Effect, Layer, Option, Schema } from "effect"
import { keepListening } from "../listening.ts"
import { step } from "../steps.ts"

/** Something was written of a session, and of these attempts of it. */
const Change = Schema.Struct({
  session: Schema.String,
  entity: Schema.String,
  brand: Schema.String,
  attempts: Schema.Array(Schema.Struct({ id: Schema.String, mid: Schema.String }))
})
export type Change = typeof Change.Type

export type News =
  | { readonly _tag: "Changed"; readonly change: Change }
  /** Some API key is no longer what it was. */
  | { readonly _tag: "KeysChanged" }
  /** Nobody listened for a while: anything may have changed. */
  | { readonly _tag: "Missed" }

type Hearer = (news: News) => void

/** How often notes are taken away while somebody here waits for them, and how often when nobody does. */
const rhythm = Duration.millis(50)
const idleRounds = 100

/** As many notes are taken at once: one statement, one commit. */
const atOnce = 500

/**
 * What changed in the database, whichever process wrote it, as one connection of this process hears it. A change is
 * told after it was committed, at least once, and says where to look: never what is there.
 */
export class LiveChanges extends Context.Service<
  LiveChanges,
  {
    /** Calls the hearer until what it answers is called. */
    readonly hear: (hearer: Hearer) => () => void
  }
>()("payment-orchestration/db/live/LiveChanges") {
  static readonly layer: Layer.Layer<LiveChanges, never, PgClient.PgClient> = Layer.effect(
    LiveChanges,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const tell = step(sql, "tell_changes", Schema.Int)
      const hearers = new Set<Hearer>()
      const say = (news: News) => {
        for (const hearer of hearers) hearer(news)
      }

      yield* Effect.forkScoped(
        keepListening({
          sql,
          channel: "payments_changes",
          about: "changes to payments",
          begun: Effect.sync(() => say({ _tag: "Missed" })),
          heard: (payloads) =>
            Effect.sync(() => {
              for (const payload of payloads) say(newsIn(payload))
            })
        })
      )

      // Whoever has no hearers takes notes away as well, now and then: those of a process that was killed, and all of
      // them while nobody watches anywhere. Errors are those of a database that is gone, and are told elsewhere.
      let rounds = 0
      const relay = Effect.suspend(() => {
        rounds += 1
        if (hearers.size === 0 && rounds % idleRounds !== 0) return Effect.void
        return tell({ limit: atOnce }).pipe(
          Effect.repeat({ until: (told) => told === 0 }),
          Effect.catch(() => Effect.sleep("1 second"))
        )
      })
      yield* Effect.forkScoped(Effect.forever(Effect.delay(relay, rhythm)))

      return LiveChanges.of({
        hear: (hearer) => {
          // Each call is a hearer of its own.
          const own: Hearer = (news) => hearer(news)
          hearers.add(own)
          return () => void hearers.delete(own)
        }
      })
    })
  )
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Change))

/** What this version cannot read may have been anything. */
const newsIn = (payload: string): News => {
  if (payload === '{"keys": true}') return { _tag: "KeysChanged" }
  return Option.match(decode(payload), {
    onNone: (): News => ({ _tag: "Missed" }),
    onSome: (change): News => ({ _tag: "Changed", change })
  })
}

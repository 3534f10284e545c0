import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Layer, Queue, Ref, Schedule, Schema, Semaphore } from "effect"
import { Brand, Entity } from "../kernel/Entity.ts"
import { EntityRegistry, type RegistrySnapshot, UnknownMid } from "../kernel/EntityRegistry.ts"
import { MerchantAccount } from "../kernel/MerchantAccount.ts"
import { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { Providers } from "../kernel/PaymentProvider.ts"
import { compile } from "../kernel/routing/RoutingPolicy.ts"
import { step } from "./steps.ts"

const Loaded = Schema.Struct({
  version: Schema.Int,
  entities: Schema.Array(Entity),
  brands: Schema.Array(Brand),
  accounts: Schema.Array(Schema.Struct({ account: MerchantAccount, capturedThisMonth: Schema.Int }))
})

/** Even when nothing is told to have changed: what was captured this month goes on growing towards the caps. */
const refreshEvery = Duration.seconds(10)

/**
 * The registry in PostgreSQL. Every process holds the newest version that it has heard of, compiled; PostgreSQL
 * tells all of them when something changes. The write-ahead judges every account again, so a process that has not
 * heard yet sends nothing that it may not.
 */
export const layer: Layer.Layer<EntityRegistry, LedgerUnavailable, PgClient.PgClient | Providers> =
  Layer.effect(
    EntityRegistry,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { names } = yield* Providers
      const killSwitchStep = step(sql, "set_kill_switch", Schema.Boolean)
      const configured = new Set<string>(names)

      const load = sql<{ readonly registry: unknown }>`select load_registry() as registry`.pipe(
        Effect.flatMap((rows) => decode(rows[0]?.registry)),
        Effect.map(({ version, entities, brands, accounts }): RegistrySnapshot => ({
          entities: new Map(entities.map((entity) => [entity.id, entity])),
          brands: new Map(brands.map((brand) => [brand.id, brand])),
          accounts: new Map(accounts.map(({ account }) => [account.id, account])),
          policy: compile(
            version,
            accounts.map((entry) => ({
              ...entry,
              providerConfigured: configured.has(entry.account.provider)
            }))
          )
        })),
        Effect.mapError((cause) => new LedgerUnavailable({ operation: "load_registry", cause })),
        Effect.withSpan("EntityRegistry.load")
      )

      const current = yield* Ref.make(yield* load)
      const oneAtATime = yield* Semaphore.make(1)
      const refresh = load.pipe(
        Effect.flatMap((snapshot) => Ref.set(current, snapshot)),
        oneAtATime.withPermits(1)
      )

      const changes = yield* sql
        .listen("payments_policy")
        .pipe(Effect.mapError((cause) => new LedgerUnavailable({ operation: "listen", cause })))
      yield* Queue.take(changes).pipe(
        Effect.andThen(Queue.clear(changes)),
        Effect.timeoutOption(refreshEvery),
        Effect.andThen(refresh),
        Effect.tapError((error) =>
          Effect.logWarning("the registry could not be refreshed; the last one serves on", error)
        ),
        Effect.ignore,
        Effect.repeat(Schedule.forever),
        Effect.forkScoped
      )

      return EntityRegistry.of({
        snapshot: Ref.get(current),
        setKillSwitch: Effect.fn("EntityRegistry.setKillSwitch")(function* (change) {
          const known = yield* killSwitchStep(change)
          if (!known) return yield* new UnknownMid({ mid: change.mid })
          yield* refresh
          const account = (yield* Ref.get(current)).accounts.get(change.mid)
          if (account === undefined) return yield* new UnknownMid({ mid: change.mid })
          return account
        })
      })
    })
  )

const decode = Schema.decodeUnknownEffect(Loaded)

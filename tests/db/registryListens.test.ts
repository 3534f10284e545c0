import { assert, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Logger, References, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import * as EntityRegistryPg from "../../src/db/EntityRegistryPg.ts"
import { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import { ProviderNames } from "../../src/kernel/PaymentProvider.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { fixtureProviders } from "../suites/StorageFixture.ts"
import { Owner } from "./support/pgStorage.ts"
import { tap } from "./support/Wire.ts"

const providers = Layer.succeed(ProviderNames, new Set(fixtureProviders))

it.layer(Owner.layer.pipe(Layer.provideMerge(TestDatabase.layer)), { excludeTestServices: true })(
  "a registry whose listening connection is lost",
  (it) => {
    it.effect(
      "listens again: it hears of the next change, and neither spins nor goes on complaining",
      () =>
        Effect.gen(function* () {
          const { url } = yield* TestDatabase
          const owner = yield* Owner
          const administrator = yield* Layer.build(Database.administrator(url)).pipe(
            Effect.map(Context.get(SqlClient.SqlClient))
          )
          const wire = yield* tap(url)
          const warnings: Array<string> = []
          const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
            if (logLevel === "Warn") warnings.push(String(message))
          })
          const registry = yield* Layer.build(
            EntityRegistryPg.layer.pipe(
              Layer.provide(Database.layer({ url: wire.url, role: "payments_app", maxConnections: 2 })),
              Layer.provide(providers)
            )
          ).pipe(
            Effect.map(Context.get(EntityRegistry)),
            Effect.provideService(Logger.CurrentLoggers, new Set([logger])),
            Effect.provideService(References.MinimumLogLevel, "Warn")
          )
          const followed = (name: string) =>
            registry.snapshot.pipe(
              Effect.repeat({
                until: ({ accounts }) =>
                  [...accounts.values()].find(({ id }) => id === "mid_goods_1")?.name === name,
                schedule: Schedule.spaced(Duration.millis(5))
              }),
              Effect.timeout(Duration.seconds(60))
            )
          for (let loss = 1; loss <= 3; loss++) {
            yield* wire.take
            const killed = yield* administrator`select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and query ilike 'listen%'`
            assert.lengthOf(killed, 1)
            yield* owner`update merchant_accounts set name = ${`loss ${loss}`} where mid_id = 'mid_goods_1'`
            yield* followed(`loss ${loss}`)
            // However long it took: a refresh of the timer now and then, and one of each way that it can be told.
            const listening = Effect.map(
              administrator<{ readonly n: number }>`select count(*)::int as n from pg_stat_activity
                where datname = current_database() and query ilike 'listen%'`,
              (rows) => rows[0]?.n
            )
            yield* listening.pipe(
              Effect.repeat({ until: (n) => n === 1, schedule: Schedule.spaced(Duration.millis(5)) }),
              Effect.timeout(Duration.seconds(60))
            )
            const { statements } = yield* wire.take
            const loads = statements.filter((statement) => statement.includes("load_registry"))
            assert.isAtLeast(loads.length, 1)
            assert.isAtMost(loads.length, 10)
            assert.deepStrictEqual(
              warnings.filter((text) => text.includes("listening again")).length,
              loss,
              warnings.join("\n")
            )
          }
        }),
      120_000
    )
  }
)

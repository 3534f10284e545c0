import { PgClient } from "@effect/sql-pg"
import { Deferred, Duration, Effect, Layer, Ref, Schema, Semaphore } from "effect"
import { Brand, Entity } from "../kernel/Entity.ts"
import { registryInSight } from "../kernel/access/registryInSight.ts"
import { EntityRegistry, type RegistrySnapshot, UnknownMid } from "../kernel/EntityRegistry.ts"
import { MerchantAccount } from "../kernel/MerchantAccount.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { ProviderNames } from "../kernel/PaymentProvider.ts"
import { Secrets } from "../kernel/Secrets.ts"
import { compile } from "../kernel/routing/RoutingPolicy.ts"
import { keepListening } from "./listening.ts"
import { answered, step } from "./steps.ts"

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
export const layer: Layer.Layer<EntityRegistry, LedgerUnavailable, PgClient.PgClient | ProviderNames> =
  Layer.effect(
    EntityRegistry,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const configured = yield* ProviderNames
      const stopStep = step(sql, "stop_account", Schema.Boolean)

      const secrets = yield* Secrets
      const withCredentials = Effect.fnUntraced(function* (loaded: typeof Loaded.Type) {
        const accounts = yield* Effect.forEach(loaded.accounts, (entry) => {
          const { credentials } = entry.account
          return credentials === undefined
            ? Effect.succeed({ ...entry, credentialsMissing: false })
            : Effect.map(secrets.get(credentials), (secret) => ({
                ...entry,
                credentialsMissing: secret === undefined
              }))
        })
        return { ...loaded, accounts }
      })

      const load = sql<{ readonly registry: unknown }>`select load_registry() as registry`.pipe(
        Effect.flatMap((rows) => decode(rows[0]?.registry)),
        Effect.flatMap(withCredentials),
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
        answered("load_registry"),
        Effect.withSpan("EntityRegistry.load")
      )

      const current = yield* Ref.make(yield* load)
      const oneAtATime = yield* Semaphore.make(1)
      const refresh = load.pipe(
        Effect.flatMap((snapshot) => Ref.set(current, snapshot)),
        oneAtATime.withPermits(1)
      )

      // Told once per outage, whoever finds it out first.
      let serving = true
      const refreshOrServeOn = refresh.pipe(
        Effect.matchEffect({
          onFailure: (error) => {
            const before = serving
            serving = false
            return before
              ? Effect.logWarning("the registry could not be refreshed; the last one serves on", error)
              : Effect.void
          },
          onSuccess: () => {
            serving = true
            return Effect.void
          }
        })
      )

      const heard = yield* Deferred.make<void>()
      const listen = keepListening({
        sql,
        channel: "payments_policy",
        about: "changes to the registry",
        begun: Effect.andThen(refreshOrServeOn, Deferred.succeed(heard, undefined)),
        heard: () => refreshOrServeOn,
        lost: Deferred.succeed(heard, undefined)
      })
      yield* Effect.forkScoped(listen)
      yield* Effect.forkScoped(Effect.forever(Effect.delay(refreshOrServeOn, refreshEvery)))
      yield* Deferred.await(heard)

      return EntityRegistry.of({
        snapshot: Effect.flatMap(Ref.get(current), registryInSight),
        refresh,
        stop: Effect.fn("EntityRegistry.stop")(function* (change) {
          const known = yield* stopStep(change)
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

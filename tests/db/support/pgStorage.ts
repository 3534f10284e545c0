import type { PgClient } from "@effect/sql-pg"
import { Context, Duration, Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import * as EntityRegistryPg from "../../../src/db/EntityRegistryPg.ts"
import * as OutboxPg from "../../../src/db/OutboxPg.ts"
import * as PaymentLedgerPg from "../../../src/db/PaymentLedgerPg.ts"
import * as PriceCataloguePg from "../../../src/db/PriceCataloguePg.ts"
import { EntityRegistry } from "../../../src/kernel/EntityRegistry.ts"
import { AttemptId, MidId } from "../../../src/kernel/ids.ts"
import { Currency } from "../../../src/kernel/Money.ts"
import { EvidenceSource } from "../../../src/kernel/PaymentLedger.ts"
import { ProviderNames } from "../../../src/kernel/PaymentProvider.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { fixtureProviders, type Storage, StorageFixture } from "../../suites/StorageFixture.ts"
import { resume } from "./changeScene.ts"
import { seedRows } from "./seedRows.ts"

/** A pool as the owner of everything, beside the app's. */
export class Owner extends Context.Service<Owner, SqlClient.SqlClient>()(
  "payment-orchestration/tests/db/support/pgStorage/Owner"
) {
  static readonly layer: Layer.Layer<Owner, SqlError.SqlError, TestDatabase> = Layer.unwrap(
    Effect.map(TestDatabase, ({ connect }) =>
      Layer.effect(Owner, Effect.service(SqlClient.SqlClient)).pipe(
        Layer.provide(connect("payments_owner", 4))
      )
    )
  )
}

/** Drivers that are configured and never asked. */
const providers = Layer.succeed(ProviderNames, new Set(fixtureProviders))

const ports = Layer.mergeAll(
  PaymentLedgerPg.layer,
  OutboxPg.layer,
  PriceCataloguePg.layer,
  EntityRegistryPg.layer.pipe(Layer.provide(providers))
)

const Written = Schema.Struct({
  evidence: Schema.Array(
    Schema.Struct({
      attempt: AttemptId,
      source: EvidenceSource,
      outcome: Schema.Literals(["Captured", "Declined", "Indeterminate", "Absent"]),
      code: Schema.String
    })
  ),
  facts: Schema.Array(
    Schema.Struct({
      attempt: AttemptId,
      mid: MidId,
      processorReference: Schema.String,
      amount: Schema.Int,
      currency: Currency
    })
  ),
  incidents: Schema.Array(
    Schema.Struct({
      attempt: AttemptId,
      kind: Schema.Literals(["processor_reference_reused", "captured_other_amount", "late_capture"])
    })
  ),
  decisions: Schema.Array(Schema.Struct({ round: Schema.Int, chosen: Schema.Array(Schema.String) })),
  auditRows: Schema.Int
})

const fixture = Layer.effect(
  StorageFixture,
  Effect.gen(function* () {
    const owner = yield* Owner
    const registry = yield* EntityRegistry

    /** Waits until the registry has the database's version: the suites judge the ports, not how fast news travel. */
    const settled = Effect.gen(function* () {
      const [now] = yield* owner<{ readonly version: string }>`select version from policy_version`
      yield* registry.snapshot.pipe(
        Effect.repeat({
          until: ({ policy }) => policy.version >= Number(now?.version),
          schedule: Schedule.spaced(Duration.millis(5))
        }),
        Effect.timeout(Duration.seconds(20))
      )
    })
    const changing = <E>(change: Effect.Effect<unknown, E>) => Effect.orDie(Effect.andThen(change, settled))

    return {
      seed: (rows) => changing(seedRows(owner, rows)),
      resume: (mid) => changing(Effect.forEach(resume(mid), (statement) => owner.unsafe(statement))),
      setStatus: (mid, status) =>
        changing(owner`update merchant_accounts set status = ${status} where mid_id = ${mid}`),
      revokeUnderwriting: (mid, category) =>
        changing(
          owner`update mid_underwriting set revoked_at = now() where mid_id = ${mid} and category = ${category}`
        ),
      setCollects: (entity, collects) =>
        changing(
          owner`update entities set collects = ${collects}, pays_out = true where entity_id = ${entity}`
        ),
      written: (session) =>
        Effect.orDie(
          Effect.gen(function* () {
            const [row] = yield* owner<{ readonly written: unknown }>`select jsonb_build_object(
              'evidence', (select coalesce(jsonb_agg(jsonb_build_object('attempt', attempt_id, 'source', source,
                'outcome', outcome, 'code', detail -> 'code') order by heard_at, attempt_id, nr), '[]')
                from attempt_evidence join attempts using (attempt_id) where session_id = ${session}),
              'facts', (select coalesce(jsonb_agg(jsonb_build_object('attempt', attempt_id, 'mid', mid_id,
                'processorReference', processor_reference, 'amount', amount, 'currency', currency)
                order by captured_at), '[]') from captures where session_id = ${session}),
              'incidents', (select coalesce(jsonb_agg(jsonb_build_object('attempt', attempt_id, 'kind', kind)
                order by incident_id), '[]') from incidents where session_id = ${session}),
              'decisions', (select coalesce(jsonb_agg(jsonb_build_object('round', round, 'chosen', chosen)
                order by round), '[]') from routing_decisions where session_id = ${session}),
              'auditRows', (select count(*) from audit where chain = ${session})) as written`
            return yield* Schema.decodeUnknownEffect(Written)(row?.written)
          })
        )
    }
  })
)

/** The storage on PostgreSQL under the app's own role, with its fixture; on a database of its own. */
export const pgStorage: Layer.Layer<
  Storage | Owner | TestDatabase | PgClient.PgClient | SqlClient.SqlClient,
  unknown
> = fixture.pipe(
  Layer.provideMerge(ports),
  Layer.provideMerge(Owner.layer),
  Layer.provideMerge(TestDatabase.appLayer)
)

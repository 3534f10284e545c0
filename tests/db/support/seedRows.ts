import { Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { SeedRows } from "../../suites/StorageFixture.ts"

/** Puts the rows of a test into the database, as its owner. */
export const seedRows = (
  sql: SqlClient.SqlClient,
  rows: SeedRows
): Effect.Effect<void, SqlError.SqlError> => {
  const json = JSON.stringify({ entities: [], brands: [], accounts: [], prices: [], plans: [], ...rows })
  return sql.withTransaction(
    Effect.gen(function* () {
      yield* sql`insert into entities
        select e->>'id', e->>'name', (e->>'collects')::boolean, (e->>'paysOut')::boolean, (e->>'placeholder')::boolean
        from jsonb_array_elements(${json}::jsonb -> 'entities') e`
      yield* sql`insert into entity_underwriting
        select e->>'id', jsonb_array_elements_text(e->'underwrittenFor')
        from jsonb_array_elements(${json}::jsonb -> 'entities') e`
      yield* sql`insert into brands
        select b->>'id', b->>'name', array(select jsonb_array_elements_text(b->'redirectOrigins'))
        from jsonb_array_elements(${json}::jsonb -> 'brands') b`
      yield* sql`insert into brand_entities
        select b->>'id', jsonb_array_elements_text(b->'entities')
        from jsonb_array_elements(${json}::jsonb -> 'brands') b`
      yield* sql`insert into merchant_accounts
        select m->>'id', m->>'entity', m->>'provider', m->>'credentials', coalesce(m->'settings', '{}'),
          coalesce((m->>'live')::boolean, false), m->>'name', m->>'status', (m->>'killSwitch')::boolean,
          m->'accepts', (m->>'priority')::integer, (m->>'weight')::integer, (m#>>'{monthlyCap,amount}')::bigint,
          m#>>'{monthlyCap,currency}'
        from jsonb_array_elements(${json}::jsonb -> 'accounts') m`
      yield* sql`insert into passed_gates (mid_id, gate, passed_by, evidence)
        select m->>'id', g->>'gate', g->>'by', 'a letter'
        from jsonb_array_elements(${json}::jsonb -> 'accounts') m, jsonb_array_elements(m->'gates') g`
      yield* sql`insert into mid_underwriting
        select m->>'id', m->>'entity', m->>'provider', jsonb_array_elements_text(m->'underwrittenFor')
        from jsonb_array_elements(${json}::jsonb -> 'accounts') m`
      yield* sql`insert into prices
        select p->>'ref', p->>'name', (p#>>'{money,amount}')::bigint, p#>>'{money,currency}', p->>'category'
        from jsonb_array_elements(${json}::jsonb -> 'prices') p`
      yield* sql`insert into plans
        select p->>'key', p->>'name', (p#>>'{money,amount}')::bigint, p#>>'{money,currency}', p->>'category'
        from jsonb_array_elements(${json}::jsonb -> 'plans') p`
    })
  )
}

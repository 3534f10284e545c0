import { Effect } from "effect"
import { Digest } from "effect/crypto"
import { SqlClient, type SqlError } from "effect/sql"
import {
  accounts,
  brands,
  developmentKey,
  entities,
  plans,
  prices,
  sandboxAccounts,
  secondDevelopmentKey
} from "./seedData.ts"

/** Whose accounts: the simulated processors of this process, or the emulators of real ones. */
export type Seed = "stub" | "sandbox"

/**
 * Puts the seed data into a database that does not have it: one statement a table, and what is there already
 * stays as it is, a flipped kill switch included. `shops`: more origins to which its brands may send customers, such as
 * the demo shop's. Needs the owner's role.
 */
export const seed = (
  which: Seed,
  shops: ReadonlyArray<string> = []
): Effect.Effect<void, SqlError.SqlError, SqlClient.SqlClient | Digest.Digest> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const digest = yield* Digest.Digest
    const keys = yield* Effect.forEach([developmentKey, secondDevelopmentKey], ({ key, principal }) =>
      Effect.map(digest.digestHex(Digest.sha256, new TextEncoder().encode(key)), (hash) => ({
        hash,
        principal
      }))
    )
    const rows = JSON.stringify({
      entities,
      brands,
      accounts: which === "stub" ? accounts : sandboxAccounts,
      prices,
      plans,
      keys
    })
    yield* sql.withTransaction(
      Effect.gen(function* () {
        yield* sql`insert into entities
          select e->>'id', e->>'name', (e->>'collects')::boolean, (e->>'paysOut')::boolean, true
          from jsonb_array_elements(${rows}::jsonb -> 'entities') e on conflict do nothing`
        yield* sql`insert into entity_underwriting
          select e->>'id', jsonb_array_elements_text(e->'underwrittenFor')
          from jsonb_array_elements(${rows}::jsonb -> 'entities') e on conflict do nothing`
        yield* sql`insert into brands
          select b->>'id', b->>'name', array(select jsonb_array_elements_text(b->'redirectOrigins'))
          from jsonb_array_elements(${rows}::jsonb -> 'brands') b on conflict do nothing`
        yield* sql`update brands set redirect_origins = redirect_origins || array(
            select o from jsonb_array_elements_text(${JSON.stringify(shops)}::jsonb) o where o <> all(redirect_origins))
          where brand_id in (select b->>'id' from jsonb_array_elements(${rows}::jsonb -> 'brands') b)
            and exists (select from jsonb_array_elements_text(${JSON.stringify(shops)}::jsonb) o where o <> all(redirect_origins))`
        yield* sql`insert into brand_entities
          select b->>'id', jsonb_array_elements_text(b->'entities')
          from jsonb_array_elements(${rows}::jsonb -> 'brands') b on conflict do nothing`
        yield* sql`insert into merchant_accounts
          select m->>'id', m->>'entity', m->>'provider', m->>'credentials', coalesce(m->'settings', '{}'), false,
            m->>'name', m->>'status', false, m->'accepts',
            (m->>'priority')::integer, (m->>'weight')::integer, (m#>>'{monthlyCap,amount}')::bigint,
            m#>>'{monthlyCap,currency}'
          from jsonb_array_elements(${rows}::jsonb -> 'accounts') m on conflict do nothing`
        yield* sql`insert into mid_underwriting
          select m->>'id', m->>'entity', m->>'provider', jsonb_array_elements_text(m->'underwrittenFor')
          from jsonb_array_elements(${rows}::jsonb -> 'accounts') m on conflict do nothing`
        yield* sql`insert into prices
          select p->>'ref', p->>'name', (p->>'amount')::bigint, p->>'currency', p->>'category'
          from jsonb_array_elements(${rows}::jsonb -> 'prices') p on conflict do nothing`
        yield* sql`insert into plans
          select p->>'key', p->>'name', (p->>'amount')::bigint, p->>'currency', p->>'category'
          from jsonb_array_elements(${rows}::jsonb -> 'plans') p on conflict do nothing`
        yield* sql`insert into principals (principal, operator)
          select k->>'principal', true from jsonb_array_elements(${rows}::jsonb -> 'keys') k on conflict do nothing`
        yield* sql`insert into api_keys (key_id, principal, development, operations)
          select k->>'hash', k->>'principal', true, api_operations()
          from jsonb_array_elements(${rows}::jsonb -> 'keys') k on conflict do nothing`
      })
    )
  })

import { Effect, type Redacted, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import type { Entry, Knock } from "./evidence.ts"

/** The gateways' books, read straight from the far end's own database. */
export interface Books {
  readonly entries: ReadonlyArray<Entry>
  readonly knocks: ReadonlyArray<Knock>
}

/**
 * The books note what was done under a key, once; whoever sends the same key again is told of it. The porter notes
 * everybody who comes with a charge, so that a second sending shows, though it moves nothing.
 */
export const hirePorter = (url: Redacted.Redacted): Effect.Effect<void, SqlError.SqlError> =>
  asAdministrator(url, (sql) =>
    Effect.gen(function* () {
      yield* sql`create table stub_gateway.knocks (gateway text, mid text, idempotency_key text)`
      yield* sql`create function stub_gateway.note_knock() returns trigger language plpgsql security definer as $body$
        begin
          if new.operation = 'charge' then
            insert into stub_gateway.knocks values (new.gateway, new.mid, new.idempotency_key);
          end if;
          return new;
        end $body$`
      // Before the insert finds out that the key is known: it fires for that one too.
      yield* sql`create trigger note_knock before insert on stub_gateway.entries
        for each row execute function stub_gateway.note_knock()`
    })
  )

const Entries = Schema.Array(
  Schema.Struct({
    gateway: Schema.String,
    mid: Schema.String,
    key: Schema.String,
    kind: Schema.String,
    token: Schema.String,
    amount: Schema.Finite,
    currency: Schema.String,
    movesAt: Schema.Finite,
    createdAt: Schema.Finite
  })
)
const decodeEntries = Schema.decodeUnknownEffect(Entries)
const Knocks = Schema.Array(Schema.Struct({ gateway: Schema.String, mid: Schema.String, key: Schema.String }))
const decodeKnocks = Schema.decodeUnknownEffect(Knocks)

export const readBooks = (url: Redacted.Redacted) =>
  asAdministrator(url, (sql) =>
    Effect.gen(function* () {
      const entries = yield* sql`
        select gateway, mid, idempotency_key as key, kind, token_ref as token, amount::float8 as amount, currency,
          (extract(epoch from moves_at) * 1000)::float8 as "movesAt",
          (extract(epoch from created_at) * 1000)::float8 as "createdAt"
        from stub_gateway.entries where operation = 'charge' order by written`
      const knocks = yield* sql`select gateway, mid, idempotency_key as key from stub_gateway.knocks`
      return {
        entries: (yield* decodeEntries(entries)).map((entry) => ({
          ...entry,
          session: sessionOf(entry.key)
        })),
        knocks: yield* decodeKnocks(knocks)
      } satisfies Books
    })
  )

/** A key begins with the session that it is for. */
const sessionOf = (key: string): string => key.slice(0, "ps_".length + 26)

const asAdministrator = <A, E>(
  url: Redacted.Redacted,
  act: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>
) => Effect.flatMap(SqlClient.SqlClient, act).pipe(Effect.provide(Database.administrator(url)))

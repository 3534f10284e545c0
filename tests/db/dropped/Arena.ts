import { Context, Effect, Layer, type Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import * as Database from "../../../src/db/Database.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { drop, type Undo } from "./drop.ts"
import type { Prohibition, Race } from "./Race.ts"

/** A copy of the database, and pools of those who race in it. */
export interface Arena {
  /** Drops prohibitions, and sees who waits for whom. */
  readonly administrator: SqlClient.SqlClient
  readonly as: (role: Database.Role) => Effect.Effect<SqlClient.SqlClient, SqlError.SqlError>
  readonly drop: (
    what: Prohibition,
    takesAlong?: Race["takesAlong"]
  ) => Effect.Effect<void, SqlError.SqlError>
  /** Puts back every row and every prohibition; a defect when the database is not what it was when it was copied. */
  readonly restore: Effect.Effect<void, SqlError.SqlError>
}

export const mostWorkers = 8

/** Makes a copy that is gone with its scope. */
export const makeArena: Effect.Effect<Arena, SqlError.SqlError, Scope.Scope> = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const built = <A, E>(layer: Layer.Layer<A, E>) => Layer.buildWithScope(Layer.fresh(layer), scope)
  const { url, connect } = Context.get(yield* built(TestDatabase.layer), TestDatabase)
  const administrator = Context.get(yield* built(Database.administrator(url)), SqlClient.SqlClient)
  yield* administrator`set search_path to payments`
  const pools = new Map<Database.Role, SqlClient.SqlClient>()
  const as = Effect.fnUntraced(function* (role: Database.Role) {
    const pool = pools.get(role) ?? Context.get(yield* built(connect(role, mostWorkers)), SqlClient.SqlClient)
    pools.set(role, pool)
    return pool
  })
  // A notebook of what the world was told: only what was committed stands in it.
  yield* (yield* as("payments_owner"))`create table told (nr integer not null, what text not null)`
  yield* administrator.unsafe(keep)
  const fingerprint = Effect.map(
    administrator.unsafe<{ readonly print: string }>(everything),
    ([row]) => row?.print
  )
  const untouched = yield* fingerprint
  let undo: Undo = []
  return {
    administrator,
    as,
    drop: (what, takesAlong) =>
      Effect.map(drop(administrator, what, takesAlong), (statements) => {
        undo = [...statements, ...undo]
      }),
    restore: Effect.gen(function* () {
      yield* administrator.unsafe(putBackRows)
      for (const statement of undo) yield* administrator.unsafe(statement)
      undo = []
      if ((yield* fingerprint) !== untouched) return yield* Effect.die("the database is not what it was")
    })
  }
})

const forEachTable = (...does: ReadonlyArray<string>): string =>
  `do $body$
  declare
    name text;
    kept text;
  begin
    ${does[0]}
    for name, kept in
      select c.oid::regclass, format('kept.%I', relname) from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname in ('payments', 'stub_gateway') and relkind in ('r', 'p')
    loop
      ${does.slice(1).join("\n")}
    end loop;
  end $body$`

const keep = forEachTable("create schema kept;", "execute format('create table %s as table %s', kept, name);")

const putBackRows = forEachTable(
  // No trigger and no reference stands in the way.
  "set local session_replication_role = replica;",
  "execute format('delete from %s', name);",
  "execute format('insert into %s overriding system value table %s', name, kept);"
)

/**
 * All that is defined in the schemas that money is kept in, and who may do what there. A check that was put back is
 * printed with fewer parentheses.
 */
const everything = `
  with ours as (select oid from pg_namespace where nspname in ('payments', 'stub_gateway')), definitions as (
    select concat_ws(' ', conrelid::regclass, conname, translate(pg_get_constraintdef(c.oid), '() ', ''), convalidated) as line
    from pg_constraint c join ours on ours.oid = connamespace
    union all
    select concat_ws(' ', pg_get_indexdef(indexrelid), indisunique, indisprimary)
    from pg_index join pg_class c on c.oid = indexrelid join ours on ours.oid = relnamespace
    union all
    select concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled)
    from pg_trigger t join pg_class c on c.oid = tgrelid join ours on ours.oid = relnamespace where not tgisinternal
    union all
    select concat_ws(' ', pg_get_functiondef(p.oid), proacl) from pg_proc p join ours on ours.oid = pronamespace
    union all
    select concat_ws(' ', c.oid::regclass, relkind, coalesce(relacl, acldefault('r', relowner))) from pg_class c join ours on ours.oid = relnamespace
    union all
    select concat_ws(' ', nspname, nspacl) from pg_namespace where oid in (select oid from ours)
  )
  select md5(string_agg(line, E'\\n' order by line)) as print from definitions`

import { Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Prohibition, Race } from "./Race.ts"

// How each kind of prohibition is dropped, and nothing but it. Needs an administrator, with the search path of the
// payments.

/** Statements that put back what was dropped. */
export type Undo = ReadonlyArray<string>

/** Drops one prohibition from the database; a defect when it was not there, or when more went than was asked for. */
export const drop = (
  sql: SqlClient.SqlClient,
  prohibition: Prohibition,
  takesAlong: Race["takesAlong"]
): Effect.Effect<Undo, SqlError.SqlError> => {
  const [kind = "", what = "", table = ""] = prohibition.split(" ")
  const dot = what.lastIndexOf(".")
  const [owner, name] = [what.slice(0, dot), what.slice(dot + 1)]
  switch (kind) {
    case "constraint":
      return takesAlong === undefined
        ? dropConstraint(sql, owner, name)
        : dropWithReferences(sql, owner, name, takesAlong)
    case "index":
      return defined(
        sql,
        `select pg_get_indexdef('${what}'::regclass) as definition`,
        () => `drop index ${what}`
      )
    case "trigger":
      return defined(
        sql,
        `select pg_get_triggerdef(oid) as definition from pg_trigger
          where tgrelid = '${owner}'::regclass and tgname = '${name}'`,
        () => `drop trigger ${name} on ${owner}`
      )
    case "refusal":
      return rewrite(sql, owner, (source) => withoutRefusal(source, name))
    case "reason":
      return rewrite(sql, owner, (source) =>
        replaceOne(source, new RegExp(`\\n *when [^\\n]* then '${name}'`, "g"))
      )
    case "lock":
      return rewrite(sql, what, (source) =>
        replaceOne(source, / for (?:share|update)(?=;)|(?<=perform )pg_advisory_xact_lock[^;]*(?=;)/g)
      )
    default:
      return grant(sql, what, table)
  }
}

/** Does away with something whose definition, as a query finds it, is also how it is put back. */
const defined = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  query: string,
  change: (definition: string) => string,
  undo: (definition: string) => string = (definition) => definition
) {
  const [found] = yield* sql.unsafe<{ readonly definition: string }>(query)
  if (found === undefined) return yield* Effect.die(`there is nothing to drop: ${query}`)
  yield* sql.unsafe(change(found.definition))
  return [undo(found.definition)]
})

const constraintOf = (table: string, name: string): string =>
  `select pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = '${table}'::regclass and conname = '${name}'`

const addConstraint = (table: string, name: string) => (definition: string) =>
  `alter table ${table} add constraint ${name} ${definition}`

/**
 * A key that references lead to cannot be dropped without them. So that they stay and only the uniqueness goes, its
 * index forgets that it is unique.
 */
const dropConstraint = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, table: string, name: string) {
  const [key] = yield* sql<{ readonly index: number; readonly primary: boolean }>`
    select conindid::int as index, contype = 'p' as primary from pg_constraint c
    where conrelid = ${table}::regclass and conname = ${name} and contype in ('p', 'u')
      and exists (select from pg_constraint r where r.conindid = c.conindid and r.contype = 'f')`
  if (key === undefined) {
    return yield* defined(
      sql,
      constraintOf(table, name),
      () => `alter table ${table} drop constraint ${name}`,
      addConstraint(table, name)
    )
  }
  const unique = (is: boolean) =>
    `update pg_index set indisunique = ${is}, indisprimary = ${is && key.primary} where indexrelid = ${key.index}`
  yield* sql.unsafe(unique(false))
  return [unique(true)]
})

/** Drops a key that is there for the references to it, and these with it. */
const dropWithReferences = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  table: string,
  name: string,
  takesAlong: ReadonlyArray<string>
) {
  const references = sql<{
    readonly name: string
    readonly table: string
    readonly constraint: string
    readonly definition: string
  }>`
    select conrelid::regclass || '.' || conname as name, conrelid::regclass::text as table, conname as constraint,
      pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'f' order by 1`
  const before = yield* references
  const undo = yield* defined(
    sql,
    constraintOf(table, name),
    () => `alter table ${table} drop constraint ${name} cascade`,
    addConstraint(table, name)
  )
  const left = new Set((yield* references).map((reference) => reference.name))
  const gone = before.filter((reference) => !left.has(reference.name))
  const names = gone.map((reference) => reference.name).join()
  if (names !== takesAlong.toSorted().join()) return yield* Effect.die(`with ${name} went ${names}`)
  return [...undo, ...gone.map((one) => addConstraint(one.table, one.constraint)(one.definition))]
})

const rewrite = (sql: SqlClient.SqlClient, name: string, change: (source: string) => string) =>
  defined(sql, `select pg_get_functiondef('${name}'::regproc) as definition`, change)

/** A function's source whose refusal of this name does nothing; where it is the last statement, the row is returned. */
export const withoutRefusal = (source: string, name: string): string =>
  replaceOne(
    source,
    new RegExp(`raise exception '[^;]*?constraint = '${name}'[^;]*;(?<last>\\s*end\\s*\\$)?`, "g"),
    (last) => (last === undefined ? "null;" : `return coalesce(new, old);${last}`)
  )

/** Replaces the only place that a pattern is found in. */
const replaceOne = (
  source: string,
  pattern: RegExp,
  by = (_last: string | undefined): string => ""
): string => {
  const [place, another] = source.matchAll(pattern)
  if (place === undefined || another !== undefined) throw new Error(`${pattern.source} is not there once`)
  return (
    source.slice(0, place.index) + by(place.groups?.["last"]) + source.slice(place.index + place[0].length)
  )
}

const grant = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, role: string, table: string) {
  const [schema, name] = table.split(".")
  const rights = `insert, update, delete, truncate on ${table}`
  // What the role of the gateways may do in its own schema stays when it is put back.
  const [before] = yield* sql.unsafe<{ readonly insert: boolean; readonly usage: boolean }>(`
    select has_table_privilege('${role}', '${table}', 'insert') as insert,
      has_schema_privilege('${role}', '${name === undefined ? "payments" : schema}', 'usage') as usage`)
  if (before === undefined) return []
  const enters = before.usage ? [] : [`usage on schema ${schema}`]
  for (const right of [...enters, rights]) yield* sql.unsafe(`grant ${right} to ${role}`)
  const lost = before.insert ? rights.replace("insert, ", "") : rights
  return [...enters, lost].map((right) => `revoke ${right} from ${role}`)
})

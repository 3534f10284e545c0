import { Effect, Predicate, Schema } from "effect"
import { SqlClient, Statement } from "effect/sql"

interface Plan {
  readonly "Node Type": string
  readonly "Relation Name"?: string
  readonly "Actual Rows": number
  readonly "Actual Loops": number
  readonly "Rows Removed by Filter"?: number
  readonly "Rows Removed by Index Recheck"?: number
  readonly Plans?: ReadonlyArray<Plan>
}

const PlanNode: Schema.Codec<Plan> = Schema.Struct({
  "Node Type": Schema.String,
  "Relation Name": Schema.optionalKey(Schema.String),
  "Actual Rows": Schema.Number,
  "Actual Loops": Schema.Number,
  "Rows Removed by Filter": Schema.optionalKey(Schema.Number),
  "Rows Removed by Index Recheck": Schema.optionalKey(Schema.Number),
  Plans: Schema.optionalKey(Schema.Array(Schema.suspend((): Schema.Codec<Plan> => PlanNode)))
})
const decodePlan = Schema.decodeUnknownEffect(
  Schema.NonEmptyArray(
    Schema.Struct({ "QUERY PLAN": Schema.NonEmptyArray(Schema.Struct({ Plan: PlanNode })) })
  )
)

/** What a read did to get its page. */
export interface Reading {
  readonly statements: number
  /** Rows of tables and indexes that were looked at, taken or not. */
  readonly rows: number
  /** Those of which a table's own row was fetched, an index alone not being enough. */
  readonly fetched: number
}

const nodesOf = (plan: Plan): ReadonlyArray<Plan> => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** Runs a read, then its statements once more under EXPLAIN ANALYZE, which counts instead of timing. */
export const readingOf = Effect.fn("readingOf")(function* <A, E, R>(read: Effect.Effect<A, E, R>) {
  const asked: Array<readonly [string, ReadonlyArray<unknown>]> = []
  yield* Effect.provideService(read, Statement.CurrentTransformer, (statement) =>
    Effect.sync(() => {
      asked.push(statement.compile())
      return statement
    })
  )
  const sql = yield* SqlClient.SqlClient
  const nodes: Array<Plan> = []
  for (const [text, parameters] of asked) {
    const rows = yield* sql.unsafe<{ "QUERY PLAN": unknown }>(
      `explain (analyze, timing off, format json) ${text}`,
      parameters
    )
    const [row] = yield* decodePlan(
      rows.map((one) => {
        const plan = one["QUERY PLAN"]
        return { "QUERY PLAN": Predicate.isString(plan) ? JSON.parse(plan) : plan }
      })
    )
    nodes.push(...nodesOf(row["QUERY PLAN"][0].Plan))
  }
  const scans = nodes.filter((node) => node["Relation Name"] !== undefined)
  const looked = (node: Plan) =>
    (node["Actual Rows"] +
      (node["Rows Removed by Filter"] ?? 0) +
      (node["Rows Removed by Index Recheck"] ?? 0)) *
    node["Actual Loops"]
  const sum = (some: ReadonlyArray<Plan>) => Math.ceil(some.reduce((total, node) => total + looked(node), 0))
  const reading: Reading = {
    statements: asked.length,
    rows: sum(scans),
    fetched: sum(scans.filter((node) => node["Node Type"] !== "Index Only Scan"))
  }
  return reading
})

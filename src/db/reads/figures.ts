import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { DeclineKind } from "../../kernel/cascade/Disposition.ts"
import { ProductCategory } from "../../kernel/Category.ts"
import { Currency } from "../../kernel/Money.ts"
import { answered } from "../steps.ts"
import type { ReadScope } from "./ReadScope.ts"
import { type Conditions, where } from "./where.ts"

/** What figures may be told apart by; by currency they always are, for amounts of two do not add up. */
export const FigureDimension = Schema.Literals(["mid", "entity", "provider", "brand", "category", "day"])
export type FigureDimension = typeof FigureDimension.Type

/** Days in UTC, the first inclusive and the last exclusive: `2026-11-01`. */
export interface Days {
  readonly from: string
  readonly until: string
}

export interface FigureFilter {
  readonly brand?: string | undefined
  readonly mids?: ReadonlyArray<string> | undefined
}

const Counted = Schema.Struct({ count: Schema.Int, amount: Schema.Int })

/** What became of the attempts that were written ahead in a time, of one group of them. */
export const Figures = Schema.Struct({
  mid: Schema.optionalKey(Schema.String),
  entity: Schema.optionalKey(Schema.String),
  provider: Schema.optionalKey(Schema.String),
  brand: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(ProductCategory),
  day: Schema.optionalKey(Schema.String),
  currency: Currency,
  attempts: Schema.Int,
  captured: Counted,
  declined: Counted,
  /** In flight or indeterminate: nobody knows yet. */
  inReview: Counted,
  absent: Schema.Int,
  /** Milliseconds from the write-ahead to the certain outcome; null where nothing is certain yet. */
  latency: Schema.NullOr(Schema.Struct({ p50: Schema.Int, p95: Schema.Int, p99: Schema.Int }))
})
export type Figures = typeof Figures.Type

export const DeclineReason = Schema.Struct({
  provider: Schema.String,
  code: Schema.String,
  kind: DeclineKind,
  count: Schema.Int,
  /** Of all declines of the window. */
  of: Schema.Int
})
export type DeclineReason = typeof DeclineReason.Type

/** More groups than this are no figures any more; whoever sees one more asks for fewer. */
export const mostFigures = 1000

const columnOf: Record<FigureDimension, string> = {
  mid: "a.mid_id",
  entity: "a.entity_id",
  provider: "a.provider",
  brand: "a.brand_id",
  category: "a.category",
  day: "to_char(a.written_at at time zone 'UTC', 'YYYY-MM-DD')"
}

const counted = (states: string) =>
  `jsonb_build_object('count', count(*) filter (where ${states}), 'amount', coalesce(sum(a.amount) filter (where ${states}), 0))`

const percentile = (share: number) =>
  `round(percentile_cont(${share}) within group (order by extract(epoch from a.resolved_at - a.written_at) * 1000)
    filter (where a.state in ('captured', 'declined')))`

const nodes = <Node extends Schema.Top & { readonly DecodingServices: never }>(node: Node) =>
  Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ node })))
const decodeFigures = nodes(Figures)
const decodeReasons = nodes(DeclineReason)
const decodeCaptured = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ mid: Schema.String, captured: Schema.NumberFromString }))
)

/** Sums over a bounded time, each in one statement. */
export const figureReads = (sql: SqlClient.SqlClient) => {
  const { equal, oneOf, inScope } = where(sql)

  const conditionsOf = (scope: ReadScope, { from, until }: Days, filter: FigureFilter): Conditions => [
    sql`a.written_at >= ${from}::timestamp at time zone 'UTC'`,
    sql`a.written_at < ${until}::timestamp at time zone 'UTC'`,
    ...inScope("a", scope),
    ...equal("a.brand_id", filter.brand),
    ...oneOf("a.mid_id", filter.mids)
  ]

  return {
    /** One row for each group and currency, at most {@link mostFigures} and one. */
    figures: Effect.fn("PaymentReads.figures")(function* (
      scope: ReadScope,
      days: Days,
      by: ReadonlyArray<FigureDimension>,
      filter: FigureFilter
    ) {
      const groups = [
        ...by.map((name) => [name, columnOf[name]] as const),
        ["currency", "a.currency"] as const
      ]
      const columns = groups.map(([, column]) => column).join(", ")
      const named = groups.map(([name, column]) => `'${name}', ${column}`).join(", ")
      const rows = yield* sql`select ${sql.literal(`jsonb_build_object(${named}, 'attempts', count(*),
          'captured', ${counted("a.state = 'captured'")}, 'declined', ${counted("a.state = 'declined'")},
          'inReview', ${counted("a.state in ('in_flight', 'indeterminate')")},
          'absent', count(*) filter (where a.state = 'absent'),
          'latency', case when count(*) filter (where a.state in ('captured', 'declined')) > 0 then jsonb_build_object(
            'p50', ${percentile(0.5)}, 'p95', ${percentile(0.95)}, 'p99', ${percentile(0.99)}) end)`)} as node
        from attempts a where ${sql.and(conditionsOf(scope, days, filter))}
        group by ${sql.literal(columns)} order by ${sql.literal(columns)} limit ${String(mostFigures + 1)}::integer`
      return (yield* decodeFigures(rows)).map(({ node }) => node)
    }, answered("PaymentReads.figures")),

    /** Why processors said no, the commonest first. */
    declineReasons: Effect.fn("PaymentReads.declineReasons")(function* (
      scope: ReadScope,
      days: Days,
      filter: FigureFilter
    ) {
      const rows = yield* sql`select jsonb_build_object('provider', a.provider, 'code', a.evidence ->> 'code',
          'kind', a.decline_kind, 'count', count(*), 'of', sum(count(*)) over ()) as node
        from attempts a where ${sql.and([sql`a.state = 'declined'`, ...conditionsOf(scope, days, filter)])}
        group by a.provider, a.evidence ->> 'code', a.decline_kind
        order by count(*) desc, a.provider, a.evidence ->> 'code', a.decline_kind limit 100`
      return (yield* decodeReasons(rows)).map(({ node }) => node)
    }, answered("PaymentReads.declineReasons")),

    /** What was captured on each account in a calendar month (UTC), in the currency that its cap is in. */
    capturedInMonth: Effect.fn("PaymentReads.capturedInMonth")(function* (
      scope: ReadScope,
      month: string,
      mids: ReadonlyArray<string>
    ) {
      const conditions = [...oneOf("c.mid_id", mids), ...inScope("c", scope)]
      const rows = yield* sql`select c.mid_id as mid, sum(c.amount)::text as captured
        from captures c join merchant_accounts m on m.mid_id = c.mid_id and m.monthly_cap_currency = c.currency
        where c.captured_at >= ${`${month}-01`}::timestamp at time zone 'UTC'
          and c.captured_at < (${`${month}-01`}::timestamp + interval '1 month') at time zone 'UTC'
          and ${sql.and(conditions)} group by c.mid_id`
      return new Map((yield* decodeCaptured(rows)).map(({ mid, captured }) => [mid, captured]))
    }, answered("PaymentReads.capturedInMonth"))
  }
}

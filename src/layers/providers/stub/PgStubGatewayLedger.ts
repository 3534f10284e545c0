import { Clock, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { left, StubEntry, totalsOf } from "./StubEntry.ts"
import { StubGatewayLedger, StubLedgerUnavailable, type Writing } from "./StubGatewayLedger.ts"

const decodeEntries = Schema.decodeUnknownEffect(Schema.Array(StubEntry))

const unavailable = Effect.mapError((cause: unknown) => new StubLedgerUnavailable({ cause }))

/**
 * Books in PostgreSQL, so that they outlive a killed server as a real gateway's would. The client has to be one
 * of the role `payments_stub`: the app's own role cannot see them.
 */
export const pgStubGatewayLedger: Layer.Layer<StubGatewayLedger, never, SqlClient.SqlClient> = Layer.effect(
  StubGatewayLedger,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient

    const columns = sql.literal(
      `gateway, mid, idempotency_key as "idempotencyKey", operation, kind, code,
       processor_reference as "processorReference", charge_reference as "chargeReference",
       amount::float8 as amount, currency, token_ref as "tokenRef",
       (extract(epoch from moves_at) * 1000)::float8 as "movesAt",
       (extract(epoch from created_at) * 1000)::float8 as "createdAt"`
    )

    const byKey = (gateway: string, idempotencyKey: string) =>
      sql`select ${columns} from stub_gateway.entries
          where gateway = ${gateway} and idempotency_key = ${idempotencyKey} order by written`.pipe(
        Effect.flatMap(decodeEntries)
      )

    const byCharge = (gateway: string, mid: string, chargeReference: string) =>
      sql`select ${columns} from stub_gateway.entries
          where gateway = ${gateway} and mid = ${mid} and charge_reference = ${chargeReference}
          order by written`.pipe(Effect.flatMap(decodeEntries))

    const entries = sql`select ${columns} from stub_gateway.entries order by written`.pipe(
      Effect.flatMap(decodeEntries)
    )

    const insert = Effect.fnUntraced(function* (entry: StubEntry) {
      const rows =
        yield* sql`insert into stub_gateway.entries (gateway, mid, idempotency_key, operation, kind,
          code, processor_reference, charge_reference, amount, currency, token_ref, moves_at, created_at)
        values (${entry.gateway}, ${entry.mid}, ${entry.idempotencyKey}, ${entry.operation}, ${entry.kind},
          ${entry.code}, ${entry.processorReference}, ${entry.chargeReference}, ${entry.amount},
          ${entry.currency}, ${entry.tokenRef}, to_timestamp(${entry.movesAt}::float8 / 1000),
          to_timestamp(${entry.createdAt}::float8 / 1000))
        on conflict (gateway, idempotency_key, operation) do nothing
        returning operation`
      return rows.length > 0
    })

    const firstOf = (entry: StubEntry) =>
      Effect.map(byKey(entry.gateway, entry.idempotencyKey), (lines) =>
        lines.find(({ operation }) => operation === entry.operation)
      )

    const writeOnce = Effect.fnUntraced(function* (entry: StubEntry) {
      if (yield* insert(entry)) return { _tag: "Written" } satisfies Writing
      const first = yield* firstOf(entry)
      return first === undefined
        ? yield* Effect.die("an entry both exists and does not")
        : ({ _tag: "AlreadyWritten", first } satisfies Writing)
    })

    // Whoever takes money of one charge back waits for the one before, so that the sum is never out of date.
    const writeWithinCharge = (entry: StubEntry) =>
      Effect.gen(function* () {
        const { gateway, mid, chargeReference } = entry
        yield* sql`select pg_advisory_xact_lock(hashtextextended(${`${gateway} ${mid} ${chargeReference}`}, 0))`
        const first = yield* firstOf(entry)
        if (first !== undefined) return { _tag: "AlreadyWritten", first } satisfies Writing
        const rest = left(entry, yield* byCharge(gateway, mid, chargeReference))
        if (entry.amount > rest) return { _tag: "TooMuch", left: rest } satisfies Writing
        return yield* writeOnce(entry)
      }).pipe(sql.withTransaction)

    return {
      write: (entry) =>
        unavailable(
          entry.kind === "refunded" || entry.kind === "voided" ? writeWithinCharge(entry) : writeOnce(entry)
        ),
      byKey: (gateway, key) => unavailable(byKey(gateway, key)),
      byCharge: (gateway, mid, reference) => unavailable(byCharge(gateway, mid, reference)),
      entries: unavailable(entries),
      totals: unavailable(
        Effect.zipWith(entries, Clock.currentTimeMillis, (lines, now) => totalsOf(lines, now))
      )
    }
  })
)

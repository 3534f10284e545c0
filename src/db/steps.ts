import { Effect, Predicate, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { LedgerUnavailable } from "../kernel/PaymentLedger.ts"

/**
 * Calls one of the money steps of the database: one function, one JSON parameter, one JSON answer, so one
 * statement, one round trip and one commit. The parameter is always a text, so that PostgreSQL prepares each step
 * once. Whatever goes wrong on the way is `LedgerUnavailable`: the step may or may not have been done.
 *
 * An account that is stopped between a step's verdict and its row makes a trigger refuse the row, and with it the
 * whole statement: nothing was written, so the step is simply asked again, and now says so itself.
 */
export const step = <Answer extends Schema.Top & { readonly DecodingServices: never }>(
  sql: SqlClient.SqlClient,
  name: string,
  answer: Answer
): ((input: unknown) => Effect.Effect<Answer["Type"], LedgerUnavailable>) => {
  const decode = Schema.decodeUnknownEffect(answer)
  return (input) =>
    sql
      .unsafe<{ readonly answer: unknown }>(`select ${name}($1::jsonb) as answer`, [JSON.stringify(input)])
      .pipe(
        Effect.retry({ while: stoppedMeanwhile, times: 5 }),
        Effect.flatMap((rows) => decode(rows[0]?.answer)),
        unavailable(name)
      )
}

/** The trigger of attempts names its refusals after the verdicts of the write-ahead. */
const stoppedMeanwhile = (error: SqlError.SqlError): boolean => {
  const { cause } = error.reason
  return (
    Predicate.hasProperty(cause, "constraint") &&
    Predicate.isString(cause.constraint) &&
    cause.constraint.startsWith("permit_")
  )
}

/** Names what could not be done when a statement fails. */
export const unavailable =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, LedgerUnavailable, R> =>
    Effect.mapError(effect, (cause) =>
      cause instanceof LedgerUnavailable ? cause : new LedgerUnavailable({ operation, cause })
    )

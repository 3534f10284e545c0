import { Clock, Duration, Effect, Fiber, Predicate, Schema } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { traceparent } from "../layers/transport/trace.ts"

/**
 * How long a caller waits for the database, a free connection included. PostgreSQL ends a statement of its own
 * after ten seconds (`Database.ts`), so only a line that fell silent takes longer.
 */
const longestWait = Duration.seconds(12)

/**
 * Calls one of the money steps of the database: one function, one JSON parameter, one JSON answer, so one
 * statement, one round trip and one commit. The parameter is always a text, so that PostgreSQL prepares each step
 * once. Whatever goes wrong on the way is `LedgerUnavailable`: the step may or may not have been done.
 *
 * An account or a company that is stopped between a step's verdict and its row makes the database refuse the row,
 * and with it the whole statement: nothing was written, so the step is simply asked again, and now says so itself.
 */
export const step = <Answer extends Schema.Top & { readonly DecodingServices: never }>(
  sql: SqlClient.SqlClient,
  name: string,
  answer: Answer,
  wait = longestWait
): ((input: unknown) => Effect.Effect<Answer["Type"], LedgerUnavailable>) => {
  const timed = timedStep(sql, name, answer, wait)
  return (input) => Effect.map(timed(input), ({ said }) => said)
}

/** What a step answered, and a time on the monotonic clock before which it was not sent. */
export interface Said<Answer> {
  readonly said: Answer
  readonly askedAt: bigint
}

/** A step that says when it was sent. */
export const timedStep = <Answer extends Schema.Top & { readonly DecodingServices: never }>(
  sql: SqlClient.SqlClient,
  name: string,
  answer: Answer,
  wait = longestWait
): ((input: unknown) => Effect.Effect<Said<Answer["Type"]>, LedgerUnavailable>) => {
  const decode = Schema.decodeUnknownEffect(answer)
  const asked = `select ${name}($1::jsonb) as answer`
  // Within a trace that is kept, the events that the step writes are told which. The step's own parameter waits for it.
  const traced = `select ${name}(case when set_config('payments.trace', $2, true) is not null then $1::jsonb end) as answer`
  return (input) =>
    Effect.gen(function* () {
      const trace = yield* traceOfEvents
      const askedAt = yield* Clock.monotonicTimeNanos
      const rows = yield* sql.unsafe<{ readonly answer: unknown }>(
        trace === undefined ? asked : traced,
        trace === undefined ? [JSON.stringify(input)] : [JSON.stringify(input), trace]
      )
      return { rows, askedAt }
    }).pipe(
      Effect.retry({ while: stoppedMeanwhile, times: 5 }),
      Effect.flatMap(({ rows, askedAt }) =>
        Effect.map(decode(rows[0]?.answer), (said) => ({ said, askedAt }))
      ),
      answered(name, wait)
    )
}

/** The trace and the span under way, as the outbox keeps them. */
export const traceOfEvents = Effect.map(traceparent, (found) => found?.slice(3, 52))

/** What refuses a session whose company, brand or underwriting was changed meanwhile. */
const refusesSession: ReadonlySet<string> = new Set([
  "entity_collects",
  "session_of_brand",
  "session_underwritten",
  "underwriting_not_revoked"
])

/** The trigger of attempts names its refusals after the verdicts of the write-ahead. */
const stoppedMeanwhile = (error: SqlError.SqlError): boolean => {
  const { cause } = error.reason
  return (
    Predicate.hasProperty(cause, "constraint") &&
    Predicate.isString(cause.constraint) &&
    (cause.constraint.startsWith("permit_") || refusesSession.has(cause.constraint))
  )
}

/**
 * Bounds how long a statement may keep its caller waiting, and names what could not be done when it fails.
 *
 * The statement runs in a fiber of its own. A charge asks where nobody may interrupt it, and there a plain timeout
 * would itself wait for the statement. After the deadline the fiber is interrupted and left behind: it keeps its
 * connection from everybody else until PostgreSQL acknowledged the cancellation, or closes it.
 */
export const answered =
  (operation: string, wait = longestWait) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, LedgerUnavailable, R> =>
    Effect.gen(function* () {
      const asking = yield* Effect.forkDetach(Effect.interruptible(effect), { startImmediately: true })
      return yield* Effect.raceFirst(
        Effect.interruptible(Fiber.join(asking)),
        Effect.interruptible(Effect.sleep(wait)).pipe(
          Effect.andThen(Effect.forkDetach(Fiber.interrupt(asking))),
          // Made when it is needed: an error takes a stack trace, and most statements are answered.
          Effect.andThen(
            Effect.failSync(
              () =>
                new LedgerUnavailable({
                  operation,
                  cause: new Error(`no answer within ${Duration.toMillis(wait)} ms`)
                })
            )
          )
        )
      ).pipe(Effect.onInterrupt(() => Fiber.interrupt(asking)))
    }).pipe(unavailable(operation))

/**
 * Classes of SQLSTATE that blame what the statement was given: impossible values, constraints and what our own
 * functions raise, a value that is too large. Every other one, and everything without one, is the database's or the
 * line's own trouble, and may be gone the next time: connections (08), transactions that were rolled back (40), rights
 * and names of a version that is being exchanged (42), resources (53), locks (55), operators who stop it (57).
 */
const refusing: ReadonlySet<string> = new Set(["21", "22", "23", "44", "54", "P0"])

/** Whether the same would be refused again, or is in a form that this version cannot write or read. */
const isRefusal = (error: unknown): boolean => {
  if (Schema.isSchemaError(error)) return true
  if (!(error instanceof SqlError.SqlError)) return false
  const { cause } = error.reason
  return (
    Predicate.hasProperty(cause, "code") &&
    Predicate.isString(cause.code) &&
    refusing.has(cause.code.slice(0, 2))
  )
}

/** Names what could not be done when a statement fails, and whether it would fail again. */
export const unavailable =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, LedgerUnavailable, R> =>
    Effect.mapError(effect, (cause) =>
      cause instanceof LedgerUnavailable
        ? cause
        : new LedgerUnavailable({ operation, cause, ...(isRefusal(cause) ? { refused: true } : {}) })
    )

import { Effect, Result, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { SqlError } from "effect/sql"

/** What PostgreSQL refused something with. */
export interface Refusal {
  readonly code: string
  /** `table.constraint`, or the name alone that a trigger gave its refusal. */
  readonly by: string | undefined
  readonly message: string
}

const Fields = Schema.Struct({
  code: Schema.String,
  table: Schema.optionalKey(Schema.String),
  constraint: Schema.optionalKey(Schema.String),
  message: Schema.String
})

/** Reads a failed statement's refusal; what is none is a defect. */
export const refusalOf = (error: unknown): Effect.Effect<Refusal> =>
  Effect.gen(function* () {
    if (!SqlError.isSqlError(error)) return yield* Effect.die(error)
    const { reason } = error
    const cause: unknown = reason.cause
    const fields = yield* Effect.orDie(
      Schema.decodeUnknownEffect(Fields)(
        typeof cause === "object" && cause !== null
          ? { ...cause, message: cause instanceof Error ? cause.message : "" }
          : cause
      )
    )
    const { code, table, constraint, message } = fields
    return {
      code,
      message,
      by: table === undefined || constraint === undefined ? constraint : `${table}.${constraint}`
    }
  })

class RolledBack extends Schema.TaggedError<RolledBack>()("RolledBack", { outcome: Schema.Unknown }) {}

/**
 * Does some statements and then tries one, deferred constraints included, in a transaction that leaves nothing
 * behind. Answers the refusal, or `undefined` when it was allowed.
 */
export const refusalOfTrying = (
  sql: SqlClient.SqlClient,
  given: ReadonlyArray<string>,
  attempt: string
): Effect.Effect<Refusal | undefined> =>
  Effect.gen(function* () {
    let outcome: Refusal | undefined
    yield* sql
      .withTransaction(
        Effect.gen(function* () {
          for (const statement of given) {
            yield* sql.unsafe(statement).pipe(Effect.tapError(() => Effect.logError(`given: ${statement}`)))
            // A table with a check that is still to come cannot be altered.
            yield* sql`set constraints all immediate`
            yield* sql`set constraints all deferred`
          }
          yield* sql`set constraints all immediate`
          const tried = yield* Effect.result(sql.unsafe(attempt))
          if (Result.isFailure(tried)) outcome = yield* refusalOf(tried.failure)
          return yield* new RolledBack({ outcome })
        })
      )
      .pipe(Effect.catchTag("RolledBack", () => Effect.void))
    return outcome
  }).pipe(Effect.orDie)

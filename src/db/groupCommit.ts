import { Cause, Clock, Deferred, Duration, Effect, Exit, Predicate, Schema, Semaphore } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import { permitLifetime } from "../kernel/cascade/chargeAcrossProviders.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { answered, type Said, timedStep, traceOfEvents, unavailable } from "./steps.ts"

/** How many statements of one step are under way at once: while one waits for the disk, the other is worked on. */
const mostFlights = 2

/** How many share a commit, first and at most: each waits for all of them, and no permit may grow old meanwhile. */
const firstTogether = 16
const mostTogether = 64

/** So few share one on the slowest machine: what takes so long then is the commit itself. */
const leastTogether = 8

/** How long a flight should take at most. One that the machine made slower still has permits that may be used. */
const longestFlight = Duration.toNanosUnsafe(permitLifetime) / 5n

/** How many of those whose flight was taken back are asked alone at once. More of them would only wait, as permits. */
const mostAlone = 8

/** Whoever needs a lock for longer waits for it alone: the permits of the others would grow old. */
const patience = "100ms"

interface Waiting {
  readonly input: unknown
  /** Whose it is: everybody takes the locks of sessions in this order. */
  readonly session: string
  readonly trace: string | undefined
  readonly landed: Deferred.Deferred<Landed, LedgerUnavailable>
  /** Nobody waits for it any more. What was not sent by then is not sent. */
  left: boolean
}

/** How many may share the next commit, after some of them took so many nanoseconds: fewer at once, more step by step. */
export const mostNext = (most: number, shared: number, took: bigint): number => {
  if (took > longestFlight) return Math.max(leastTogether, Number((BigInt(shared) * longestFlight) / took))
  return shared >= most && took < longestFlight / 2n ? Math.min(2 * most, mostTogether) : most
}

/** What became of one of many: its own answer, or proof that nothing was written, so that it may be asked alone. */
type Landed = Said<unknown> | "rolled back"

/**
 * A money step that shares statement and commit with the same step of other sessions. There is no timer: only so many
 * flights are under way, one that comes while there is room flies alone and at once, and what waits meanwhile is the next
 * flight. Each has its own verdict, after the commit. A statement that PostgreSQL refuses was rolled back as a whole, so
 * each of it is asked alone then; when nobody knows what became of it, nobody knows it of any of it.
 */
export const sharedStep = <Input, Answer extends Schema.Top & { readonly DecodingServices: never }>(
  sql: SqlClient.SqlClient,
  name: string,
  answer: Answer,
  sessionOf: (input: Input) => string
): ((input: Input) => Effect.Effect<Said<Answer["Type"]>, LedgerUnavailable>) => {
  const alone = timedStep(sql, name, answer)
  const afterAll = Semaphore.makeUnsafe(mostAlone)
  const read = ({ said, askedAt }: Said<unknown>) =>
    Effect.map(unavailable(name)(decode(said)), (known) => ({ said: known, askedAt }))
  const decode = Schema.decodeUnknownEffect(answer)
  const together = `select ${name}s($1::jsonb) as answer`
  const waiting: Array<Waiting> = []
  let flights = 0
  let most = firstTogether

  const ask = (flight: ReadonlyArray<Waiting>) =>
    Effect.suspend(() =>
      sql.unsafe<{ readonly answer: unknown }>(together, [
        JSON.stringify({ patience, steps: flight.map(({ input, trace }) => ({ input, trace })) })
      ])
    ).pipe(answered(name), Effect.withSpan("groupCommit", { root: true }), Effect.exit)

  const fly = Effect.fnUntraced(function* (flight: ReadonlyArray<Waiting>) {
    const askedAt = yield* Clock.monotonicTimeNanos
    const asked = yield* ask(flight)
    most = mostNext(most, flight.length, (yield* Clock.monotonicTimeNanos) - askedAt)
    const rolledBack = Exit.isFailure(asked) && wasRolledBack(asked.cause)
    for (const [place, { landed }] of flight.entries()) {
      if (rolledBack) yield* Deferred.succeed(landed, "rolled back")
      else if (Exit.isFailure(asked)) yield* Deferred.failCause(landed, asked.cause)
      else yield* Deferred.succeed(landed, { said: asked.value[place]?.answer, askedAt })
    }
  })

  /** Those who waited longest, in the order of locks. When there are none, the place of the flight is free at once. */
  const nextFlight = (): ReadonlyArray<Waiting> => {
    const here = waiting.splice(0).filter(({ left }) => !left)
    waiting.push(...here.splice(most))
    if (here.length === 0) flights--
    return here.toSorted((a, b) => (a.session < b.session ? -1 : 1))
  }

  const flyOn = Effect.gen(function* () {
    for (let flight = nextFlight(); flight.length > 0; flight = nextFlight()) yield* fly(flight)
  })

  /** Hands the place of a flight that landed to whoever waits. */
  const handOn = Effect.suspend(() => {
    if (waiting.length > 0) return Effect.asVoid(Effect.forkDetach(flyOn))
    flights--
    return Effect.void
  })

  // Nothing may come between the look for a free place and the wait: who waits is found by the next that lands.
  return (input) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(traceOfEvents, (trace) => {
        if (flights < mostFlights) {
          flights++
          return Effect.ensuring(restore(alone(input)), handOn)
        }
        const one: Waiting = {
          input,
          session: sessionOf(input),
          trace,
          landed: Deferred.makeUnsafe(),
          left: false
        }
        waiting.push(one)
        const leave = Effect.sync(() => {
          one.left = true
        })
        return restore(answered(name)(Deferred.await(one.landed))).pipe(
          Effect.ensuring(leave),
          Effect.flatMap((landed) =>
            landed === "rolled back"
              ? restore(answered(name)(afterAll.withPermit(alone(input))))
              : read(landed)
          )
        )
      })
    )
}

/**
 * SQLSTATEs with which PostgreSQL answers a statement that it has taken back: what was given to it, locks, deadlocks,
 * time and space. Without one of these the line broke or the server went away, perhaps after the commit.
 */
const takenBack = /^(?:2[1-8]|40(?!003)|4[24]|5[345]|P0|57014)/

const wasRolledBack = (cause: Cause.Cause<LedgerUnavailable>): boolean =>
  cause.reasons.every((reason) => {
    if (!Cause.isFailReason(reason) || !(reason.error.cause instanceof SqlError.SqlError)) return false
    const told = reason.error.cause.reason.cause
    return Predicate.hasProperty(told, "code") && Predicate.isString(told.code) && takenBack.test(told.code)
  })

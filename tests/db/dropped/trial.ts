import { Deferred, Effect, Result } from "effect"
import type { SqlError } from "effect/sql"
import { refusalOf } from "../support/refusal.ts"
import type { Arena } from "./Arena.ts"
import type { Prohibition, Race, Worker } from "./Race.ts"

/** How often the law of a race was broken, at each stage. */
export interface Verdict {
  readonly race: Race
  readonly withEverything: number
  /** With all that carry the law dropped but one. The same as before where there is one only. */
  readonly withOne: number
  readonly withNone: number
}

/**
 * Lets all workers of a race do what they do, each in a transaction that is committed only when every other one has
 * done its part, was refused or waits for a lock: so all of them are under way at the same time, in every run.
 */
const compete = Effect.fnUntraced(function* ({ administrator, as }: Arena, workers: ReadonlyArray<Worker>) {
  const gate = yield* Deferred.make<void>()
  let arrived = 0
  const arrive = Effect.sync(() => {
    arrived += 1
  })
  const work = Effect.fnUntraced(function* ({ role, does }: Worker) {
    const sql = yield* as(role)
    const steps = Effect.forEach(does, (statement) => sql.unsafe(statement), { discard: true })
    const done = yield* Effect.result(
      sql.withTransaction(Effect.andThen(Effect.ensuring(steps, arrive), Deferred.await(gate)))
    )
    if (Result.isSuccess(done)) return
    const { code, message } = yield* refusalOf(done.failure)
    // A constraint or a trigger, a right that is missing, a deadlock. Anything else is a mistake in the race.
    if (!/^23|^42501$|^40P01$/.test(code)) return yield* Effect.die(`${code} ${message}: ${does.join("; ")}`)
  })
  const open = Effect.gen(function* () {
    while (true) {
      const [waiting] = yield* administrator<{ readonly nr: number }>`
        select count(*)::int as nr from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      if (arrived + (waiting?.nr ?? 0) >= workers.length) return yield* Deferred.succeed(gate, undefined)
      yield* Effect.sleep("1 millis")
    }
  })
  // The pools are there beforehand: two workers of one role would make two.
  yield* Effect.forEach(workers, ({ role }) => as(role), { discard: true })
  yield* Effect.all([Effect.forEach(workers, work, { concurrency: "unbounded" }), open], {
    concurrency: "unbounded"
  })
})

/** Lets a race happen and counts how often its law is broken afterwards. */
const happen = Effect.fnUntraced(function* (arena: Arena, { given, workers, broken }: Race, nr: number) {
  const owner = yield* arena.as("payments_owner")
  for (const statement of given(nr)) yield* owner.unsafe(statement)
  yield* compete(arena, workers(nr))
  const [count] = yield* owner.unsafe<{ readonly broken: number }>(broken(nr))
  return count?.broken ?? Number.NaN
})

/**
 * Tries races about the same prohibitions: with everything in place, with `last` alone of those that carry the law,
 * and without it.
 */
export const trial = (
  arena: Arena,
  races: ReadonlyArray<Race>,
  last: Prohibition
): Effect.Effect<ReadonlyArray<Verdict>, SqlError.SqlError> =>
  Effect.gen(function* () {
    let nr = 0
    const each = Effect.forEach(races, (race) => {
      nr += 10
      return happen(arena, race, nr)
    })
    const { drops, takesAlong } = races[0] ?? { drops: [] }
    const withEverything = yield* each
    const others = drops.filter((dropped) => dropped !== last)
    for (const other of others) yield* arena.drop(other)
    const withOne = others.length === 0 ? withEverything : yield* each
    yield* arena.drop(last, takesAlong)
    const withNone = yield* each
    yield* arena.restore
    return races.map((race, at) => ({
      race,
      withEverything: withEverything[at] ?? Number.NaN,
      withOne: withOne[at] ?? Number.NaN,
      withNone: withNone[at] ?? Number.NaN
    }))
  })

import { Effect, Exit } from "effect"
import type { SqlError } from "effect/sql"
import { makeArena } from "./Arena.ts"
import type { Prohibition, Race } from "./Race.ts"
import { attempts } from "./races/attempts.ts"
import { changes } from "./races/changes.ts"
import { events } from "./races/events.ts"
import { formats } from "./races/formats.ts"
import { books } from "./races/gateways.ts"
import { history } from "./races/history.ts"
import { keys } from "./races/keys.ts"
import { limits } from "./races/limits.ts"
import { money } from "./races/money.ts"
import { refunds } from "./races/refunds.ts"
import { registry } from "./races/registry.ts"
import { pages } from "./races/pages.ts"
import { reviews } from "./races/reviews.ts"
import { rights } from "./races/rights.ts"
import { sessions } from "./races/sessions.ts"
import { together } from "./races/together.ts"
import { webhooks } from "./races/webhooks.ts"
import { trial, type Verdict } from "./trial.ts"

export const races: ReadonlyArray<Race> = [
  ...attempts,
  ...sessions,
  ...money,
  ...history,
  ...registry,
  ...formats,
  ...rights,
  ...books,
  ...events,
  ...webhooks,
  ...refunds,
  ...reviews,
  ...pages,
  ...changes,
  ...together,
  ...keys,
  ...limits
]

/** All races about the same prohibitions, of which `last` is the last to be dropped. */
export interface Trial {
  readonly name: string
  readonly races: ReadonlyArray<Race>
  readonly last: Prohibition
}

const groups = Map.groupBy(races, ({ drops, takesAlong = [] }) => [...drops, "with", ...takesAlong].join())

export const trials: ReadonlyArray<Trial> = [...groups.values()].flatMap((group): ReadonlyArray<Trial> => {
  const { drops, law } = group[0] ?? { drops: [], law: "" }
  return drops.map((last) => ({
    name: drops.length === 1 ? last : `${last}, the last of ${drops.length} that hold it: ${law}`,
    races: group,
    last
  }))
})

export type Tried = Exit.Exit<ReadonlyArray<Verdict>, SqlError.SqlError>

const lanes = 3

/** Tries them all, several at a time, each lane in a copy of the database that is put back after every trial. */
export const tryAll: Effect.Effect<ReadonlyMap<Trial, Tried>, SqlError.SqlError> = Effect.gen(function* () {
  const waiting = [...trials]
  const done = new Map<Trial, Tried>()
  const lane = Effect.gen(function* () {
    const arena = yield* makeArena
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const exit = yield* Effect.exit(trial(arena, next.races, next.last))
      done.set(next, exit)
      // Nobody knows what it left behind: the next one has a fresh copy.
      if (Exit.isFailure(exit)) return true
    }
    return false
  }).pipe(Effect.scoped, Effect.repeat({ while: (again) => again }))
  yield* Effect.forEach(Array.from({ length: lanes }), () => lane, {
    concurrency: "unbounded",
    discard: true
  })
  return done
})

/** Whether every law held while something carried it, and broke when nothing did. */
export const showsIt = (tried: Tried | undefined): boolean =>
  tried !== undefined &&
  Exit.isSuccess(tried) &&
  tried.value.every(
    ({ withEverything, withOne, withNone }) => withEverything === 0 && withOne === 0 && withNone > 0
  )

// The short form of `npm run crash`: the same run with a small dose, in which everything still has to happen.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { inLines } from "./report.ts"
import { crashRun } from "./run.ts"

it.live(
  "real servers killed, paused and cut off, and a database stopped: the customers heard the truth and nobody paid twice",
  () =>
    Effect.gen(function* () {
      const dose = { kills: 15, stops: 3 }
      const result = yield* crashRun({ seed: 1, dose, onProgress: () => Effect.void })
      const command = `npm run crash -- --kills ${dose.kills} --stops ${dose.stops} --seed ${result.seed}`
      assert.deepStrictEqual(result.faults, [], inLines(result, command))
    }),
  600_000
)

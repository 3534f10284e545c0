// Plants bugs that would cost somebody money into the simulated services, one at a time: each must be caught.
//
//   npm run planted
import { Effect } from "effect"
import { availableParallelism } from "node:os"
import { count, readOptions, writeReport } from "../support/commandLine.ts"
import { mostHistories, plantAll } from "./planting.ts"
import { plants } from "./plants.ts"

const options = readOptions([])

const all = await Effect.runPromise(
  plantAll({ threads: availableParallelism() }, ({ plant, caught }, done) => {
    const where = caught === undefined ? "NOT CAUGHT" : `seed ${count(caught.seed)}: ${caught.law}`
    console.log(`${String(done).padStart(3)} of ${plants.length}  ${plant.name.padEnd(52)}  ${where}`)
  })
)

const missed = all.filter(({ caught }) => caught === undefined)
const latest = Math.max(...all.map(({ caught }) => caught?.seed ?? 0))
console.log(
  `\n${all.length - missed.length} of ${all.length} planted bugs were caught, the latest at seed ${count(latest)}.`
)
writeReport(options.report, {
  held: missed.length === 0,
  command: "npm run planted",
  figures: [
    {
      figure: "planted money bugs that the simulation caught",
      value: `${all.length - missed.length} of ${all.length}`,
      aim: "30 or more, all"
    },
    {
      figure: "histories until the hardest of them was caught",
      value: count(latest),
      aim: `at most ${count(mostHistories)}`
    }
  ]
})
process.exitCode = missed.length === 0 ? 0 : 1

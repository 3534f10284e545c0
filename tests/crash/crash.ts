// Real servers and a real PostgreSQL, killed: `npm run crash -- --kills 1000 --stops 200`.
// Also: --minutes (for so long, whatever the number), --seed (to draw the same again), --report (a file of figures).
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Console, Effect } from "effect"
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import type { Progress } from "./progress.ts"
import { figuresOf, inLines } from "./report.ts"
import { crashRun } from "./run.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    stops: { type: "string", default: "200" },
    minutes: { type: "string" },
    seed: { type: "string" },
    report: { type: "string" }
  }
})

const whole = (name: string, value: string): number => {
  if (!/^[0-9]{1,9}$/.test(value)) {
    console.error(`--${name} is ${JSON.stringify(value)}; say a whole number`)
    process.exit(2)
  }
  return Number(value)
}

const show = ({ inDoubt, kills, sessions, settled, stops, violations }: Progress): Effect.Effect<void> =>
  Effect.sync(() => {
    const line = `kills ${kills}, stops ${stops}, sessions ${sessions}, settled ${settled}, in doubt ${inDoubt}, violations ${violations}`
    if (process.stdout.isTTY) process.stdout.write(`\r${line.padEnd(100)}`)
    else if (++shown % 10 === 0) process.stdout.write(`${line}\n`)
  })
let shown = 0

const program = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const seed = values.seed === undefined ? now % 1_000_000 : whole("seed", values.seed)
  const dose = { kills: whole("kills", values.kills), stops: whole("stops", values.stops) }
  const minutes = values.minutes === undefined ? undefined : whole("minutes", values.minutes)
  yield* Console.log(`seed ${seed}`)
  const result = yield* crashRun({ seed, dose, minutes, onProgress: show })
  const amount =
    `--kills ${dose.kills} --stops ${dose.stops}` + (minutes === undefined ? "" : ` --minutes ${minutes}`)
  const command = `npm run crash -- ${amount}`
  yield* Console.log(inLines(result, `${command} --seed ${seed}`))
  if (values.report !== undefined) {
    writeFileSync(values.report, `${JSON.stringify(figuresOf(result, command), null, 2)}\n`)
  }
  if (result.faults.length > 0) yield* Effect.sync(() => (process.exitCode = 1))
})

program.pipe(Effect.scoped, NodeRuntime.runMain)

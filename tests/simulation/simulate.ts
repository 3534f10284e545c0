// Plays simulated histories, from the first seed on, and stops at the first law that is broken.
//
//   npm run simulate -- --histories 1000000
//   npm run simulate -- --seed 699                      one history, with its trace
//   npm run simulate -- --seed 699 --only "T after the horizon#0"    the same with these faults and no other
import { Effect } from "effect"
import { count, progress, readOptions, wholeNumber, writeReport } from "../support/commandLine.ts"
import { faultNames } from "./faults.ts"
import { playHistories } from "./histories.ts"
import { playHistory } from "./history.ts"
import { neverFired, storyOf, tableOfFaults } from "./story.ts"

/** From so many histories on every kind of fault must have happened. */
const enoughForAll = 10_000

const options = readOptions(["histories", "from", "seed", "only"])

const one = (seed: number): boolean => {
  Error.stackTraceLimit = 0
  const only: { readonly only?: ReadonlySet<string> } =
    options.only === undefined
      ? {}
      : {
          only: new Set(
            options.only
              .split(";")
              .map((fault) => fault.trim())
              .filter((fault) => fault !== "")
          )
        }
  const { trace, fired, broken } = playHistory(seed, { ...only, tracing: true })
  console.log(trace.join("\n"))
  console.log(`\nFaults: ${fired.join("; ") || "none"}`)
  // Whoever replays what does not happen any more would take its silence for an answer.
  const missed = [...(only.only ?? [])].filter((fault) => !fired.includes(fault))
  if (missed.length > 0) console.log(`Did not happen in this history: ${missed.join("; ")}.`)
  if (broken !== undefined) console.log(`A law is broken: ${broken.law}.\n  ${broken.message}`)
  return broken === undefined
}

const many = Effect.gen(function* () {
  const histories = wholeNumber("histories", options.histories, 20_000)
  const from = wholeNumber("from", options.from, 1)
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const summary = yield* playHistories({ from, histories }, (so) =>
    progress(
      so.histories,
      histories,
      `${count(so.histories)} histories, ${count(Math.round(so.histories / seconds()))} a second, ${so.broken === undefined ? "no law broken" : "A LAW IS BROKEN"}`
    )
  )
  const missing = neverFired(summary)
  console.log(`\n${tableOfFaults(summary)}\n`)
  console.log(
    `${count(summary.histories)} histories in ${seconds().toFixed(0)} s: ${count(summary.charges)} charges reached a gateway, ${count(summary.captures)} moved money, ${count(summary.refunds)} were to go back, ${count(summary.steps)} steps.`
  )
  const blind = summary.histories >= enoughForAll && missing.length > 0
  const short = summary.broken === undefined && summary.histories < histories
  const held = summary.broken === undefined && !blind && !short
  writeReport(options.report, {
    held,
    command: `npm run simulate -- --histories ${histories}`,
    figures: [
      { figure: "simulated histories", value: count(summary.histories), aim: "1,000,000 with one command" },
      { figure: "broken laws", value: summary.broken === undefined ? "0" : "1", aim: "0" },
      {
        figure: "kinds of faults that fired",
        value: `${faultNames.length - missing.length} of ${faultNames.length}`,
        aim: "all"
      },
      { figure: "charges that reached a simulated gateway", value: count(summary.charges), aim: "" },
      { figure: "refunds and voids that reached one", value: count(summary.refunds), aim: "" },
      { figure: "histories a second", value: count(Math.round(summary.histories / seconds())), aim: "1,667" }
    ],
    fired: Object.fromEntries([...summary.fired].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
  if (summary.broken !== undefined) console.log(`\n${storyOf(summary.broken)}`)
  if (blind) console.log(`\nNever happened, so nothing is shown of them: ${missing.join(", ")}.`)
  if (short) console.log(`\nOnly ${count(summary.histories)} of ${count(histories)} histories were played.`)
  return held
})

const holds =
  options.seed === undefined ? await Effect.runPromise(many) : one(wholeNumber("seed", options.seed, 0))
process.exitCode = holds ? 0 : 1

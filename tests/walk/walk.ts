// Walks every history of one session in a small scope, and asks every law of every state: `npm run walk`.
//
//   --short                      the scopes of the test suite
//   --mids 3 --drivers 2 --faults 2   another scope; three faults take long
//   --accept                     keeps the counts as what a later walk must reach
//   --report <file>              the figures as JSON
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type Progress, walk, type Walk } from "./explore.ts"
import { nameOf, numbers } from "./faults.ts"
import { sayLaw } from "./laws.ts"
import type { Scope } from "./scene.ts"
import { fullScope, nameOfScope, narrower, readExtents, shortScopes, writeExtents } from "./walked.ts"

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    accept: { type: "boolean", default: false },
    report: { type: "string" },
    mids: { type: "string" },
    drivers: { type: "string" },
    faults: { type: "string" }
  }
})

const count = (text: string | undefined, otherwise: number, least: number, most: number): number => {
  const number = text === undefined ? otherwise : Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  console.error(`${text} is no whole number from ${least} to ${most}`)
  process.exit(2)
}

/** Somebody asks for a scope of his own. */
const chosen = values.mids ?? values.drivers ?? values.faults

const scopes: ReadonlyArray<Scope> = values.short
  ? shortScopes
  : [
      {
        mids: count(values.mids, fullScope.mids, 1, 3),
        drivers: count(values.drivers, fullScope.drivers, 1, 2),
        faults: count(values.faults, fullScope.faults, 0, 4)
      }
    ]

const figure = (number: number): string => number.toLocaleString("en")
const isTerminal = process.stdout.isTTY
let printedAt = 0

const showProgress = ({ states, transitions, depth, waiting }: Progress): void => {
  const line = `${figure(states)} states, ${figure(transitions)} transitions, depth ${depth}, ${figure(waiting)} to visit`
  if (isTerminal) process.stdout.write(`\r\x1b[2K${line}`)
  else if (states - printedAt > 200_000) {
    printedAt = states
    console.log(line)
  }
}

const problems: Array<string> = []
const extents = { ...readExtents() }

const walked: ReadonlyArray<Walk> = scopes.map((scope) => {
  const name = nameOfScope(scope)
  printedAt = 0
  console.log(`walking ${name}`)
  const result = walk({ scope }, showProgress)
  if (isTerminal) process.stdout.write("\r\x1b[2K")
  const { violation } = result
  console.log(
    `${figure(result.states)} states, ${figure(result.transitions)} transitions, depth ${result.depth}; ` +
      `quiet ${figure(result.quiet)}, of which healed ${figure(result.healed)}`
  )
  if (violation !== undefined) {
    const { mids, drivers, faults } = scope
    problems.push(
      [
        `A law is broken. ${sayLaw(violation.law)}`,
        ...violation.trace.map((line) => `  ${line}`),
        `again: npm run walk -- --mids ${mids} --drivers ${drivers} --faults ${faults}`
      ].join("\n")
    )
    return result
  }
  const before = extents[name]
  const less = narrower(before, result)
  if (values.accept) {
    if (less !== undefined) console.log(`LOWERED: ${less}`)
    extents[name] = { states: result.states, transitions: result.transitions }
  } else if (less !== undefined) {
    problems.push(`${name}: ${less}. If that is meant, say why and keep it with --accept.`)
  } else if (before === undefined && chosen === undefined) {
    problems.push(
      `${name}: how far it came before is not kept, so nobody can say whether it got narrower; keep it with --accept.`
    )
  } else if (before === undefined) {
    console.log("nothing to compare with; keep it with --accept")
  } else if (result.states > before.states || result.transitions > before.transitions) {
    console.log(`wider than before (${figure(before.states)} states); keep it with --accept`)
  }
  return result
})

const fired: Readonly<Record<string, number>> = Object.fromEntries(
  numbers.map((nr) => [nameOf(nr), walked.reduce((sum, result) => sum + (result.fired[nr] ?? 0), 0)])
)
const ends = new Map<string, number>()
for (const result of walked) {
  for (const [end, times] of Object.entries(result.ends)) ends.set(end, (ends.get(end) ?? 0) + times)
}
console.log("\nwhen everything has healed, sessions are:")
for (const [end, times] of [...ends].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${figure(times).padStart(12)}  ${end}`)
console.log("\nof the catalogue, transitions that are it:")
for (const [name, times] of Object.entries(fired)) console.log(`${figure(times).padStart(12)}  ${name}`)

// A walk that ended early has not met them all, and a smaller scope need not have them.
if (chosen === undefined && walked.every(({ violation }) => violation === undefined)) {
  for (const [name, times] of Object.entries(fired)) if (times === 0) problems.push(`never met: ${name}`)
}

const sum = (of: (result: Walk) => number): number => walked.reduce((total, result) => total + of(result), 0)
if (values.report !== undefined) {
  const figures = [
    {
      figure: "states walked",
      value: figure(sum((result) => result.states)),
      aim: "never fewer than before"
    },
    {
      figure: "transitions walked",
      value: figure(sum((result) => result.transitions)),
      aim: "never fewer than before"
    },
    {
      figure: "depth of the walk",
      value: figure(Math.max(...walked.map(({ depth }) => depth))),
      aim: "reported"
    },
    { figure: "quiet states of the walk", value: figure(sum((result) => result.quiet)), aim: "reported" },
    {
      figure: "violations in the walk",
      value: figure(walked.filter((one) => one.violation !== undefined).length),
      aim: "0"
    }
  ]
  writeFileSync(
    values.report,
    `${JSON.stringify({ figures, fired, held: problems.length === 0, command: "npm run walk" }, null, 2)}\n`
  )
}

if (problems.length === 0) {
  if (values.accept) writeExtents(extents)
  console.log(`\nevery law holds in every state of ${scopes.map(nameOfScope).join("; ")}`)
} else {
  console.error(`\n${problems.join("\n\n")}`)
  process.exitCode = 1
}

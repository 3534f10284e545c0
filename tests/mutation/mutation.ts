// Changes src/kernel in every small way and looks whether a test notices: `npm run mutation`. Of one file:
// `npm run mutation -- --files src/kernel/Cart.ts`; held against some tests only: `--tests tests/kernel/cascade`.
import { writeFile } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { judge, type Score } from "./judge.ts"
import type { Mutant } from "./Mutant.ts"
import { runStryker } from "./runStryker.ts"
import { survivors } from "./survivors.ts"

const aim = 0.95

const { values } = parseArgs({
  options: {
    files: { type: "string", multiple: true },
    tests: { type: "string" },
    concurrency: { type: "string" },
    report: { type: "string" }
  }
})
const report = values.report === undefined ? undefined : resolve(values.report)

const whole = values.files === undefined
const mutants = await runStryker({
  files: values.files ?? ["src/kernel/**/*.ts"],
  tests: values.tests,
  concurrency: Number(values.concurrency ?? availableParallelism())
})
const { total, byFile, justified, unjustified, stale, twice } = judge(mutants, survivors, whole)

const percent = (share: number): string => `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`
const columns = ["score", "killed", "timeout", "survived", "no coverage", "not valid", "ignored"]
const row = (cells: ReadonlyArray<string>, file: string): string =>
  `${cells.map((cell, at) => cell.padStart(Math.max(8, (columns[at] ?? "").length))).join(" ")}   ${file}`
const rowOf = ({ score, killed, timeout, survived, noCoverage, broken, ignored, file }: Score): string =>
  row([percent(score), ...[killed, timeout, survived, noCoverage, broken, ignored].map(String)], file)

console.log(row(columns, "file"))
for (const score of byFile) console.log(rowOf(score))
console.log(rowOf(total))
console.log(
  `\n${mutants.length} mutants, score ${percent(total.score)}; ${justified.length} survivors are explained in tests/mutation/survivors`
)

const complaints: Array<string> = []
const complain = (what: string, lines: ReadonlyArray<string>) => {
  if (lines.length > 0) complaints.push(`\n${what}\n${lines.map((line) => `  ${line}`).join("\n")}`)
}
const shown = ({ file, line, status, fingerprint }: Mutant) =>
  `src/kernel/${file}:${line} ${status}\n    ${JSON.stringify(fingerprint)}`
complain("No test notices these, and no entry of the list says why:", unjustified.map(shown))
complain("These stand in the list and are no survivors (any more):", stale)
complain("These stand in the list twice:", twice)
if (mutants.length === 0) complain("Nothing was mutated:", values.files ?? [])
if (whole && total.score < aim)
  complain("The score is below its aim:", [`${percent(total.score)} < ${percent(aim)}`])
for (const complaint of complaints) console.error(complaint)

if (report !== undefined) {
  const count = new Intl.NumberFormat("en")
  const figures = [
    {
      figure: "kernel mutation score",
      value: `${percent(total.score)} of ${count.format(mutants.length)} mutants`,
      aim: percent(aim)
    },
    {
      figure: "kernel mutants that survive without a reason given",
      value: `${unjustified.length} (${justified.length} with one)`,
      aim: "0"
    }
  ]
  await writeFile(
    report,
    `${JSON.stringify({ figures, held: complaints.length === 0, command: "npm run mutation" }, undefined, 2)}\n`
  )
}
process.exitCode = complaints.length === 0 ? 0 : 1

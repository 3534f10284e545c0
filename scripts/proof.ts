// Runs all layers of the proof at full size and writes their figures into docs/safety.md. It takes an hour or two.
// `npm run proof -- --help` says what else it can do.
import { Schema } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs, styleText } from "node:util"
import { holds, keep, type Ran, Report, writeDocument } from "./proof/figures.ts"
import { type Layer, layers } from "./proof/layers.ts"

const help = `Runs the layers of the proof at full size and writes their figures into docs/safety.md.

  npm run proof                             all layers, an hour or two
  npm run proof -- --only walk,simulate     these layers; the figures of the others stay
  npm run proof -- --take crash=report.json figures of a run of its own: npm run crash -- --report report.json
  npm run proof -- --table                  runs nothing, writes the table anew from the figures that are kept

The layers, from the quickest to the one that takes longest:

${layers.map(({ name, title }) => `  ${name.padEnd(10)}${title}`).join("\n")}

It ends with 0 when every layer that it ran held, with 1 when one did not, with 2 when it was asked for something else.
"npm test" runs all of them in a short form.`

const asked = () => {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        take: { type: "string" },
        table: { type: "boolean", default: false },
        help: { type: "boolean", default: false }
      }
    }).values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`)
    return process.exit(2)
  }
}

const values = asked()
if (values.help) {
  console.log(help)
  process.exit(0)
}

const known = new Set(layers.map(({ name }) => name))
const [taken, takenFrom] = values.take?.split("=") ?? []
const wanted =
  values.table || taken !== undefined
    ? []
    : (values.only?.split(",").map((name) => name.trim()) ?? [...known])
const unknown = [...wanted, ...(taken === undefined ? [] : [taken])].filter((name) => !known.has(name))
if (unknown.length > 0) {
  console.error(`There is no layer ${unknown.join(", ")}; say some of ${[...known].join(", ")}.`)
  process.exit(2)
}
if (taken !== undefined && (takenFrom === undefined || !existsSync(takenFrom))) {
  console.error(`--take wants a layer and the file of its report, such as ${taken}=report.json.`)
  process.exit(2)
}

/** What to spawn for a layer, and how a person writes it. */
const commandOf = ({ run }: Layer, report: string) => {
  if ("script" in run) {
    const options = run.options.length === 0 ? "" : ` -- ${run.options.join(" ")}`
    return {
      args: ["run", "--silent", run.script, "--", ...run.options, "--report", report],
      environment: {},
      written: `npm run ${run.script}${options}`
    }
  }
  const settings = Object.entries(run.environment).map(([name, value]) => `${name}=${value} `)
  return {
    args: ["exec", "--", "vitest", "run", ...run.tests],
    environment: { ...run.environment, [run.reportVariable]: report },
    written: `${settings.join("")}npm test ${run.tests.join(" ")}`
  }
}

const takenFailed: Array<string> = []
const folder = mkdtempSync(join(tmpdir(), "proof-"))

const runLayer = (layer: Layer): boolean => {
  console.log(styleText("bold", `\n== ${layer.title}`))
  const report = join(folder, `${layer.name}.json`)
  const { args, environment, written } = commandOf(layer, report)
  const began = performance.now()
  const { status } = spawnSync("npm", args, { stdio: "inherit", env: { ...process.env, ...environment } })
  const said = existsSync(report) ? readReport(report) : undefined
  const ran: Ran = {
    ...(said ?? { figures: [{ figure: "", value: "no figures", aim: "" }] }),
    command: written,
    on: new Date().toISOString().slice(0, 10),
    seconds: Math.round((performance.now() - began) / 1000),
    cores: availableParallelism(),
    held: holds(status === 0 ? "well" : "badly", said)
  }
  keep(layer.name, ran)
  writeDocument()
  return ran.held
}

const readReport = (file: string): Report =>
  Schema.decodeUnknownSync(Schema.fromJsonString(Report))(readFileSync(file, "utf8"))

/** What a run by itself wrote, its own word on whether it held among it. */
if (taken !== undefined && takenFrom !== undefined) {
  const written = statSync(takenFrom).mtime.toISOString().slice(0, 10)
  const said = readReport(takenFrom)
  const held = holds("elsewhere", said)
  keep(taken, {
    ...said,
    command: said.command ?? `npm run ${taken}`,
    on: written,
    cores: availableParallelism(),
    held
  })
  if (!held) takenFailed.push(taken)
}

const failed = layers.filter(
  (layer) => takenFailed.includes(layer.name) || (wanted.includes(layer.name) && !runLayer(layer))
)
rmSync(folder, { recursive: true, force: true })
writeDocument()
console.log(
  failed.length === 0
    ? "\nEverything held. The figures stand in docs/safety.md."
    : `\nDid not hold: ${failed.map(({ title }) => title).join(", ")}.`
)
process.exitCode = failed.length === 0 ? 0 : 1

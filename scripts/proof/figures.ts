import { Schema } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { layers } from "./layers.ts"

const root = new URL("../../", import.meta.url)
const keptIn = new URL("docs/safety.figures.json", root)
const document = new URL("docs/safety.md", root)

const Figure = Schema.Struct({ figure: Schema.String, value: Schema.String, aim: Schema.String })

/** What a layer's command says of itself. */
export const Report = Schema.Struct({
  figures: Schema.Array(Figure),
  /** How often each fault fired. */
  fired: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int)),
  /** Whether everything held, of a command that says so itself; tests say it by how they end. */
  held: Schema.optionalKey(Schema.Boolean),
  /** What was run, as a person writes it. */
  command: Schema.optionalKey(Schema.String)
})
export type Report = typeof Report.Type

/** Whether a layer held that ended like this. One without figures showed nothing, however it ended. */
export const holds = (ended: "well" | "badly" | "elsewhere", said: Report | undefined): boolean => {
  if (said === undefined || said.figures.length === 0) return false
  // Of a run by itself only its own word is known.
  return ended === "elsewhere" ? said.held === true : ended === "well" && said.held !== false
}

/** The last run of a layer. */
const Ran = Schema.Struct({
  ...Report.fields,
  command: Schema.String,
  /** The day, as `2026-11-21`. */
  on: Schema.String,
  /** Of a run that this command did not start, nothing is known. */
  seconds: Schema.optionalKey(Schema.Int),
  cores: Schema.Int,
  held: Schema.Boolean
})
export type Ran = typeof Ran.Type

const Kept = Schema.Record(Schema.String, Ran)

export const readKept = (): typeof Kept.Type =>
  existsSync(keptIn) ? Schema.decodeUnknownSync(Kept)(JSON.parse(readFileSync(keptIn, "utf8"))) : {}

export const keep = (name: string, ran: Ran): void => {
  const kept = Object.entries({ ...readKept(), [name]: ran })
  const order = layers.map((layer) => layer.name)
  const sorted = kept.toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  writeFileSync(keptIn, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
}

const begin = "<!-- written by `npm run proof`, not by hand: begin -->"
const end = "<!-- end -->"

/** The table of all figures, one row for each, with the day and the length of its run. */
export const tableOf = (kept: typeof Kept.Type): string => {
  const rows = layers.flatMap(({ name, title }) => {
    const ran = kept[name]
    if (ran === undefined) return [`| ${title} | | not run yet | | |`]
    const run = `\`${ran.command}\`, ${ran.on}, ${ran.seconds === undefined ? "" : `${lengthOf(ran.seconds)} `}on ${ran.cores} cores${ran.held ? "" : " **FAILED**"}`
    return ran.figures.map(
      ({ figure, value, aim }, index) =>
        `| ${index === 0 ? title : ""} | ${figure} | ${value} | ${aim} | ${index === 0 ? run : ""} |`
    )
  })
  return ["| layer | figure | value | aim | run |", "| --- | --- | --- | --- | --- |", ...rows].join("\n")
}

const lengthOf = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`

/** The document with the figures as they are kept. */
export const withFigures = (text: string): string => {
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`docs/safety.md has no place for the figures: ${begin}`)
  return `${before}${begin}\n\n${tableOf(readKept())}\n\n${end}${after}`
}

export const readDocument = (): string => readFileSync(document, "utf8")

export const writeDocument = (): void => {
  writeFileSync(document, withFigures(readDocument()))
  spawnSync("npm", ["exec", "--", "oxfmt", fileURLToPath(document), fileURLToPath(keptIn)], {
    stdio: "ignore"
  })
}

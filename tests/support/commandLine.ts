import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"

/** What a run of a proof says of itself, for the table in docs/safety.md. */
export interface Report {
  readonly figures: ReadonlyArray<{ readonly figure: string; readonly value: string; readonly aim: string }>
  /** How often each fault fired. */
  readonly fired?: Readonly<Record<string, number>>
  /** Whether everything held. */
  readonly held?: boolean
  /** What was run, as a person writes it. */
  readonly command?: string
}

/** The options of a proof's command, each with a value: `--seed 7`. An unknown one is refused. */
export const readOptions = <Name extends string>(
  names: ReadonlyArray<Name>
): Partial<Readonly<Record<Name | "report", string>>> => {
  const options = Object.fromEntries([...names, "report"].map((name) => [name, { type: "string" as const }]))
  const { values } = parseArgs({ options })
  const given: Partial<Record<Name | "report", string>> = {}
  for (const name of [...names, "report"] as const) {
    const value: unknown = new Map(Object.entries(values)).get(name)
    if (typeof value === "string") given[name] = value
  }
  return given
}

/** A whole number that was given, or the default. */
export const wholeNumber = (name: string, given: string | undefined, otherwise: number): number => {
  const number = given === undefined ? otherwise : Number(given.replaceAll("_", ""))
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${name} is ${given}; give a whole number`)
  return number
}

export const writeReport = (file: string | undefined, report: Report): void => {
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}

export const count = (number: number): string => number.toLocaleString("en-US")

let shown = ""

/** A line that is rewritten on a terminal; elsewhere a new line for every tenth part. */
export const progress = (done: number, all: number, rest: string): void => {
  const part = all === 0 ? 1 : done / all
  if (!process.stdout.isTTY) {
    const tenth = `${Math.floor(part * 10) * 10} %`
    if (tenth !== shown) console.log(`${tenth}  ${rest}`)
    shown = tenth
    return
  }
  const width = 24
  const bar = "#".repeat(Math.round(part * width)).padEnd(width, ".")
  process.stdout.write(`\r\u001b[K[${bar}] ${Math.floor(part * 100)} %  ${rest}${done >= all ? "\n" : ""}`)
}

// Several test files, each in a process of its own, write one report.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"

interface Figure {
  readonly figure: string
  readonly value: string
  readonly aim: string
}

export interface Report {
  readonly figures: ReadonlyArray<Figure>
  readonly fired: Readonly<Record<string, number>>
}

/** Adds figures to the report in a file; what fired is summed up. */
export const addToReport = (file: string, { figures, fired }: Report): void => {
  const lock = `${file}.lock`
  holdFolder(lock)
  try {
    const before = existsSync(file) ? readReport(file) : { figures: [], fired: {} }
    const sums: Record<string, number> = { ...before.fired }
    for (const [name, times] of Object.entries(fired)) sums[name] = (sums[name] ?? 0) + times
    writeFileSync(file, JSON.stringify({ figures: [...before.figures, ...figures], fired: sums }, null, 2))
  } finally {
    rmdirSync(lock)
  }
}

/** A folder is made by one process only; whoever comes second tries again. */
const holdFolder = (folder: string): void => {
  for (let tries = 0; tries < 500; tries++) {
    try {
      return mkdirSync(folder)
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
  throw new Error(`somebody holds ${folder}`)
}

const readReport = (file: string): Report => {
  const read: unknown = JSON.parse(readFileSync(file, "utf8"))
  if (isReport(read)) return read
  throw new Error(`${file} is no report`)
}

const isReport = (read: unknown): read is Report =>
  typeof read === "object" && read !== null && "figures" in read && "fired" in read

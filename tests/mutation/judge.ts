import type { Mutant, Status } from "./Mutant.ts"

/** Mutants that live on for one and the same reason. */
export interface Justification {
  readonly why: string
  readonly mutants: ReadonlyArray<string>
}

export interface Score {
  readonly file: string
  readonly killed: number
  readonly timeout: number
  readonly survived: number
  readonly noCoverage: number
  /** Not valid: the mutated code does not load, so that no test is needed to see it. */
  readonly broken: number
  readonly ignored: number
  /** The share of valid mutants that some test notices, from 0 to 1; 1 where there are none. */
  readonly score: number
}

export interface Judgement {
  readonly total: Score
  readonly byFile: ReadonlyArray<Score>
  /** Survivors that the list explains. */
  readonly justified: ReadonlyArray<Mutant>
  readonly unjustified: ReadonlyArray<Mutant>
  /** Entries of the list that are no survivors any more, or never were. */
  readonly stale: ReadonlyArray<string>
  readonly twice: ReadonlyArray<string>
}

/**
 * Holds survivors against the list of those that are explained. `whole`: all files were mutated, so an entry of
 * a file that is not among them is stale too.
 */
export const judge = (
  mutants: ReadonlyArray<Mutant>,
  survivors: ReadonlyArray<Justification>,
  whole: boolean
): Judgement => {
  const listed = survivors.flatMap((justification) => justification.mutants)
  const explained = new Set(listed)
  const alive = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage")
  const living = new Set(alive.map(({ fingerprint }) => fingerprint))
  const files = [...new Set(mutants.map(({ file }) => file))].toSorted()
  return {
    total: scoreOf("all", mutants),
    byFile: files.map((file) =>
      scoreOf(
        file,
        mutants.filter((mutant) => mutant.file === file)
      )
    ),
    justified: alive.filter(({ fingerprint }) => explained.has(fingerprint)),
    unjustified: alive.filter(({ fingerprint }) => !explained.has(fingerprint)),
    stale: listed.filter(
      (entry) => !living.has(entry) && (whole || files.some((file) => entry.startsWith(`${file} `)))
    ),
    twice: listed.filter((entry, at) => listed.indexOf(entry) !== at)
  }
}

const scoreOf = (file: string, mutants: ReadonlyArray<Mutant>): Score => {
  const count = (...statuses: ReadonlyArray<Status>) =>
    mutants.filter(({ status }) => statuses.includes(status)).length
  const noticed = count("Killed", "Timeout")
  const valid = noticed + count("Survived", "NoCoverage")
  return {
    file,
    killed: count("Killed"),
    timeout: count("Timeout"),
    survived: count("Survived"),
    noCoverage: count("NoCoverage"),
    broken: count("RuntimeError", "CompileError"),
    ignored: count("Ignored", "Pending"),
    score: valid === 0 ? 1 : noticed / valid
  }
}

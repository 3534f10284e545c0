import { beginning } from "../Party.ts"
import { show, toPlain } from "./plain.ts"
import type { Tape } from "./Tape.ts"

/** Where a replay ended because PostgreSQL and the model said different things. */
export interface Difference {
  /** Counts the tape's statements from 0; as many as there are: it was seen when all was done. */
  readonly nr: number
  readonly differs: ReadonlyArray<string>
  /** What was done until then, each as a line. */
  readonly before: ReadonlyArray<string>
}

/** A statement with what the model answered: `0:03.004  expireDue [100]  1`. */
export const lineOf = (
  at: number,
  operation: string,
  input: ReadonlyArray<unknown>,
  answer: unknown
): string =>
  `${timeOf(at - beginning)}  ${operation}  ${show(toPlain(input))}\n${" ".repeat(14)}-> ${show(toPlain(answer))}`

const timeOf = (millis: number): string => {
  const sign = millis < 0 ? "-" : ""
  const minutes = Math.floor(Math.abs(millis) / 60_000)
  const seconds = ((Math.abs(millis) % 60_000) / 1000).toFixed(3).padStart(6, "0")
  return `${sign}${minutes}:${seconds}`.padStart(10)
}

const tail = 12

/** A difference as a person reads it. */
export const storyOf = ({ name, seed }: Tape, { nr, differs, before }: Difference): string =>
  [
    `${name}: PostgreSQL and the model differ after statement ${nr}.`,
    ...differs.slice(0, 20).map((line) => `  ${line}`),
    "What was done last, and what the model answered:",
    ...before.slice(-tail).map((line, index) => `${Math.max(0, before.length - tail) + index}  ${line}`),
    `To see it again: TAPES_FROM=${seed} TAPES=1 npx vitest run tests/simulation/tapes.test.ts`
  ].join("\n")

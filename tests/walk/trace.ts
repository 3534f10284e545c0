import { type Machine, type Move, type World } from "./Machine.ts"
import { moves } from "./moves.ts"
import { nameOf } from "./faults.ts"
import type { States } from "./States.ts"

/**
 * The way to a state as lines for a person: who does what, in the catalogue's letters; the fault's number, if it is
 * one; and how the record stands after it, where that has changed.
 */
export const trace = (
  machine: Machine,
  states: States,
  nr: number,
  lastMove: number | undefined
): ReadonlyArray<string> => {
  const way = [...states.wayTo(nr), ...(lastMove === undefined ? [] : [[nr, lastMove] as const])]
  const lines: Array<string> = []
  // Which driver is called the first may change from state to state; on paper it keeps its name.
  let exchanged = false
  let record = standing(machine, machine.first)
  for (const [state, number] of way) {
    const move = nth(machine, states.get(state), number)
    const now = standing(machine, move.to)
    const fault = move.counts === undefined ? "" : `   [${nameOf(move.counts)}]`
    const who = exchanged && move.who === "D1" ? "D2" : exchanged && move.who === "D2" ? "D1" : move.who
    lines.push(`${who.padEnd(9)}${move.say()}${fault}`)
    if (now !== record) lines.push(`${"".padEnd(11)}= ${now}`)
    record = now
    if (machine.canonical(move.to)[1]) exchanged = !exchanged
  }
  return lines
}

const nth = (machine: Machine, world: World, number: number): Move => {
  const found: Array<Move> = []
  moves(machine, world, (move) => found.push(move))
  const move = found[number]
  if (move === undefined) throw new Error(`a state has no move ${number}`)
  return move
}

/** How the record stands, in one line. */
const standing = (machine: Machine, { ledger }: World): string => {
  const { row } = machine.ledgers.get(ledger)
  return [
    `session ${row.state}`,
    ...row.attempts.map(({ ordinal, state }) => `attempt ${ordinal} ${state}`),
    ...row.facts.map(({ attempt, amount }) => `fact of ${amount} for attempt ${attempt.split("_")[2] ?? ""}`),
    ...row.incidents.map(({ kind }) => `incident ${kind}`)
  ].join(", ")
}

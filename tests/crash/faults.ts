import { type Draw, drawFrom } from "./draw.ts"
import { type CrashPoint, crashPoints, type FaultKind } from "./kinds.ts"

/** One thing that will be done to the service, drawn before the run begins. */
export interface Fault {
  readonly kind: FaultKind
  /** Where in a charge it is to strike; otherwise whenever it comes. */
  readonly aim: CrashPoint | "anywhere"
  /** The server that it is aimed at. */
  readonly server: 0 | 1
  /** Milliseconds: before it, and between what it waited for and the blow. */
  readonly pause: number
  readonly delay: number
}

/** How many kills (of one process) and immediate stops of the database. */
export interface Dose {
  readonly kills: number
  readonly stops: number
}

const anywhere: ReadonlyArray<Fault["aim"]> = ["anywhere"]
const everyPoint: ReadonlyArray<Fault["aim"]> = ["anywhere", ...crashPoints]

/** Where each kind is aimed, in turn: what it means differs, and not every point makes sense. */
const aims: Readonly<Record<FaultKind, ReadonlyArray<Fault["aim"]>>> = {
  "kill -9 of one server": ["P without S", "between A and C", ...everyPoint],
  "kill -9 of both servers": everyPoint,
  "SIGTERM in mid-charge": ["between S and A", "between A and C", "P without S", "anywhere"],
  "paused longer than a permit lives": ["P without S", "between S and A", "between A and C", "anywhere"],
  "paused longer than the lease": ["P without S", "between S and A", "between A and C"],
  "immediate stop of the database": everyPoint,
  "connections ended by the database": ["between A and C", "before P", "anywhere"],
  "lines to the database cut": ["between A and C", "before P", "between S and A", "anywhere"],
  "lines to the database stalled": ["P without S", "between A and C", "anywhere"],
  "acknowledgement of P lost": anywhere,
  "acknowledgement of C lost": anywhere,
  "acknowledgement of a claim lost": anywhere
}

/** How many of each kind belong to a dose; at least one, so that none is missing. */
const amounts = ({ kills, stops }: Dose): Readonly<Record<FaultKind, number>> => {
  const both = Math.max(1, Math.round(kills / 20))
  const share = (one: number, atLeast: number) => Math.max(atLeast, Math.round(kills / one))
  return {
    "kill -9 of one server": Math.max(1, kills - 2 * both),
    "kill -9 of both servers": both,
    "SIGTERM in mid-charge": share(20, 3),
    "paused longer than a permit lives": share(33, 2),
    "paused longer than the lease": share(100, 1),
    "immediate stop of the database": Math.max(1, stops),
    "connections ended by the database": share(25, 1),
    "lines to the database cut": share(25, 2),
    "lines to the database stalled": share(50, 1),
    "acknowledgement of P lost": share(25, 1),
    "acknowledgement of C lost": share(25, 1),
    "acknowledgement of a claim lost": share(50, 1)
  }
}

/** The faults of a run, in the order in which they are tried. */
export const faultsOf = (seed: number, dose: Dose): ReadonlyArray<Fault> => {
  const draw = drawFrom(seed, "faults")
  const all = Object.entries(amounts(dose)).flatMap(([kind, amount]) =>
    isKind(kind) ? Array.from({ length: amount }, (_, nr) => faultOf(draw, kind, nr)) : []
  )
  const shuffled = draw.shuffled(all)
  // The longest pause goes on beside the others: it begins first.
  const longest = shuffled.find(({ kind }) => kind === "paused longer than the lease")
  return longest === undefined ? shuffled : [longest, ...shuffled.filter((fault) => fault !== longest)]
}

const isKind = (kind: string): kind is FaultKind => kind in aims

const faultOf = (draw: Draw, kind: FaultKind, nr: number): Fault => ({
  kind,
  aim: aims[kind][nr % aims[kind].length] ?? "anywhere",
  server: draw.chance(0.5) ? 0 : 1,
  pause: draw.between(0, 500),
  delay: draw.between(20, 550)
})

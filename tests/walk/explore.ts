import { numbers } from "./faults.ts"
import type { LawName, Standing } from "./laws.ts"
import { Machine, type Move, type Walked, type World } from "./Machine.ts"
import { moves } from "./moves.ts"
import { Musts } from "./Musts.ts"
import { States } from "./States.ts"
import { trace } from "./trace.ts"

/** How far a walk is. */
export interface Progress {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** States whose moves were not looked at yet. */
  readonly waiting: number
}

export interface Violation {
  /** The name of the law that is broken. */
  readonly law: LawName
  /** The shortest way to it, a line for each move. */
  readonly trace: ReadonlyArray<string>
}

export interface Counts {
  readonly states: number
  /** Moves looked at, those that change nothing included. */
  readonly transitions: number
  /** The longest of the shortest ways to a state, in moves. */
  readonly depth: number
  /** States in which nothing is left to come but what never needs to come. */
  readonly quiet: number
  /** Quiet states in which the webhooks have come too. */
  readonly healed: number
  /** How the healed states stand, each with how many there are: the session, and what a person has to look at. */
  readonly ends: Readonly<Record<string, number>>
  /** How often each number of the catalogue was met. */
  readonly fired: Readonly<Record<string, number>>
}

export interface Walk extends Counts {
  /** The first law that was broken, by one of the shortest histories; the walk ends with it. */
  readonly violation: Violation | undefined
}

/**
 * Walks every history in a scope, the shorter ones first, and asks every law of every state and of every move. It
 * ends with the first violation.
 */
export const walk = (walked: Walked, onProgress?: (progress: Progress) => void): Walk =>
  new Explorer(walked).run(onProgress)

class Explorer {
  readonly #machine: Machine
  readonly #states = new States()
  readonly #musts = new Musts()
  readonly #judged = new Map<number, LawName | undefined>()
  readonly #fired: Record<string, number> = Object.fromEntries(numbers.map((nr) => [nr, 0]))
  #transitions = 0
  #quiet = 0
  #healed = 0
  readonly #ends: Record<string, number> = {}

  constructor(walked: Walked) {
    this.#machine = new Machine(walked)
    this.#states.add(this.#machine.first, 0, 0)
  }

  run(onProgress: ((progress: Progress) => void) | undefined): Walk {
    const states = this.#states
    let depth = 0
    let last = 1
    for (let nr = 0; nr < states.size; nr++) {
      if (nr === last) {
        depth += 1
        last = states.size
      }
      const violation = this.#visit(nr)
      if (violation !== undefined) return this.#counts(depth, violation)
      if (nr % 20_000 === 0) {
        onProgress?.({
          states: states.size,
          transitions: this.#transitions,
          depth,
          waiting: states.size - nr
        })
      }
    }
    const never = this.#musts.firstThatNeverHeals(states.size)
    const law = this.#machine.judge.history(never === undefined)
    return this.#counts(
      depth,
      law === undefined || never === undefined
        ? undefined
        : { law, trace: trace(this.#machine, states, never, undefined) }
    )
  }

  #counts(depth: number, violation: Violation | undefined): Walk {
    return {
      states: this.#states.size,
      transitions: this.#transitions,
      depth,
      quiet: this.#quiet,
      healed: this.#healed,
      ends: this.#ends,
      fired: this.#fired,
      violation
    }
  }

  #visit(nr: number): Violation | undefined {
    const machine = this.#machine
    const world = this.#states.get(nr)
    let found: { readonly law: LawName; readonly move: number | undefined } | undefined
    let quiet = true
    let healed = true
    let number = 0
    moves(machine, world, (move) => {
      const by = number++
      if (found !== undefined) return
      this.#transitions += 1
      if (move.counts !== undefined) this.#fired[move.counts] = (this.#fired[move.counts] ?? 0) + 1
      const law = this.#lawOf(world, move)
      if (law !== undefined) {
        found = { law, move: by }
        return
      }
      const [to] = machine.canonical(move.to)
      const next = move.to === world ? nr : this.#states.add(to, nr, by)
      if (same(world, move.to)) return
      if (move.kind === "must") {
        quiet = false
        this.#musts.add(nr, next)
      }
      if (move.kind === "webhook") healed = false
    })
    if (found === undefined && quiet) {
      const standing = this.#standing(world)
      this.#quiet += 1
      this.#musts.addQuiet(nr)
      if (healed) {
        const end = endOf(standing)
        this.#healed += 1
        this.#ends[end] = (this.#ends[end] ?? 0) + 1
      }
      const law = machine.judge.quiet(standing) ?? (healed ? machine.judge.healed(standing) : undefined)
      if (law !== undefined) found = { law, move: undefined }
    }
    return found === undefined
      ? undefined
      : { law: found.law, trace: trace(machine, this.#states, nr, found.move) }
  }

  /** The first law that a move or the state that it leads to breaks. */
  #lawOf(world: World, { done, sent, told, to }: Move): LawName | undefined {
    if (done?.broken !== undefined) return done.broken
    if (sent !== undefined) {
      const law = this.#machine.judge.send({ row: this.#machine.ledgers.get(world.ledger).row, permit: sent })
      if (law !== undefined) return law
    }
    if (told !== undefined) {
      const law = this.#machine.judge.answer({ ...this.#standing(to), told })
      if (law !== undefined) return law
    }
    // The laws of states look at the record and the books and at nothing else: each pair is judged once.
    const pair = to.ledger * 0x200000 + to.books
    const known = this.#judged.get(pair)
    if (known !== undefined || this.#judged.has(pair)) return known
    const law = this.#machine.judge.state(this.#standing(to))
    this.#judged.set(pair, law)
    return law
  }

  #standing(world: World): Standing {
    const ledger = this.#machine.ledgers.get(world.ledger)
    return { ledger, row: ledger.row, books: this.#machine.booksOf(world.books) }
  }
}

const endOf = ({ row: { state, incidents } }: Standing): string =>
  [state, ...new Set(incidents.map(({ kind }) => kind).toSorted())].join(", ")

const same = (a: World, b: World): boolean =>
  a.ledger === b.ledger &&
  a.one === b.one &&
  a.two === b.two &&
  a.books === b.books &&
  a.asked === b.asked &&
  a.askedToo === b.askedToo

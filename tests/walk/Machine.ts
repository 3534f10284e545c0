import { start, step } from "../../src/kernel/cascade/Cascade.ts"
import { eventOf } from "../../src/kernel/cascade/chargeAcrossProviders.ts"
import { keepable } from "../../src/kernel/cascade/keepable.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import type { ConfirmOutcome } from "../../src/kernel/PaymentOrchestrator.ts"
import { conclusion } from "../../src/kernel/ChargeResolver.ts"
import type { Constraint } from "../../src/layers/memory/constraints.ts"
import type { SessionRow } from "../../src/layers/memory/Store.ts"
import { type Books, keyOfBooks } from "./books.ts"
import { type Cascade, Drivers } from "./Drivers.ts"
import type { Fault } from "./faults.ts"
import { Interned } from "./Interned.ts"
import { type Judge, type LawName, judgeWithout } from "./laws.ts"
import { type Done, Ledgers, shipped, type Statement, type Steps } from "./Ledgers.ts"
import type { Scope } from "./scene.ts"

/** What is walked: the shipped machine, but for what a test puts in the place of a part of it. */
export interface Walked extends Partial<Cascade> {
  readonly scope: Scope
  /** What the answer to a lookup proves. */
  readonly conclude?: typeof conclusion
  readonly ledger?: Partial<Steps>
  /** Prohibitions that the storage does not have. */
  readonly dropped?: ReadonlyArray<Constraint>
  /** What somebody sends who should not, in a session that stands so. */
  readonly intruder?: (row: SessionRow) => ReadonlyArray<SendPermit>
  /**
   * Laws that are not asked, to see what comes after they are broken. Without `noStatementIsProhibited` somebody who
   * runs into a prohibition hears of an error and goes on.
   */
  readonly unasked?: ReadonlyArray<LawName>
}

/** A state of the world: numbers of things that the machine knows. */
export interface World {
  readonly ledger: number
  /** The two drivers; with one, the second is gone from the start. */
  readonly one: number
  readonly two: number
  readonly books: number
  /** What the reconciler was answered and has not recorded yet, and what a paused one was; 0: nothing. */
  readonly asked: number
  readonly askedToo: number
  /** How many faults may still come. */
  readonly faults: number
}

/**
 * `must`: it comes, sooner or later, unless something else comes first. `may`: it never needs to come. `webhook`: a
 * processor's message, which may come never or often. `fault`: it takes one of the faults of a history.
 */
export type Kind = "must" | "may" | "webhook" | "fault"

/** One thing that happens next. */
export interface Move {
  readonly kind: Kind
  readonly who: string
  /** What of the catalogue it is. */
  readonly counts: Fault | undefined
  readonly to: World
  /** What it said to the ledger, and what came of it. */
  readonly done: Done | undefined
  readonly sent: SendPermit | undefined
  readonly told: ConfirmOutcome | undefined
  readonly say: () => string
}

/** Everything that worlds consist of, under numbers, and the parts that move them. */
export class Machine {
  readonly scope: Scope
  readonly ledgers: Ledgers
  readonly drivers: Drivers
  readonly judge: Judge
  readonly conclude: typeof conclusion
  readonly intruder: ((row: SessionRow) => ReadonlyArray<SendPermit>) | undefined
  readonly first: World
  readonly #books = new Interned<Books>()
  readonly #asked = new Interned<Statement>()

  constructor(walked: Walked) {
    this.scope = walked.scope
    this.drivers = new Drivers(this.scope, {
      start: walked.start ?? start,
      step: walked.step ?? step,
      hear: walked.hear ?? ((outcome) => eventOf(keepable(outcome)))
    })
    this.conclude = walked.conclude ?? conclusion
    this.intruder = walked.intruder
    this.judge = judgeWithout(walked.unasked ?? [])
    const steps = { ...shipped, ...walked.ledger }
    this.ledgers = new Ledgers(this.scope, steps, walked.dropped ?? [], this.judge.statement)
    const { first, none } = this.drivers
    this.first = {
      ledger: this.ledgers.first,
      one: first,
      two: this.scope.drivers === 2 ? first : none,
      books: this.books([]),
      asked: 0,
      askedToo: 0,
      faults: this.scope.faults
    }
  }

  books(books: Books): number {
    return this.#books.number(keyOfBooks(books), books)
  }

  booksOf(nr: number): Books {
    return this.#books.get(nr)
  }

  /** An answer that a reconciler has, as what it will record. */
  asked(statement: Statement): number {
    return this.#asked.number(`${statement.nr}`, statement) + 1
  }

  askedOf(nr: number): Statement | undefined {
    return nr === 0 ? undefined : this.#asked.get(nr - 1)
  }

  /**
   * The one state that stands for two: which of the drivers is called the first makes no difference to anybody. They
   * have the same accounts to go to and the same card; only the confirmation's key in the ledger says who is who, and
   * it is exchanged with them. The flag says whether they were exchanged.
   */
  canonical(world: World): readonly [World, boolean] {
    const { one, two } = world
    if (one < two || this.scope.drivers === 1) return [world, false]
    const ledger = this.ledgers.swapped(world.ledger)
    const exchanged = one > two || ledger < world.ledger
    return exchanged ? [{ ...world, one: two, two: one, ledger }, true] : [world, false]
  }
}

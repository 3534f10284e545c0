import { MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import type { Reporter, Opening, Recording } from "../../src/kernel/PaymentLedger.ts"
import { claimUnresolved, expireDue, takeOver } from "../../src/layers/memory/background.ts"
import { type Constraint, ConstraintViolation } from "../../src/layers/memory/constraints.ts"
import { open } from "../../src/layers/memory/open.ts"
import { cancel, claimFulfilment } from "../../src/layers/memory/PaymentLedger.ts"
import { record, type Recorded } from "../../src/layers/memory/record.ts"
import type { EventRow, SessionRow, Store } from "../../src/layers/memory/Store.ts"
import { Interned } from "./Interned.ts"
import { canonical, keyOfLedger } from "./ledgerKey.ts"
import type { LawName } from "./laws.ts"
import * as scene from "./scene.ts"

// The database of the walk: the shipped steps of the ledger in memory, with all its prohibitions. A step is a pure
// function of the rows, so each one is run once for each different ledger and its answer remembered.

/** The steps of the ledger. A test may put a broken one in the place of a shipped one. */
export interface Steps {
  readonly open: typeof open
  readonly record: typeof record
  readonly takeOver: typeof takeOver
  readonly claimUnresolved: typeof claimUnresolved
  readonly cancel: typeof cancel
  readonly expireDue: typeof expireDue
  readonly claimFulfilment: typeof claimFulfilment
}

export const shipped: Steps = {
  open,
  record,
  takeOver,
  claimUnresolved,
  cancel,
  expireDue,
  claimFulfilment
}

export interface Ledger {
  /** Never written to: a statement works on a copy. */
  readonly store: Store
  readonly row: SessionRow
  /** How often the world was told that the session is paid. */
  readonly charged: number
  /** How often somebody was told to fulfil it. */
  readonly fulfilled: number
}

export type Answer =
  | { readonly _tag: "Opening"; readonly opening: Opening }
  | { readonly _tag: "Recording"; readonly recording: Recording }
  | { readonly _tag: "Claimed"; readonly first: boolean }
  | { readonly _tag: "Done" }
  /** A prohibition stood against it; nothing was written. */
  | { readonly _tag: "Prohibited"; readonly by: string }

/** One call of the ledger, or a touch of time on its rows. */
export interface Statement {
  readonly nr: number
  /** What is recorded, if something is. */
  readonly recorded?: Recorded
  /** Time and operators change rows without being a step of the ledger. */
  readonly isStep: boolean
  readonly run: (store: Store) => Answer
}

/** What the laws of statements see. */
export interface Said {
  readonly before: Ledger
  readonly after: Ledger
  readonly events: ReadonlyArray<EventRow>
  readonly statement: Statement
  readonly answer: Answer
}

/** What came of a statement: the ledger after it, and the law that it broke, if any. */
export interface Done {
  readonly ledger: number
  readonly answer: Answer
  readonly broken: LawName | undefined
}

const nothing: Answer = { _tag: "Done" }

export class Ledgers {
  readonly first: number
  readonly #known = new Interned<Ledger>()
  readonly #done: Array<Array<Done | undefined>> = []
  readonly #due: Array<ReadonlyArray<{ readonly ordinal: number; readonly age: number }> | undefined> = []
  readonly #swapped: Array<number | undefined> = []
  readonly #statements = new Map<string, Statement>()
  readonly #evidence: Record<Reporter, Array<Partial<Record<scene.Word, Statement>>>> = {
    driver: [],
    lookup: [],
    takeover: [],
    webhook: []
  }
  readonly #accounts: Store["accounts"]
  readonly #steps: Steps
  readonly #broken: (said: Said) => LawName | undefined

  readonly opens: readonly [Statement, Statement]
  readonly takeOver: Statement
  readonly cancel: Statement
  readonly expire: Statement
  readonly fulfil: Statement
  readonly timeOver: Statement

  constructor(
    scope: scene.Scope,
    steps: Steps,
    dropped: ReadonlyArray<Constraint>,
    broken: (said: Said) => LawName | undefined
  ) {
    this.#steps = steps
    this.#broken = broken
    const store = scene.firstStore(scope)
    for (const constraint of dropped) store.dropped.add(constraint)
    this.#accounts = store.accounts
    this.first = this.#number({ store, row: scene.rowOf(store), charged: 0, fulfilled: 0 })

    const candidates = scene.candidatesOf(scope)
    const decision = scene.decisionOf(scope)
    const opening = (driver: number) => {
      const confirmation = scene.confirmationOf(driver)
      return this.#step(`open ${driver}`, (copy) => ({
        _tag: "Opening",
        opening: steps.open(copy, scene.now, scene.session, candidates, decision, confirmation)
      }))
    }
    this.opens = [opening(0), opening(1)]
    this.takeOver = this.#step("take over", (copy) => {
      steps.takeOver(copy, scene.now, 10)
      return nothing
    })
    this.cancel = this.#step("cancel", (copy) => {
      steps.cancel(copy, scene.now, scene.session, scene.app)
      return nothing
    })
    this.expire = this.#step("expire", (copy) => {
      steps.expireDue(copy, scene.now, 10)
      return nothing
    })
    this.fulfil = this.#step("fulfil", (copy) => {
      const claimed = steps.claimFulfilment(copy, scene.now, scene.session, scene.app)
      return { _tag: "Claimed", first: claimed?._tag === "Claimed" && claimed.fulfilment === "first" }
    })
    this.timeOver = this.#touch("time over", (row) => ({ ...row, expiresAt: 0 }))
  }

  get(nr: number): Ledger {
    return this.#known.get(nr)
  }

  get size(): number {
    return this.#known.size
  }

  record(recorded: Recorded): Statement {
    const { attempt, fence, outcome, source, next } = recorded
    const key = `record ${attempt} ${fence} ${outcome._tag} ${outcome.evidence.code} ${source} ${next.map(({ mid }) => mid).join()}`
    const step = this.#step(
      key,
      (copy) => ({
        _tag: "Recording",
        recording: this.#steps.record(copy, scene.now, recorded)
      }),
      recorded
    )
    return step
  }

  /** Evidence of an attempt that leads nowhere: under no fence, and with no account to go on to. */
  evidence(ordinal: number, word: scene.Word, source: Reporter): Statement {
    const known = (this.#evidence[source][ordinal] ??= {})
    return (known[word] ??= this.record({
      attempt: scene.attempt(ordinal),
      fence: 0,
      outcome: scene.outcomeOf(ordinal, word),
      source,
      next: [],
      by: scene.app
    }))
  }

  leaseOver(ordinal: number): Statement {
    return this.#touchAttempt(`lease ${ordinal}`, ordinal, { leaseUntil: 0 })
  }

  /** From now on the processor would have said so if it had the charge. */
  horizonPassed(ordinal: number): Statement {
    return this.#touchAttempt(`horizon ${ordinal}`, ordinal, { writtenAt: 0 })
  }

  killSwitch(mid: string): Statement {
    return this.#stopAccount(
      `kill ${mid}`,
      mid,
      (account) => new MerchantAccount({ ...account, killSwitch: true })
    )
  }

  revoke(mid: string): Statement {
    return this.#stopAccount(
      `revoke ${mid}`,
      mid,
      (account) => new MerchantAccount({ ...account, underwrittenFor: [] })
    )
  }

  /** Runs a statement on a ledger, or remembers what came of it. */
  execute(ledger: number, statement: Statement): Done {
    const known = (this.#done[ledger] ??= [])
    return (known[statement.nr] ??= this.#run(this.get(ledger), statement))
  }

  /** What the reconciler is given to ask for. */
  due(ledger: number): ReadonlyArray<{ readonly ordinal: number; readonly age: number }> {
    return (this.#due[ledger] ??= this.#steps
      .claimUnresolved(copyOf(this.get(ledger).store), scene.now, 10, 60_000)
      .map(({ attempt: { ordinal }, age }) => ({ ordinal, age })))
  }

  /** The same ledger with the drivers' keys exchanged. */
  swapped(ledger: number): number {
    return (this.#swapped[ledger] ??= this.#swap(this.get(ledger)))
  }

  #swap({ store, row, charged, fulfilled }: Ledger): number {
    const keys: Store["keys"] = new Map()
    const other = new Map([0, 1].map((driver) => [scene.confirmKey(driver), scene.confirmKey(1 - driver)]))
    for (const [id, key] of store.keys) keys.set(other.get(id) ?? id, key)
    return this.#number({ store: { ...store, keys }, row, charged, fulfilled })
  }

  #number(ledger: Ledger): number {
    const clean = canonical(ledger, this.#accounts)
    return this.#known.number(keyOfLedger(clean), clean)
  }

  #run(before: Ledger, statement: Statement): Done {
    const store = copyOf(before.store)
    const answer = attempted(() => statement.run(store))
    if (answer._tag === "Prohibited") {
      const said: Said = { before, after: before, events: [], statement, answer }
      return { ledger: this.#number(before), answer, broken: this.#broken(said) }
    }
    const { events } = store
    const charged = before.charged + events.filter(({ type }) => type === "payment.charged.v1").length
    const fulfilled = before.fulfilled + (answer._tag === "Claimed" && answer.first ? 1 : 0)
    const after: Ledger = { store, row: scene.rowOf(store), charged, fulfilled }
    const broken = statement.isStep ? this.#broken({ before, after, events, statement, answer }) : undefined
    return { ledger: this.#number(after), answer, broken }
  }

  #step(key: string, run: Statement["run"], recorded?: Recorded): Statement {
    return this.#statement(key, (nr) => ({
      nr,
      isStep: true,
      run,
      ...(recorded === undefined ? {} : { recorded })
    }))
  }

  #touch(key: string, change: (row: SessionRow) => SessionRow): Statement {
    return this.#statement(key, (nr) => ({
      nr,
      isStep: false,
      run: (store) => {
        store.sessions.set(scene.session, change(scene.rowOf(store)))
        return nothing
      }
    }))
  }

  #touchAttempt(
    key: string,
    ordinal: number,
    change: { leaseUntil: number } | { writtenAt: number }
  ): Statement {
    return this.#touch(key, (row) => ({
      ...row,
      attempts: row.attempts.map((attempt) =>
        attempt.ordinal === ordinal ? { ...attempt, ...change } : attempt
      )
    }))
  }

  #stopAccount(key: string, mid: string, change: (account: MerchantAccount) => MerchantAccount): Statement {
    return this.#statement(key, (nr) => ({
      nr,
      isStep: false,
      run: (store) => {
        for (const [id, account] of store.accounts) if (id === mid) store.accounts.set(id, change(account))
        return nothing
      }
    }))
  }

  #statement(key: string, make: (nr: number) => Statement): Statement {
    const known = this.#statements.get(key) ?? make(this.#statements.size)
    this.#statements.set(key, known)
    return known
  }
}

const attempted = (run: () => Answer): Answer => {
  try {
    return run()
  } catch (error) {
    if (error instanceof ConstraintViolation) return { _tag: "Prohibited", by: error.constraint }
    throw error
  }
}

const copyOf = (store: Store): Store => ({
  ...store,
  accounts: new Map(store.accounts),
  sessions: new Map(
    [...store.sessions].map(([id, row]) => [
      id,
      { ...row, attempts: row.attempts.map((attempt) => ({ ...attempt })) }
    ])
  ),
  attempts: new Map(store.attempts),
  facts: new Map(store.facts),
  keys: new Map(store.keys),
  events: []
})

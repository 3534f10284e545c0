import type { CascadeEvent, start, step } from "../../src/kernel/cascade/Cascade.ts"
import type { Outcome } from "../../src/kernel/cascade/Disposition.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import type { Recording } from "../../src/kernel/PaymentLedger.ts"
import { type ConfirmOutcome, endedIn } from "../../src/kernel/PaymentOrchestrator.ts"
import { begin, type Driver, end, keyOfDriver, ordinalOf } from "./driver.ts"
import { Interned } from "./Interned.ts"
import { candidatesOf, outcomeOf, type Scope, type Word } from "./scene.ts"

/** The walk has one reason why a write-ahead permits nothing: every account was stopped. */
const refused: CascadeEvent = { _tag: "Refused", opening: { _tag: "NonePermitted", passedOver: [] } }

/** The parts that drive a driver: the shipped ones, or a test's. */
export interface Cascade {
  readonly start: typeof start
  readonly step: typeof step
  /** What an answer means to the cascade. */
  readonly hear: (outcome: Outcome) => CascadeEvent
}

/**
 * Every driver that there can be, under a number, and what becomes of it: each change is worked out once by the
 * shipped cascade and remembered.
 */
export class Drivers {
  /** One that is about to write ahead, and one that never was. */
  readonly first: number
  readonly none: number
  readonly #known = new Interned<Driver>()
  readonly #became: Array<Map<string, number> | undefined> = []
  readonly #cascade: Cascade
  readonly #scope: Scope

  constructor(scope: Scope, cascade: Cascade) {
    this.#scope = scope
    this.#cascade = cascade
    this.first = this.#number(this.#begin())
    this.none = this.gone(this.first)
  }

  get(nr: number): Driver {
    return this.#known.get(nr)
  }

  /** Dead, or its caller went away before anything was written. */
  gone(nr: number): number {
    return this.#become(nr, "gone", (driver) => end(driver, 0))
  }

  paused(nr: number): number {
    return this.#become(nr, "paused", (driver) => ({ ...driver, paused: true }))
  }

  /** Its write-ahead is not acknowledged, and what became of it is unknown. */
  cut(nr: number): number {
    return this.#become(nr, "cut", (driver) => ({ ...driver, at: "cut", ack: undefined, paused: false }))
  }

  cutWithOrphan(nr: number): number {
    return this.#become(nr, "cut with orphan", (driver) => ({ ...driver, at: "cut", orphan: true }))
  }

  orphanLanded(nr: number): number {
    return this.#become(nr, "landed", (driver) => ({ ...driver, orphan: false }))
  }

  asksAgain(nr: number): number {
    return this.#become(nr, "asks again", ({ orphan, late }) => ({
      ...this.#begin(),
      again: true,
      orphan,
      late
    }))
  }

  refused(nr: number): number {
    return this.#become(nr, "refused", (driver) => this.#after(driver, refused))
  }

  opened(nr: number, permit: SendPermit): number {
    return this.#number({ ...this.get(nr), at: "opened", ack: { _tag: "Permitted", permit } })
  }

  recorded(nr: number, recording: Recording): number {
    return this.#number({ ...this.get(nr), at: "recorded", ack: { _tag: "Recorded", recording } })
  }

  /** What the ledger answered has come. */
  acked(nr: number): number {
    return this.#become(nr, "acked", (driver) =>
      driver.ack === undefined ? driver : this.#after(driver, driver.ack)
    )
  }

  /** What the ledger answered has come, and the permit in it is too old to be used. */
  stale(nr: number): number {
    return this.#become(nr, "stale", (driver) => {
      if (driver.ack === undefined) return driver
      const [state, command] = this.#cascade.step(driver.state, driver.ack)
      return command._tag === "Send"
        ? this.#after({ ...driver, state, command }, { _tag: "PermitWentStale" })
        : this.#after(driver, driver.ack)
    })
  }

  sent(nr: number): number {
    return this.#become(nr, "sent", (driver) => ({ ...driver, at: "waiting" }))
  }

  hears(nr: number, word: Word): number {
    return this.#become(nr, `hears ${word}`, (driver) =>
      this.#after(driver, this.#cascade.hear(outcomeOf(ordinalOf(driver), word)))
    )
  }

  /** Hears nothing in time; what comes later it takes as evidence. */
  timesOut(nr: number): number {
    return this.#become(nr, "times out", (driver) => {
      const ordinal = ordinalOf(driver)
      const after = this.#after(driver, this.#cascade.hear(outcomeOf(ordinal, "unknown")))
      return { ...after, late: ordinal }
    })
  }

  recordsAgain(nr: number): number {
    return this.#become(nr, "records again", (driver) => ({ ...driver, at: "record", ack: undefined }))
  }

  givesUp(nr: number): number {
    return this.#become(nr, "gives up", (driver) => this.#after(driver, { _tag: "NotRecorded" }))
  }

  /** What the caller will be told, when nothing more is sent. */
  tells(nr: number, recording: Recording): ConfirmOutcome | undefined {
    const [, command] = this.#cascade.step(this.get(nr).state, { _tag: "Recorded", recording })
    return command._tag === "Stop" && command.end._tag === "Ended" ? endedIn(command.end) : undefined
  }

  #begin(): Driver {
    return begin(this.#cascade.start(candidatesOf(this.#scope)))
  }

  #after(driver: Driver, event: CascadeEvent): Driver {
    const [state, command] = this.#cascade.step(driver.state, event)
    const after = { ...driver, state, command, ack: undefined }
    switch (command._tag) {
      case "Send":
        return { ...after, at: "checked", paused: false }
      case "Record":
        return { ...after, at: "record" }
      case "Open":
        return { ...after, at: "open" }
      case "Stop":
        return end(after, driver.late)
    }
  }

  #number(driver: Driver): number {
    return this.#known.number(keyOfDriver(driver), driver)
  }

  #become(nr: number, what: string, change: (driver: Driver) => Driver): number {
    const known = (this.#became[nr] ??= new Map())
    const before = known.get(what)
    if (before !== undefined) return before
    const after = this.#number(change(this.get(nr)))
    known.set(what, after)
    return after
  }
}

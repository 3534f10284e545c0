// Where calls wait for their turn. A call comes past some places on its way through the service: before and
// after its write-ahead (P), before the processor is asked (S), before what was heard is recorded (C), before a
// lookup (Q). On a
// stepped stage it waits at each of them until fast-check's scheduler lets it go on, and between two such turns
// nobody else moves; so the orders are drawn, shrunk and repeated.
import type { Scheduler } from "fast-check"

export type Place =
  | "writes ahead"
  | "has its permit"
  | "sends"
  | "records"
  | "writes"
  | "reads"
  | "looks up"
  | "takes work"

/** What the catalogue of faults calls them. */
const letters: Readonly<Partial<Record<Place, string>>> = {
  "writes ahead": "P",
  sends: "S",
  records: "C",
  "looks up": "Q"
}

/** A request on its way, known to the service by its id. */
interface OnItsWay {
  readonly label: string
  /** Where its client hangs up, if it comes there. */
  readonly hangsUpAt?: Place
  readonly hangUp: () => void
  /** Where it lets others have many turns first, as a process does that stands still. */
  readonly dawdlesAt?: Place
  hungUp: boolean
  /** How many attempts a pass of the reconciler has still in hand. */
  inHand: number
}

/** A place where one request is stopped by hand. */
export interface Hold {
  /** Resolves when the request has come there. */
  readonly reached: Promise<void>
  readonly letGo: () => void
}

/** Somebody waits for somebody who does not come. */
export class Standstill extends Error {
  override readonly name = "Standstill"
}

/** Longer than anything takes that ends, on a busy machine too. */
export const patience = 20_000

/** The promise, or a standstill after some time. */
export const orStandstill = async <A>(promise: Promise<A>, told: () => string): Promise<A> => {
  let timer: NodeJS.Timeout | undefined
  const never = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Standstill(told())), patience)
  })
  try {
    return await Promise.race([promise, never])
  } finally {
    clearTimeout(timer)
  }
}

/** As many as somebody needs who lets time pass, takes over what is late and looks it up. */
const manyTurns = 8

export class Stage {
  #scheduler: Scheduler | undefined
  /** Whether everybody waits at every place, and one at a time moves; else only requests begin by turns. */
  #steps = false
  readonly #calls = new Map<string, OnItsWay>()
  readonly #holds = new Map<string, { at: Place; reached: () => void; released: Promise<void> }>()
  /** Lets everybody go who was stopped by hand, however the run ended that stopped them. */
  #letGo: Array<() => void> = []
  /** How many act at this moment, on a stepped stage at most one; and who waits for nobody to act any more. */
  #acting = 0
  #quiet: Array<() => void> = []
  /** Charges with a write-ahead whose outcome is not recorded yet, and who waits for them. */
  #charges = 0
  #idle: Array<() => void> = []

  /** From now on everybody waits for their turn, until the stage is free again. */
  stepWith(scheduler: Scheduler): void {
    this.#scheduler = scheduler
    this.#steps = true
  }

  /** From now on requests begin, and their answers are heard, in the order that was drawn; the rest is a race. */
  raceWith(scheduler: Scheduler): void {
    this.#scheduler = scheduler
    this.#steps = false
  }

  free(): void {
    this.#scheduler = undefined
    this.#calls.clear()
    this.#holds.clear()
    for (const letGo of this.#letGo.splice(0)) letGo()
    this.#acting = 0
  }

  /** Some that act from now on, or that have done so. */
  acts(more: number): void {
    this.#acting += more
    if (this.#acting > 0) return
    for (const tell of this.#quiet.splice(0)) tell()
  }

  comes(request: string, label: string, leaving: Pick<OnItsWay, "hangsUpAt" | "hangUp" | "dawdlesAt">): void {
    this.#calls.set(request, { label, ...leaving, hungUp: false, inHand: 0 })
  }

  /** Stops the request when it comes to that place. */
  hold(request: string, at: Place): Hold {
    let reached = () => {}
    let letGo = () => {}
    const arrival = new Promise<void>((resolve) => (reached = resolve))
    const released = new Promise<void>((resolve) => (letGo = resolve))
    this.#holds.set(request, { at, reached, released })
    this.#letGo.push(letGo)
    return { reached: arrival, letGo }
  }

  /** A request is at a place, and goes on when this resolves. */
  async at(request: string, place: Place, about = ""): Promise<void> {
    const hold = this.#holds.get(request)
    if (hold?.at === place) {
      this.#holds.delete(request)
      hold.reached()
      return hold.released
    }
    const call = this.#calls.get(request)
    if (call === undefined) return
    if (call.hangsUpAt === place && !call.hungUp) {
      call.hungUp = true
      // From here on there are two: the client, who does something else, and the charge, which goes on.
      this.acts(1)
      call.hangUp()
    }
    if (!this.#steps) return
    const letter = letters[place] === undefined ? "" : ` (${letters[place]})`
    const label = `${call.label} ${place}${letter}${about === "" ? "" : ` ${about}`}`
    for (let turn = 0; call.dawdlesAt === place && turn < manyTurns; turn++) {
      await this.turn(`(not yet: ${label})`)
    }
    await this.turn(label)
  }

  /** Waits for a turn; on a free stage nobody waits. */
  async turn(label: string): Promise<void> {
    const scheduler = this.#scheduler
    if (scheduler === undefined) return
    if (!this.#steps) return scheduler.schedule(Promise.resolve(), label)
    const turn = scheduler.schedule(Promise.resolve(), label, undefined, async (go) => {
      this.acts(1)
      await go()
      await this.#untilQuiet()
    })
    this.acts(-1)
    return turn
  }

  #untilQuiet(): Promise<void> {
    return this.#acting <= 0 ? Promise.resolve() : new Promise((resolve) => this.#quiet.push(resolve))
  }

  chargeBegins(): void {
    this.#charges += 1
  }

  chargeEnds(request: string): void {
    this.#charges = Math.max(0, this.#charges - 1)
    if (this.#calls.get(request)?.hungUp === true) this.acts(-1)
    if (this.#charges === 0) for (const tell of this.#idle.splice(0)) tell()
  }

  /** Resolves when no charge is on its way. */
  async idle(): Promise<void> {
    if (this.#charges === 0) return
    const ended = new Promise<void>((resolve) => this.#idle.push(resolve))
    try {
      await orStandstill(ended, () => `${this.#charges} charges that began do not end`)
    } finally {
      this.#charges = 0
    }
  }

  /** A pass of the reconciler asks for several attempts at a time: each of them acts for itself. */
  takesInHand(request: string, attempts: number): void {
    const call = this.#calls.get(request)
    if (call === undefined || attempts === 0) return
    call.inHand = attempts
    this.acts(attempts - 1)
  }

  putsAside(request: string): void {
    const call = this.#calls.get(request)
    if (call === undefined) return
    call.inHand -= 1
    if (call.inHand > 0) this.acts(-1)
  }
}

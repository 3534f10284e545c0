import type { Draws } from "./Draws.ts"

interface Event {
  readonly at: number
  /** Among events of one millisecond a drawn order holds. */
  readonly tie: number
  readonly happens: () => void
}

/** Something that a party's fibers are ready to do, unless the party is dead by then or stands still. */
export interface Task {
  readonly runs: () => void
  readonly isRunnable: () => boolean
}

/** A law of the promise was broken; the message says by what. */
export class Violation extends Error {
  readonly law: string
  constructor(law: string, message: string) {
    super(message)
    this.law = law
  }
}

/**
 * Time and chance of one history: what is ready runs in a drawn order, and when nothing is, time goes on to the
 * next event. Milliseconds since the history began.
 */
export class World {
  readonly draws: Draws
  readonly #events: Array<Event> = []
  readonly #ready: Array<Task> = []
  readonly #lines: Array<string> | undefined
  #now = 0
  #broken: Violation | undefined
  /** How many tasks and events ran: a history that never ends is a defect. */
  #steps = 0

  constructor(draws: Draws, tracing: boolean) {
    this.draws = draws
    this.#lines = tracing ? [] : undefined
  }

  get now(): number {
    return this.#now
  }

  get steps(): number {
    return this.#steps
  }

  get trace(): ReadonlyArray<string> {
    return this.#lines ?? []
  }

  /** A line of the trace: who, what. */
  say(who: string, what: () => string): void {
    this.#lines?.push(`${timeOf(this.#now)}  ${who.padEnd(10)}  ${what()}`)
  }

  /** Notes that a law is broken: whoever finds it throws it, but some fiber may catch it. */
  breaks(law: string, message: string): Violation {
    this.#broken ??= new Violation(law, message)
    return this.#broken
  }

  ready(task: Task): void {
    this.#ready.push(task)
  }

  after(millis: number, happens: () => void): void {
    const event: Event = { at: this.#now + Math.max(0, millis), tie: this.draws.next("tie"), happens }
    // A binary heap, the earliest on top.
    const heap = this.#events
    let at = heap.push(event) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(event, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = event
  }

  /** Runs until nothing is left to happen. */
  run(mostSteps = 100_000): void {
    for (;;) {
      if (this.#broken !== undefined) throw this.#broken
      this.#steps += 1
      if (this.#steps > mostSteps) throw this.breaks("every history ends", "it goes on and on")
      const task = this.#take()
      if (task !== undefined) {
        if (task.isRunnable()) task.runs()
        continue
      }
      const event = this.#earliest()
      if (event === undefined) return
      this.#now = event.at
      event.happens()
    }
  }

  #take(): Task | undefined {
    const ready = this.#ready
    if (ready.length <= 1) return ready.pop()
    const at = Math.floor(this.draws.next("schedule") * ready.length)
    const task = ready[at]
    const last = ready.pop()
    if (last !== undefined && at < ready.length) ready[at] = last
    return task
  }

  #earliest(): Event | undefined {
    const heap = this.#events
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      const left = heap[below]
      if (left === undefined) break
      const right = heap[below + 1]
      const child = right !== undefined && isBefore(right, left) ? right : left
      if (child === right) below += 1
      if (!isBefore(child, last)) break
      heap[at] = child
      at = below
    }
    heap[at] = last
    return first
  }
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie)

/** `4:05.006`: minutes, seconds and milliseconds since the history began. */
const timeOf = (millis: number): string => {
  const minutes = Math.floor(millis / 60_000)
  const seconds = ((millis % 60_000) / 1000).toFixed(3).padStart(6, "0")
  return `${minutes}:${seconds}`.padStart(10)
}

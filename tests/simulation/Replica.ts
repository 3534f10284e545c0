import { Effect, type Fiber } from "effect"
import type { Party } from "./Party.ts"
import { Lost, Process, type Services, type Surroundings } from "./Process.ts"

/** How long a client waits for an answer. */
const patience = 30_000

/** A place where a server runs. When one dies, the next is started after a while. */
export class Replica {
  readonly name: string
  readonly #around: Surroundings
  readonly #outside: Party
  #process: Process | undefined
  #downUntil = 0
  #skew = 0

  constructor(name: string, around: Surroundings, outside: Party) {
    this.name = name
    this.#around = around
    this.#outside = outside
  }

  /** The server that runs here now, or the last one, if the next is not up yet. */
  get process(): Process {
    const { world } = this.#around.far
    const last = this.#process
    if (last !== undefined && (last.party.alive || world.now < this.#downUntil)) return last
    if (last !== undefined) world.say(this.name, () => "has started anew")
    this.#process = new Process(this.name, this.#around, this.#skew, () => {
      this.#downUntil = world.now + world.draws.between("restart takes", 200, 3_000)
    })
    return this.#process
  }

  /** From now on its clock on the wall is off. */
  setClock(skew: number): void {
    this.#skew = skew
    if (this.#process !== undefined) this.#process.party.skew = skew
  }

  /** Asks over a line that may be cut from either side; whoever asks is outside. */
  ask<A, E>(effect: Effect.Effect<A, E, Services>): Effect.Effect<A, E | Lost> {
    const { world } = this.#around.far
    const { draws } = world
    return Effect.callback<A, E | Lost>((resume) => {
      let waiting = true
      let fiber: Fiber.Fiber<A, E> | undefined
      const answer = (what: Effect.Effect<A, E | Lost>) => {
        if (!waiting) return
        waiting = false
        this.#outside.run(() => resume(what))
      }
      const lose = () => answer(Effect.fail(new Lost()))
      const hangUp = (fault?: string) => {
        if (!waiting) return
        if (fault !== undefined) draws.vain.delete(fault)
        lose()
        process?.party.run(() => fiber?.interruptUnsafe())
      }
      let process: Process | undefined
      world.after(draws.between("line takes", 1, 20), () => {
        const asked = this.process
        process = asked
        if (!asked.open) return lose()
        const { callers, party } = asked
        callers.add(lose)
        party.run(() => {
          fiber = asked.run(effect, (exit) => {
            callers.delete(lose)
            world.after(draws.between("line takes", 1, 20), () => answer(exit))
          })
        })
        if (draws.fires("caller hangs up")) {
          // Most are answered before.
          const fault = draws.inVain()
          world.after(draws.between("hangs up after", 0, 6_000), () => hangUp(fault))
        } else world.after(patience, hangUp)
      })
    })
  }

  /** Runs a worker's pass inside, for nobody outside. */
  work<E>(effect: Effect.Effect<unknown, E, Services>): void {
    const { process } = this
    if (!process.open) return
    process.party.run(() => void process.run(effect, () => {}))
  }
}

import { Cause, Clock, Context, Duration, Effect, type Fiber, Logger, References, Scheduler } from "effect"
import type { World } from "./World.ts"

/** What the history began at, for the clocks on the wall: a Saturday in November 2026. */
export const beginning = Date.UTC(2026, 10, 21, 9)

/**
 * One process: its fibers run when the world lets them. It is the scheduler and the clock of Effect's runtime for
 * whatever runs in it. Killed, its tasks are dropped and no finalizer runs; paused, they wait.
 */
export class Party implements Scheduler.Scheduler, Scheduler.SchedulerDispatcher {
  readonly executionMode = "async"
  readonly name: string
  readonly #world: World
  readonly #held: Array<() => void> = []
  #alive = true
  #paused = false
  /** How far its clock on the wall is off. */
  skew = 0
  readonly context: Context.Context<never>

  constructor(world: World, name: string) {
    this.#world = world
    this.name = name
    this.context = Context.make(Scheduler.Scheduler, this).pipe(
      Context.add(Clock.Clock, clockOf(world, this)),
      Context.add(Logger.CurrentLoggers, new Set()),
      Context.add(References.TracerEnabled, false)
    )
  }

  get alive(): boolean {
    return this.#alive
  }

  get paused(): boolean {
    return this.#paused
  }

  kill(): void {
    this.#alive = false
    this.#held.length = 0
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    for (const runs of this.#held.splice(0)) this.run(runs)
  }

  /** Does something inside this process as soon as it runs; never when it is dead. */
  run(runs: () => void): void {
    this.#world.ready({
      runs,
      isRunnable: () => {
        if (!this.#alive) return false
        if (this.#paused) this.#held.push(runs)
        return !this.#paused
      }
    })
  }

  /** The same after a while. */
  later(millis: number, runs: () => void): void {
    this.#world.after(millis, () => this.run(runs))
  }

  /** What breaks in it breaks the history: a defect that only ends a fiber would end what that fiber was to show, unseen. */
  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    const fiber = Effect.runForkWith(this.context)(effect)
    fiber.addObserver((exit) => {
      const defect = exit._tag === "Failure" ? exit.cause.reasons.find(Cause.isDieReason) : undefined
      if (defect !== undefined) this.#world.breaks("nothing breaks by itself", String(defect.defect))
    })
    return fiber
  }

  scheduleTask(task: () => void): void {
    this.run(task)
  }

  flush(): void {}

  makeDispatcher(): this {
    return this
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount >= 2048
  }
}

const clockOf = (world: World, party: Party): Clock.Clock => {
  const wall = () => beginning + world.now + party.skew
  const nanos = (millis: number) => BigInt(millis) * 1_000_000n
  return {
    currentTimeMillisUnsafe: wall,
    currentTimeMillis: Effect.sync(wall),
    currentTimeNanosUnsafe: () => nanos(wall()),
    currentTimeNanos: Effect.sync(() => nanos(wall())),
    monotonicTimeNanosUnsafe: () => nanos(world.now),
    monotonicTimeNanos: Effect.sync(() => nanos(world.now)),
    sleep: (duration) => {
      const millis = Duration.toMillis(duration)
      if (millis <= 0) return Effect.yieldNow
      return Effect.callback<void>((resume) => {
        let cancelled = false
        party.later(millis, () => {
          if (!cancelled) resume(Effect.void)
        })
        return Effect.sync(() => {
          cancelled = true
        })
      })
    }
  }
}

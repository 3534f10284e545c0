import { Effect, Latch } from "effect"
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import type { Constraint } from "../../src/layers/memory/constraints.ts"
import type { Edit } from "../planted/plant.ts"

/** What one thread is to play: every `stride`th seed. */
export interface Job {
  readonly from: number
  readonly to: number
  readonly stride: number
  /** Bugs to plant into what it loads. */
  readonly edits: ReadonlyArray<Edit>
  /** Prohibitions of the database to switch off. */
  readonly dropped: ReadonlyArray<Constraint>
}

export interface Broken {
  readonly seed: number
  readonly law: string
  readonly message: string
  /** The faults without which the law would not be broken. */
  readonly faults: ReadonlyArray<string>
  readonly allFaults: number
  readonly trace: ReadonlyArray<string>
}

/** What a thread tells, now and then. */
export type News =
  | {
      readonly _tag: "Played"
      readonly done: number
      readonly charges: number
      readonly captures: number
      readonly refunds: number
      readonly steps: number
      readonly fired: ReadonlyArray<readonly [string, number]>
    }
  | ({ readonly _tag: "Broken" } & Broken)

export interface Summary {
  readonly histories: number
  readonly charges: number
  readonly captures: number
  readonly refunds: number
  readonly steps: number
  readonly fired: ReadonlyMap<string, number>
  /** The first broken history that was found. */
  readonly broken: Broken | undefined
}

/** Plays histories of the seeds `from` up to `from + histories`, on as many threads as asked. */
export const playHistories = (
  options: {
    readonly from: number
    readonly histories: number
    readonly threads?: number
    readonly edits?: ReadonlyArray<Edit>
    readonly dropped?: ReadonlyArray<Constraint>
  },
  onProgress: (so: Summary) => void = () => {}
): Effect.Effect<Summary> =>
  Effect.gen(function* () {
    const { from, histories, threads = availableParallelism(), edits = [], dropped = [] } = options
    let sum: Summary = {
      histories: 0,
      charges: 0,
      captures: 0,
      refunds: 0,
      steps: 0,
      fired: new Map(),
      broken: undefined
    }
    const jobs = Array.from({ length: threads }, (_, thread): Job => {
      return { from: from + thread, to: from + histories, stride: threads, edits, dropped }
    })
    // A thread that finds a broken law ends them all: what it found wants to be read.
    const found = Latch.makeUnsafe()
    const playing = Effect.forEach(
      jobs,
      (job) =>
        inThread([job], ({ news }) => {
          sum = add(sum, news)
          onProgress(sum)
          if (news._tag === "Broken") found.openUnsafe()
        }),
      { concurrency: "unbounded", discard: true }
    )
    yield* Effect.raceFirst(playing, found.await)
    return sum
  })

const add = (sum: Summary, news: News): Summary => {
  if (news._tag === "Broken") return { ...sum, broken: sum.broken ?? news }
  const fired = new Map(sum.fired)
  for (const [kind, times] of news.fired) fired.set(kind, (fired.get(kind) ?? 0) + times)
  return {
    ...sum,
    histories: sum.histories + news.done,
    charges: sum.charges + news.charges,
    captures: sum.captures + news.captures,
    refunds: sum.refunds + news.refunds,
    steps: sum.steps + news.steps,
    fired
  }
}

/** What a thread tells of one of its jobs. */
export interface Told {
  readonly nr: number
  readonly news: News
}

/** Plays jobs one after the other in a thread of their own, each up to the first law that it breaks. */
export const inThread = (jobs: ReadonlyArray<Job>, heard: (told: Told) => void): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: jobs,
      // What is loaded for one planting is not worth keeping.
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" },
      // That Node's own way to take types away is young says nothing about a simulation.
      execArgv: ["--disable-warning=ExperimentalWarning"],
      // A history leaves much behind that is young and dead.
      resourceLimits: { maxYoungGenerationSizeMb: 64 }
    })
    worker.on("message", heard)
    worker.on("error", (error) => resume(Effect.die(error)))
    // One that ends early says nothing of what it did not play.
    worker.on("exit", (code) =>
      resume(code === 0 ? Effect.void : Effect.die(new Error(`a thread ended with ${code}`)))
    )
    return Effect.promise(() => worker.terminate())
  })

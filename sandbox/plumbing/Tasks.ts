import { Schema } from "effect"
import type { Clock } from "./Clock.ts"
import { randomText } from "./ids.ts"
import type { Collection, Store } from "./Store.ts"

const Task = Schema.Struct({
  id: Schema.String,
  kind: Schema.String,
  at: Schema.Finite,
  payload: Schema.Unknown
})
type Task = typeof Task.Type

/** What is to be done later and must be done even if the process is killed before. */
export class Tasks {
  readonly #tasks: Collection<Task>
  readonly #store: Store
  readonly #clock: Clock
  readonly #handlers = new Map<string, (payload: unknown, done: () => void) => void>()

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
    this.#tasks = store.collection("tasks", Task)
  }

  /** Names what a kind of task does. It calls `done` when it need not be done again. */
  on<A>(kind: string, schema: Schema.Codec<A, unknown>, run: (payload: A, done: () => void) => void): void {
    const decode = Schema.decodeUnknownSync(schema)
    this.#handlers.set(kind, (payload, done) => run(decode(payload), done))
  }

  schedule(kind: string, at: number, payload: unknown): void {
    const id = randomText(16)
    const task = { id, kind, at, payload }
    this.#tasks.put(id, task)
    this.#arm(task)
  }

  /** Takes up what an earlier process left. Once, when all kinds are named. */
  resume(): void {
    for (const task of this.#tasks.all()) this.#arm(task)
  }

  #arm({ id, kind, at, payload }: Task): void {
    this.#clock.at(at, () => {
      if (this.#tasks.get(id) === undefined) return
      this.#store.transact(() => this.#handlers.get(kind)?.(payload, () => this.#tasks.remove(id)))
    })
  }
}

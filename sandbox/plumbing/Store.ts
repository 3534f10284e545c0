import { Schema } from "effect"
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs"
import { dirname } from "node:path"

/** Rows of one kind, in the order in which they were first put. */
export interface Collection<A> {
  readonly get: (id: string) => A | undefined
  readonly put: (id: string, row: A) => void
  readonly remove: (id: string) => void
  readonly all: () => ReadonlyArray<A>
}

type Change = readonly [collection: string, id: string, row?: unknown]

const Line = Schema.Array(
  Schema.Union([
    Schema.Tuple([Schema.String, Schema.String, Schema.Unknown]),
    Schema.Tuple([Schema.String, Schema.String])
  ])
)
const decodeLine = Schema.decodeUnknownSync(Line)

/**
 * What an emulator remembers. With a file it is a journal: one line for each transaction, written before anybody
 * is answered, so that a kill -9 loses nothing that was told and leaves nothing half done. Without one it ends
 * with the process.
 */
export class Store {
  readonly #file: number | undefined
  readonly #read = new Map<string, Map<string, unknown>>()
  #changes: Array<Change> | undefined
  #closed = false
  #undo: Array<() => void> = []

  constructor(path?: string) {
    if (path === undefined) return
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    this.#file = openSync(path, "a+", 0o600)
    const text = readFileSync(path, "utf8")
    const whole = text.slice(0, text.lastIndexOf("\n") + 1)
    // A line that the process did not live to finish was never answered for.
    if (fstatSync(this.#file).size > Buffer.byteLength(whole)) {
      ftruncateSync(this.#file, Buffer.byteLength(whole))
    }
    for (const line of whole.split("\n")) {
      if (line === "") continue
      for (const [collection, id, ...row] of decodeLine(JSON.parse(line))) {
        const rows = this.#read.get(collection) ?? new Map<string, unknown>()
        this.#read.set(collection, rows)
        if (row.length === 0) rows.delete(id)
        else rows.set(id, row[0])
      }
    }
  }

  /** Rows must survive JSON: no undefined, no dates. */
  collection<A>(name: string, schema: Schema.Codec<A, unknown>): Collection<A> {
    const decode = Schema.decodeUnknownSync(schema)
    const rows = new Map([...(this.#read.get(name) ?? [])].map(([id, row]) => [id, decode(row)] as const))
    return {
      get: (id) => rows.get(id),
      all: () => [...rows.values()],
      put: (id, row) => this.#change([name, id, row], rows, id, () => rows.set(id, row)),
      remove: (id) => this.#change([name, id], rows, id, () => rows.delete(id))
    }
  }

  /** All of the work, or nothing of it. The work is synchronous, so nobody comes between. */
  transact<T>(work: () => T): T {
    if (this.#changes !== undefined) return work()
    this.#changes = []
    this.#undo = []
    try {
      const done = work()
      if (this.#file !== undefined && !this.#closed && this.#changes.length > 0) {
        writeSync(this.#file, `${JSON.stringify(this.#changes)}\n`)
      }
      return done
    } catch (error) {
      for (const undo of this.#undo.toReversed()) undo()
      throw error
    } finally {
      this.#changes = undefined
    }
  }

  /** What is still done after this is as if the process had been killed before it. */
  close(): void {
    if (this.#file !== undefined && !this.#closed) closeSync(this.#file)
    this.#closed = true
  }

  #change<A>(change: Change, rows: Map<string, A>, id: string, apply: () => void): void {
    this.transact(() => {
      const before = rows.get(id)
      this.#undo.push(() => (before === undefined ? rows.delete(id) : rows.set(id, before)))
      this.#changes?.push(change)
      apply()
    })
  }
}

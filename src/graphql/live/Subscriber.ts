import type { GraphQLError } from "graphql"
import type { Change } from "../../db/live/LiveChanges.ts"

/** What a field is told of while somebody subscribes to it. */
export interface Watch<Row> {
  /** What is to be read after a change; nothing when the change is not of what is watched. */
  readonly keysOf: (change: Change) => ReadonlyArray<string>
  /** Read at once, and whenever changes may have been missed; when it is absent, those cannot be made good. */
  readonly state?: ReadonlyArray<string>
  /** Each key stands there once, however often it changed. */
  readonly read: (keys: ReadonlyArray<string>) => Promise<ReadonlyArray<Row>>
}

interface Options<Row> extends Watch<Row> {
  /** So many changes may wait to be read. */
  readonly most: number
  readonly tooSlow: () => GraphQLError
  readonly missed: () => GraphQLError
  readonly broke: (cause: unknown) => GraphQLError
  readonly onEnd: () => void
}

/**
 * One subscription, from its source on: it is pulled by whoever sends it on, who pulls no faster than the other end
 * reads. What changes meanwhile waits as keys alone, up to a bound; beyond it the subscription is cut.
 */
export class Subscriber<Row> implements AsyncIterableIterator<Row, undefined> {
  readonly #options: Options<Row>
  #keys: Array<string> = []
  #rows: Array<Row> = []
  #ended = false
  #reason: GraphQLError | undefined
  #wake: () => void = () => {}

  constructor(options: Options<Row>) {
    this.#options = options
    this.#keys.push(...(options.state ?? []))
  }

  changed(change: Change): void {
    if (this.#ended) return
    this.#keys.push(...this.#options.keysOf(change))
    if (this.#keys.length > this.#options.most) this.end(this.#options.tooSlow())
    else this.#wake()
  }

  missed(): void {
    const { state, missed } = this.#options
    if (this.#ended) return
    if (state === undefined) return this.end(missed())
    this.#keys.push(...state)
    this.#wake()
  }

  /** What waited is dropped: the reason is the last that is sent. */
  end(reason?: GraphQLError): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    this.#keys = []
    this.#rows = []
    this.#options.onEnd()
    this.#wake()
  }

  async next(): Promise<IteratorResult<Row, undefined>> {
    for (;;) {
      if (this.#ended) {
        const reason = this.#reason
        this.#reason = undefined
        if (reason !== undefined) throw reason
        return { done: true, value: undefined }
      }
      const row = this.#rows.shift()
      if (row !== undefined) return { done: false, value: row }
      if (this.#keys.length > 0) await this.#read()
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async #read(): Promise<void> {
    const keys = [...new Set(this.#keys)]
    this.#keys = []
    try {
      const rows = await this.#options.read(keys)
      if (!this.#ended) this.#rows.push(...rows)
    } catch (cause) {
      this.end(this.#options.broke(cause))
    }
  }

  return(): Promise<IteratorResult<Row, undefined>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

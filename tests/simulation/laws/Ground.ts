import type { SessionRow, Store } from "../../../src/layers/memory/Store.ts"
import type { Books, Charge } from "../Books.ts"
import type { Violation, World } from "../World.ts"

/** What all laws stand on: the gateways' books, our records, and what was seen of a history so far. */
export class Ground {
  readonly #world: World
  readonly books: Books
  readonly store: Store
  /** Epoch milliseconds by the clock of the database. */
  readonly databaseNow: () => number
  /** The keys that drivers were about to send, by session. */
  readonly sent = new Map<string, ReadonlyArray<string>>()
  /** When each attempt's row was committed. */
  readonly writtenAt = new Map<string, number>()
  /** When a gateway last denied a key. */
  readonly deniedAt = new Map<string, number>()

  constructor(world: World, books: Books, store: Store, databaseNow: () => number) {
    this.#world = world
    this.books = books
    this.store = store
    this.databaseNow = databaseNow
  }

  get now(): number {
    return this.#world.now
  }

  breaks(law: string, message: string): Violation {
    return this.#world.breaks(law, message)
  }

  rowOf(session: string): SessionRow | undefined {
    for (const [id, row] of this.store.sessions) if (id === session) return row
    return undefined
  }

  /** Charges of a session that its gateways captured or will capture, as they say. */
  honest(session: string): ReadonlyArray<Charge> {
    return this.books.of(session).filter(({ verdict }) => verdict === "captured")
  }

  /** Refuses whatever goes on from a charge that was not positively declined. */
  mustBeDeclined(key: string, but: string): void {
    const before = this.books.byKey(key)
    if (before?.verdict === "declined") return
    throw this.breaks(
      "a charge goes on only after positive proof that no money moved",
      `${but} although ${key} was ${before === undefined ? "sent and nobody knows what became of it" : "captured"}`
    )
  }
}

import type { World } from "./Machine.ts"

const columns = 7

/** Every state that the walk has come to, as a row of numbers, and the row and move from which it came first. */
export class States {
  #rows = new Int32Array(columns * 1024)
  #from = new Int32Array(1024)
  #by = new Uint16Array(1024)
  /** Open addressing: the number of a state plus one at a place that its hash leads to. */
  #table = new Int32Array(4096)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The number of the state; if it is new it is kept, with where it came from. */
  add(world: World, from: number, by: number): number {
    const { ledger, one, two, books, asked, askedToo, faults } = world
    let at = hash(world) & (this.#table.length - 1)
    for (;;) {
      const found = this.#table[at] ?? 0
      if (found === 0) break
      if (this.#is(found - 1, world)) return found - 1
      at = (at + 1) & (this.#table.length - 1)
    }
    if (this.#size === this.#from.length) this.#grow()
    const row = this.#size * columns
    this.#rows[row] = ledger
    this.#rows[row + 1] = one
    this.#rows[row + 2] = two
    this.#rows[row + 3] = books
    this.#rows[row + 4] = asked
    this.#rows[row + 5] = askedToo
    this.#rows[row + 6] = faults
    this.#from[this.#size] = from
    this.#by[this.#size] = by
    this.#size += 1
    this.#table[at] = this.#size
    if (this.#size * 2 > this.#table.length) this.#rehash()
    return this.#size - 1
  }

  get(nr: number): World {
    const at = nr * columns
    const rows = this.#rows
    return {
      ledger: rows[at] ?? 0,
      one: rows[at + 1] ?? 0,
      two: rows[at + 2] ?? 0,
      books: rows[at + 3] ?? 0,
      asked: rows[at + 4] ?? 0,
      askedToo: rows[at + 5] ?? 0,
      faults: rows[at + 6] ?? 0
    }
  }

  /** The states on the way to this one and the number of the move that leads on from each; the first one first. */
  wayTo(nr: number): ReadonlyArray<readonly [state: number, move: number]> {
    const way: Array<readonly [number, number]> = []
    for (let at = nr; at !== 0; at = this.#from[at] ?? 0) way.push([this.#from[at] ?? 0, this.#by[at] ?? 0])
    return way.toReversed()
  }

  #is(nr: number, { ledger, one, two, books, asked, askedToo, faults }: World): boolean {
    const at = nr * columns
    const rows = this.#rows
    return (
      rows[at] === ledger &&
      rows[at + 1] === one &&
      rows[at + 2] === two &&
      rows[at + 3] === books &&
      rows[at + 4] === asked &&
      rows[at + 5] === askedToo &&
      rows[at + 6] === faults
    )
  }

  #grow(): void {
    const more = this.#from.length * 2
    const rows = new Int32Array(more * columns)
    rows.set(this.#rows)
    this.#rows = rows
    const from = new Int32Array(more)
    from.set(this.#from)
    this.#from = from
    const by = new Uint16Array(more)
    by.set(this.#by)
    this.#by = by
  }

  #rehash(): void {
    this.#table = new Int32Array(this.#table.length * 2)
    for (let nr = 0; nr < this.#size; nr++) {
      let at = hash(this.get(nr)) & (this.#table.length - 1)
      while (this.#table[at] !== 0) at = (at + 1) & (this.#table.length - 1)
      this.#table[at] = nr + 1
    }
  }
}

const hash = ({ ledger, one, two, books, asked, askedToo, faults }: World): number => {
  let mixed = mix(0, ledger)
  mixed = mix(mixed, one)
  mixed = mix(mixed, two)
  mixed = mix(mixed, books)
  mixed = mix(mixed, asked)
  mixed = mix(mixed, askedToo)
  mixed = mix(mixed, faults)
  return (mixed ^ (mixed >>> 13)) >>> 0
}

const mix = (mixed: number, number: number): number => {
  const product = Math.imul(mixed ^ number, 0x9e3779b1)
  return product ^ (product >>> 15)
}

/** What must come, as arrows between the numbers of states; and the states that have none, because they are quiet. */
export class Musts {
  #from = new Int32Array(1024)
  #to = new Int32Array(1024)
  #size = 0
  readonly #quiet: Array<number> = []

  add(from: number, to: number): void {
    if (this.#size === this.#from.length) {
      this.#from = twice(this.#from)
      this.#to = twice(this.#to)
    }
    this.#from[this.#size] = from
    this.#to[this.#size] = to
    this.#size += 1
  }

  addQuiet(state: number): void {
    this.#quiet.push(state)
  }

  /** The first of the states from which no arrows lead to a quiet one. */
  firstThatNeverHeals(states: number): number | undefined {
    // The arrows by the state that they lead to: those to n stand from begins[n] to begins[n + 1].
    const begins = new Int32Array(states + 1)
    for (let at = 0; at < this.#size; at++) bump(begins, (this.#to[at] ?? 0) + 1)
    for (let state = 1; state <= states; state++)
      begins[state] = (begins[state] ?? 0) + (begins[state - 1] ?? 0)
    const next = begins.slice()
    const sources = new Int32Array(this.#size)
    for (let at = 0; at < this.#size; at++) sources[bump(next, this.#to[at] ?? 0) - 1] = this.#from[at] ?? 0

    const heals = new Uint8Array(states)
    const found = [...this.#quiet]
    for (const state of found) heals[state] = 1
    for (let state = found.pop(); state !== undefined; state = found.pop()) {
      for (let at = begins[state] ?? 0; at < (begins[state + 1] ?? 0); at++) {
        const source = sources[at] ?? 0
        if (heals[source] === 1) continue
        heals[source] = 1
        found.push(source)
      }
    }
    const never = heals.indexOf(0)
    return never === -1 ? undefined : never
  }
}

const bump = (counts: Int32Array, at: number): number => {
  const count = (counts[at] ?? 0) + 1
  counts[at] = count
  return count
}

const twice = (numbers: Int32Array): Int32Array<ArrayBuffer> => {
  const more = new Int32Array(numbers.length * 2)
  more.set(numbers)
  return more
}

/**
 * Numbers for things: two things with one key are one and the same, and the walk carries only their number. What it
 * knows of a state is so a handful of integers.
 */
export class Interned<A> {
  readonly #numbers = new Map<string, number>()
  readonly #things: Array<A> = []

  /** The number of the thing with that key; the first one that comes under it is kept. */
  number(key: string, thing: A): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#things.length)
    return this.#things.push(thing) - 1
  }

  get(nr: number): A {
    const thing = this.#things[nr]
    if (thing === undefined) throw new Error(`nothing has the number ${nr}`)
    return thing
  }

  get size(): number {
    return this.#things.length
  }
}

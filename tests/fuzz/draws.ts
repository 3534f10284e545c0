/** Numbers that look random and are the same for the same seed and number, so that one document can be made again. */
export interface Draws {
  /** A whole number below `below`. */
  readonly below: (below: number) => number
  readonly chance: (of: number) => boolean
  readonly one: <A>(all: ReadonlyArray<A>, otherwise: A) => A
}

export const drawsOf = (seed: number, nr: number): Draws => {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(nr + 1, 0x85ebca6b)) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (most: number) => Math.floor(next() * most)
  return { below, chance: (of) => next() < of, one: (all, otherwise) => all[below(all.length)] ?? otherwise }
}

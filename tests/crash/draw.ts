import { hash32 } from "../../src/kernel/hash.ts"

/** Numbers drawn from a seed. */
export interface Draw {
  /** A whole number from 0 to `end` - 1. */
  readonly below: (end: number) => number
  /** From `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number
  readonly chance: (probability: number) => boolean
  readonly oneOf: <A>(list: readonly [A, ...ReadonlyArray<A>]) => A
  /** One of them, each as often as its weight says. */
  readonly weighted: <A>(list: readonly [readonly [A, number], ...ReadonlyArray<readonly [A, number]>]) => A
  readonly shuffled: <A>(list: ReadonlyArray<A>) => ReadonlyArray<A>
}

/**
 * The nth number of a name is a function of seed, name and n, and of nothing else: what one customer draws does not
 * depend on how many others there are.
 */
export const drawFrom = (seed: number, name: string): Draw => {
  let drawn = 0
  const fraction = () => hash32(`${seed} ${name} ${drawn++}`) / 2 ** 32
  const below = (end: number) => Math.floor(fraction() * end)
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => fraction() < probability,
    oneOf: (list) => list[below(list.length)] ?? list[0],
    weighted: (list) => {
      let left = fraction() * list.reduce((sum, [, weight]) => sum + weight, 0)
      return (list.find(([, weight]) => (left -= weight) < 0) ?? list[0])[0]
    },
    shuffled: (list) =>
      list
        .map((value) => ({ value, rank: fraction() }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ value }) => value)
  }
}

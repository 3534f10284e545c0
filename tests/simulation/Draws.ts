import { hash32, mix32 } from "../../src/kernel/hash.ts"
import { type FaultName, faultKinds } from "./faults.ts"

/**
 * All chance of one history. Every draw is a function of the seed, what it is for and how often that was drawn
 * before, and of nothing else: so each fault can be left out by its name, and the rest of the history stays.
 */
export class Draws {
  readonly #seed: number
  readonly #only: ReadonlySet<string> | undefined
  readonly #counts = new Map<string, number>()
  readonly #active = new Map<FaultName, boolean>()
  /** The faults that fired, each as `name#n`. */
  readonly fired: Array<string> = []
  /** Those of them that came where they could change nothing, and so show nothing. */
  readonly vain = new Set<string>()
  /** After the last fault a history heals. */
  #healing = false

  /** `only`: the faults that may happen, each as `name#n`; absent, all that the seed draws. */
  constructor(seed: number, only?: ReadonlySet<string>) {
    this.#seed = mix32(seed)
    this.#only = only
  }

  heal(): void {
    this.#healing = true
  }

  /** The next number of this name, in [0, 1). */
  next(name: string): number {
    const n = this.#counts.get(name) ?? 0
    this.#counts.set(name, n + 1)
    return mix32(hashOf(name) ^ mix32(this.#seed + Math.imul(n, 0x9e3779b1))) / 0x1_0000_0000
  }

  /** Whether a fault happens here. A history has some kinds of faults and not others, so that they meet in all mixtures. */
  fires(fault: FaultName): boolean {
    if (this.#healing) return false
    const n = this.#counts.get(fault) ?? 0
    if (this.next(fault) >= faultKinds[fault].rate || !this.#has(fault)) return false
    const key = `${fault}#${n}`
    if (this.#only !== undefined && !this.#only.has(key)) return false
    this.fired.push(key)
    return true
  }

  /** Of the fault that fired last: it changes nothing, unless somebody takes it out again. Answers its name. */
  inVain(): string {
    const last = this.fired.at(-1) ?? ""
    this.vain.add(last)
    return last
  }

  #has(fault: FaultName): boolean {
    let active = this.#active.get(fault)
    if (active === undefined) {
      active = this.next(`has ${fault}`) < 0.15
      this.#active.set(fault, active)
    }
    return active
  }

  chance(name: string, probability: number): boolean {
    return this.next(name) < probability
  }

  /** A whole number between two, both inclusive. */
  between(name: string, least: number, most: number): number {
    return least + Math.floor(this.next(name) * (most - least + 1))
  }

  pick<A>(name: string, from: readonly [A, ...ReadonlyArray<A>]): A {
    return from[Math.floor(this.next(name) * from.length)] ?? from[0]
  }
}

const hashes = new Map<string, number>()

const hashOf = (name: string): number => {
  let hash = hashes.get(name)
  if (hash === undefined) {
    hash = hash32(name)
    hashes.set(name, hash)
  }
  return hash
}

// A contender of routing: decides the same charges over so many accounts, again and again.
import { Schema } from "effect"
import { contend } from "../support/contending.ts"
import { accountsOf, type Charge, charges } from "./data.ts"
import type { Account } from "../../src/kernel/routing/RoutingPolicy.ts"

/** The ids of the accounts that may serve a charge, in any order; at once or later. */
export type Decide = (place: number) => ReadonlyArray<string> | number | Promise<ReadonlyArray<string>>

export const Order = Schema.Struct({
  accounts: Schema.Int,
  /** Which of this process's contenders. */
  name: Schema.String,
  /** How long; what every charge leads to is answered when nothing is said. */
  seconds: Schema.optionalKey(Schema.Finite)
})

const decodeOrder = Schema.decodeUnknownSync(Order)

/** Serves contenders, each made of accounts and charges before any clock runs. */
export const decideAll = (
  makers: Readonly<
    Record<string, (accounts: ReadonlyArray<Account>, charges: ReadonlyArray<Charge>) => Decide>
  >
): void => {
  const made = new Map<string, Decide>()
  let sink = 0
  contend(async (asked) => {
    const { accounts, name, seconds } = decodeOrder(asked)
    const key = `${name} ${accounts}`
    const decide = made.get(key) ?? makers[name]?.(accountsOf(accounts), charges)
    if (decide === undefined) throw new Error(`there is no contender ${name}`)
    made.set(key, decide)
    if (seconds === undefined) {
      const found: Array<string> = []
      for (let place = 0; place < charges.length; place++) {
        const chosen = await decide(place)
        found.push(typeof chosen === "number" ? String(chosen) : chosen.toSorted().join())
      }
      return found
    }
    const began = performance.now()
    let done = 0
    let elapsed: number
    do {
      for (let place = 0; place < 16; place++) {
        const chosen = decide((done + place) % charges.length)
        // What answers at once is not made to wait.
        const known = chosen instanceof Promise ? await chosen : chosen
        sink += typeof known === "number" ? known : known.length
      }
      done += 16
      elapsed = (performance.now() - began) / 1000
    } while (elapsed < seconds)
    if (sink < 0) throw new Error("nothing was decided")
    return { count: done, seconds: elapsed }
  })
}

// The routing of the service beside the loop that is its limit, and beside what one would write first.
import { compile } from "../../src/kernel/routing/RoutingPolicy.ts"
import { decide, explainLeftOut, selectMids } from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import { decideAll } from "./deciding.ts"
import type { Charge } from "./data.ts"
import { naive } from "./naive.ts"
import { plainLoop, toNumbers } from "./plainLoop.ts"

const at = <A>(all: ReadonlyArray<A>, place: number): A => {
  const one = all[place]
  if (one === undefined) throw new Error("there is no such charge")
  return one
}

decideAll({
  "compiled loop": (accounts, charges) => {
    const loop = plainLoop(accounts)
    const numeric = charges.map(toNumbers)
    return (place) => loop.select(at(numeric, place))
  },
  "the loop's choice": (accounts, charges) => {
    const loop = plainLoop(accounts)
    const numeric = charges.map(toNumbers)
    return (place) => Array.from({ length: loop.select(at(numeric, place)) }, (_, found) => loop.idAt(found))
  },
  decision: (accounts, charges) => {
    const policy = compile(1, accounts)
    return (place) => {
      const { inputs, session }: Charge = at(charges, place)
      return selectMids(policy, inputs, session).map(({ id }) => id)
    }
  },
  "with its explanation": (accounts, charges) => {
    const policy = compile(1, accounts)
    return (place) => {
      const { inputs, session }: Charge = at(charges, place)
      return decide(policy, inputs, session).chosen
    }
  },
  "the explanation's rest": (accounts, charges) => {
    const policy = compile(1, accounts)
    return (place) => {
      const leftOut = new Set<string>(explainLeftOut(policy, at(charges, place).inputs).map(({ mid }) => mid))
      return accounts.flatMap(({ account: { id } }) => (leftOut.has(id) ? [] : [id]))
    }
  },
  "filter and sort": (accounts, charges) => (place) => naive(accounts, at(charges, place))
})

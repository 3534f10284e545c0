import { describe, expect, it } from "@effect/vitest"
import { type Account, compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { selectMids } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import { account, charge, sessionId } from "../../support/kernel/accounts.ts"

const sessions = 20_000

/** How often each account comes first, and how often second, in so many sessions. */
const shares = (accounts: ReadonlyArray<Account>) => {
  const policy = compile(1, accounts)
  const first = new Map<string, number>()
  const second = new Map<string, number>()
  for (let n = 0; n < sessions; n++) {
    const [one, two] = selectMids(policy, charge(), sessionId(n))
    if (one !== undefined) first.set(one.id, (first.get(one.id) ?? 0) + 1 / sessions)
    if (two !== undefined) second.set(two.id, (second.get(two.id) ?? 0) + 1 / sessions)
  }
  return { first, second }
}

describe("the shares of sessions", () => {
  it("are equal for accounts whose caps are within the same tenth", () => {
    const monthlyCap = { amount: 1_000_000, currency: "USD" } as const
    const { first } = shares([
      account({ id: "mid_a", monthlyCap, capturedThisMonth: 100_000 }),
      account({ id: "mid_b", monthlyCap, capturedThisMonth: 199_999 })
    ])
    expect(first.get("mid_a")).toBeCloseTo(0.5, 1)
  })

  // The standard deviation of a share over 20,000 sessions is at most 0.0036; the tolerance is four of them.
  const tolerance = 0.015

  it.each([[[1, 1]], [[3, 1]], [[1, 1, 1]], [[1, 2, 3, 4]], [[1, 1000]], [[70, 20, 10]]])(
    "are those of the weights %j, and of what the first one leaves over",
    (weights) => {
      const all = weights.reduce((sum, weight) => sum + weight, 0)
      const { first, second } = shares(weights.map((weight, n) => account({ id: `mid_${n}`, weight })))
      for (const [n, weight] of weights.entries()) {
        expect(Math.abs((first.get(`mid_${n}`) ?? 0) - weight / all)).toBeLessThan(tolerance)
        // Second after one of the others was first, with its share of what that one left over.
        const expected = weights
          .filter((_, other) => other !== n)
          .reduce((sum, other) => sum + (other / all) * (weight / (all - other)), 0)
        expect(Math.abs((second.get(`mid_${n}`) ?? 0) - expected)).toBeLessThan(tolerance)
      }
    }
  )

  it("are those of many small accounts too", () => {
    const { first } = shares(Array.from({ length: 50 }, (_, n) => account({ id: `mid_${n}` })))
    for (let n = 0; n < 50; n++) expect(Math.abs((first.get(`mid_${n}`) ?? 0) - 0.02)).toBeLessThan(0.005)
  })
})

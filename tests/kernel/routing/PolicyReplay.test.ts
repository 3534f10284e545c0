import { describe, expect, it } from "@effect/vitest"
import { MidId } from "../../../src/kernel/ids.ts"
import { replay } from "../../../src/kernel/routing/PolicyReplay.ts"
import { compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { explainLeftOut, selectMids } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import { account, charge, sessionId } from "../../support/kernel/accounts.ts"

const cap = { amount: 50_000, currency: "USD" } as const
const ofCapped = { id: "mid_capped", monthlyCap: cap, priority: 0 }
const others = [
  account({ id: "mid_open", weight: 3 }),
  account({ id: "mid_stopped", killSwitch: true }),
  account({ id: "mid_backup", priority: 2 })
]
const capped = MidId.make("mid_capped")

const day = 86_400_000
const january = Date.UTC(2024, 0, 1)

/** A year of charges of three a day, one leap day in it, each routed at the volume of its month so far and captured. */
const year = () => {
  let month = -1
  let volume = 0
  return Array.from({ length: 366 * 3 }, (_, nr) => {
    const at = january + Math.floor((nr * day) / 3)
    const now = new Date(at).getUTCMonth()
    if (now !== month) volume = 0
    month = now
    const entries = [{ ...account(ofCapped), capturedThisMonth: volume }, ...others]
    const policy = compile(1, entries)
    const inputs = charge({ amount: 700 + ((nr * 37) % 900) })
    const session = sessionId(nr)
    const chosen = selectMids(policy, inputs, session).map(({ id }) => id)
    const taken = chosen[0] === capped
    if (taken) volume += inputs.amount
    return { at, inputs, session, chosen, leftOut: explainLeftOut(policy, inputs), taken }
  })
}

const today = compile(7, [account(ofCapped), ...others])
const entities = [charge().entity]

const replayYear = (changes: Parameters<typeof replay>[2]) => {
  const replaying = replay(today, entities, changes)
  return year().map((decision) => {
    const replayed = replaying.decide(decision)
    if (decision.taken) {
      const { amount, currency } = decision.inputs
      replaying.captured({ mid: capped, at: decision.at, amount, currency })
    }
    return { decision, replayed }
  })
}

describe("a replay", () => {
  it("without changes is what was, over a whole year of months and their caps", () => {
    const all = replayYear([])
    expect(all.some(({ decision }) => decision.leftOut.some(({ mid }) => mid === capped))).toBe(true)
    for (const { decision, replayed } of all) {
      expect(replayed.chosen).toEqual(decision.chosen)
      expect(replayed.leftOut).toEqual(decision.leftOut)
      expect(replayed).toMatchObject({ changes: [], differs: false, differsToday: false })
    }
  })

  it("without the cap leaves its account out of nothing", () => {
    for (const { decision, replayed } of replayYear([{ mid: capped, monthlyCap: null }])) {
      expect(replayed.chosen).toContain(capped)
      const was = decision.leftOut.find(({ mid }) => mid === capped)?.reasons ?? []
      expect(replayed.changes).toEqual(was.length === 0 ? [] : [{ mid: capped, before: was, after: [] }])
      expect(replayed.differsToday).toBe(false)
    }
  })

  it("tells what today's policy does otherwise from what the changes do", () => {
    const [first] = year()
    const never = compile(8, [{ ...account({ id: "mid_open" }), providerConfigured: false }])
    const one = first === undefined ? expect.fail("no decision") : replay(never, entities, []).decide(first)
    expect(one).toMatchObject({ chosen: [], differs: true, differsToday: true })
    expect(one.leftOut).toMatchObject([{ reasons: [{ _tag: "ProviderNotConfigured" }] }])
  })
})

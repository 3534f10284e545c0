import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { hash32 } from "../../../src/kernel/hash.ts"
import { negativeLog2 } from "../../../src/kernel/routing/Ordering.ts"
import { type Account, compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { selectMids } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import { account, charge, sessionId } from "../../support/kernel/accounts.ts"
import { routing } from "../../support/kernel/arbitraryRouting.ts"

const orderOf = (accounts: ReadonlyArray<Account>, n: number): ReadonlyArray<string> =>
  selectMids(compile(1, accounts), charge(), sessionId(n)).map(({ id }) => id)

const sortKeys = Schema.Array(Schema.Int).check(Schema.isMinLength(1))

describe("the order of accounts", () => {
  it.prop(
    "is the same for a session, in whatever order the accounts were read",
    { world: routing, keys: sortKeys },
    ({ world: { accounts, inputs, session }, keys }) => {
      const shuffled = accounts
        .map((one, n) => ({ one, key: keys[n % keys.length] ?? 0 }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ one }) => one)
      const ids = (all: ReadonlyArray<Account>) =>
        selectMids(compile(1, all), inputs, session).map(({ id }) => id)
      expect(ids(shuffled)).toEqual(ids(accounts))
    },
    { arbitrary: { runs: 1000, seed: 1 } }
  )

  it.prop(
    "is that of priority, and within a priority that of fullness",
    { world: routing },
    ({ world: { accounts, inputs, session } }) => {
      const captured = new Map(accounts.map((one) => [one.account.id, one.capturedThisMonth]))
      const standing = selectMids(compile(1, accounts), inputs, session).map(
        ({ id, priority, monthlyCap }) => ({
          priority,
          tenths:
            monthlyCap === undefined || monthlyCap.amount === 0
              ? 0
              : Math.floor((10 * (captured.get(id) ?? 0)) / monthlyCap.amount)
        })
      )
      expect(standing).toEqual(standing.toSorted((a, b) => a.priority - b.priority || a.tenths - b.tenths))
    },
    { arbitrary: { runs: 1000, seed: 2 } }
  )

  it("puts a lower priority first whatever the weights", () => {
    const accounts = [
      account({ id: "mid_a", priority: 2, weight: 1000 }),
      account({ id: "mid_b", priority: 1, weight: 1 })
    ]
    for (let n = 0; n < 100; n++) expect(orderOf(accounts, n)).toEqual(["mid_b", "mid_a"])
  })

  it("puts an account with a fuller cap later, in tenths of the cap", () => {
    const monthlyCap = { amount: 1_000_000, currency: "USD" } as const
    const accounts = [
      account({ id: "mid_full", monthlyCap, capturedThisMonth: 900_000 }),
      account({ id: "mid_half", monthlyCap, capturedThisMonth: 500_000 }),
      account({ id: "mid_new", monthlyCap, capturedThisMonth: 99_999 }),
      account({ id: "mid_uncapped", priority: 2 })
    ]
    for (let n = 0; n < 100; n++)
      expect(orderOf(accounts, n)).toEqual(["mid_new", "mid_half", "mid_full", "mid_uncapped"])
  })

  it("measures how full a cap is by its own size", () => {
    const accounts = [
      account({
        id: "mid_small",
        monthlyCap: { amount: 10_000, currency: "USD" },
        capturedThisMonth: 9000
      }),
      account({
        id: "mid_large",
        monthlyCap: { amount: 10_000_000, currency: "USD" },
        capturedThisMonth: 1_000_000
      })
    ]
    for (let n = 0; n < 100; n++) expect(orderOf(accounts, n)).toEqual(["mid_large", "mid_small"])
  })

  it("does not call an account full whose cap, in another currency, is nothing", () => {
    const accounts = [
      account({ id: "mid_none", monthlyCap: { amount: 0, currency: "EUR" }, capturedThisMonth: 500 }),
      account({
        id: "mid_tenth",
        monthlyCap: { amount: 10_000, currency: "USD" },
        capturedThisMonth: 1000
      })
    ]
    for (let n = 0; n < 100; n++) expect(orderOf(accounts, n)).toEqual(["mid_none", "mid_tenth"])
  })

  it("falls back to the ids of accounts that draw alike, in whatever order they were read", () => {
    const twins = ["mid_1v7e_acm", "mid_26es_4p8"]
    expect(new Set(twins.map((id) => hash32(id))).size).toBe(1)
    for (const ids of [twins, twins.toReversed()]) {
      for (let n = 0; n < 100; n++)
        expect(
          orderOf(
            ids.map((id) => account({ id })),
            n
          )
        ).toEqual(twins)
    }
  })
})

describe("the logarithm under the draw", () => {
  const uniform = [0, 1, 2, 3, 1023, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff]

  it("is that of Math.log2, to a millionth", () => {
    const spread = Array.from({ length: 10_000 }, (_, n) => Math.imul(n, 0x9e37_79b1) >>> 0)
    for (const n of [...uniform, ...spread])
      expect(Math.abs(negativeLog2(n) + Math.log2((n + 1) / 2 ** 32)), String(n)).toBeLessThan(1e-6)
  })

  it("falls and never stands still, so that equal weights do not tie", () => {
    for (const n of uniform.slice(1)) expect(negativeLog2(n), String(n)).toBeLessThan(negativeLog2(n - 1))
    expect(negativeLog2(0)).toBe(32)
    expect(negativeLog2(0xffff_ffff)).toBe(0)
  })
})

import { describe, expect, it } from "@effect/vitest"
import type { CardBrand } from "../../../src/kernel/Card.ts"
import { MidId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { retryBudgets, retryRefusal, type Try } from "../../../src/kernel/routing/retryBudgets.ts"

const second = 1000
const hour = 3600 * second
const day = 24 * hour
const now = Date.parse("2026-11-21T12:00:00Z")

const here = MidId.make("mid_here")
const elsewhere = MidId.make("mid_elsewhere")
const usd = (amount: number) => new Money({ amount, currency: "USD" })
const card = (brand: CardBrand) => ({ brand, fingerprint: "fp", tokenRef: "tok_1" })

const tried = (changes: Partial<Try> = {}): Try => ({
  mid: here,
  tokenRef: "tok_1",
  money: usd(3500),
  state: "declined",
  writtenAt: now - second,
  ...changes
})
const times = (many: number, changes: Partial<Try> = {}) =>
  Array.from({ length: many }, (): Try => tried(changes))

/** What is answered to whoever would charge that card here once more. */
const asked = (
  brand: CardBrand,
  tries: ReadonlyArray<Try>,
  { at = now, money = usd(3500) }: { readonly at?: number; readonly money?: Money } = {}
) => retryRefusal(at, card(brand), here, money, tries)

const spent = "retry_budget_spent"

describe("what the networks allow is written down as they published it:", () => {
  it("how often, over how many hours, of what, and since when", () => {
    expect(retryBudgets).toEqual([
      { network: "visa", since: "2020-10-17", hours: 720, sameAmount: true, most: 15 },
      { network: "visa", since: "2025-05-25", hours: 720, sameAmount: true, most: 20 },
      { network: "mastercard", since: "2022-10-01", hours: 24, sameAmount: false, most: 10 },
      { network: "mastercard", since: "2022-10-01", hours: 720, sameAmount: true, most: 35 }
    ])
  })
})

describe("a budget", () => {
  it.each([
    ["visa", 20, 0],
    ["mastercard", 10, 0],
    ["mastercard", 35, 2 * day]
  ] as const)("of %s allows %d tries, and none after that", (brand, most, ago) => {
    const writtenAt = now - second - ago
    expect(asked(brand, times(most - 1, { writtenAt }))).toBeUndefined()
    expect(asked(brand, times(most, { writtenAt }))).toBe(spent)
  })

  it.each([
    ["visa", 20, 30 * day],
    ["mastercard", 10, day],
    ["mastercard", 35, 30 * day]
  ] as const)("of %s for %d tries forgets each when its time is over", (brand, most, span) => {
    // Spread over times at which no shorter budget counts them.
    const before = times(most - 1, { writtenAt: now - Math.max(span - hour, second) })
    expect(asked(brand, [...before, tried({ writtenAt: now - span + 1 })])).toBe(spent)
    expect(asked(brand, [...before, tried({ writtenAt: now - span })])).toBeUndefined()
  })

  it("counts what did not capture, whatever came of it, and no money that moved", () => {
    for (const state of ["declined", "indeterminate", "in_flight"] as const)
      expect(asked("visa", times(20, { state })), state).toBe(spent)
    for (const state of ["captured", "absent"] as const)
      expect(asked("visa", times(20, { state })), state).toBeUndefined()
  })

  it("counts nothing that came to no network, and heeds what was said of it all the same", () => {
    expect(asked("visa", times(40, { offNetwork: true }))).toBeUndefined()
    expect(asked("mastercard", times(40, { offNetwork: true }))).toBeUndefined()
    expect(asked("visa", [...times(19), ...times(9, { offNetwork: true })])).toBeUndefined()
    expect(asked("visa", [...times(20), tried({ offNetwork: true })])).toBe(spent)
    expect(asked("visa", [tried({ offNetwork: true, advice: "updated" })])).toBe("card_needs_update")
  })

  it("counts tries on this account only", () => {
    expect(asked("visa", times(20, { mid: elsewhere }))).toBeUndefined()
    expect(asked("visa", [...times(19), tried({ mid: elsewhere })])).toBeUndefined()
  })

  it("counts every token of the card", () => {
    expect(asked("visa", times(20, { tokenRef: "tok_0" }))).toBe(spent)
  })

  it.each([
    ["another amount", { money: usd(3501) }],
    ["another currency", { money: new Money({ amount: 3500, currency: "EUR" }) }]
  ])("over a month counts the same amount only, and not %s", (_, other) => {
    expect(asked("visa", times(20, other))).toBeUndefined()
    expect(asked("visa", times(20, other), other)).toBe(spent)
    const writtenAt = now - 2 * day
    expect(asked("mastercard", times(35, { ...other, writtenAt }))).toBeUndefined()
  })

  it("over a day counts every amount", () => {
    expect(asked("mastercard", times(10, { money: usd(1) }))).toBe(spent)
  })

  it("is none of a network that published none", () => {
    for (const brand of ["amex", "discover", "jcb", "diners", "unionpay"] as const)
      expect(asked(brand, times(1000)), brand).toBeUndefined()
  })

  it.each([
    ["visa", 15, "2020-10-17"],
    ["visa", 20, "2025-05-25"],
    ["mastercard", 35, "2022-10-01"]
  ] as const)("of %s for %d tries a month is in force from the beginning of %s", (brand, most, since) => {
    const at = Date.parse(since)
    const writtenAt = at - 2 * day
    expect(asked(brand, times(most, { writtenAt }), { at })).toBe(spent)
    expect(asked(brand, times(most - 1, { writtenAt }), { at })).toBeUndefined()
  })

  it("of before is in force until then, and none before the first", () => {
    const before = (since: string) => {
      const at = Date.parse(since) - 1
      return (brand: CardBrand, many: number, ago = 2 * day) =>
        asked(brand, times(many, { writtenAt: at - ago }), { at })
    }
    expect(before("2025-05-25")("visa", 14)).toBeUndefined()
    expect(before("2025-05-25")("visa", 15)).toBe(spent)
    expect(before("2020-10-17")("visa", 1000)).toBeUndefined()
    expect(before("2022-10-01")("mastercard", 1000)).toBeUndefined()
    expect(before("2022-10-01")("mastercard", 1000, second)).toBeUndefined()
  })
})

describe("an issuer's word binds:", () => {
  it("`never` for thirty days, on every account, whatever the network", () => {
    const said = { advice: "never", mid: elsewhere, tokenRef: "tok_0" } as const
    for (const brand of ["visa", "mastercard", "amex"] as const) {
      expect(asked(brand, [tried({ ...said, writtenAt: now - 30 * day + 1 })])).toBe("retry_forbidden")
      expect(asked(brand, [tried({ ...said, writtenAt: now - 30 * day })])).toBeUndefined()
    }
  })

  it("`updated` for thirty days, on this account, for this token of the card", () => {
    const said = { advice: "updated", writtenAt: now - 30 * day + 1 } as const
    expect(asked("visa", [tried(said)])).toBe("card_needs_update")
    expect(asked("visa", [tried({ ...said, writtenAt: now - 30 * day })])).toBeUndefined()
    expect(asked("visa", [tried({ ...said, mid: elsewhere })])).toBeUndefined()
    expect(asked("visa", [tried({ ...said, tokenRef: "tok_0" })])).toBeUndefined()
  })

  it("`later` for an hour, on this account, of Mastercard's issuers", () => {
    const said = { advice: "later", writtenAt: now - hour + 1 } as const
    expect(asked("mastercard", [tried(said)])).toBe("retry_too_early")
    expect(asked("mastercard", [tried({ ...said, tokenRef: "tok_0" })])).toBe("retry_too_early")
    expect(asked("mastercard", [tried({ ...said, writtenAt: now - hour })])).toBeUndefined()
    expect(asked("mastercard", [tried({ ...said, mid: elsewhere })])).toBeUndefined()
    expect(asked("visa", [tried(said)])).toBeUndefined()
  })

  it("and no more once money moved, or nothing was sent", () => {
    for (const advice of ["never", "updated", "later"] as const) {
      for (const state of ["captured", "absent"] as const)
        expect(asked("mastercard", [tried({ advice, state })])).toBeUndefined()
    }
  })

  it("the weightiest first, before any budget", () => {
    const all = times(35, { writtenAt: now - second })
    const later = [...all, tried({ advice: "later" })]
    const updated = [...later, tried({ advice: "updated" })]
    const never = [...updated, tried({ advice: "never" })]
    expect([all, later, updated, never].map((tries) => asked("mastercard", tries))).toEqual([
      spent,
      "retry_too_early",
      "card_needs_update",
      "retry_forbidden"
    ])
  })
})

it("a card that nobody tried may be charged", () => {
  expect(asked("visa", [])).toBeUndefined()
})

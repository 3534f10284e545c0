import { Gate } from "../../../src/kernel/MerchantAccount.ts"
import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Effect } from "effect"
import { compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { describe as sentence, ExclusionReason } from "../../../src/kernel/routing/ExclusionReason.ts"
import { decide, explainLeftOut, selectMids } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import { account, charge, sessionId } from "../../support/kernel/accounts.ts"
import { routing } from "../../support/kernel/arbitraryRouting.ts"

describe("an account is chosen", () => {
  it.prop(
    "if and only if it has no reason to be left out",
    { world: routing },
    ({ world: { accounts, inputs, session } }) => {
      const policy = compile(1, accounts)
      const chosen = selectMids(policy, inputs, session).map(({ id }) => id)
      const leftOut = explainLeftOut(policy, inputs).map(({ mid }) => mid)
      const own = accounts.filter((one) => one.account.entity === inputs.entity).map((one) => one.account.id)
      expect(new Set(chosen).size).toBe(chosen.length)
      expect([...chosen, ...leftOut].toSorted()).toEqual(own.toSorted())
    },
    { arbitrary: { runs: 2000, seed: 1 } }
  )

  it.prop(
    "only from the entity's own, underwritten for the category, active, without its kill switch",
    { world: routing },
    ({ world: { accounts, inputs, session } }) => {
      for (const mid of selectMids(compile(1, accounts), inputs, session)) {
        expect(mid.entity).toBe(inputs.entity)
        expect(mid.underwrittenFor).toContain(inputs.category)
        expect(mid.status).toBe("active")
        expect(mid.killSwitch).toBe(false)
      }
    },
    { arbitrary: { runs: 1000, seed: 2 } }
  )

  it.effect("and left out often enough in these worlds for the two laws above to say something", () =>
    Effect.gen(function* () {
      const worlds = yield* Arbitrary.sampleEffect(routing, { count: 1000, seed: 3 })
      const decisions = worlds.map((world) => decide(compile(1, world.accounts), world.inputs, world.session))
      expect(decisions.filter(({ chosen }) => chosen.length > 0).length).toBeGreaterThan(50)
      const tags = decisions.flatMap(({ leftOut }) =>
        leftOut.flatMap(({ reasons }) => reasons.map((one) => one._tag))
      )
      expect(new Set(tags)).toEqual(new Set(reasonTags))
    })
  )
})

const reasonTags = ExclusionReason.members.map((member) => member.fields._tag.schema.literal)

const cap = { amount: 10_000, currency: "USD" } as const

/** Of each reason an account and a charge that it keeps apart, and what a person reads. */
const examples = {
  KillSwitchOn: [account({ killSwitch: true }), charge(), "its kill switch is on"],
  NotActive: [account({ status: "suspended" }), charge(), "its status is suspended, not active"],
  ProviderNotConfigured: [
    account({ provider: "nmi", providerConfigured: false }),
    charge(),
    "no driver is configured for its provider nmi"
  ],
  CredentialsMissing: [
    account({ credentials: "stripe_goods", credentialsMissing: true }),
    charge(),
    "its credentials stripe_goods are not configured"
  ],
  GatesMissing: [
    account({ live: true, gates: ["counsel", "credentials"] }),
    charge(),
    "it is live and its gates banking, contract_run are not passed"
  ],
  GatesByOnePerson: [
    account({
      live: true,
      gates: Gate.literals,
      gatesBy: [{ by: "ann" }, { by: "her other key", person: "ann" }]
    }),
    charge(),
    "it is live and ann alone passed its gates; a second operator has to vouch for one of them"
  ],
  VaultNotServed: [
    account({ rules: { vaults: ["basis_theory"] } }),
    charge({ vault: "stub" }),
    "it charges tokens of basis_theory, not of stub"
  ],
  CategoryNotUnderwritten: [
    account({ underwrittenFor: ["telehealth", "lab_tests"] }),
    charge(),
    "it is underwritten for telehealth, lab_tests, not for merchandise"
  ],
  CurrencyNotAccepted: [account({ rules: { currencies: ["EUR"] } }), charge(), "it accepts EUR, not USD"],
  AmountBelowMinimum: [
    account({ rules: { minimumAmount: 1001 } }),
    charge(),
    "1000 is below its minimum of 1001 minor units"
  ],
  AmountAboveMaximum: [
    account({ rules: { maximumAmount: 999 } }),
    charge(),
    "1000 is above its maximum of 999 minor units"
  ],
  CardBrandNotAccepted: [
    account({ rules: { cardBrands: ["visa", "mastercard"] } }),
    charge({ cardBrand: "amex" }),
    "it accepts visa, mastercard, not amex"
  ],
  CountryNotServed: [
    account({ rules: { countries: ["US"] } }),
    charge({ country: "DE" }),
    "it serves cards of US, not of DE"
  ],
  BinBlocked: [
    account({ rules: { blockedBins: ["51", "4000"] } }),
    charge({ bin: "400000" }),
    "it refuses BINs that begin with 4000, and this one is 400000"
  ],
  RiskTooHigh: [
    account({ rules: { highestRisk: "low" } }),
    charge({ risk: "medium" }),
    "it takes risk up to low, and this charge is medium"
  ],
  MonthlyCapReached: [
    account({ monthlyCap: cap, capturedThisMonth: 9001 }),
    charge(),
    "9001 of the 10000 minor units approved for this month are used, and 1000 do not fit"
  ]
} as const satisfies Record<ExclusionReason["_tag"], unknown>

describe("the reason why an account is left out", () => {
  it.each(Object.entries(examples))("%s", (tag, [one, inputs, expected]) => {
    const policy = compile(1, [one])
    expect(selectMids(policy, inputs, sessionId(1))).toEqual([])
    const reasons = explainLeftOut(policy, inputs).flatMap((left) => left.reasons)
    expect(reasons.map((reason) => reason._tag)).toEqual([tag])
    expect(reasons.map(sentence)).toEqual([expected])
  })

  it("is every one that there is, the weightiest first", () => {
    const wrong = account({
      status: "closed",
      killSwitch: true,
      providerConfigured: false,
      credentialsMissing: true,
      live: true,
      underwrittenFor: [],
      rules: {
        currencies: [],
        minimumAmount: 2000,
        maximumAmount: 1,
        cardBrands: [],
        countries: [],
        vaults: [],
        blockedBins: [""],
        highestRisk: "low"
      },
      monthlyCap: { amount: 0, currency: "USD" }
    })
    const inputs = charge({ cardBrand: "visa", country: "US", vault: "stub", bin: "424242", risk: "high" })
    const [left] = explainLeftOut(compile(1, [wrong]), inputs)
    expect(left?.reasons.map(({ _tag }) => _tag)).toEqual([
      "CategoryNotUnderwritten",
      "KillSwitchOn",
      "NotActive",
      "ProviderNotConfigured",
      "CredentialsMissing",
      "GatesMissing",
      "CurrencyNotAccepted",
      "AmountBelowMinimum",
      "AmountAboveMaximum",
      "CardBrandNotAccepted",
      "CountryNotServed",
      "VaultNotServed",
      "BinBlocked",
      "RiskTooHigh",
      "MonthlyCapReached"
    ])
    expect(left?.reasons).toContainEqual({ _tag: "CredentialsMissing", credentials: "" })
    expect(left?.reasons.map(sentence)[0]).toBe("it is underwritten for nothing, not for merchandise")
  })

  /** Whether an account may serve a charge: it is chosen, and nothing is said against it. */
  const fits = (one: ReturnType<typeof account>, inputs = charge()) => {
    const policy = compile(1, [one])
    const chosen = selectMids(policy, inputs, sessionId(1)).length === 1
    expect(explainLeftOut(policy, inputs).length === 0).toBe(chosen)
    return chosen
  }

  it.each([
    ["the least amount", account({ rules: { minimumAmount: 1000 } })],
    ["the greatest amount", account({ rules: { maximumAmount: 1000 } })],
    ["the last of the cap", account({ monthlyCap: cap, capturedThisMonth: 9000 })],
    [
      "a cap in another currency",
      account({ monthlyCap: { ...cap, currency: "EUR" }, capturedThisMonth: 9_999 })
    ],
    ["the riskiest risk", account({ rules: { highestRisk: "low" } })]
  ])("is not %s", (_, one) => {
    expect(fits(one)).toBe(true)
  })

  it("is no rule about what is not known of the charge yet", () => {
    const strict = account({ rules: { cardBrands: ["visa"], countries: ["US"], blockedBins: ["4"] } })
    expect(fits(strict)).toBe(true)
    expect(fits(strict, charge({ cardBrand: "visa", country: "US", bin: "510000" }))).toBe(true)
    expect(fits(strict, charge({ cardBrand: "visa", country: "US", bin: "424242" }))).toBe(false)
  })
})

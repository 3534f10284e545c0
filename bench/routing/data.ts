import { CardBrand } from "../../src/kernel/Card.ts"
import { productCategories } from "../../src/kernel/Category.ts"
import { hash32 } from "../../src/kernel/hash.ts"
import { EntityId, MidId, ProviderName, SessionId } from "../../src/kernel/ids.ts"
import { AcceptanceRules, MerchantAccount, RiskLevel } from "../../src/kernel/MerchantAccount.ts"
import type { RoutingInputs } from "../../src/kernel/routing/Eligibility.ts"
import type { Account } from "../../src/kernel/routing/RoutingPolicy.ts"

// The accounts and charges that every contender is given. Drawn from hashes, so that every run and every
// machine measures the same decisions.

const entity = EntityId.make("loop_goods")
const currencies = ["USD", "EUR", "GBP"] as const
const countries = ["US", "CA", "GB", "DE", "FR", "AU"] as const

/** A whole number from 0 up to and without `below`, always the same for the same name. */
const pick = (name: string, below: number): number => hash32(name) % below

const some = <A>(name: string, all: ReadonlyArray<A>, chance: number): ReadonlyArray<A> => {
  const chosen = all.filter((_, index) => pick(`${name}/${index}`, 100) < chance)
  return chosen.length === 0 ? all.slice(0, 1) : chosen
}

const account = (n: number): Account => {
  const id = `mid_${String(n).padStart(3, "0")}`
  const limits = pick(`${id}/limits`, 100)
  return {
    account: new MerchantAccount({
      id: MidId.make(id),
      entity,
      provider: ProviderName.make(["stub_a", "stub_b", "stub_c"][n % 3] ?? "stub_a"),
      name: id,
      status: pick(`${id}/status`, 100) < 95 ? "active" : "suspended",
      killSwitch: pick(`${id}/kill`, 100) < 3,
      underwrittenFor: some(`${id}/category`, productCategories, 35),
      accepts: new AcceptanceRules({
        currencies: some(`${id}/currency`, currencies, 60),
        ...(limits < 60 ? { minimumAmount: 50 + pick(`${id}/least`, 2000) } : {}),
        ...(limits > 20 ? { maximumAmount: 5_000 + pick(`${id}/most`, 200_000) } : {}),
        ...(pick(`${id}/brands`, 100) < 40
          ? { cardBrands: some(`${id}/brand`, CardBrand.literals, 60) }
          : {}),
        ...(pick(`${id}/countries`, 100) < 40 ? { countries: some(`${id}/country`, countries, 60) } : {}),
        ...(pick(`${id}/bins`, 100) < 20 ? { blockedBins: ["400000", "51", "6011"] } : {}),
        ...(pick(`${id}/risk`, 100) < 50
          ? { highestRisk: RiskLevel.literals[pick(`${id}/riskiest`, 3)] ?? "high" }
          : {})
      }),
      priority: 1 + pick(`${id}/priority`, 4),
      weight: 1 + pick(`${id}/weight`, 100),
      ...(pick(`${id}/cap`, 100) < 50 ? { monthlyCap: { amount: 50_000_000, currency: "USD" } } : {})
    }),
    capturedThisMonth: pick(`${id}/captured`, 55_000_000),
    providerConfigured: true
  }
}

/** So many accounts of one entity. */
export const accountsOf = (count: number): ReadonlyArray<Account> =>
  Array.from({ length: count }, (_, n) => account(n))

export interface Charge {
  readonly session: SessionId
  readonly inputs: RoutingInputs
}

const charge = (n: number): Charge => ({
  session: SessionId.make(`ps_01K0BENCH${String(n).padStart(17, "0")}`),
  inputs: {
    entity,
    category: productCategories[pick(`${n}/category`, productCategories.length)] ?? "merchandise",
    amount: 100 + pick(`${n}/amount`, 30_000),
    currency: currencies[pick(`${n}/currency`, currencies.length)] ?? "USD",
    risk: RiskLevel.literals[pick(`${n}/risk`, 3)] ?? "low",
    cardBrand: CardBrand.literals[pick(`${n}/brand`, CardBrand.literals.length)] ?? "visa",
    bin: String(400_000 + pick(`${n}/bin`, 200_000)),
    country: countries[pick(`${n}/country`, countries.length)] ?? "US"
  }
})

export const charges: ReadonlyArray<Charge> = Array.from({ length: 256 }, (_, n) => charge(n))

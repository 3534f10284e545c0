import { CardBrand } from "../Card.ts"
import { productCategories } from "../Category.ts"
import { hash32 } from "../hash.ts"
import { gatesByOnePerson, type MerchantAccount, missingGates, type RiskLevel } from "../MerchantAccount.ts"
import { Currency } from "../Money.ts"
import type { RoutingInputs } from "./Eligibility.ts"
import type { ExclusionReason } from "./ExclusionReason.ts"
import type { Account } from "./RoutingPolicy.ts"

/**
 * What an account asks of a charge, in numbers that are compared without looking anything up. A rule that the
 * account does not have is the number that every charge meets.
 */
export interface CompiledAccount {
  readonly account: MerchantAccount
  /** Minor units of the cap's currency. */
  readonly capturedThisMonth: number
  /** Why it can serve no charge at all; empty when it can. */
  readonly outOfService: ReadonlyArray<ExclusionReason>
  /** Sets of bits. */
  readonly categories: number
  readonly currencies: number
  readonly cardBrands: number
  /** Minor units, both inclusive. */
  readonly minimumAmount: number
  readonly maximumAmount: number
  readonly highestRisk: number
  /** The currency of the monthly cap as a bit, 0 without a cap; and the minor units left under it. */
  readonly cappedCurrency: number
  readonly room: number
  readonly countries: ReadonlySet<string> | undefined
  readonly vaults: ReadonlySet<string> | undefined
  readonly blockedBins: ReadonlyArray<string> | undefined
  /** How full the approved cap is, in tenths; an account without a cap is never full. */
  readonly fullness: number
  /** What the account adds to the draw of a session. */
  readonly seed: number
}

/** A charge in the same numbers. What is not known of it meets every rule. */
export interface CompiledCharge {
  readonly category: number
  readonly amount: number
  readonly currency: number
  readonly risk: number
  readonly cardBrand: number
  readonly country: string | undefined
  readonly vault: string | undefined
  readonly bin: string | undefined
}

export const compileAccount = (entry: Account): CompiledAccount => {
  const { account, capturedThisMonth } = entry
  const { accepts: rules, monthlyCap: cap } = account
  return {
    account,
    capturedThisMonth,
    outOfService: outOfService(entry),
    categories: bitsOf(categoryBits, account.underwrittenFor),
    currencies: bitsOf(currencyBits, rules.currencies),
    cardBrands:
      rules.cardBrands === undefined ? everyBit : bitsOf(cardBrandBits, rules.cardBrands) | unknownBit,
    minimumAmount: rules.minimumAmount ?? -Infinity,
    maximumAmount: rules.maximumAmount ?? Infinity,
    highestRisk: rank[rules.highestRisk ?? "high"],
    cappedCurrency: cap === undefined ? 0 : bitOf(currencyBits, cap.currency),
    room: cap === undefined ? Infinity : cap.amount - capturedThisMonth,
    countries: rules.countries === undefined ? undefined : new Set(rules.countries),
    vaults: rules.vaults === undefined ? undefined : new Set(rules.vaults),
    blockedBins: rules.blockedBins,
    fullness: cap === undefined || cap.amount === 0 ? 0 : Math.floor((capturedThisMonth * 10) / cap.amount),
    seed: hash32(account.id)
  }
}

const outOfService = (entry: Account): ReadonlyArray<ExclusionReason> => {
  const { account, providerConfigured, credentialsMissing } = entry
  const { credentials = "" } = account
  const missing = missingGates(account)
  const alone = gatesByOnePerson(account)
  return [
    ...(account.killSwitch ? [{ _tag: "KillSwitchOn" } as const] : []),
    ...(account.status === "active" ? [] : [{ _tag: "NotActive", status: account.status } as const]),
    ...(providerConfigured ? [] : [{ _tag: "ProviderNotConfigured", provider: account.provider } as const]),
    ...(credentialsMissing === true ? [{ _tag: "CredentialsMissing", credentials } as const] : []),
    ...(missing.length === 0 ? [] : [{ _tag: "GatesMissing", missing } as const]),
    ...(alone === undefined ? [] : [{ _tag: "GatesByOnePerson", by: alone } as const])
  ]
}

export const compileCharge = (inputs: RoutingInputs): CompiledCharge => ({
  category: bitOf(categoryBits, inputs.category),
  amount: inputs.amount,
  currency: bitOf(currencyBits, inputs.currency),
  risk: rank[inputs.risk],
  cardBrand: inputs.cardBrand === undefined ? unknownBit : bitOf(cardBrandBits, inputs.cardBrand),
  country: inputs.country,
  vault: inputs.vault,
  bin: inputs.bin
})

const rank: Record<RiskLevel, number> = { low: 0, medium: 1, high: 2 }

const everyBit = -1

/** Stands for what is not known yet; in every set, the empty one too. */
const unknownBit = 1 << 30

const numbered = (names: ReadonlyArray<string>): ReadonlyMap<string, number> =>
  new Map(names.map((name, index) => [name, 1 << index]))

const categoryBits = numbered(productCategories)
const currencyBits = numbered(Currency.literals)
const cardBrandBits = numbered(CardBrand.literals)

const bitOf = (bits: ReadonlyMap<string, number>, name: string): number => bits.get(name) ?? 0

const bitsOf = (bits: ReadonlyMap<string, number>, names: ReadonlyArray<string>): number =>
  names.reduce((set, name) => set | bitOf(bits, name), 0)

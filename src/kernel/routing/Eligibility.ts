import type { CardBrand } from "../Card.ts"
import type { ProductCategory } from "../Category.ts"
import type { EntityId } from "../ids.ts"
import type { RiskLevel } from "../MerchantAccount.ts"
import type { Currency } from "../Money.ts"
import type { CompiledAccount, CompiledCharge } from "./CompiledAccount.ts"
import type { ExclusionReason } from "./ExclusionReason.ts"

/**
 * What routing knows of a charge. What it does not know yet (no card has been entered when a session is
 * created) is absent, and no rule is judged on it; every charge is routed again with its card.
 */
export interface RoutingInputs {
  readonly entity: EntityId
  readonly category: ProductCategory
  /** Minor units. */
  readonly amount: number
  readonly currency: Currency
  readonly risk: RiskLevel
  readonly cardBrand?: CardBrand | undefined
  readonly bin?: string | undefined
  readonly country?: string | undefined
  /** The vault that keeps the card. */
  readonly vault?: string | undefined
  /** The card itself, as its vault names it: nothing is routed by it, but what the ledger counts is. */
  readonly fingerprint?: string | undefined
}

/** The part of the question that changes with every charge; the rest was compiled into the policy. */
export const accepts = (account: CompiledAccount, charge: CompiledCharge): boolean =>
  (account.currencies & charge.currency) !== 0 &&
  charge.amount >= account.minimumAmount &&
  charge.amount <= account.maximumAmount &&
  (account.cardBrands & charge.cardBrand) !== 0 &&
  charge.risk <= account.highestRisk &&
  ((account.cappedCurrency & charge.currency) === 0 || charge.amount <= account.room) &&
  servesCountry(account, charge) &&
  servesVault(account, charge) &&
  blockedPrefix(account, charge) === undefined

const servesCountry = ({ countries }: CompiledAccount, { country }: CompiledCharge): boolean =>
  countries === undefined || country === undefined || countries.has(country)

const servesVault = ({ vaults }: CompiledAccount, { vault }: CompiledCharge): boolean =>
  vaults === undefined || vault === undefined || vaults.has(vault)

const blockedPrefix = ({ blockedBins }: CompiledAccount, { bin }: CompiledCharge): string | undefined => {
  if (blockedBins === undefined || bin === undefined) return undefined
  for (const prefix of blockedBins) if (bin.startsWith(prefix)) return prefix
  return undefined
}

/**
 * Every reason why an account cannot serve a charge, the weightiest first; empty when it can.
 * It says the same as {@link accepts} together with the compiled part: a property test holds them together.
 */
export const exclusions = (
  compiled: CompiledAccount,
  charge: CompiledCharge,
  inputs: RoutingInputs
): ReadonlyArray<ExclusionReason> => {
  const { account, capturedThisMonth } = compiled
  const rules = account.accepts
  const reasons: Array<ExclusionReason> = []
  if ((compiled.categories & charge.category) === 0) {
    reasons.push({
      _tag: "CategoryNotUnderwritten",
      category: inputs.category,
      underwritten: account.underwrittenFor
    })
  }
  for (const reason of compiled.outOfService) reasons.push(reason)
  if ((compiled.currencies & charge.currency) === 0) {
    reasons.push({ _tag: "CurrencyNotAccepted", currency: inputs.currency, accepted: rules.currencies })
  }
  if (inputs.amount < compiled.minimumAmount) {
    reasons.push({ _tag: "AmountBelowMinimum", amount: inputs.amount, minimum: compiled.minimumAmount })
  }
  if (inputs.amount > compiled.maximumAmount) {
    reasons.push({ _tag: "AmountAboveMaximum", amount: inputs.amount, maximum: compiled.maximumAmount })
  }
  if (
    (compiled.cardBrands & charge.cardBrand) === 0 &&
    rules.cardBrands !== undefined &&
    inputs.cardBrand !== undefined
  ) {
    reasons.push({ _tag: "CardBrandNotAccepted", brand: inputs.cardBrand, accepted: rules.cardBrands })
  }
  if (!servesCountry(compiled, charge) && rules.countries !== undefined && inputs.country !== undefined) {
    reasons.push({ _tag: "CountryNotServed", country: inputs.country, served: rules.countries })
  }
  if (!servesVault(compiled, charge) && rules.vaults !== undefined && inputs.vault !== undefined) {
    reasons.push({ _tag: "VaultNotServed", vault: inputs.vault, served: rules.vaults })
  }
  const prefix = blockedPrefix(compiled, charge)
  if (prefix !== undefined && inputs.bin !== undefined)
    reasons.push({ _tag: "BinBlocked", bin: inputs.bin, prefix })
  if (charge.risk > compiled.highestRisk && rules.highestRisk !== undefined) {
    reasons.push({ _tag: "RiskTooHigh", risk: inputs.risk, highest: rules.highestRisk })
  }
  if (
    (compiled.cappedCurrency & charge.currency) !== 0 &&
    inputs.amount > compiled.room &&
    account.monthlyCap !== undefined
  ) {
    reasons.push({
      _tag: "MonthlyCapReached",
      captured: capturedThisMonth,
      amount: inputs.amount,
      cap: account.monthlyCap.amount
    })
  }
  return reasons
}

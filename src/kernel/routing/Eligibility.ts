import type { CardBrand } from "../Card.ts"
import type { ProductCategory } from "../Category.ts"
import type { EntityId } from "../ids.ts"
import type { RiskLevel } from "../MerchantAccount.ts"
import type { Currency } from "../Money.ts"
import type { ExclusionReason } from "./ExclusionReason.ts"
import type { Account } from "./RoutingPolicy.ts"

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
}

const rank: Record<RiskLevel, number> = { low: 0, medium: 1, high: 2 }

const blockedPrefix = (
  bin: string | undefined,
  blocked: ReadonlyArray<string> | undefined
): string | undefined => {
  if (bin === undefined || blocked === undefined) return undefined
  for (const prefix of blocked) if (bin.startsWith(prefix)) return prefix
  return undefined
}

/** The part of the question that changes with every charge; the rest was compiled into the policy. */
export const accepts = ({ account, capturedThisMonth }: Account, inputs: RoutingInputs): boolean => {
  const rules = account.accepts
  const cap = account.monthlyCap
  return (
    rules.currencies.includes(inputs.currency) &&
    (rules.minimumAmount === undefined || inputs.amount >= rules.minimumAmount) &&
    (rules.maximumAmount === undefined || inputs.amount <= rules.maximumAmount) &&
    (rules.cardBrands === undefined ||
      inputs.cardBrand === undefined ||
      rules.cardBrands.includes(inputs.cardBrand)) &&
    (rules.countries === undefined ||
      inputs.country === undefined ||
      rules.countries.includes(inputs.country)) &&
    (rules.highestRisk === undefined || rank[inputs.risk] <= rank[rules.highestRisk]) &&
    (cap === undefined ||
      cap.currency !== inputs.currency ||
      capturedThisMonth + inputs.amount <= cap.amount) &&
    blockedPrefix(inputs.bin, rules.blockedBins) === undefined
  )
}

/**
 * Every reason why an account cannot serve a charge, the weightiest first; empty when it can.
 * It says the same as {@link accepts} together with the compiled part: a property test holds them together.
 */
export const exclusions = (entry: Account, inputs: RoutingInputs): ReadonlyArray<ExclusionReason> => {
  const { account, capturedThisMonth } = entry
  const rules = account.accepts
  const reasons: Array<ExclusionReason> = []
  if (!account.underwrittenFor.includes(inputs.category)) {
    reasons.push({
      _tag: "CategoryNotUnderwritten",
      category: inputs.category,
      underwritten: account.underwrittenFor
    })
  }
  if (account.killSwitch) reasons.push({ _tag: "KillSwitchOn" })
  if (account.status !== "active") reasons.push({ _tag: "NotActive", status: account.status })
  if (!entry.providerConfigured) reasons.push({ _tag: "ProviderNotConfigured", provider: account.provider })
  if (!rules.currencies.includes(inputs.currency)) {
    reasons.push({ _tag: "CurrencyNotAccepted", currency: inputs.currency, accepted: rules.currencies })
  }
  if (rules.minimumAmount !== undefined && inputs.amount < rules.minimumAmount) {
    reasons.push({ _tag: "AmountBelowMinimum", amount: inputs.amount, minimum: rules.minimumAmount })
  }
  if (rules.maximumAmount !== undefined && inputs.amount > rules.maximumAmount) {
    reasons.push({ _tag: "AmountAboveMaximum", amount: inputs.amount, maximum: rules.maximumAmount })
  }
  if (
    rules.cardBrands !== undefined &&
    inputs.cardBrand !== undefined &&
    !rules.cardBrands.includes(inputs.cardBrand)
  ) {
    reasons.push({ _tag: "CardBrandNotAccepted", brand: inputs.cardBrand, accepted: rules.cardBrands })
  }
  if (
    rules.countries !== undefined &&
    inputs.country !== undefined &&
    !rules.countries.includes(inputs.country)
  ) {
    reasons.push({ _tag: "CountryNotServed", country: inputs.country, served: rules.countries })
  }
  const prefix = blockedPrefix(inputs.bin, rules.blockedBins)
  if (prefix !== undefined && inputs.bin !== undefined)
    reasons.push({ _tag: "BinBlocked", bin: inputs.bin, prefix })
  if (rules.highestRisk !== undefined && rank[inputs.risk] > rank[rules.highestRisk]) {
    reasons.push({ _tag: "RiskTooHigh", risk: inputs.risk, highest: rules.highestRisk })
  }
  const cap = account.monthlyCap
  if (
    cap !== undefined &&
    cap.currency === inputs.currency &&
    capturedThisMonth + inputs.amount > cap.amount
  ) {
    reasons.push({
      _tag: "MonthlyCapReached",
      captured: capturedThisMonth,
      amount: inputs.amount,
      cap: cap.amount
    })
  }
  return reasons
}

import { hash32 } from "../../src/kernel/hash.ts"
import { RiskLevel } from "../../src/kernel/MerchantAccount.ts"
import type { Account } from "../../src/kernel/routing/RoutingPolicy.ts"
import type { Charge } from "./data.ts"

/** What one would write first: filter all accounts by their rules, sort what is left; nothing is prepared. */
export const naive = (accounts: ReadonlyArray<Account>, charge: Charge): ReadonlyArray<string> =>
  accounts
    .filter((entry) => serves(entry, charge))
    .toSorted(
      (a, b) =>
        a.account.priority - b.account.priority || drawOf(a, charge.session) - drawOf(b, charge.session)
    )
    .map(({ account }) => account.id)

const serves = ({ account, capturedThisMonth, providerConfigured }: Account, { inputs }: Charge): boolean => {
  const { accepts: rules, monthlyCap: cap } = account
  const risk = RiskLevel.literals.indexOf(inputs.risk)
  return (
    account.entity === inputs.entity &&
    account.underwrittenFor.includes(inputs.category) &&
    account.status === "active" &&
    !account.killSwitch &&
    providerConfigured &&
    rules.currencies.includes(inputs.currency) &&
    inputs.amount >= (rules.minimumAmount ?? 0) &&
    inputs.amount <= (rules.maximumAmount ?? Infinity) &&
    (inputs.cardBrand === undefined || (rules.cardBrands?.includes(inputs.cardBrand) ?? true)) &&
    (inputs.country === undefined || (rules.countries?.includes(inputs.country) ?? true)) &&
    !rules.blockedBins?.some((prefix) => inputs.bin?.startsWith(prefix)) &&
    risk <= RiskLevel.literals.indexOf(rules.highestRisk ?? "high") &&
    (cap?.currency !== inputs.currency || capturedThisMonth + inputs.amount <= cap.amount)
  )
}

const drawOf = ({ account }: Account, session: string): number =>
  hash32(`${session}${account.id}`) / account.weight

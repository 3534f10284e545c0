import { type Currency as CurrencyCode, format } from "../kernel/Money.ts"
import { builder } from "./builder.ts"
import { Currency } from "./enums.ts"

/** An amount of any sign: what may be charged, and also a cap or what is used of it. */
interface AmountOfMoney {
  readonly amount: number
  readonly currency: CurrencyCode
}

export const Money = builder.objectRef<AmountOfMoney>("Money").implement({
  description: "An amount of one currency.",
  fields: (t) => ({
    amount: t.expose("amount", { type: "MinorUnits", description: "Whole minor units: USD 12.50 is 1250." }),
    currency: t.expose("currency", { type: Currency }),
    formatted: t.string({ description: "For people: `USD 12.50`.", resolve: (money) => format(money) })
  })
})

import type { Intent as KernelIntent, PricedLine } from "../kernel/PaymentSession.ts"
import type { Currency } from "../kernel/Money.ts"
import { builder } from "./builder.ts"
import { ProductCategory } from "./enums.ts"
import { Money } from "./Money.ts"

/** An intent with the currency of its session: its lines know only amounts. */
export interface PricedIntent {
  readonly intent: KernelIntent
  readonly currency: Currency
}

const typeNames = {
  subscription_plan: "SubscriptionPlanIntent",
  line_items: "LineItemsIntent",
  amount: "AmountIntent"
} as const satisfies Record<KernelIntent["type"], string>

export const Intent = builder.interfaceRef<PricedIntent>("Intent").implement({
  description: "What is paid for, as the catalogue priced it.",
  resolveType: ({ intent }) => typeNames[intent.type],
  fields: (t) => ({
    type: t.string({
      description: "`subscription_plan`, `line_items` or `amount`.",
      resolve: ({ intent }) => intent.type
    })
  })
})

interface Line extends PricedLine {
  readonly currency: Currency
}

const LineItem = builder.objectRef<Line>("LineItem").implement({
  fields: (t) => ({
    name: t.exposeString("name"),
    priceRef: t.exposeString("priceRef", {
      nullable: true,
      description: "Null when the catalogue does not have it."
    }),
    quantity: t.expose("quantity", { type: "WholeNumber" }),
    unitPrice: t.field({
      type: Money,
      resolve: ({ unitAmount, currency }) => ({ amount: unitAmount, currency })
    }),
    category: t.expose("category", { type: ProductCategory })
  })
})

builder.objectRef<PricedIntent>("SubscriptionPlanIntent").implement({
  interfaces: [Intent],
  fields: (t) => ({
    planKey: t.string({
      resolve: ({ intent }) => (intent.type === "subscription_plan" ? intent.planKey : "")
    }),
    name: t.string({ resolve: ({ intent }) => (intent.type === "subscription_plan" ? intent.name : "") })
  })
})

builder.objectRef<PricedIntent>("LineItemsIntent").implement({
  interfaces: [Intent],
  fields: (t) => ({
    lines: t.field({
      type: [LineItem],
      description: "At most 100.",
      resolve: ({ intent, currency }) =>
        intent.type === "line_items" ? intent.lines.map((line) => ({ ...line, currency })) : []
    })
  })
})

builder.objectRef<PricedIntent>("AmountIntent").implement({
  description: "A bare amount.",
  interfaces: [Intent]
})

import type { SessionConfig } from "../kernel/SessionConfig.ts"
import { builder } from "./builder.ts"

// The input has the shape of the REST body, and only its shape is judged here: what the values say is the
// kernel's to judge, so that both doors answer the same refusal for the same mistake.

const PriceDataInput = builder.inputType("PriceDataInput", {
  description: "An article that the catalogue does not have.",
  fields: (t) => ({
    amountCents: t.field({ type: "MinorUnits", required: true, description: "Minor units of one piece." }),
    currency: t.string({ required: true, description: "ISO 4217: `USD`." }),
    name: t.string({ required: true, description: "What the customer reads." }),
    product: t.string({ required: true, description: "Its product category." })
  })
})

const LineItemInput = builder.inputType("LineItemInput", {
  fields: (t) => ({
    providerPriceRef: t.string({ description: "An article of the price catalogue: `price_bpc157`." }),
    priceData: t.field({ type: PriceDataInput, description: "Instead of `providerPriceRef`." }),
    quantity: t.field({ type: "WholeNumber", required: true, description: "Whole pieces, at least 1." })
  })
})

const IntentInput = builder.inputType("IntentInput", {
  fields: (t) => ({
    type: t.string({
      required: true,
      description: "`subscription_plan` (with `planKey`), `line_items` (with `lineItems`) or `amount`."
    }),
    planKey: t.string({ description: "A plan of the catalogue." }),
    lineItems: t.field({ type: [LineItemInput] }),
    amountCents: t.field({ type: "MinorUnits", description: "Minor units, at least 1." }),
    currency: t.string({ description: "ISO 4217; `USD` when it is left out." })
  })
})

const RedirectsInput = builder.inputType("RedirectsInput", {
  description: "Both on origins that are allowed for the brand.",
  fields: (t) => ({
    successUrl: t.string({ required: true, description: "Where the customer goes after paying." }),
    cancelUrl: t.string({ required: true, description: "Where the customer goes after turning back." })
  })
})

export const PaymentSessionInput = builder.inputType("CreatePaymentSessionInput", {
  description: "What an app declares.",
  fields: (t) => ({
    customer: t.string({ required: true, description: "Who pays: the `loopUserId`." }),
    brand: t.string({ required: true, description: "What the customer sees: `loop-bio`." }),
    entity: t.string({ required: true, description: "The company that collects: `loop_bio_labs`." }),
    intent: t.field({ type: IntentInput, required: true, description: "What is paid for." }),
    mode: t.string({ required: true, description: "`hosted` answers a `url`, `embedded` an `embedToken`." }),
    product: t.string({
      description:
        "The product category, if you claim to know it. The catalogue decides; a claim that disagrees is refused."
    }),
    theme: t.field({ type: "Labels", description: "How the checkout looks." }),
    redirects: t.field({ type: RedirectsInput }),
    metadata: t.field({ type: "Labels", description: "Yours; handed back and never read." }),
    orderReference: t.string({
      description: "Your own order. At most one session of an entity that may still pay it."
    })
  })
})

/**
 * The input as the kernel reads it. A field that is null is a field that was left out, so that the same request
 * has the same body through both doors, whose idempotency keys are shared.
 */
export const sessionConfig = (input: typeof PaymentSessionInput.$inferInput): SessionConfig => {
  const { customer, brand, entity, intent, mode, product, theme, redirects, metadata, orderReference } = input
  return {
    customer,
    brand,
    entity,
    mode,
    intent: {
      type: intent.type,
      planKey: intent.planKey ?? undefined,
      lineItems: intent.lineItems?.map(({ providerPriceRef, priceData, quantity }) => ({
        providerPriceRef: providerPriceRef ?? undefined,
        priceData: priceData ?? undefined,
        quantity
      })),
      amountCents: intent.amountCents ?? undefined,
      currency: intent.currency ?? undefined
    },
    product: product ?? undefined,
    theme: theme ?? undefined,
    redirects: redirects ?? undefined,
    metadata: metadata ?? undefined,
    orderReference: orderReference ?? undefined
  }
}

import { Schema } from "effect"
import { exampleCards } from "../exampleCards.ts"
import { idempotencyKeyWords, keyPattern, keyProblem } from "../idempotencyKey.ts"

export const text = (description: string) => Schema.String.annotate({ description })
export const whole = (description: string) => Schema.Finite.annotate({ description })
const labels = (description: string) => Schema.Record(Schema.String, Schema.String).annotate({ description })

// What a request must look like. Only its shape is judged here; its values are the kernel's to judge, so that
// every door answers the same refusal for the same mistake.

const PriceData = Schema.Struct({
  amountCents: whole("Minor units of one piece."),
  currency: text("ISO 4217: `USD`."),
  name: text("What the customer reads."),
  product: text("The product category of an article that the catalogue does not have.")
})

const LineItem = Schema.Struct({
  providerPriceRef: Schema.optionalKey(text("An article of the price catalogue: `price_bpc157`.")),
  priceData: Schema.optionalKey(PriceData.annotate({ description: "Instead of `providerPriceRef`." })),
  quantity: whole("Whole pieces, at least 1.")
})

const Intent = Schema.Struct({
  type: text("`subscription_plan` (with `planKey`), `line_items` (with `lineItems`) or `amount`."),
  planKey: Schema.optionalKey(text("A plan of the catalogue.")),
  lineItems: Schema.optionalKey(Schema.Array(LineItem)),
  amountCents: Schema.optionalKey(whole("Minor units, at least 1.")),
  currency: Schema.optionalKey(text("ISO 4217; `USD` when it is left out."))
})

const Redirects = Schema.Struct({
  successUrl: text("Where the customer goes after paying."),
  cancelUrl: text("Where the customer goes after turning back.")
}).annotate({ description: "Both on origins that are allowed for the brand." })

/** What an app declares: `SessionConfig` of the kernel, as JSON. */
export const SessionDeclared = Schema.Struct({
  customer: text("Who pays: the `loopUserId`."),
  brand: text("What the customer sees."),
  entity: text("The company that collects: `loop_bio_labs`."),
  intent: Intent,
  mode: text("`hosted` answers a `url` to send the customer to, `embedded` an `embedToken`."),
  product: Schema.optionalKey(
    text(
      "The product category, if you claim to know it. The catalogue decides; a claim that disagrees is refused."
    )
  ),
  theme: Schema.optionalKey(labels("How the checkout looks.")),
  redirects: Schema.optionalKey(Redirects),
  metadata: Schema.optionalKey(labels("Yours; handed back and never read.")),
  orderReference: Schema.optionalKey(
    text("Your own order. At most one session of an entity that may still pay it.")
  )
}).annotate({
  identifier: "PaymentSessionConfig",
  examples: [
    {
      customer: "loop_user_1",
      brand: "loop-bio",
      entity: "loop_bio_labs",
      intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 2 }] },
      mode: "hosted",
      orderReference: "order-1001"
    }
  ]
})

/** The card to charge, as a vault token; a card number has no place here. */
export const Confirmation = Schema.Struct({
  vaultToken: Schema.Struct({
    vaultId: text("The vault that keeps the card: `stub` or `basis_theory`."),
    tokenRef: text("The vault's reference of the card.")
  }),
  riskLevel: Schema.optionalKey(
    text("How risky the charge looks to you: `low` (the default), `medium` or `high`.")
  )
}).annotate({
  identifier: "Confirmation",
  examples: [{ vaultToken: exampleCards({ sandbox: false }).captured, riskLevel: "low" }]
})

export const IdempotencyKey = Schema.String.check(
  Schema.isPattern(keyPattern, { message: "should be 1 to 255 printable ASCII characters" }),
  Schema.makeFilter(keyProblem)
).annotate({ description: idempotencyKeyWords })

export const IdempotencyHeaders = { "idempotency-key": Schema.optionalKey(IdempotencyKey) }

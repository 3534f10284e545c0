import { Effect, Schema } from "effect"
import { Bin, CardBrand as CardBrands, Country } from "../kernel/Card.ts"
import { withoutCardNumber } from "../kernel/cardNumbers.ts"
import { checkCategory, priceIntent } from "../kernel/Cart.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { CurrentSeesVolumes } from "../kernel/access/volumes.ts"
import { EntityRegistry } from "../kernel/EntityRegistry.ts"
import { SessionId } from "../kernel/ids.ts"
import { RiskLevel as RiskLevels } from "../kernel/MerchantAccount.ts"
import { EntityCannotCollect, InvalidInput, UnknownEntity } from "../kernel/refusals.ts"
import { withoutVolumes } from "../kernel/routing/RoutingPolicy.ts"
import { decide, type RoutingDecision as KernelDecision } from "../kernel/routing/RoutingPolicyEngine.ts"
import { checkText } from "../kernel/text.ts"
import { builder } from "./builder.ts"
import { plainId } from "./plainId.ts"
import { entityNamed } from "./registry.ts"
import { RoutingExplanation } from "./RoutingDecision.ts"

const RoutingPreview = builder
  .objectRef<KernelDecision & { readonly volumesJudged: boolean }>("RoutingPreview")
  .implement({
    description: "What routing would decide now. Nothing is written and nothing is charged.",
    interfaces: [RoutingExplanation],
    fields: (t) => ({
      volumesJudged: t.exposeBoolean("volumesJudged", {
        description:
          "False: your key does not read everybody's payments of the company, so it was decided as if nothing had been captured this month."
      })
    })
  })

const RoutingPreviewInput = builder.inputType("RoutingPreviewInput", {
  description: "A charge to think of. No rule is judged on what is left out.",
  fields: (t) => ({
    entity: t.id({ required: true, description: "The company: `loop_bio_labs`." }),
    product: t.string({ required: true, description: "The product category: `ruo_compounds`." }),
    amountCents: t.field({ type: "MinorUnits", required: true, description: "Minor units, at least 1." }),
    currency: t.string({ description: "ISO 4217; `USD` when it is left out." }),
    country: t.string({ description: "Where the card was issued: `US`." }),
    bin: t.string({ description: "The first six to eight digits of the card." }),
    cardBrand: t.string({ description: "`visa`, `mastercard`, `amex` ..." }),
    risk: t.string({ description: "`low` (the default), `medium` or `high`." }),
    sessionId: t.id({
      description:
        "Accounts of one rank are shuffled by session: the order for this one, which need not exist yet."
    })
  })
})

/** Stands in when no session is named: the order is then that of one made-up session. */
const noSession = SessionId.make(`ps_${"0".repeat(26)}`)

const preview = Effect.fn("routingPreview")(function* (input: typeof RoutingPreviewInput.$inferInput) {
  yield* checkText(input)
  const snapshot = yield* (yield* EntityRegistry).snapshot
  const entity = yield* entityNamed(snapshot, plainId("Entity", input.entity))
  if (!entity.collects) return yield* new EntityCannotCollect({ entity: entity.id })
  const category = yield* checkCategory("product", input.product)
  const { money } = yield* priceIntent({
    type: "amount",
    amountCents: input.amountCents,
    currency: input.currency ?? undefined
  }).pipe(Effect.mapError(withoutIntent))
  const risk = yield* checkOptional("risk", RiskLevels, input.risk, "say low, medium or high")
  const inputs = {
    entity: entity.id,
    category,
    amount: money.amount,
    currency: money.currency,
    risk: risk ?? "low",
    cardBrand: yield* checkOptional(
      "cardBrand",
      CardBrands,
      input.cardBrand,
      `card brands are ${CardBrands.literals.join(", ")}`
    ),
    bin: yield* checkOptional("bin", Bin, input.bin, "say the first six to eight digits"),
    country: yield* checkOptional("country", Country, input.country, "say two capital letters: US")
  } as const
  const session = yield* checkOptional(
    "sessionId",
    SessionId,
    typeof input.sessionId === "string" ? plainId("PaymentSession", input.sessionId) : undefined,
    "a session id is ps_ and 26 characters"
  )
  const volumesJudged = yield* CurrentSeesVolumes
  const policy = volumesJudged ? snapshot.policy : withoutVolumes(snapshot.policy, entity.id)
  return { ...decide(policy, inputs, session ?? noSession), volumesJudged }
})

const checkOptional = <Value>(
  field: string,
  schema: Schema.Codec<Value, unknown>,
  value: string | null | undefined,
  right: string
): Effect.Effect<Value | undefined, InvalidInput> => {
  if (value === null || value === undefined) return Effect.succeed(undefined)
  if (Schema.is(schema)(value)) return Effect.succeed(value)
  const given = JSON.stringify(withoutCardNumber(value).slice(0, 80))
  return Effect.fail(new InvalidInput({ field, problem: `is ${given}; ${right}` }))
}

/** The kernel speaks of a session's intent; here the same fields stand by themselves. */
const withoutIntent = <E>(error: E): E | InvalidInput =>
  error instanceof InvalidInput
    ? new InvalidInput({ field: error.field.replace(/^intent\./, ""), problem: error.problem })
    : error

builder.queryField("routingPreview", (t) =>
  t.field({
    type: RoutingPreview,
    description: "Which merchant accounts would serve a charge, and why not the others.",
    args: { input: t.arg({ type: RoutingPreviewInput, required: true }) },
    errors: {
      types: [InvalidInput, UnknownEntity, EntityCannotCollect, LedgerDidNotAnswer],
      union: { name: "RoutingPreviewResult" }
    },
    resolve: (_root, { input }, { run }) => run(preview(input).pipe(adviseOnLedger("read")))
  })
)

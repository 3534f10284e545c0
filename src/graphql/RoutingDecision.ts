import type { StoredDecision } from "../db/reads/StoredDecision.ts"
import type { PassedOver } from "../kernel/PaymentLedger.ts"
import type { RoutingDecision as KernelDecision } from "../kernel/routing/RoutingPolicyEngine.ts"
import { builder } from "./builder.ts"
import { CardBrand, PermitRefusal, ProductCategory, RiskLevel } from "./enums.ts"
import { LeftOutAccount } from "./ExclusionReason.ts"
import { Money } from "./Money.ts"
import { Entity, MerchantAccount } from "./refs.ts"
import { known } from "./registry.ts"

const RoutingInputs = builder.objectRef<KernelDecision["inputs"]>("RoutingInputs").implement({
  description: "What routing knew of the charge. What is null was not known, and no rule was judged on it.",
  fields: (t) => ({
    entity: t.field({
      type: Entity,
      resolve: ({ entity }, _args, context) => known(context.registry().entities, entity)
    }),
    category: t.expose("category", { type: ProductCategory }),
    money: t.field({ type: Money, resolve: ({ amount, currency }) => ({ amount, currency }) }),
    risk: t.expose("risk", { type: RiskLevel }),
    cardBrand: t.expose("cardBrand", { type: CardBrand, nullable: true }),
    bin: t.exposeString("bin", { nullable: true, description: "The first digits of the card: its issuer." }),
    country: t.exposeString("country", { nullable: true, description: "Where the card was issued." }),
    vault: t.exposeString("vault", { nullable: true, description: "The vault that keeps the card." })
  })
})

/** A routing decision and what explains it, stored or only thought of. */
export const RoutingExplanation = builder.interfaceRef<KernelDecision>("RoutingExplanation").implement({
  description: "Which merchant accounts may serve a charge, in order, and why the company's others may not.",
  fields: (t) => ({
    policyVersion: t.exposeInt("policyVersion", {
      description: "Every change of what routing reads makes a new one."
    }),
    inputs: t.expose("inputs", { type: RoutingInputs }),
    chosen: t.field({
      type: [MerchantAccount],
      description: "In the order to try them.",
      resolve: ({ chosen }, _args, context) => {
        const { accounts } = context.registry()
        return chosen.map((mid) => known(accounts, mid))
      }
    }),
    leftOut: t.expose("leftOut", {
      type: [LeftOutAccount],
      description: "Every other account of the company."
    })
  })
})

export const PassedOverAccount = builder.objectRef<PassedOver>("PassedOverAccount").implement({
  description: "An account that was chosen, and that the write-ahead refused.",
  fields: (t) => ({
    midId: t.exposeString("mid"),
    merchantAccount: t.field({
      type: MerchantAccount,
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    }),
    reason: t.expose("reason", { type: PermitRefusal })
  })
})

interface Decided extends Pick<KernelDecision, "policyVersion" | "inputs" | "chosen" | "leftOut"> {
  readonly round: number
  readonly passedOver: StoredDecision["passedOver"]
  readonly decidedAt: StoredDecision["decidedAt"]
}

/** A stored decision as its type shows it: what was decided stands beside when and for which round. */
export const decided = ({ decision, round, passedOver, decidedAt }: StoredDecision): Decided => ({
  policyVersion: decision.policyVersion,
  inputs: decision.inputs,
  chosen: decision.chosen,
  leftOut: decision.leftOut,
  round,
  passedOver,
  decidedAt
})

export const RoutingDecision = builder.objectRef<Decided>("RoutingDecision").implement({
  description: "The decision that one confirmation was charged by, as it was stored with its attempts.",
  interfaces: [RoutingExplanation],
  isTypeOf: (value) => typeof value === "object" && value !== null && "round" in value,
  fields: (t) => ({
    round: t.exposeInt("round", { description: "Which confirmation of the session, from 1." }),
    passedOver: t.expose("passedOver", { type: [PassedOverAccount] }),
    decidedAt: t.expose("decidedAt", { type: "DateTime" })
  })
})

import { Array, Schema } from "effect"
import { CardBrand } from "../Card.ts"
import { ProductCategory } from "../Category.ts"
import { EntityId, MidId, type SessionId } from "../ids.ts"
import { type MerchantAccount, RiskLevel } from "../MerchantAccount.ts"
import { Currency } from "../Money.ts"
import { type CompiledAccount, compileCharge } from "./CompiledAccount.ts"
import { accepts, exclusions, type RoutingInputs } from "./Eligibility.ts"
import { LeftOut } from "./ExclusionReason.ts"
import { order } from "./Ordering.ts"
import type { RoutingPolicy } from "./RoutingPolicy.ts"

/**
 * The accounts that may serve a charge, in the order to try them. Only accounts of the entity itself are ever
 * looked at: a charge cannot be routed to another company's account by any input.
 */
export const selectMids = (
  policy: RoutingPolicy,
  inputs: RoutingInputs,
  session: SessionId
): ReadonlyArray<MerchantAccount> => {
  const charge = compileCharge(inputs)
  const eligible: CompiledAccount[] = []
  for (const account of policy.servingAccountsOf(inputs.entity, inputs.category)) {
    if (accepts(account, charge)) eligible.push(account)
  }
  return order(eligible, session)
}

/** Every account of the entity that {@link selectMids} leaves out of this charge, with all its reasons. */
export const explainLeftOut = (policy: RoutingPolicy, inputs: RoutingInputs): ReadonlyArray<LeftOut> => {
  const charge = compileCharge(inputs)
  const leftOut: LeftOut[] = []
  for (const compiled of policy.accountsOf(inputs.entity)) {
    const reasons = exclusions(compiled, charge, inputs)
    if (Array.isReadonlyArrayNonEmpty(reasons)) leftOut.push({ mid: compiled.account.id, reasons })
  }
  return leftOut
}

/** A routing decision as it is stored with its attempts and shown to people: what was asked, chosen and left out. */
export const RoutingDecision = Schema.Struct({
  policyVersion: Schema.Int,
  inputs: Schema.Struct({
    entity: EntityId,
    category: ProductCategory,
    amount: Schema.Int,
    currency: Currency,
    risk: RiskLevel,
    cardBrand: Schema.optionalKey(Schema.UndefinedOr(CardBrand)),
    bin: Schema.optionalKey(Schema.UndefinedOr(Schema.String)),
    country: Schema.optionalKey(Schema.UndefinedOr(Schema.String)),
    vault: Schema.optionalKey(Schema.UndefinedOr(Schema.String)),
    fingerprint: Schema.optionalKey(Schema.UndefinedOr(Schema.String))
  }),
  chosen: Schema.Array(MidId),
  leftOut: Schema.Array(LeftOut)
})
export type RoutingDecision = typeof RoutingDecision.Type

/** Chooses and explains at once. What it is made of was checked when it came in; it is not checked again for each account. */
export const decide = (
  policy: RoutingPolicy,
  inputs: RoutingInputs,
  session: SessionId
): RoutingDecision => ({
  policyVersion: policy.version,
  inputs,
  chosen: selectMids(policy, inputs, session).map(({ id }) => id),
  leftOut: explainLeftOut(policy, inputs)
})

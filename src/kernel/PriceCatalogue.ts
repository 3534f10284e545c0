import { Context, type Effect, Schema } from "effect"
import { ProductCategory } from "./Category.ts"
import type { LedgerUnavailable } from "./PaymentLedger.ts"
import { Money } from "./Money.ts"

/** An article that may be sold, with the category that underwriting sees in it. */
export class Price extends Schema.Class<Price>("Price")({
  ref: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  money: Money,
  category: ProductCategory
}) {}

/** A plan that may be subscribed to; the price is that of one period. */
export class Plan extends Schema.Class<Plan>("Plan")({
  key: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  money: Money,
  category: ProductCategory
}) {}

/** The port to the group's price catalogue: it decides what a thing costs and what category it is. */
export class PriceCatalogue extends Context.Service<
  PriceCatalogue,
  {
    /** The prices of some articles; what it does not have is not in the answer. */
    readonly prices: (
      refs: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, Price>, LedgerUnavailable>
    readonly plan: (key: string) => Effect.Effect<Plan | undefined, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/PriceCatalogue") {}

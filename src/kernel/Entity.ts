import { Schema } from "effect"
import { ProductCategory } from "./Category.ts"
import { Currency } from "./Money.ts"
import { BrandId, EntityId } from "./ids.ts"

/** A legal company of the group. What it may collect for is what it is underwritten for, and no more. */
export class Entity extends Schema.Class<Entity>("Entity")({
  id: EntityId,
  name: Schema.NonEmptyString,
  collects: Schema.Boolean,
  paysOut: Schema.Boolean,
  underwrittenFor: Schema.Array(ProductCategory),
  /** Up to how much of one charge goes back on one person's word; without any limit, all of it. */
  refundLimits: Schema.optionalKey(Schema.Array(Schema.Struct({ amount: Schema.Int, currency: Currency }))),
  /** Banking has not confirmed this company yet. */
  placeholder: Schema.Boolean
}) {}

/** What the customer sees, the entities that may collect under it, and where it may send the customer back to. */
export class Brand extends Schema.Class<Brand>("Brand")({
  id: BrandId,
  name: Schema.NonEmptyString,
  entities: Schema.Array(EntityId),
  /** Exact origins: scheme, host and port, as `new URL(...).origin` spells them. */
  redirectOrigins: Schema.Array(Schema.String)
}) {}

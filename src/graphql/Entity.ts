import { Brand as KernelBrand, Entity as KernelEntity } from "../kernel/Entity.ts"
import { builder } from "./builder.ts"
import { ProductCategory } from "./enums.ts"
import { pagesBelow } from "./levels.ts"
import { Money } from "./Money.ts"
import { connectionOver } from "./pages.ts"
import { plainId } from "./plainId.ts"
import {
  Brand,
  Entity,
  EntityConnection,
  MerchantAccount,
  MerchantAccountConnection,
  PaymentSession,
  PaymentSessionConnection
} from "./refs.ts"
import { known } from "./registry.ts"

const sessionsOf = pagesBelow({
  field: "Entity.sessions",
  of: (value) => value instanceof KernelEntity,
  id: ({ id }) => id,
  kind: "entity-session",
  read: (reads, scope, ids, slice) => reads.sessionsOfEntities(scope, ids, slice)
})

builder.node(Entity, {
  description:
    "A legal company of the group. It collects for what it is underwritten for, and for nothing else.",
  isTypeOf: (value) => value instanceof KernelEntity,
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: async (ids, context) => {
    const { entities } = context.registry()
    return ids.map((id) => entities.get(id))
  },
  fields: (t) => ({
    entityId: t.exposeString("id", { description: "The plain id: `loop_bio_labs`." }),
    name: t.exposeString("name"),
    collects: t.exposeBoolean("collects", { description: "Whether it may be paid." }),
    paysOut: t.exposeBoolean("paysOut", { description: "Whether it pays others." }),
    placeholder: t.exposeBoolean("placeholder", {
      description: "Banking has not confirmed this company yet."
    }),
    underwrittenFor: t.expose("underwrittenFor", { type: [ProductCategory] }),
    refundLimits: t.field({
      type: [Money],
      description:
        "Up to how much of one charge goes back on one person's word. Without any limit, all of it; once there is one, nothing of other currencies.",
      resolve: ({ refundLimits }) => refundLimits ?? []
    }),
    brands: t.field({
      type: [Brand],
      description: "The brands under which it may collect.",
      resolve: ({ id }, _args, context) => {
        const { brands } = context.registry()
        return [...brands.values()].filter(({ entities }) => entities.includes(id))
      }
    }),
    merchantAccounts: t.connection(
      {
        type: MerchantAccount,
        description: "Its merchant accounts, by id.",
        resolve: ({ id }, args, context) => {
          const { accounts } = context.registry()
          return connectionOver(
            "entity-account",
            [...accounts.values()].filter(({ entity }) => entity === id),
            args,
            id
          )
        }
      },
      MerchantAccountConnection
    ),
    sessions: t.connection(
      { type: PaymentSession, description: "What is paid to it, newest first.", resolve: sessionsOf },
      PaymentSessionConnection
    )
  })
})

builder.objectType(Brand, {
  description: "What the customer sees.",
  isTypeOf: (value) => value instanceof KernelBrand,
  fields: (t) => ({
    brandId: t.exposeString("id", { description: "The plain id: `loop-bio`." }),
    name: t.exposeString("name"),
    redirectOrigins: t.exposeStringList("redirectOrigins", {
      description: "Where it may send the customer back to: scheme, host and port."
    }),
    entities: t.field({
      type: [Entity],
      description: "The companies that may collect under it.",
      resolve: ({ entities: ids }, _args, context) => {
        const { entities } = context.registry()
        return ids.map((id) => known(entities, id))
      }
    })
  })
})

builder.queryFields((t) => ({
  entity: t.field({
    type: Entity,
    nullable: true,
    description: "One company; null when there is no such company.",
    args: {
      id: t.arg.id({ required: true, description: "The plain id (`loop_bio_labs`) or the global one." })
    },
    resolve: (_root, { id }, context) => context.registry().entities.get(plainId("Entity", id))
  }),
  entities: t.connection(
    {
      type: Entity,
      description: "The companies of the group, by id.",
      resolve: (_root, args, context) => connectionOver("entity", context.registry().entities.values(), args)
    },
    EntityConnection
  )
}))

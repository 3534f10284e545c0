import { Brand as KernelBrand, Entity as KernelEntity } from "../kernel/Entity.ts"
import { builder } from "./builder.ts"
import { ProductCategory } from "./enums.ts"
import { connectionOver } from "./pages.ts"
import { plainId } from "./plainId.ts"
import { Brand, Entity, EntityConnection, MerchantAccount, MerchantAccountConnection } from "./refs.ts"
import { known, snapshotFor } from "./registry.ts"

builder.node(Entity, {
  description:
    "A legal company of the group. It collects for what it is underwritten for, and for nothing else.",
  isTypeOf: (value) => value instanceof KernelEntity,
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: async (ids, context) => {
    const { entities } = await snapshotFor(context)
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
    brands: t.field({
      type: [Brand],
      description: "The brands under which it may collect.",
      resolve: async ({ id }, _args, context) => {
        const { brands } = await snapshotFor(context)
        return [...brands.values()].filter(({ entities }) => entities.includes(id))
      }
    }),
    merchantAccounts: t.connection(
      {
        type: MerchantAccount,
        description: "Its merchant accounts, by id.",
        resolve: async ({ id }, args, context) => {
          const { accounts } = await snapshotFor(context)
          return connectionOver(
            "entity-account",
            [...accounts.values()].filter(({ entity }) => entity === id),
            args
          )
        }
      },
      MerchantAccountConnection
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
      resolve: async ({ entities: ids }, _args, context) => {
        const { entities } = await snapshotFor(context)
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
    resolve: async (_root, { id }, context) =>
      (await snapshotFor(context)).entities.get(plainId("Entity", id))
  }),
  entities: t.connection(
    {
      type: Entity,
      description: "The companies of the group, by id.",
      resolve: async (_root, args, context) =>
        connectionOver("entity", (await snapshotFor(context)).entities.values(), args)
    },
    EntityConnection
  )
}))

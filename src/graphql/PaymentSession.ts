import { Effect } from "effect"
import { PaymentReads } from "../db/reads/PaymentReads.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { EntityRegistry } from "../kernel/EntityRegistry.ts"
import { PaymentSession as KernelSession } from "../kernel/PaymentSession.ts"
import { builder } from "./builder.ts"
import { PaymentMode, ProductCategory, SessionState } from "./enums.ts"
import { Intent } from "./Intent.ts"
import { Money } from "./Money.ts"
import { connectionOf, sliceOf } from "./pages.ts"
import { PaymentAction } from "./PaymentAction.ts"
import { plainId } from "./plainId.ts"
import {
  Attempt,
  AttemptConnection,
  Brand,
  Dispute,
  DisputeConnection,
  Entity,
  PaymentSession,
  PaymentSessionConnection,
  Refund,
  RefundConnection
} from "./refs.ts"
import { Capture, WaitsFor } from "./Returns.ts"
import { entityNamed, known, snapshotFor } from "./registry.ts"
import { decided, RoutingDecision } from "./RoutingDecision.ts"

const Redirects = builder.objectRef<NonNullable<KernelSession["redirects"]>>("Redirects").implement({
  fields: (t) => ({ successUrl: t.exposeString("successUrl"), cancelUrl: t.exposeString("cancelUrl") })
})

builder.node(PaymentSession, {
  description: "One declared payment: who pays, which brand and company, for what, and where it stands.",
  isTypeOf: (value) => value instanceof KernelSession,
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: (ids, { loaders }) => Promise.all(ids.map(loaders.session)),
  fields: (t) => ({
    sessionId: t.exposeString("id", { description: "The plain id: `ps_01J...`." }),
    state: t.expose("state", { type: SessionState }),
    action: t.expose("action", { type: PaymentAction, nullable: true }),
    money: t.expose("money", { type: Money }),
    category: t.expose("category", { type: ProductCategory, description: "Derived from the catalogue." }),
    customer: t.exposeString("customer", { description: "Who pays: the `loopUserId`." }),
    intent: t.field({ type: Intent, resolve: ({ intent, money }) => ({ intent, currency: money.currency }) }),
    mode: t.expose("mode", { type: PaymentMode }),
    theme: t.expose("theme", { type: "Labels" }),
    metadata: t.expose("metadata", { type: "Labels" }),
    redirects: t.expose("redirects", { type: Redirects, nullable: true }),
    orderReference: t.exposeString("orderReference", { nullable: true, description: "The app's own order." }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    expiresAt: t.expose("expiresAt", { type: "DateTime", description: "Until when it may be paid." }),
    entity: t.field({
      type: Entity,
      resolve: async ({ entity }, _args, context) => known((await snapshotFor(context)).entities, entity)
    }),
    brand: t.field({
      type: Brand,
      resolve: async ({ brand }, _args, context) => known((await snapshotFor(context)).brands, brand)
    }),
    attempts: t.connection(
      {
        type: Attempt,
        description: "Every try to charge it, in the order in which they were made.",
        resolve: async ({ id }, args, { loaders }) =>
          connectionOf("session-attempt", await loaders.attemptsOf(sliceOf("session-attempt", args))(id))
      },
      AttemptConnection
    ),
    captures: t.field({
      type: [Capture],
      description: "Money that was captured for it: one charge, or none. More than one is an incident.",
      resolve: ({ id }, _args, { loaders }) => loaders.capturesOf(id)
    }),
    waitsFor: t.field({
      type: [WaitsFor],
      description: "What keeps it in review; empty when it is not.",
      resolve: ({ id }, _args, { loaders }) => loaders.waitsFor(id)
    }),
    refunds: t.connection(
      {
        type: Refund,
        description: "Money that goes back, in the order in which it was asked for.",
        resolve: async ({ id }, args, { loaders }) =>
          connectionOf("session-refund", await loaders.refundsOf(sliceOf("session-refund", args))(id))
      },
      RefundConnection
    ),
    disputes: t.connection(
      {
        type: Dispute,
        description: "What its customer disputes at the bank, the newest first.",
        resolve: async ({ id }, args, { loaders }) =>
          connectionOf("session-dispute", await loaders.disputesOf(sliceOf("session-dispute", args))(id))
      },
      DisputeConnection
    ),
    decisions: t.field({
      type: [RoutingDecision],
      description: "How each confirmation was routed; there are at most five.",
      resolve: async ({ id }, _args, { loaders }) => (await loaders.decisionsOf(id)).map(decided)
    })
  })
})

const SessionFilter = builder.inputType("SessionFilter", {
  description: "Which sessions; what is left out restricts nothing.",
  fields: (t) => ({
    entity: t.id({ description: "Those of one company." }),
    states: t.field({ type: [SessionState] })
  })
})

builder.queryFields((t) => ({
  session: t.field({
    type: PaymentSession,
    nullable: true,
    description: "One session; null when there is no such session.",
    args: { id: t.arg.id({ required: true, description: "The plain id (`ps_01J...`) or the global one." }) },
    resolve: (_root, { id }, { loaders }) => loaders.session(plainId("PaymentSession", id))
  }),
  sessions: t.connection(
    {
      type: PaymentSession,
      description: "Sessions, newest first.",
      args: { filter: t.arg({ type: SessionFilter }) },
      resolve: async (_root, { filter, ...page }, { run }) => {
        const slice = sliceOf("session", page)
        const read = Effect.gen(function* () {
          const { entity, states } = filter ?? {}
          const snapshot = yield* (yield* EntityRegistry).snapshot
          const one =
            typeof entity === "string" ? yield* entityNamed(snapshot, plainId("Entity", entity)) : undefined
          return yield* (yield* PaymentReads).sessions(
            { entity: one?.id, states: states ?? undefined },
            slice
          )
        })
        return connectionOf("session", await run(read.pipe(adviseOnLedger("read"))))
      }
    },
    PaymentSessionConnection
  )
}))

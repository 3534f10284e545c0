import { Predicate } from "effect"
import type { PaymentSession as KernelSession } from "../kernel/PaymentSession.ts"
import { AuditRow, AuditRowConnection } from "./Audit.ts"
import { builder } from "./builder.ts"
import { PaymentMode, ProductCategory, SessionState } from "./enums.ts"
import { Intent } from "./Intent.ts"
import { pagesBelow, valuesBelow } from "./levels.ts"
import { Money } from "./Money.ts"
import { PaymentAction } from "./PaymentAction.ts"
import {
  Attempt,
  AttemptConnection,
  Brand,
  Dispute,
  DisputeConnection,
  Entity,
  isSession,
  PaymentEvent,
  PaymentEventConnection,
  PaymentSession,
  Refund,
  RefundConnection
} from "./refs.ts"
import { Capture, LateCapture, WaitsFor } from "./Returns.ts"
import { known } from "./registry.ts"
import { decided, RoutingDecision } from "./RoutingDecision.ts"

const Redirects = builder.objectRef<NonNullable<KernelSession["redirects"]>>("Redirects").implement({
  fields: (t) => ({ successUrl: t.exposeString("successUrl"), cancelUrl: t.exposeString("cancelUrl") })
})

const below = {
  of: isSession,
  id: ({ id }: Pick<KernelSession, "id">) => id
}
const attemptsOf = pagesBelow({
  ...below,
  field: "PaymentSession.attempts",
  kind: "session-attempt",
  read: (reads, scope, ids, slice) => reads.attemptsOf(scope, ids, slice),
  below: (reads, scope, slice, wanted) => reads.attemptsBelow(scope, slice, wanted)
})
const refundsOf = pagesBelow({
  ...below,
  field: "PaymentSession.refunds",
  kind: "session-refund",
  read: (reads, scope, ids, slice) => reads.refundsOf(scope, ids, slice),
  below: (reads, scope, slice, wanted) => reads.refundsBelow(scope, slice, wanted)
})
const disputesOf = pagesBelow({
  ...below,
  field: "PaymentSession.disputes",
  kind: "session-dispute",
  read: (reads, scope, ids, slice) => reads.disputesOf(scope, ids, slice),
  below: (reads, scope, slice, wanted) => reads.disputesBelow(scope, slice, wanted)
})
const eventsOf = pagesBelow({
  ...below,
  field: "PaymentSession.events",
  kind: "session-event",
  read: (reads, scope, ids, slice) => reads.eventsOf(scope, ids, slice),
  below: (reads, scope, slice, wanted) => reads.eventsBelow(scope, slice, wanted)
})
const auditOf = pagesBelow({
  ...below,
  field: "PaymentSession.audit",
  kind: "audit",
  read: (reads, scope, ids, slice) => reads.auditOf(scope, ids, slice),
  below: (reads, scope, slice, wanted) => reads.auditBelow(scope, slice, wanted)
})
const capturesOf = valuesBelow({
  ...below,
  field: "PaymentSession.captures",
  read: (reads, scope, ids) => reads.capturesOf(scope, ids),
  pick: (found) => found ?? []
})
const waitsFor = valuesBelow({
  ...below,
  field: "PaymentSession.waitsFor",
  read: (reads, scope, ids) => reads.waitsFor(scope, ids),
  pick: (found) => found ?? []
})
const lateCaptures = valuesBelow({
  ...below,
  field: "PaymentSession.lateCaptures",
  read: (reads, scope, ids) => reads.lateCaptures(scope, ids),
  pick: (found) => found ?? []
})
const decisionsOf = valuesBelow({
  ...below,
  field: "PaymentSession.decisions",
  read: (reads, scope, ids) => reads.decisionsOf(scope, ids),
  pick: (found) => (found ?? []).map(decided)
})

builder.node(PaymentSession, {
  description: "One declared payment: who pays, which brand and company, for what, and where it stands.",
  isTypeOf: (value) => Predicate.isObject(value) && isSession(value),
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: (ids, { loaders }) => Promise.all(ids.map(loaders.session)),
  fields: (t) => ({
    sessionId: t.exposeString("id", { description: "The plain id: `ps_01J...`." }),
    state: t.expose("state", { type: SessionState }),
    action: t.expose("action", { type: PaymentAction, nullable: true }),
    money: t.expose("money", { type: Money, extensions: { told: "columns" } }),
    category: t.expose("category", { type: ProductCategory, description: "Derived from the catalogue." }),
    customer: t.exposeString("customer", { description: "Who pays: the `loopUserId`." }),
    intent: t.field({
      type: Intent,
      extensions: { columns: ["intent", "money"] },
      resolve: ({ intent, money }) => ({ intent, currency: money.currency })
    }),
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
      extensions: { columns: ["entity"], told: "entities" },
      resolve: ({ entity }, _args, context) => known(context.registry().entities, entity)
    }),
    brand: t.field({
      type: Brand,
      extensions: { columns: ["brand"], told: "brands" },
      resolve: ({ brand }, _args, context) => known(context.registry().brands, brand)
    }),
    attempts: t.connection(
      {
        type: Attempt,
        description: "Every try to charge it, in the order in which they were made.",
        extensions: { columns: [] },
        resolve: attemptsOf
      },
      AttemptConnection
    ),
    captures: t.field({
      type: [Capture],
      description: "Money that was captured for it: one charge, or none. More than one is an incident.",
      extensions: { columns: [] },
      resolve: (session, _args, context) => capturesOf(session, context)
    }),
    waitsFor: t.field({
      type: [WaitsFor],
      description:
        "What keeps it in review. Of one that ended without money, the incidents that persons still have to deal with.",
      extensions: { columns: [] },
      resolve: (session, _args, context) => waitsFor(session, context)
    }),
    lateCaptures: t.field({
      type: [LateCapture],
      description:
        "Money that was captured after everybody had said no, or beyond the charge that it is settled by.",
      extensions: { columns: [] },
      resolve: (session, _args, context) => lateCaptures(session, context)
    }),
    refunds: t.connection(
      {
        type: Refund,
        description: "Money that goes back, in the order in which it was asked for.",
        extensions: { columns: [] },
        resolve: refundsOf
      },
      RefundConnection
    ),
    disputes: t.connection(
      {
        type: Dispute,
        description: "What its customer disputes at the bank, the newest first.",
        extensions: { columns: [] },
        resolve: disputesOf
      },
      DisputeConnection
    ),
    decisions: t.field({
      type: [RoutingDecision],
      description: "How each confirmation was routed; there are at most five.",
      extensions: { columns: [] },
      resolve: (session, _args, context) => decisionsOf(session, context)
    }),
    events: t.connection(
      {
        type: PaymentEvent,
        description: "What the world was told of it, newest first.",
        extensions: { columns: [] },
        resolve: eventsOf
      },
      PaymentEventConnection
    ),
    audit: t.connection(
      {
        type: AuditRow,
        description: "Who did what to it, in the order in which it was written.",
        extensions: { columns: [] },
        resolve: auditOf
      },
      AuditRowConnection
    )
  })
})

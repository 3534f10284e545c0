import { Predicate } from "effect"
import type {
  LateCapture as KernelLateCapture,
  WaitsFor as KernelWaitsFor
} from "../kernel/PaymentSession.ts"
import type { RefundableCapture, RefundBlock as KernelRefundBlock } from "../kernel/refunds/RefundLedger.ts"
import { meaningOfRefund, meaningOfWaiting } from "../http/refundWords.ts"
import { builder } from "./builder.ts"
import { DisputeState, RefundBlocker, RefundKind, RefundState, WaitsForWhat } from "./enums.ts"
import { there, valuesBelow } from "./levels.ts"
import { Money } from "./Money.ts"
import { Attempt, Dispute, isRefund, MerchantAccount, Refund } from "./refs.ts"
import { known } from "./registry.ts"

// What becomes of money after it was captured.

const RefundBlock = builder.objectRef<KernelRefundBlock>("RefundBlock").implement({
  description: "What stands in the way of giving a charge back for now.",
  fields: (t) => ({
    reason: t.expose("reason", { type: RefundBlocker }),
    by: t.exposeString("by", { nullable: true, description: "The refund or the dispute that it is." })
  })
})

export const WaitsFor = builder.objectRef<KernelWaitsFor>("WaitsFor").implement({
  description:
    "Something that keeps a session in review. When nothing does any more, it is settled or failed.",
  fields: (t) => ({
    what: t.expose("what", { type: WaitsForWhat }),
    reference: t.exposeString("reference", {
      description:
        "An attempt's id, a refund's id, a dispute's or a charge's id at the processor, or an incident's number."
    }),
    kind: t.exposeString("kind", { nullable: true, description: "What the incident is." }),
    money: t.expose("money", {
      type: Money,
      nullable: true,
      description: "How much of the charge is still to be given back."
    }),
    message: t.string({ description: "What has to happen, in a sentence.", resolve: meaningOfWaiting })
  })
})

export const LateCapture = builder.objectRef<KernelLateCapture>("LateCapture").implement({
  description:
    "Money that was captured after everybody had said no, or beyond the charge that a session is settled by.",
  fields: (t) => ({
    attemptId: t.exposeString("attempt", { description: "Whatever its state says, this money moved." }),
    processorReference: t.exposeString("processorReference", {
      description: "The processor's own id of the charge."
    }),
    money: t.expose("money", { type: Money }),
    left: t.field({
      type: Money,
      description: "What of it has not gone back.",
      resolve: ({ money, left }) => ({ amount: left, currency: money.currency })
    }),
    capturedAt: t.expose("capturedAt", { type: "DateTime" }),
    incident: t.expose("incident", { type: "WholeNumber", nullable: true }),
    handledAt: t.expose("handledAt", {
      type: "DateTime",
      nullable: true,
      description: "When two persons said that it was dealt with; null until then."
    }),
    merchantAccount: t.field({
      type: MerchantAccount,
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    })
  })
})

export const Capture = builder.objectRef<RefundableCapture>("Capture").implement({
  description: "Money that moved, and what of it may still be given back.",
  fields: (t) => ({
    processorReference: t.exposeString("processorReference", {
      description: "The processor's own id of the charge."
    }),
    money: t.expose("captured", { type: Money }),
    refundable: t.field({
      type: Money,
      description:
        "What may be given back now: less what went back and what a dispute lost, 0 while blocked.",
      resolve: ({ captured, refundable }) => ({ amount: refundable, currency: captured.currency })
    }),
    blocked: t.expose("blocked", { type: RefundBlock, nullable: true }),
    merchantAccount: t.field({
      type: MerchantAccount,
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    })
  })
})

const attemptOf = valuesBelow({
  field: "Refund.attempt",
  of: isRefund,
  id: ({ attempt }) => attempt,
  read: (reads, scope, ids) => reads.attemptsById(scope, ids),
  pick: (found, { attempt }) => there(found, attempt),
  rows: (found) => [found]
})

builder.node(Refund, {
  description: "Money of one charge that goes back to its customer.",
  isTypeOf: (value) => Predicate.isObject(value) && isRefund(value),
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: (ids, { loaders }) => Promise.all(ids.map(loaders.refund)),
  fields: (t) => ({
    refundId: t.exposeString("id", { description: "`re_01J..._1`." }),
    ordinal: t.exposeInt("ordinal", { description: "Counts the refunds of a session from 1." }),
    state: t.expose("state", { type: RefundState }),
    kind: t.expose("kind", { type: RefundKind }),
    money: t.expose("money", { type: Money, extensions: { told: "columns" } }),
    reason: t.exposeString("reason"),
    requestedBy: t.exposeString("requestedBy"),
    provider: t.exposeString("provider"),
    processorReference: t.exposeString("processorReference", {
      description: "The processor's own id of the charge."
    }),
    refundReference: t.exposeString("refundReference", {
      nullable: true,
      description: "The processor's own id of the refund; only of what went back."
    }),
    idempotencyKey: t.exposeString("idempotencyKey", {
      description: "What the processor knows it by: a function of session, ordinal and account."
    }),
    code: t.string({
      nullable: true,
      description: "What the processor or the line said last: `refunded`, `timeout`.",
      resolve: ({ evidence }) => evidence?.code
    }),
    message: t.string({ description: "What it means, in a sentence.", resolve: meaningOfRefund }),
    writtenAt: t.expose("writtenAt", {
      type: "DateTime",
      description: "When it was written ahead, before it was sent."
    }),
    resolvedAt: t.expose("resolvedAt", {
      type: "DateTime",
      nullable: true,
      description: "When its outcome became certain; null while it is not."
    }),
    attempt: t.field({
      type: Attempt,
      resolve: (refund, _args, context) => attemptOf(refund, context)
    }),
    merchantAccount: t.field({
      type: MerchantAccount,
      extensions: { columns: ["mid"], told: "accounts" },
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    })
  })
})

builder.objectType(Dispute, {
  description: "A charge that its cardholder's bank disputes.",
  fields: (t) => ({
    reference: t.exposeString("reference", { description: "The processor's own id of the dispute." }),
    processorReference: t.exposeString("processorReference", {
      description: "The processor's own id of the charge."
    }),
    state: t.expose("state", { type: DisputeState }),
    money: t.expose("money", { type: Money, extensions: { told: "columns" } }),
    reason: t.exposeString("reason", { description: "In the processor's words." }),
    evidenceDueBy: t.expose("evidenceDueBy", {
      type: "DateTime",
      nullable: true,
      description: "Until when evidence may be handed in."
    }),
    openedAt: t.expose("openedAt", { type: "DateTime", description: "When it was first heard of." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime" }),
    merchantAccount: t.field({
      type: MerchantAccount,
      extensions: { columns: ["mid"], told: "accounts" },
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    })
  })
})

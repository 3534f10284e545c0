import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { codeOf } from "../http/errorBody.ts"
import * as KeyRefusals from "../kernel/access/keyRefusals.ts"
import { KeysNotKept } from "../kernel/access/KeySecrets.ts"
import { UnknownMid } from "../kernel/EntityRegistry.ts"
import * as EventRefusals from "../kernel/events/eventRefusals.ts"
import { GateNotPassed, GatePassedBefore, OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import * as RefundRefusals from "../kernel/refunds/refundRefusals.ts"
import * as ReviewRefusals from "../kernel/reviews/reviewRefusals.ts"
import * as Refusals from "../kernel/refusals.ts"
import { UnknownToken, UnknownVault, VaultUnavailable } from "../kernel/TokenVault.ts"
import { UnknownWebhook } from "../kernel/webhooks/webhookRefusals.ts"
import { builder } from "./builder.ts"
import { FulfilmentBlocker, ProductCategory, SessionState } from "./enums.ts"
import { LeftOutAccount } from "./ExclusionReason.ts"
import { PassedOverAccount } from "./RoutingDecision.ts"

/** What all typed refusals have; the kernel's and the doors' classes all fit it. */
interface Refused {
  readonly _tag: string
  readonly message: string
  readonly field?: string
}

/** Where it stands in the arguments of GraphQL; the kernel knows of no arguments, and of headers only by name. */
const fields: Readonly<Record<string, string>> = {
  IdempotencyKeyReused: "idempotencyKey",
  UnknownVault: "vaultToken.vaultId",
  UnknownToken: "vaultToken.tokenRef"
}

export const fieldOf = ({ _tag, field }: Refused): string | undefined => fields[_tag] ?? field

export const Refusal = builder.interfaceRef<Refused>("Refusal").implement({
  description:
    "Why nothing was done. `code` is what REST answers; `field` is a path into the input: `intent.lineItems[1].quantity`.",
  fields: (t) => ({
    code: t.string({
      description: "For programs: `category_not_underwritten`.",
      resolve: ({ _tag }) => codeOf(_tag)
    }),
    field: t.string({ nullable: true, resolve: fieldOf }),
    message: t.exposeString("message", { description: "One sentence that says what would be right." })
  })
})

builder.objectType(Refusals.InvalidInput, {
  name: "InvalidInput",
  description: "A value that is malformed by itself.",
  interfaces: [Refusal],
  fields: (t) => ({ problem: t.exposeString("problem") })
})

builder.objectType(Refusals.UnknownEntity, {
  name: "UnknownEntity",
  interfaces: [Refusal],
  fields: (t) => ({ entity: t.exposeString("entity"), known: t.exposeStringList("known") })
})

builder.objectType(Refusals.EntityCannotCollect, {
  name: "EntityCannotCollect",
  interfaces: [Refusal],
  fields: (t) => ({ entity: t.exposeString("entity") })
})

builder.objectType(Refusals.UnknownBrand, {
  name: "UnknownBrand",
  interfaces: [Refusal],
  fields: (t) => ({ brand: t.exposeString("brand"), known: t.exposeStringList("known") })
})

builder.objectType(Refusals.BrandNotOfEntity, {
  name: "BrandNotOfEntity",
  interfaces: [Refusal],
  fields: (t) => ({
    brand: t.exposeString("brand"),
    entity: t.exposeString("entity"),
    allowed: t.exposeStringList("allowed", { description: "Who may collect under the brand." })
  })
})

builder.objectType(Refusals.UnknownPrice, {
  name: "UnknownPrice",
  interfaces: [Refusal],
  fields: (t) => ({ price: t.exposeString("price") })
})

builder.objectType(Refusals.UnknownPlan, {
  name: "UnknownPlan",
  interfaces: [Refusal],
  fields: (t) => ({ plan: t.exposeString("plan") })
})

builder.objectType(Refusals.MixedCurrencies, {
  name: "MixedCurrencies",
  description: "One session has one currency.",
  interfaces: [Refusal],
  fields: (t) => ({
    currency: t.exposeString("currency", { description: "Of the line that does not fit." }),
    others: t.exposeString("others", { description: "Of the lines before it." })
  })
})

builder.objectType(Refusals.MixedCategories, {
  name: "MixedCategories",
  description: "One charge is underwritten for one category.",
  interfaces: [Refusal],
  fields: (t) => ({
    category: t.expose("category", { type: ProductCategory, description: "Of the line that does not fit." }),
    others: t.expose("others", { type: ProductCategory, description: "Of the lines before it." })
  })
})

builder.objectType(Refusals.CategoryClaimDisagrees, {
  name: "CategoryClaimDisagrees",
  interfaces: [Refusal],
  fields: (t) => ({
    claimed: t.expose("claimed", { type: ProductCategory }),
    derived: t.expose("derived", { type: ProductCategory, description: "What the catalogue says." })
  })
})

builder.objectType(Refusals.CategoryNotUnderwritten, {
  name: "CategoryNotUnderwritten",
  interfaces: [Refusal],
  fields: (t) => ({
    entity: t.exposeString("entity"),
    category: t.expose("category", { type: ProductCategory }),
    underwritten: t.expose("underwritten", { type: [ProductCategory] })
  })
})

builder.objectType(Refusals.RedirectNotAllowed, {
  name: "RedirectNotAllowed",
  interfaces: [Refusal],
  fields: (t) => ({
    origin: t.exposeString("origin"),
    allowed: t.exposeStringList("allowed", { description: "The origins of the brand." })
  })
})

builder.objectType(Refusals.NoEligibleMerchantAccount, {
  name: "NoEligibleMerchantAccount",
  interfaces: [Refusal],
  fields: (t) => ({
    entity: t.exposeString("entity"),
    leftOut: t.expose("leftOut", { type: [LeftOutAccount] }),
    passedOver: t.expose("passedOver", { type: [PassedOverAccount] })
  })
})

builder.objectType(Refusals.OrderAlreadyDeclared, {
  name: "OrderAlreadyDeclared",
  interfaces: [Refusal],
  fields: (t) => ({
    orderReference: t.exposeString("orderReference"),
    sessionId: t.exposeString("session", {
      nullable: true,
      description: "The session that has the order; null where your key does not see it."
    }),
    state: t.expose("state", { type: SessionState, nullable: true })
  })
})

export const Difference = builder
  .objectRef<Refusals.IdempotencyKeyReused["differences"][number]>("Difference")
  .implement({
    description: "Where two things differ: what came first, and what is there now.",
    fields: (t) => ({
      field: t.exposeString("field"),
      before: t.exposeString("before"),
      now: t.exposeString("now")
    })
  })

builder.objectType(Refusals.IdempotencyKeyReused, {
  name: "IdempotencyKeyReused",
  interfaces: [Refusal],
  fields: (t) => ({ differences: t.expose("differences", { type: [Difference] }) })
})

builder.objectType(Refusals.UnknownSession, {
  name: "UnknownSession",
  interfaces: [Refusal],
  fields: (t) => ({ sessionId: t.exposeString("session") })
})

builder.objectType(Refusals.SessionNotPayable, {
  name: "SessionNotPayable",
  description: "The session is in a state in which this cannot be done.",
  interfaces: [Refusal],
  fields: (t) => ({
    sessionId: t.exposeString("session"),
    state: t.expose("state", { type: SessionState })
  })
})

builder.objectType(Refusals.RateLimited, {
  name: "RateLimited",
  description: "The session or the card was tried too often. Nothing was charged.",
  interfaces: [Refusal],
  fields: (t) => ({
    limit: t.exposeString("limit", { description: "Of what there was too much: `session` or `card`." }),
    retryAfterSeconds: t.exposeInt("retryAfterSeconds", {
      description: "After how many seconds the same may be asked again."
    })
  })
})

builder.objectType(Refusals.SessionNotSettled, {
  name: "SessionNotSettled",
  interfaces: [Refusal],
  fields: (t) => ({
    sessionId: t.exposeString("session"),
    state: t.expose("state", { type: SessionState })
  })
})

builder.objectType(Refusals.NotFulfillable, {
  name: "NotFulfillable",
  description:
    "The money of a settled session went back or is disputed, or perhaps so: nothing is handed over for it.",
  interfaces: [Refusal],
  fields: (t) => ({
    sessionId: t.exposeString("session"),
    reason: t.expose("reason", { type: FulfilmentBlocker }),
    by: t.exposeString("by", {
      nullable: true,
      description: "The refund, the dispute or the webhook; null where it was given back at the processor."
    })
  })
})

builder.objectType(UnknownMid, {
  name: "UnknownMid",
  interfaces: [Refusal],
  fields: (t) => ({ midId: t.exposeString("mid") })
})

builder.objectType(UnknownVault, {
  name: "UnknownVault",
  interfaces: [Refusal],
  fields: (t) => ({ vaultId: t.exposeString("vaultId"), configured: t.exposeStringList("configured") })
})

builder.objectType(UnknownToken, {
  name: "UnknownToken",
  interfaces: [Refusal],
  fields: (t) => ({ vaultId: t.exposeString("vaultId"), tokenRef: t.exposeString("tokenRef") })
})

builder.objectType(VaultUnavailable, {
  name: "VaultUnavailable",
  description: "The vault did not answer; this request charged nothing and may be repeated.",
  interfaces: [Refusal],
  fields: (t) => ({ vaultId: t.exposeString("vaultId") })
})

const Charged = builder.enumType("Charged", {
  values: {
    nothing: { description: "This request charged nothing." },
    unknown: { description: "Read the session to learn it." }
  } satisfies Record<LedgerDidNotAnswer["charged"], { readonly description: string }>
})

builder.objectType(LedgerDidNotAnswer, {
  name: "LedgerUnavailable",
  description:
    "The durable record did not acknowledge; the message says what may have happened and what to do.",
  interfaces: [Refusal],
  fields: (t) => ({ charged: t.expose("charged", { type: Charged }) })
})

const classes = [
  ...Object.values(Refusals),
  ...Object.values(EventRefusals),
  ...Object.values(RefundRefusals),
  UnknownMid,
  UnknownWebhook,
  ...Object.values(ReviewRefusals),
  GateNotPassed,
  GatePassedBefore,
  ...Object.values(KeyRefusals),
  KeysNotKept,
  OperatorsOnly,
  UnknownVault,
  UnknownToken,
  VaultUnavailable,
  LedgerDidNotAnswer
]

type Known = InstanceType<(typeof classes)[number]>

export const isRefusal = (error: unknown): error is Known => classes.some((one) => error instanceof one)

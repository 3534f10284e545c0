import { Effect, Schema, SchemaGetter, Struct } from "effect"
import { HttpApiSchema } from "effect/http-api"
import * as Changes from "../../kernel/changes/changeRefusals.ts"
import * as Events from "../../kernel/events/eventRefusals.ts"
import { OperatorsOnly as KernelOperatorsOnly } from "../../kernel/operations/operatorRefusals.ts"
import * as Kernel from "../../kernel/refusals.ts"
import * as Refunds from "../../kernel/refunds/refundRefusals.ts"
import * as Reviews from "../../kernel/reviews/reviewRefusals.ts"
import * as Vault from "../../kernel/TokenVault.ts"
import * as Webhooks from "../../kernel/webhooks/webhookRefusals.ts"
import * as Door from "../doorRefusals.ts"
import { codeOf, errorBody } from "../errorBody.ts"
import { type RefusalTag, statusOf } from "../refusals.ts"
import { RequestId } from "../requestId.ts"
import { whyNoAccount } from "./exclusionReasons.ts"

interface Refusal {
  readonly _tag: RefusalTag
  readonly message: string
  readonly field?: string | undefined
}

/**
 * A refusal as an endpoint declares it: the handler fails with the refusal itself, and what goes out is the one
 * error body with the status of the table. `details` are those of its fields that a program may want.
 */
const refusal = <A extends Refusal & D, D, E>(
  tag: A["_tag"],
  one: Schema.Codec<A, unknown>,
  details: Schema.Codec<D, E>,
  field?: string
) =>
  Schema.Struct({
    error: Schema.Struct({
      code: Schema.Literal(codeOf(tag)),
      field: Schema.NullOr(Schema.String).annotate({ description: "Where in the request, as a path." }),
      message: Schema.String.annotate({ description: "One sentence that says what would be right." }),
      details,
      requestId: Schema.String
    })
  })
    .annotate({ identifier: `${tag}Body` })
    .pipe(
      Schema.decodeTo(Schema.toType(one), {
        decode: SchemaGetter.forbidden(() => "an error body is only written here"),
        encode: SchemaGetter.transformEffect((value: A) =>
          Effect.map(RequestId, (requestId) => errorBody<D>(value, value, requestId, field))
        )
      }),
      HttpApiSchema.status(statusOf[tag])
    )

const fields = <Fields extends Schema.Struct.Fields, const Keys extends ReadonlyArray<keyof Fields>>(
  of: { readonly fields: Fields },
  keys: Keys
) => Schema.Struct(Struct.pick(of.fields, keys))

/** Said where the code alone says it all; of a refusal's own fields none goes out. */
const nothing = Schema.Record(Schema.String, Schema.Never).pipe(
  Schema.decodeTo(Schema.Struct({}), {
    decode: SchemaGetter.forbidden(() => "an error body is only written here"),
    encode: SchemaGetter.transform(() => ({}))
  })
)

// The door's own.
export const MalformedRequest = refusal(
  "MalformedRequest",
  Door.MalformedRequest,
  fields(Door.MalformedRequest, ["problems"])
)
export const Unauthorized = refusal("Unauthorized", Door.Unauthorized, fields(Door.Unauthorized, ["problem"]))
export const Forbidden = refusal("Forbidden", Door.Forbidden, fields(Door.Forbidden, ["missing"]))
export const RateLimited = refusal(
  "RateLimited",
  Kernel.RateLimited,
  fields(Kernel.RateLimited, ["limit", "retryAfterSeconds"])
)
export const BodyTooLarge = refusal("BodyTooLarge", Door.BodyTooLarge, fields(Door.BodyTooLarge, ["limit"]))
export const UnsupportedMediaType = refusal(
  "UnsupportedMediaType",
  Door.UnsupportedMediaType,
  fields(Door.UnsupportedMediaType, ["contentType"])
)
export const LedgerUnavailable = refusal(
  "LedgerUnavailable",
  Door.LedgerDidNotAnswer,
  fields(Door.LedgerDidNotAnswer, ["charged"])
)

// The kernel's.
export const InvalidInput = refusal(
  "InvalidInput",
  Kernel.InvalidInput,
  fields(Kernel.InvalidInput, ["problem"])
)
export const UnknownEntity = refusal(
  "UnknownEntity",
  Kernel.UnknownEntity,
  fields(Kernel.UnknownEntity, ["entity", "known"])
)
export const EntityCannotCollect = refusal(
  "EntityCannotCollect",
  Kernel.EntityCannotCollect,
  fields(Kernel.EntityCannotCollect, ["entity"])
)
export const UnknownBrand = refusal(
  "UnknownBrand",
  Kernel.UnknownBrand,
  fields(Kernel.UnknownBrand, ["brand", "known"])
)
export const BrandNotOfEntity = refusal(
  "BrandNotOfEntity",
  Kernel.BrandNotOfEntity,
  fields(Kernel.BrandNotOfEntity, ["brand", "entity", "allowed"])
)
export const UnknownPrice = refusal(
  "UnknownPrice",
  Kernel.UnknownPrice,
  fields(Kernel.UnknownPrice, ["price"])
)
export const UnknownPlan = refusal("UnknownPlan", Kernel.UnknownPlan, fields(Kernel.UnknownPlan, ["plan"]))
export const MixedCurrencies = refusal(
  "MixedCurrencies",
  Kernel.MixedCurrencies,
  fields(Kernel.MixedCurrencies, ["currency", "others"])
)
export const MixedCategories = refusal(
  "MixedCategories",
  Kernel.MixedCategories,
  fields(Kernel.MixedCategories, ["category", "others"])
)
export const CategoryClaimDisagrees = refusal(
  "CategoryClaimDisagrees",
  Kernel.CategoryClaimDisagrees,
  fields(Kernel.CategoryClaimDisagrees, ["claimed", "derived"])
)
export const CategoryNotUnderwritten = refusal(
  "CategoryNotUnderwritten",
  Kernel.CategoryNotUnderwritten,
  fields(Kernel.CategoryNotUnderwritten, ["entity", "category", "underwritten"])
)
export const RedirectNotAllowed = refusal(
  "RedirectNotAllowed",
  Kernel.RedirectNotAllowed,
  fields(Kernel.RedirectNotAllowed, ["origin", "allowed"])
)
export const NoEligibleMerchantAccount = refusal(
  "NoEligibleMerchantAccount",
  Kernel.NoEligibleMerchantAccount,
  whyNoAccount
)
export const OrderAlreadyDeclared = refusal(
  "OrderAlreadyDeclared",
  Kernel.OrderAlreadyDeclared,
  fields(Kernel.OrderAlreadyDeclared, ["orderReference", "session", "state"])
)
export const IdempotencyKeyReused = refusal(
  "IdempotencyKeyReused",
  Kernel.IdempotencyKeyReused,
  fields(Kernel.IdempotencyKeyReused, ["differences"])
)
export const UnknownSession = refusal(
  "UnknownSession",
  Kernel.UnknownSession,
  fields(Kernel.UnknownSession, ["session"])
)
export const SessionNotPayable = refusal(
  "SessionNotPayable",
  Kernel.SessionNotPayable,
  fields(Kernel.SessionNotPayable, ["session", "state"])
)
export const SessionNotSettled = refusal(
  "SessionNotSettled",
  Kernel.SessionNotSettled,
  fields(Kernel.SessionNotSettled, ["session", "state"])
)
export const NotFulfillable = refusal(
  "NotFulfillable",
  Kernel.NotFulfillable,
  fields(Kernel.NotFulfillable, ["session", "reason", "by"])
)
export const UnknownVault = refusal(
  "UnknownVault",
  Vault.UnknownVault,
  fields(Vault.UnknownVault, ["vaultId", "configured"]),
  "vaultToken.vaultId"
)
export const UnknownToken = refusal(
  "UnknownToken",
  Vault.UnknownToken,
  fields(Vault.UnknownToken, ["vaultId", "tokenRef"]),
  "vaultToken.tokenRef"
)
export const VaultUnavailable = refusal(
  "VaultUnavailable",
  Vault.VaultUnavailable,
  fields(Vault.VaultUnavailable, ["vaultId"])
)

// Of refunds.
export const NothingToRefund = refusal(
  "NothingToRefund",
  Refunds.NothingToRefund,
  fields(Refunds.NothingToRefund, ["session", "state", "captures", "gone"])
)
export const RefundTooLarge = refusal(
  "RefundTooLarge",
  Refunds.RefundTooLarge,
  fields(Refunds.RefundTooLarge, ["amount", "refundable", "currency"])
)
export const RefundBlocked = refusal(
  "RefundBlocked",
  Refunds.RefundBlocked,
  fields(Refunds.RefundBlocked, ["session", "reason", "by"])
)
export const NotSettledYet = refusal(
  "NotSettledYet",
  Refunds.NotSettledYet,
  fields(Refunds.NotSettledYet, ["amount", "captured"])
)
export const UnknownCharge = refusal(
  "UnknownCharge",
  Refunds.UnknownCharge,
  fields(Refunds.UnknownCharge, ["provider", "processorReference"])
)
export const ProcessorUnavailable = refusal(
  "ProcessorUnavailable",
  Refunds.ProcessorUnavailable,
  fields(Refunds.ProcessorUnavailable, ["provider"])
)

// Of subscriptions to events.
export const UnknownSubscription = refusal(
  "UnknownSubscription",
  Events.UnknownSubscription,
  fields(Events.UnknownSubscription, ["subscription"])
)
export const UnknownDelivery = refusal(
  "UnknownDelivery",
  Events.UnknownDelivery,
  fields(Events.UnknownDelivery, ["delivery"])
)
export const AddressNotAllowed = refusal(
  "AddressNotAllowed",
  Events.AddressNotAllowed,
  fields(Events.AddressNotAllowed, ["problem"])
)
export const AlreadySubscribed = refusal(
  "AlreadySubscribed",
  Events.AlreadySubscribed,
  fields(Events.AlreadySubscribed, ["subscription"])
)
export const TooManySubscriptions = refusal(
  "TooManySubscriptions",
  Events.TooManySubscriptions,
  fields(Events.TooManySubscriptions, ["most"])
)
export const SubscriptionDisabled = refusal(
  "SubscriptionDisabled",
  Events.SubscriptionDisabled,
  fields(Events.SubscriptionDisabled, ["subscription", "reason"])
)
export const SecretsNotKept = refusal("SecretsNotKept", Events.SecretsNotKept, nothing)

// Of what operators decide.
export const OperatorsOnly = refusal("OperatorsOnly", KernelOperatorsOnly, nothing)
export const UnknownWebhook = refusal(
  "UnknownWebhook",
  Webhooks.UnknownWebhook,
  fields(Webhooks.UnknownWebhook, ["webhook"])
)
export const UnknownReview = refusal(
  "UnknownReview",
  Reviews.UnknownReview,
  fields(Reviews.UnknownReview, ["review"])
)
export const NothingToReview = refusal(
  "NothingToReview",
  Reviews.NothingToReview,
  fields(Reviews.NothingToReview, ["about"])
)
export const ReviewOpenAlready = refusal(
  "ReviewOpenAlready",
  Reviews.ReviewOpenAlready,
  fields(Reviews.ReviewOpenAlready, ["review"])
)
export const ReviewContradicted = refusal(
  "ReviewContradicted",
  Reviews.ReviewContradicted,
  fields(Reviews.ReviewContradicted, ["by", "notBefore", "webhook"])
)
/** Where the request that waits is told of: its id, and until when it waits. */
const waiting = Schema.Struct({
  change: Schema.Struct({
    id: Schema.String.annotate({ description: "`cr_...`: the change request that another person approves." }),
    state: Changes.NeedsApproval.fields.change.fields.state,
    expiresAt: Schema.DateTimeUtcFromString
  })
})
export const NeedsApproval = refusal("NeedsApproval", Changes.NeedsApproval, waiting)
export const RefundNotApproved = refusal(
  "RefundNotApproved",
  Refunds.RefundNotApproved,
  fields(Refunds.RefundNotApproved, ["change", "state"])
)
export const ChangeOpenAlready = refusal(
  "ChangeOpenAlready",
  Changes.ChangeOpenAlready,
  fields(Changes.ChangeOpenAlready, ["change"])
)
export const ProcessorSilent = refusal(
  "ProcessorSilent",
  Reviews.ProcessorSilent,
  fields(Reviews.ProcessorSilent, ["provider"])
)
export const SecondPersonNeeded = refusal("SecondPersonNeeded", Reviews.SecondPersonNeeded, nothing)
export const AskedByNoOperator = refusal("AskedByNoOperator", Reviews.AskedByNoOperator, nothing)
export const ReviewDecided = refusal(
  "ReviewDecided",
  Reviews.ReviewDecided,
  fields(Reviews.ReviewDecided, ["state"])
)

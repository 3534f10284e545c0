import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import {
  ConfirmAnswer,
  FulfilmentAnswer,
  SessionAnswer,
  SessionCreated,
  SessionWithAttempts
} from "./answers.ts"
import { Authorized } from "./Authorized.ts"
import { Confirmation, IdempotencyHeaders, SessionDeclared } from "./fields.ts"
import { JsonBody } from "./JsonBody.ts"
import { WellFormed } from "./WellFormed.ts"
import * as refusals from "./refusalSchemas.ts"

const params = { id: Schema.String.annotate({ description: "The session's id: `ps_...`." }) }

const create = HttpApiEndpoint.post("create", "/", {
  headers: IdempotencyHeaders,
  payload: SessionDeclared,
  success: SessionCreated,
  error: [
    refusals.InvalidInput,
    refusals.UnknownEntity,
    refusals.EntityCannotCollect,
    refusals.UnknownBrand,
    refusals.BrandNotOfEntity,
    refusals.UnknownPrice,
    refusals.UnknownPlan,
    refusals.MixedCurrencies,
    refusals.MixedCategories,
    refusals.CategoryClaimDisagrees,
    refusals.CategoryNotUnderwritten,
    refusals.RedirectNotAllowed,
    refusals.NoEligibleMerchantAccount,
    refusals.OrderAlreadyDeclared,
    refusals.IdempotencyKeyReused,
    refusals.LedgerUnavailable
  ]
})
  .middleware(JsonBody)
  .annotateMerge(
    OpenApi.annotations({
      summary: "Declare a payment",
      description:
        "Judged in this order, and the first refusal is answered with nothing written: entity, brand, intent, category, redirects, an eligible merchant account. Amounts are whole minor units."
    })
  )

const get = HttpApiEndpoint.get("get", "/:id", {
  params,
  success: SessionWithAttempts,
  error: [refusals.UnknownSession, refusals.LedgerUnavailable]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Read a session and its attempts",
    description: "Where the payment stands, and every try to charge it, in order."
  })
)

const confirm = HttpApiEndpoint.post("confirm", "/:id/confirm", {
  params,
  headers: IdempotencyHeaders,
  payload: Confirmation,
  success: ConfirmAnswer,
  error: [
    refusals.InvalidInput,
    refusals.UnknownSession,
    refusals.SessionNotPayable,
    refusals.UnknownVault,
    refusals.UnknownToken,
    refusals.VaultUnavailable,
    refusals.NoEligibleMerchantAccount,
    refusals.IdempotencyKeyReused,
    refusals.RateLimited,
    refusals.LedgerUnavailable
  ]
})
  .middleware(JsonBody)
  .annotateMerge(
    OpenApi.annotations({
      summary: "Charge the session's card",
      description:
        "Charges once, over the entity's merchant accounts in order, and goes on to the next only after proof that no money moved. A declined charge is an answer, not an error. Hanging up changes nothing about the charge: read the session to learn what came of it."
    })
  )

const cancel = HttpApiEndpoint.post("cancel", "/:id/cancel", {
  params,
  success: SessionAnswer,
  error: [refusals.UnknownSession, refusals.SessionNotPayable, refusals.LedgerUnavailable]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Cancel a pending session",
    description: "A charge on its way or in review stands against it. Cancelling twice is cancelling once."
  })
)

const fulfil = HttpApiEndpoint.post("fulfil", "/:id/fulfilment", {
  params,
  headers: IdempotencyHeaders,
  success: FulfilmentAnswer,
  error: [
    refusals.UnknownSession,
    refusals.SessionNotSettled,
    refusals.NotFulfillable,
    refusals.LedgerUnavailable
  ]
})
  .middleware(WellFormed)
  .annotateMerge(
    OpenApi.annotations({
      summary: "Claim the fulfilment of a settled session",
      description:
        "Answers `first` exactly once in a session's life, and `duplicate` ever after, whoever asks. Of a session whose money went back or is disputed nothing is given out (`not_fulfillable`). With an Idempotency-Key that one worker alone uses, `ownClaim` tells it that the first claim was its own, in case the answer was lost."
    })
  )

export class PaymentSessionsGroup extends HttpApiGroup.make("paymentSessions")
  .add(create, get, confirm, cancel, fulfil)
  .prefix("/v1/payment-sessions")
  // Added last, so it is asked first: a caller without a key learns nothing else.
  .middleware(Authorized)
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error", errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Payment sessions",
      description: "A session is one declared payment: who pays, which brand and company, and for what."
    })
  ) {}

import { Effect } from "effect"
import { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { LedgerDidNotAnswer } from "./doorRefusals.ts"

/** The one table of refusals by HTTP status. */
export const statusOf = {
  // It was taken down, and waits for a second person.
  NeedsApproval: 202,
  // The request cannot be read.
  MalformedRequest: 400,
  Unauthorized: 401,
  WebhookNotSigned: 401,
  Forbidden: 403,
  OperatorsOnly: 403,
  WiderThanOwn: 403,
  SecondPersonNeeded: 403,
  EmbedTokenRefused: 403,
  OtherOrigin: 403,
  RouteNotFound: 404,
  MethodNotAllowed: 405,
  BodyTooLarge: 413,
  UnsupportedMediaType: 415,
  // What the address names does not exist.
  UnknownSession: 404,
  UnknownCheckout: 404,
  UnknownSubscription: 404,
  UnknownDelivery: 404,
  NoWebhooksHere: 404,
  UnknownWebhook: 404,
  UnknownReview: 404,
  UnknownKey: 404,
  UnknownChange: 404,
  // It can be read, and what there is already stands against it.
  SessionNotPayable: 409,
  SessionNotSettled: 409,
  NotFulfillable: 409,
  OrderAlreadyDeclared: 409,
  IdempotencyKeyReused: 409,
  AlreadySubscribed: 409,
  ReviewOpenAlready: 409,
  ReviewContradicted: 409,
  ReviewDecided: 409,
  AskedByNoOperator: 409,
  AskedByAnother: 403,
  ChangeOpenAlready: 409,
  ChangeDecided: 409,
  ChangedSince: 409,
  GatePassedBefore: 409,
  GateNotPassed: 409,
  TooManySubscriptions: 409,
  TooManyKeys: 409,
  SubscriptionDisabled: 409,
  NothingToRefund: 409,
  RefundTooLarge: 409,
  RefundNotApproved: 409,
  RefundBlocked: 409,
  NotSettledYet: 409,
  UnknownCharge: 409,
  // It can be read, and is refused for what it says.
  InvalidInput: 422,
  NothingToReview: 422,
  UnknownEntity: 422,
  EntityCannotCollect: 422,
  UnknownBrand: 422,
  BrandNotOfEntity: 422,
  UnknownPrice: 422,
  UnknownPlan: 422,
  MixedCurrencies: 422,
  MixedCategories: 422,
  CategoryClaimDisagrees: 422,
  CategoryNotUnderwritten: 422,
  RedirectNotAllowed: 422,
  AddressNotAllowed: 422,
  NoEligibleMerchantAccount: 422,
  UnknownVault: 422,
  UnknownToken: 422,
  CardNotAccepted: 422,
  // Later it may be done.
  TooManyRequests: 429,
  RateLimited: 429,
  // Our side.
  Internal: 500,
  LedgerUnavailable: 503,
  VaultUnavailable: 503,
  ProcessorUnavailable: 503,
  ProcessorSilent: 503,
  SecretsNotKept: 503,
  KeysNotKept: 503
} as const

export type RefusalTag = keyof typeof statusOf

/**
 * What a caller is told when the ledger did not acknowledge. "Nothing was charged" stands only where it is
 * certain: a confirmation's write-ahead may have been committed although nobody said so.
 */
const ledgerAdvice = {
  authorize: "the API key could not be checked, so nothing was done and nothing was charged; try again",
  create:
    "the session may or may not have been declared; nothing was charged. Send the same request with the same Idempotency-Key again: one session comes of it",
  read: "the session could not be read; nothing was changed and nothing was charged. Try again",
  confirm:
    "the outcome may be unknown: read the session before you try again, and do not pay again in another way",
  cancel:
    "the session may or may not be cancelled; nothing was charged. Read it, and cancel again if it is still pending",
  refund:
    "the refund may or may not have been asked for: send the same request with the same Idempotency-Key again, or read the refunds of the session first. Without either, money might go back twice",
  readSubscription: "the subscriptions could not be read; nothing was changed. Try again",
  changeSubscription:
    "the change may or may not have been made: list your subscriptions to see it, then ask again; a secret that you did not see is replaced by rotating it",
  exchange: "the embed token may or may not have been exchanged; the same page may exchange it again",
  webhook: "the webhook may or may not have been written down; send it again, it is taken once",
  readOperations: "what operators look at could not be read; nothing was changed. Try again",
  operate: "the change may or may not have been made: look at it, then ask again; twice is once",
  fulfil:
    "the claim may or may not have been recorded, so `first` may be spent: a later `duplicate` does not prove that anybody fulfilled. Look into your own records before you fulfil"
} as const

/** Tells a caller in the words of what was asked for that the ledger did not answer; why goes to the log. */
export const adviseOnLedger =
  (asked: keyof typeof ledgerAdvice) =>
  <A, E, R>(effect: Effect.Effect<A, E | LedgerUnavailable, R>) =>
    Effect.catchIf(
      effect,
      isLedgerUnavailable,
      (error): Effect.Effect<never, LedgerDidNotAnswer> =>
        Effect.andThen(
          Effect.logError(error.message, error.cause),
          new LedgerDidNotAnswer({
            charged: asked === "confirm" ? "unknown" : "nothing",
            advice: ledgerAdvice[asked]
          })
        ),
      (error) => Effect.fail(error)
    )

const isLedgerUnavailable = (error: unknown): error is LedgerUnavailable => error instanceof LedgerUnavailable

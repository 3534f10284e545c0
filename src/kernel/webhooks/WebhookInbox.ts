import { Context, type Duration, type Effect, Schema } from "effect"
import { type EntityId, MidId, type Principal, ProviderName } from "../ids.ts"
import { Money } from "../Money.ts"
import type { OperatorsOnly } from "../operations/operatorRefusals.ts"
import type { LedgerUnavailable, Unresolved } from "../PaymentLedger.ts"
import { DisputeState } from "../PaymentProvider.ts"
import type { UnknownWebhook } from "./webhookRefusals.ts"

/** What a webhook is about, as it is kept: ids, that a charge is said to have taken money or a refund to have failed, and of a dispute its state. Never a body, never card data. */
export const KeptSubject = Schema.Union([
  Schema.TaggedStruct("Charge", {
    processorReference: Schema.optionalKey(Schema.String),
    idempotencyKey: Schema.optionalKey(Schema.String),
    said: Schema.optionalKey(Schema.Literal("captured"))
  }),
  Schema.TaggedStruct("Refund", {
    refundReference: Schema.String,
    processorReference: Schema.optionalKey(Schema.String),
    idempotencyKey: Schema.optionalKey(Schema.String),
    said: Schema.optionalKey(Schema.Literal("failed"))
  }),
  Schema.TaggedStruct("Dispute", {
    disputeReference: Schema.String,
    processorReference: Schema.String,
    state: DisputeState,
    money: Money,
    reason: Schema.String,
    evidenceDueBy: Schema.optionalKey(Schema.DateTimeUtcFromString)
  }),
  Schema.TaggedStruct("Other", {})
])
export type KeptSubject = typeof KeptSubject.Type

/** A webhook as it came, for one that could not be read: a later version may. */
export const RawWebhook = Schema.Struct({
  headers: Schema.Record(Schema.String, Schema.String),
  body: Schema.Uint8ArrayFromBase64
})
export type RawWebhook = typeof RawWebhook.Type

/** What a webhook says, as it is kept. */
export const KeptReading = Schema.Struct({
  type: Schema.String,
  occurredAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  subjects: Schema.Array(KeptSubject)
})
export type KeptReading = typeof KeptReading.Type

/** A webhook that its processor signed, to be written down. */
export interface ReceivedWebhook extends KeptReading {
  readonly provider: ProviderName
  readonly mid: MidId
  readonly entity: EntityId
  readonly eventId: string
  /** Only of one that could not be read; absent also if the body must not be kept. */
  readonly raw?: RawWebhook
  /** Why it could not be read. */
  readonly problem?: string
}

/** Why a try came to nothing: it failed, it is about nothing that is known here, it cannot be read. */
export const WebhookTrouble = Schema.Literals(["failed", "unknown", "unreadable"])
export type WebhookTrouble = typeof WebhookTrouble.Type

/**
 * Why one that says that a charge took money holds nobody up any more, though the money may yet be seen: two persons
 * signed against it, or its processor showed that all of it was taken back.
 */
const Released = Schema.Literals(["signed", "undone"])

export const WebhookState = Schema.Literals(["pending", "processed", "dead_letter"])
export type WebhookState = typeof WebhookState.Type

/** A webhook that is due to be worked off. */
export const ClaimedWebhook = Schema.Struct({
  nr: Schema.Int,
  provider: ProviderName,
  mid: MidId,
  ...KeptReading.fields,
  receivedAt: Schema.DateTimeUtcFromString,
  /** Where it stands in the schedule of tries, from 0. */
  step: Schema.Int,
  released: Schema.optionalKey(Released),
  claim: Schema.Int,
  raw: Schema.optionalKey(RawWebhook)
})
export type ClaimedWebhook = typeof ClaimedWebhook.Type

/** What came of one try. */
export type WebhookOutcome =
  /** With a trouble it is closed once more against what persons signed, and was not heard. */
  | ({ readonly outcome: "processed"; readonly read?: KeptReading } & Partial<Troubled>)
  | ({
      readonly outcome: "later"
      readonly retryAfter: Duration.Duration
      /** It waits for something else, which costs it no step of its schedule. */
      readonly waits?: true
      /** It holds nobody up from here on, and is looked into again by a schedule of its own. */
      readonly release?: "undone"
    } & Troubled)
  | ({ readonly outcome: "dead_letter" } & Troubled)

interface Troubled {
  readonly trouble: WebhookTrouble
  readonly problem: string
  readonly read?: KeptReading
}

/** A webhook as an operator sees it. */
export class WebhookRecord extends Schema.Class<WebhookRecord>("WebhookRecord")({
  /** `wh_` and its number. */
  id: Schema.String,
  provider: ProviderName,
  mid: MidId,
  eventId: Schema.String,
  type: Schema.String,
  occurredAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  receivedAt: Schema.DateTimeUtcFromString,
  state: WebhookState,
  trouble: Schema.optionalKey(WebhookTrouble),
  problem: Schema.optionalKey(Schema.String),
  tries: Schema.Int,
  lastTryAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
}) {}

/** A part of the list of dead letters, the newest first; positions are numbers of webhooks. */
export interface DeadLetterSlice {
  readonly size: number
  readonly from: "start" | "end"
  readonly after?: string | undefined
  readonly before?: string | undefined
}

/**
 * A part of the inbox: of one provider the webhooks about which it is asked something, or all that ask none of some
 * providers.
 */
export type WebhookLane = { readonly of: ProviderName } | { readonly besides: ReadonlyArray<ProviderName> }

type Kept<A, E = never> = Effect.Effect<A, E | LedgerUnavailable>

/**
 * The port to the webhooks that came in: written before they are acknowledged, unique by provider, merchant account
 * and event id, worked off afterwards. The account is part of the uniqueness because an event id is one account's
 * word: whoever holds the secret of one account could otherwise use up the ids of another's events. One event that
 * two accounts of a provider are told of is asked about twice, which changes nothing.
 */
export class WebhookInbox extends Context.Service<
  WebhookInbox,
  {
    /**
     * Writes a webhook down; false when it is there already. One that persons alone closed is looked into once more,
     * and true.
     */
    readonly take: (webhook: ReceivedWebhook) => Kept<boolean>
    /** Webhooks of a lane that are due, each given to one worker for the time `lease`. */
    readonly claim: (
      lane: WebhookLane,
      limit: number,
      lease: Duration.Duration
    ) => Kept<ReadonlyArray<ClaimedWebhook>>
    /** Records what came of a try, unless somebody else has taken the webhook on meanwhile. */
    readonly record: (webhook: ClaimedWebhook, outcome: WebhookOutcome) => Kept<void>
    /** Gives up bodies that nobody could read for so long; answers how many. */
    readonly forgetBodies: (after: Duration.Duration, limit: number) => Kept<number>
    /** The charge of this account that a webhook names, by the attempt's key or by the processor's id. */
    readonly charge: (
      mid: MidId,
      named: { readonly idempotencyKey?: string; readonly processorReference?: string }
    ) => Kept<Unresolved | undefined>
    /** Up to one more than asked for, counted from the end that was asked for. */
    readonly deadLetters: (
      by: Principal,
      slice: DeadLetterSlice
    ) => Kept<ReadonlyArray<WebhookRecord>, OperatorsOnly>
    /** Tries a dead letter again, from the beginning of its schedule; of another it changes nothing. */
    readonly replay: (by: Principal, webhook: string) => Kept<WebhookRecord, OperatorsOnly | UnknownWebhook>
  }
>()("payment-orchestration/kernel/webhooks/WebhookInbox") {}

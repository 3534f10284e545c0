import { DateTime, Duration, Effect, Equal, Option, Schema } from "effect"
import { Captured, Declined, type Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import type { ChargeQuery, LookupResult } from "../../../kernel/PaymentProvider.ts"
import type { ProviderAccounts } from "../ProviderAccounts.ts"
import { type Form, isMissing, type StripeAccount, stripeAccount, type StripeClient } from "./client.ts"
import type { StripeTimings } from "./config.ts"
import type { Decline } from "./declines.ts"
import { detailsOf } from "./disposition.ts"
import { type Asked, judgeIntent } from "./intentDisposition.ts"
import { cancelIntent, capturedOf, declinedOf, unknownOf } from "./intents.ts"
import { Page, PaymentIntent } from "./wire.ts"

export interface LookupOptions {
  readonly client: StripeClient
  readonly accounts: ProviderAccounts["Service"]
  readonly timings: StripeTimings
}

type Looking = Effect.Effect<LookupResult, Indeterminate>

/** How far the clocks of our database and of Stripe may be apart. */
const clockMargin = Duration.minutes(5)

const pageSize = 100
/** No account has more intents than this between a write-ahead and its horizon; if one has, nothing is concluded. */
const mostPages = 50

/**
 * What became of a charge, by the PaymentIntent that carries its key. A decline that could still be confirmed is
 * canceled first, so that it is one for good.
 */
export const lookupCharge = (options: LookupOptions, query: ChargeQuery): Looking =>
  inAccount(options, query, (account, asked) =>
    Effect.flatMap(find(options, account, query), (found) =>
      found._tag === "None"
        ? Effect.succeed(notFound)
        : resolve(options, account, asked, found.intent, query.inFlight === true)
    )
  )

/** Cancels what still can be canceled, and tells what the charge is after that. */
export const cancelCharge = (options: LookupOptions, query: ChargeQuery): Looking =>
  inAccount(options, query, (account, asked) =>
    Effect.flatMap(find(options, account, query), (found) => {
      if (found._tag === "None") return Effect.succeed(notFound)
      const verdict = judgeIntent(found.intent, asked)
      return verdict._tag === "Waits"
        ? cancel(options, account, asked, found.intent, {
            kind: "soft",
            code: "canceled",
            message: "no money moved: the customer did not do what the charge waited for"
          })
        : resolve(options, account, asked, found.intent, false)
    })
  )

const notFound: LookupResult = {
  _tag: "NotFound",
  evidence: { code: "not_found", message: "no PaymentIntent of that time carries the attempt's key" }
}

const inAccount = (
  { accounts }: LookupOptions,
  { mid, idempotencyKey, money }: ChargeQuery,
  look: (account: StripeAccount, asked: Asked) => Looking
): Looking =>
  accounts.get(mid).pipe(
    Effect.flatMap(stripeAccount),
    Effect.mapError((error) => unknownOf("account_not_ready", error.message)),
    Effect.flatMap((account) => look(account, { idempotencyKey, money, livemode: account.livemode }))
  )

const resolve = (
  options: LookupOptions,
  account: StripeAccount,
  asked: Asked,
  intent: PaymentIntent,
  inFlight: boolean
): Looking => {
  const verdict = judgeIntent(intent, asked)
  switch (verdict._tag) {
    case "Captured":
      return told(capturedOf(intent))
    case "Declined":
      return told(declinedOf(verdict.decline, intent.id))
    case "Cancel":
      if (inFlight) {
        return Effect.succeed({
          _tag: "StillPending",
          evidence: {
            code: intent.status,
            message: "the intent is not confirmed yet, and its driver is at it"
          },
          processorReference: intent.id
        })
      }
      return cancel(options, account, asked, intent, verdict.decline)
    case "Waits":
      return Effect.succeed({
        _tag: "StillPending",
        evidence: { code: "requires_action", message: "the issuer asks the customer to authenticate" },
        processorReference: intent.id,
        action: verdict.action
      })
    case "Unknown":
      return verdict.code === "processing" || verdict.code === "requires_capture"
        ? Effect.succeed({
            _tag: "StillPending",
            evidence: { code: verdict.code, message: verdict.message },
            processorReference: intent.id
          })
        : Effect.fail(unknownOf(verdict.code, verdict.message, verdict.intent?.id))
  }
}

const cancel = (
  { client, timings }: LookupOptions,
  account: StripeAccount,
  asked: Asked,
  intent: PaymentIntent,
  decline: Decline
): Looking =>
  Effect.flatMap(cancelIntent(client, account, asked, { intent, decline }, timings.cancelDeadline), told)

const told = (heard: Captured | Declined | Indeterminate): Looking => {
  if (heard instanceof Captured) return Effect.succeed({ _tag: "FoundCaptured", captured: heard })
  if (heard instanceof Declined) return Effect.succeed({ _tag: "FoundDeclined", declined: heard })
  return Effect.fail(heard)
}

type Found = { readonly _tag: "One"; readonly intent: PaymentIntent } | { readonly _tag: "None" }

/** The intent of a charge: by its id when somebody heard it, else among all of its time. */
const find = Effect.fnUntraced(function* (
  options: LookupOptions,
  account: StripeAccount,
  query: ChargeQuery
): Effect.fn.Return<Found, Indeterminate> {
  const { client, timings } = options
  const { processorReference: id, idempotencyKey } = query
  if (id !== undefined && /^pi_\w+$/.test(id)) {
    const path = `/v1/payment_intents/${id}`
    const reply = yield* client.get(account, path, [], PaymentIntent, timings.readDeadline)
    if (reply._tag !== "Object" && !isMissing(reply)) {
      return yield* unknownOf("lookup_failed", `the intent could not be read${detailsOf(reply)}`, id)
    }
    if (
      reply._tag === "Object" &&
      reply.value.id === id &&
      reply.value.metadata["attempt_id"] === idempotencyKey
    ) {
      return { _tag: "One", intent: reply.value }
    }
  }
  const intents = yield* listed(options, account, query)
  const [intent, ...others] = intents
  if (others.length > 0) {
    return yield* unknownOf(
      "several_intents",
      `${intents.length} intents carry the attempt's key: ${intents.map((one) => one.id).join(", ")}`
    )
  }
  return intent === undefined ? { _tag: "None" } : { _tag: "One", intent }
})

const Listed = Schema.Struct({
  id: Schema.NonEmptyString,
  metadata: Schema.Record(Schema.String, Schema.String)
})
const decodeListed = Schema.decodeUnknownOption(Listed)
const decodeIntent = Schema.decodeUnknownOption(PaymentIntent)

/**
 * The intents that carry a charge's key, among all that were created when it can have been sent. Lists show an intent
 * at once; the search does not, so its silence would say nothing.
 */
const listed = Effect.fnUntraced(function* (
  { client, timings }: LookupOptions,
  account: StripeAccount,
  { idempotencyKey, writtenAt }: ChargeQuery
): Effect.fn.Return<ReadonlyArray<PaymentIntent>, Indeterminate> {
  const failed = (problem: string) => unknownOf("lookup_failed", problem)
  const from = DateTime.subtractDuration(writtenAt, clockMargin)
  const to = DateTime.addDuration(writtenAt, Duration.sum(timings.absenceHorizon, clockMargin))
  const window: Form = [
    ["created[gte]", String(Math.floor(DateTime.toEpochMillis(from) / 1000))],
    ["created[lte]", String(Math.ceil(DateTime.toEpochMillis(to) / 1000))],
    ["limit", String(pageSize)]
  ]
  const found = new Map<string, PaymentIntent>()
  let after: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const query: Form = after === undefined ? window : [...window, ["starting_after", after]]
    const reply = yield* client.get(account, "/v1/payment_intents", query, Page, timings.readDeadline)
    if (reply._tag !== "Object") return yield* failed(`the list could not be read${detailsOf(reply)}`)
    let last: string | undefined
    for (const item of reply.value.data) {
      const row = decodeListed(item)
      if (Option.isNone(row)) return yield* failed("an intent in the list cannot be read")
      last = row.value.id
      if (row.value.metadata["attempt_id"] !== idempotencyKey) continue
      const intent = decodeIntent(item)
      if (Option.isNone(intent)) return yield* failed("the intent in the list cannot be read")
      // On two pages in two states: the one of them is old, and nobody says which.
      const before = found.get(intent.value.id)
      if (before !== undefined && !Equal.equals(before, intent.value)) {
        return yield* failed("the list shows the intent in two states")
      }
      found.set(intent.value.id, intent.value)
    }
    if (!reply.value.has_more) return [...found.values()]
    if (last === undefined || last === after) return yield* failed("the list does not go on")
    after = last
  }
  return yield* failed("the list is too long to be read to its end")
})

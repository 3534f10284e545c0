import { Clock, Duration, Effect, Schema } from "effect"
import type { VaultToken } from "../../../kernel/Card.ts"
import { Captured, Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import type { CommittedAttempt, SendPermit } from "../../../kernel/cascade/SendPermit.ts"
import type { ChargeRequest, MoneyRequest } from "../../../kernel/PaymentProvider.ts"
import type { Proxy } from "../../vault/basis-theory/proxy.ts"
import { cardField, isTokenRef } from "../../vault/basis-theory/tokenRefs.ts"
import type { AccountNotReady, ProviderAccounts } from "../ProviderAccounts.ts"
import {
  type Form,
  formHeaders,
  formText,
  headersFor,
  type StripeAccount,
  stripeAccount,
  type StripeClient
} from "./client.ts"
import type { StripeTimings } from "./config.ts"
import { judgeAnswer } from "./disposition.ts"
import type { Asked, Verdict } from "./intentDisposition.ts"
import { cancelIntent, capturedOf, declinedOf, unknownOf } from "./intents.ts"
import { judgeMethod, type MethodVerdict, notSent } from "./methodDisposition.ts"
import { PaymentIntent, PaymentMethod, readReply, type Reply } from "./wire.ts"

/** How charges are made. */
export interface ChargingOptions {
  readonly client: StripeClient
  readonly accounts: ProviderAccounts["Service"]
  /** The way for card data; without a vault there is none. */
  readonly proxy: Proxy | undefined
  readonly vaultId: string
  readonly timings: StripeTimings
  /** Where the issuer sends the customer back to. */
  readonly returnUrl: (session: CommittedAttempt["session"]) => string
  /** The permits that were used. */
  readonly sent: WeakSet<SendPermit>
}

const decodeMethod = Schema.decodeUnknownOption(PaymentMethod)

/** Without a proxy every charge ends at once. */
const noProxyDeadline = Duration.seconds(1)

/** How long the step before the charge may take; a charge is not sent later than that. */
const methodPatience = ({ proxy }: ChargingOptions): Duration.Duration =>
  Duration.sum(proxy?.deadline ?? noProxyDeadline, Duration.seconds(1))

/** The longest way of a charge: the PaymentMethod, the intent, the intent asked again, its cancellation. */
export const chargeDeadline = (options: ChargingOptions): Duration.Duration => {
  const { intentDeadline, readDeadline, cancelDeadline } = options.timings
  return [intentDeadline, readDeadline, cancelDeadline].reduce(Duration.sum, methodPatience(options))
}

type Charged = Effect.Effect<Captured, Declined | Indeterminate>

/**
 * Charges a vaulted card. Nobody uses a permit twice; if somebody did, what Stripe says of the request and not of the
 * intent would be about the second time only, and say nothing about the money of the first.
 */
export const chargeToken = (options: ChargingOptions, permit: SendPermit, token: VaultToken): Charged => {
  const charging = chargeAttempt(options, permit.attempt, token)
  if (!options.sent.has(permit)) {
    options.sent.add(permit)
    return charging
  }
  return Effect.mapError(charging, (error) =>
    error instanceof Declined && error.processorReference === undefined
      ? unknownOf("asked_again", `the attempt was sent before, and now: ${error.evidence.message}`)
      : error
  )
}

/** A PaymentMethod through the proxy, which moves no money; then the intent, directly. */
const chargeAttempt = Effect.fnUntraced(function* (
  options: ChargingOptions,
  attempt: CommittedAttempt,
  token: VaultToken
): Effect.fn.Return<Captured, Declined | Indeterminate> {
  const { proxy, vaultId, returnUrl } = options
  const start = yield* Clock.monotonicTimeNanos
  if (proxy === undefined) return yield* declinedOf(notSent("no vault of cards is configured"))
  if (token.vaultId !== vaultId) {
    return yield* declinedOf(notSent(`the card is in the vault ${token.vaultId}, not in ${vaultId}`))
  }
  if (!isTokenRef(token.tokenRef)) {
    return yield* declinedOf({
      kind: "hard",
      offNetwork: true,
      code: "invalid_token",
      message: "no charge was sent: that is no token of the vault's"
    })
  }
  const account = yield* readyAccount(options, attempt)

  const key = attempt.idempotencyKey
  const first = yield* makeMethod(options.client, proxy, account, token.tokenRef, `${key}-pm`, true)
  const made =
    first._tag === "WithoutCode"
      ? yield* makeMethod(options.client, proxy, account, token.tokenRef, `${key}-pm-nocvc`, false)
      : first
  switch (made._tag) {
    case "Declined":
      return yield* declinedOf(made.decline)
    case "Unknown":
      return yield* unknownOf(made.code, made.message)
    case "WithoutCode":
      return yield* declinedOf(notSent("the PaymentMethod could not be made"))
    case "Made":
      break
  }
  // Whoever stood still for so long may have been given up and taken over: nothing is sent any more.
  const late = (yield* Clock.monotonicTimeNanos) - start
  if (late > Duration.toNanosUnsafe(methodPatience(options))) {
    return yield* declinedOf(notSent("making the PaymentMethod took too long"))
  }
  return yield* send(options, account, attempt, [
    ["payment_method", made.method.id],
    ["return_url", returnUrl(attempt.session)]
  ])
})

/** Charges a PaymentMethod that the account holds already, without its customer. */
export const chargeStored = Effect.fnUntraced(function* (
  options: ChargingOptions,
  request: ChargeRequest
): Effect.fn.Return<Captured, Declined | Indeterminate> {
  const account = yield* readyAccount(options, request)
  return yield* send(options, account, request, [
    ["payment_method", request.paymentMethodRef],
    ["off_session", "true"]
  ])
})

const readyAccount = ({ accounts }: ChargingOptions, { mid }: MoneyRequest) =>
  accounts.get(mid).pipe(
    Effect.flatMap(stripeAccount),
    Effect.mapError((error: AccountNotReady) => declinedOf(notSent(error.message)))
  )

const makeMethod = Effect.fnUntraced(function* (
  client: StripeClient,
  proxy: Proxy,
  account: StripeAccount,
  tokenRef: string,
  idempotencyKey: string,
  withCode: boolean
): Effect.fn.Return<MethodVerdict> {
  const form: Form = [
    ["type", "card"],
    ["card[number]", cardField(tokenRef, "number")],
    ["card[exp_month]", cardField(tokenRef, "expiration_month")],
    ["card[exp_year]", cardField(tokenRef, "expiration_year")],
    ...(withCode ? [["card[cvc]", cardField(tokenRef, "cvc")] as const] : [])
  ]
  const proxied = yield* proxy.proxied({
    method: "POST",
    url: new URL("/v1/payment_methods", client.origin),
    headers: { ...headersFor(account, idempotencyKey), ...formHeaders },
    body: formText(form)
  })
  return judgeMethod(
    proxied._tag === "Destination"
      ? { _tag: "Replied", reply: readReply(proxied.answer, decodeMethod) }
      : { _tag: "Proxied", proxied }
  )
})

/** The one call that moves money. Its fields are the same whenever it is asked for under the same key. */
const send = (
  options: ChargingOptions,
  account: StripeAccount,
  { idempotencyKey, money }: MoneyRequest,
  how: Form
): Charged =>
  Effect.gen(function* () {
    const { client, timings } = options
    const asked: Asked = { idempotencyKey, money, livemode: account.livemode }
    const reply = yield* client.post(
      account,
      "/v1/payment_intents",
      [
        ["amount", String(money.amount)],
        ["currency", money.currency.toLowerCase()],
        ["confirm", "true"],
        ["capture_method", "automatic"],
        ["allowed_payment_method_types[]", "card"],
        ["metadata[attempt_id]", idempotencyKey],
        ...how
      ],
      PaymentIntent,
      { deadline: timings.intentDeadline, idempotencyKey }
    )
    const verdict = judgeAnswer(reply, asked)
    const replayed = replayedIntent(reply)
    return yield* conclude(
      options,
      account,
      asked,
      replayed === undefined ? verdict : yield* askAgain(options, account, asked, replayed, verdict)
    )
  })

/** The intent that an earlier request under this key was told of. */
const replayedIntent = (reply: Reply<PaymentIntent>): string | undefined => {
  if (reply._tag === "Object") return reply.replayed ? reply.value.id : undefined
  return reply._tag === "Error" && reply.replayed ? reply.intent?.id : undefined
}

/** A replay shows the intent as it was; this is what it is now. */
const askAgain = Effect.fnUntraced(function* (
  { client, timings }: ChargingOptions,
  account: StripeAccount,
  asked: Asked,
  id: string,
  before: Verdict
): Effect.fn.Return<Verdict> {
  const path = `/v1/payment_intents/${encodeURIComponent(id)}`
  const reply = yield* client.get(account, path, [], PaymentIntent, timings.readDeadline)
  return reply._tag === "Object" && reply.value.id === id ? judgeAnswer(reply, asked) : before
})

const conclude = (
  { client, timings }: ChargingOptions,
  account: StripeAccount,
  asked: Asked,
  verdict: Verdict
): Charged => {
  switch (verdict._tag) {
    case "Captured":
      return outcome(capturedOf(verdict.intent))
    case "Declined":
      return Effect.fail(declinedOf(verdict.decline, verdict.intent?.id))
    case "Cancel":
      return Effect.flatMap(cancelIntent(client, account, asked, verdict, timings.cancelDeadline), outcome)
    case "Waits":
      return Effect.fail(
        new Indeterminate({
          processorReference: verdict.intent.id,
          action: verdict.action,
          evidence: { code: "requires_action", message: "the issuer asks the customer to authenticate" }
        })
      )
    case "Unknown":
      return Effect.fail(unknownOf(verdict.code, verdict.message, verdict.intent?.id))
  }
}

const outcome = (heard: Captured | Declined | Indeterminate): Charged =>
  heard instanceof Captured ? Effect.succeed(heard) : Effect.fail(heard)

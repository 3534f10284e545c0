import { Clock, Duration, Effect } from "effect"
import type { VaultToken } from "../../../kernel/Card.ts"
import { type Captured, Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { minorUnitDecimals } from "../../../kernel/Money.ts"
import type { ChargeRequest, MoneyRequest } from "../../../kernel/PaymentProvider.ts"
import type { Proxied } from "../../vault/basis-theory/proxied.ts"
import type { Proxy } from "../../vault/basis-theory/proxy.ts"
import { cardExpiry, cardField, isTokenRef } from "../../vault/basis-theory/tokenRefs.ts"
import { decimalOf } from "./amounts.ts"
import { type Form, formHeaders, formText, type NmiAccount, nmiAccount, transactPath } from "./client.ts"
import { judgeSale } from "./disposition.ts"
import { lookupCharge, type LookupOptions } from "./lookup.ts"
import type { SentKeys } from "./sentKeys.ts"
import type { makeTestModeGuard } from "./testMode.ts"
import { readReply } from "./wire.ts"

/** How charges are made. */
export interface ChargingOptions extends LookupOptions {
  /** The way for card data; without a vault there is none. */
  readonly proxy: Proxy | undefined
  readonly vaultId: string
  readonly obstacle: ReturnType<typeof makeTestModeGuard>
  readonly sent: SentKeys
}

type Charged = Effect.Effect<Captured, Declined | Indeterminate>

/** Without a proxy every charge ends at once. */
const noProxyDeadline = Duration.seconds(1)

/** How long the step before the sale may take; a sale is not sent later than that. */
const readyPatience = ({ timings }: ChargingOptions): Duration.Duration =>
  Duration.sum(timings.queryDeadline, Duration.seconds(1))

/** The longest way of a charge: the account asked for its mode, then the sale; or what became of a sale before. */
export const chargeDeadline = (options: ChargingOptions): Duration.Duration =>
  Duration.sum(readyPatience(options), options.proxy?.deadline ?? noProxyDeadline)

/** Charges a vaulted card: one sale through the proxy, with expressions where its data is to stand. */
export const chargeToken = Effect.fnUntraced(function* (
  options: ChargingOptions,
  attempt: MoneyRequest,
  { vaultId, tokenRef }: VaultToken
): Effect.fn.Return<Captured, Declined | Indeterminate> {
  const { proxy, client, sent } = options
  if (sent.has(attempt.idempotencyKey)) return yield* sentBefore(options, attempt)
  if (proxy === undefined) return yield* notSent("no vault of cards is configured")
  if (vaultId !== options.vaultId) {
    return yield* notSent(`the card is in the vault ${vaultId}, not in ${options.vaultId}`)
  }
  if (!isTokenRef(tokenRef)) {
    return yield* new Declined({
      kind: "hard",
      offNetwork: true,
      evidence: { code: "invalid_token", message: "no charge was sent: that is no token of the vault's" }
    })
  }
  return yield* saleOf(options, attempt, (account, sale) =>
    Effect.map(
      proxy.proxied({
        method: "POST",
        url: new URL(transactPath, client.origin),
        headers: formHeaders,
        body: formText(account, [
          ...sale,
          ["ccnumber", cardField(tokenRef, "number")],
          ["ccexp", cardExpiry(tokenRef)],
          ["cvv", cardField(tokenRef, "cvc")]
        ])
      }),
      (proxied) => judgeProxied(proxied, attempt)
    )
  )
})

/** Charges a card that NMI keeps, without its customer. */
export const chargeStored = Effect.fnUntraced(function* (
  options: ChargingOptions,
  request: ChargeRequest
): Effect.fn.Return<Captured, Declined | Indeterminate> {
  const { paymentMethodRef } = request
  if (options.sent.has(request.idempotencyKey)) return yield* sentBefore(options, request)
  if (!/^[\w-]{1,64}$/.test(paymentMethodRef)) return yield* notSent("that is no card that NMI keeps")
  return yield* saleOf(options, request, (account, sale) =>
    Effect.map(
      options.client.transact(account, [
        ...sale,
        ["customer_vault_id", paymentMethodRef],
        ["initiated_by", "merchant"],
        ["stored_credential_indicator", "used"]
      ]),
      (reply) => judgeSale(reply, request)
    )
  )
})

/** The one request that moves money, after all that can keep it from being sent. */
const saleOf = (
  options: ChargingOptions,
  request: MoneyRequest,
  send: (account: NmiAccount, sale: Form) => Effect.Effect<Captured | Declined | Indeterminate>
): Charged =>
  Effect.gen(function* () {
    const { accounts, sent, obstacle } = options
    const { idempotencyKey, money } = request
    const start = yield* Clock.monotonicTimeNanos
    if (minorUnitDecimals[money.currency] !== 2) {
      return yield* notSent(`NMI writes amounts with two decimals, which ${money.currency} has not`)
    }
    // NMI cuts or refuses a longer one, and then nobody finds the sale by it.
    if (!/^[\w-]{1,50}$/.test(idempotencyKey)) return yield* notSent("the key is no orderid")
    const account = yield* accounts.get(request.mid).pipe(
      Effect.flatMap(nmiAccount),
      Effect.catch((error) => notSent(error.message))
    )
    const problem = yield* obstacle(account)
    if (problem !== undefined) return yield* notSent(problem)
    // Whoever stood still for so long may have been given up and taken over: nothing is sent any more.
    const late = (yield* Clock.monotonicTimeNanos) - start
    if (late > Duration.toNanosUnsafe(readyPatience(options))) {
      return yield* notSent("finding out whether the account charges for real took too long")
    }
    if (!sent.claim(idempotencyKey)) return yield* sentBefore(options, request)

    const { processorId, duplicateSeconds } = account
    const heard = yield* send(account, [
      ["type", "sale"],
      ["amount", decimalOf(money.amount)],
      ["currency", money.currency],
      ["orderid", idempotencyKey],
      ...(processorId === undefined ? [] : [["processor_id", processorId] as const]),
      ...(duplicateSeconds === undefined ? [] : [["dup_seconds", duplicateSeconds] as const])
    ])
    return heard instanceof Declined || heard instanceof Indeterminate ? yield* heard : heard
  })

/**
 * What came of the sale that this process sent under the key. Another one is never sent, and whatever keeps it from
 * being sent says nothing of the first.
 */
const sentBefore = (options: LookupOptions, { mid, idempotencyKey, money }: MoneyRequest): Charged =>
  Effect.flatMap(lookupCharge(options, { mid, idempotencyKey, money }), (found): Charged => {
    switch (found._tag) {
      case "FoundCaptured": {
        const { captured } = found
        return captured.amount === money.amount && captured.currency === money.currency
          ? Effect.succeed(captured)
          : unknown("other_money", "other money was charged under this key")
      }
      case "FoundDeclined":
        return Effect.fail(found.declined)
      case "StillPending":
      case "NotFound":
        return unknown("sent_before", `a sale was sent under this key: ${found.evidence.message}`)
    }
  })

const judgeProxied = (proxied: Proxied, asked: MoneyRequest): Captured | Declined | Indeterminate => {
  switch (proxied._tag) {
    case "Destination":
      return judgeSale(readReply(proxied.answer), asked)
    case "NotForwarded":
      return new Declined({
        kind: "soft",
        offNetwork: true,
        evidence: { code: proxied.code, message: `no sale was sent: ${proxied.message}` }
      })
    case "Unknown":
      return new Indeterminate({ evidence: { code: proxied.code, message: proxied.message } })
  }
}

const notSent = (why: string): Effect.Effect<never, Declined> =>
  Effect.fail(
    new Declined({
      kind: "soft",
      offNetwork: true,
      evidence: { code: "not_sent", message: `no charge was sent: ${why}` }
    })
  )

const unknown = (code: string, message: string): Effect.Effect<never, Indeterminate> =>
  Effect.fail(new Indeterminate({ evidence: { code, message } }))

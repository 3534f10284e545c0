import { Effect, Redacted, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Checkout } from "../../kernel/checkout/Checkout.ts"
import { EmbedExchanges } from "../../kernel/checkout/EmbedExchanges.ts"
import type { Standing } from "../../checkout/wire.ts"
import {
  CardNotAccepted,
  EmbedTokenRefused,
  MalformedRequest,
  TooManyRequests,
  UnknownCheckout
} from "../doorRefusals.ts"
import { malformedBy } from "../malformed.ts"
import { adviseOnLedger } from "../refusals.ts"
import { type CheckoutAddresses, fingerprintOf } from "./addresses.ts"
import { CardFields } from "./CardFields.ts"
import { fromOurPage } from "./fromOurPage.ts"
import { SessionLimits } from "./SessionLimits.ts"
import { told } from "./told.ts"
import { standingOf } from "./view.ts"

const Turn = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))

const Payment = Schema.Struct({
  turn: Turn,
  vaultId: Schema.String.check(Schema.isMaxLength(100)),
  tokenRef: Schema.String.check(Schema.isMaxLength(200))
})

const Withdrawal = Schema.Struct({ turn: Turn })

const Exchange = Schema.Struct({
  embedToken: Schema.String.check(Schema.isMaxLength(200)),
  holder: Schema.String.check(Schema.isPattern(/^[0-9a-f]{48}$/))
})

/**
 * The customer's own door: what the checkout's page asks. The secret in the address lets one in, to that one session;
 * there is no API key and no cookie. A card number is refused here as everywhere, and never repeated.
 */
export const doorRoutes = (addresses: CheckoutAddresses) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const checkout = yield* Checkout
      const limits = yield* SessionLimits
      const exchanges = yield* EmbedExchanges
      const { offered } = yield* CardFields

      const sessionHere = Effect.gen(function* () {
        const { session = "", secret = "" } = yield* HttpRouter.params
        return addresses.opened(session, secret) ?? (yield* new UnknownCheckout())
      })

      const answered = (standing: Standing) => HttpServerResponse.jsonUnsafe(standing)

      const look = Effect.gen(function* () {
        const session = yield* sessionHere
        yield* limits.take("look", session)
        return answered(standingOf(yield* checkout.look(session).pipe(adviseOnLedger("read"))))
      })

      const pay = Effect.gen(function* () {
        yield* fromOurPage
        const session = yield* sessionHere
        yield* limits.take("pay", session)
        const { turn, ...vaultToken } = yield* bodyOf(Payment)
        if (vaultToken.vaultId !== offered?.vault) return yield* new CardNotAccepted()
        const looked = yield* checkout.pay(session, { turn, vaultToken }).pipe(
          adviseOnLedger("confirm"),
          // Accounts, tokens and why they may not meet are nothing for a customer.
          Effect.catchTag(["NoEligibleMerchantAccount", "UnknownToken", "UnknownVault"], (refusal) =>
            Effect.andThen(Effect.logInfo(refusal.message), new CardNotAccepted())
          ),
          Effect.catchTag("RateLimited", ({ retryAfterSeconds }) =>
            Effect.fail(new TooManyRequests({ seconds: retryAfterSeconds }))
          )
        )
        return answered(standingOf(looked))
      })

      const withdraw = Effect.gen(function* () {
        yield* fromOurPage
        const session = yield* sessionHere
        yield* limits.take("withdraw", session)
        const { turn } = yield* bodyOf(Withdrawal)
        return answered(standingOf(yield* checkout.withdraw(session, turn).pipe(adviseOnLedger("confirm"))))
      })

      const openVaultSession = Effect.gen(function* () {
        yield* fromOurPage
        const session = yield* sessionHere
        yield* limits.take("openVaultSession", session)
        if (offered?.vault !== "basis_theory") return yield* new UnknownCheckout()
        const { sessionKey } = yield* offered.openSession
        return HttpServerResponse.jsonUnsafe({ sessionKey: Redacted.value(sessionKey) })
      })

      const exchange = Effect.gen(function* () {
        yield* fromOurPage
        const { embedToken, holder } = yield* bodyOf(Exchange)
        const session = yield* addresses.openedByToken(embedToken)
        yield* limits.take("look", session)
        const first = yield* exchanges
          .exchange({ session, token: fingerprintOf(embedToken), holder: fingerprintOf(holder) })
          .pipe(adviseOnLedger("exchange"))
        if (!first) return yield* new EmbedTokenRefused({ problem: "exchanged" })
        return HttpServerResponse.jsonUnsafe({ page: addresses.pathOf(session) })
      })

      yield* router.add("GET", "/pay/:session/:secret/state", told(look))
      yield* router.add("POST", "/pay/:session/:secret/payments", told(pay))
      yield* router.add("POST", "/pay/:session/:secret/withdrawals", told(withdraw))
      yield* router.add("POST", "/pay/:session/:secret/vault-session", told(openVaultSession))
      yield* router.add("POST", "/embed/exchange", told(exchange))
    })
  )

/** The body, as it has to be and with nothing else in it; what else it was is not repeated. */
const bodyOf = <Body extends Schema.Top & { readonly DecodingServices: never }>(schema: Body) => {
  const decode = Schema.decodeUnknownEffect(schema, { onExcessProperty: "error", errors: "all" })
  return Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const read = yield* request.json.pipe(
      Effect.mapError(
        () => new MalformedRequest({ problems: [{ field: null, problem: "should be valid JSON" }] })
      )
    )
    return yield* decode(read).pipe(Effect.mapError(({ issue }) => malformedBy(issue)))
  })
}

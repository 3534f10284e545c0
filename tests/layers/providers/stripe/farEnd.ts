// A far end that answers as it is told, without a network: for what the emulator is too honest to do.
import { Effect, Redacted } from "effect"
import type { MidId } from "../../../../src/kernel/ids.ts"
import type { PaymentProvider } from "../../../../src/kernel/PaymentProvider.ts"
import type { ProviderAccount } from "../../../../src/layers/providers/ProviderAccounts.ts"
import { makeStripeDriver } from "../../../../src/layers/providers/stripe/driver.ts"
import type { Exchanged, OutgoingRequest } from "../../../../src/layers/transport/Exchange.ts"
import { makeProxy } from "../../../../src/layers/vault/basis-theory/proxy.ts"
import { basisTheoryTimings } from "../../../../src/layers/vault/basis-theory/config.ts"
import { accountOf } from "./stripeUnderTest.ts"

/** `POST /v1/payment_intents`, and what was sent there. */
export interface Seen extends OutgoingRequest {
  readonly to: string
}

/** Where a request is meant for: through the proxy, that is the destination. */
const destinationOf = ({ method, url, headers }: OutgoingRequest): string => {
  const proxied = headers["bt-proxy-url"]
  return typeof proxied === "string"
    ? `${method} proxied ${new URL(proxied).pathname}`
    : `${method} ${url.pathname}`
}

/** The driver, with its own deadlines, and everything that it sends. */
export const farEnd = (
  answer: (to: string, request: OutgoingRequest) => Exchanged,
  account: (mid: MidId) => ProviderAccount = accountOf,
  takes: (to: string) => Effect.Effect<void> = () => Effect.void
): { readonly driver: PaymentProvider; readonly seen: ReadonlyArray<Seen> } => {
  const seen: Array<Seen> = []
  const transport = (request: OutgoingRequest) =>
    Effect.suspend(() => {
      const to = destinationOf(request)
      seen.push({ ...request, to })
      return Effect.as(takes(to), answer(to, request))
    })
  const driver = makeStripeDriver({
    origin: "https://api.stripe.com",
    transport,
    accounts: { get: (mid) => Effect.succeed(account(mid)) },
    proxy: makeProxy(
      {
        origin: "https://api.basistheory.com",
        apiKey: Redacted.make("key_private"),
        publicKey: undefined,
        timings: basisTheoryTimings
      },
      transport
    ),
    returnUrl: (session) => `https://pay.example/pay/${session}`
  })
  return { driver, seen }
}

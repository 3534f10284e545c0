import { type Duration, Effect, type Redacted } from "effect"
import type { OutgoingRequest, Transport } from "../../transport/Exchange.ts"
import type { BasisTheorySettings } from "./config.ts"
import { type Proxied, readProxied } from "./proxied.ts"

/** A request to a processor, with expressions where card data is to stand. */
export interface ProxiedRequest {
  readonly method: "POST"
  /** Where the proxy is to send it: HTTPS and a name. */
  readonly url: URL
  /** Names in lower case; the proxy hands them on. */
  readonly headers: Readonly<Record<string, string | Redacted.Redacted>>
  readonly body: string
}

/** The vault's ephemeral proxy: the only way on which card data reaches a processor. */
export interface Proxy {
  /** How long the longest request takes. */
  readonly deadline: Duration.Duration
  /** Sends a request through the proxy, once. */
  readonly proxied: (request: ProxiedRequest) => Effect.Effect<Proxied>
}

export const makeProxy = ({ origin, apiKey, timings }: BasisTheorySettings, transport: Transport): Proxy => ({
  deadline: timings.proxyDeadline,
  proxied: ({ url, headers, method, body }) => {
    const request: OutgoingRequest = {
      method,
      url: new URL("/proxy", origin),
      headers: { ...headers, "bt-api-key": apiKey, "bt-proxy-url": url.href },
      body,
      deadline: timings.proxyDeadline
    }
    return Effect.map(transport(request), readProxied)
  }
})

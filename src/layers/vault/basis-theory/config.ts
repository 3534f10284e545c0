import { Config, Duration, Option, type Redacted } from "effect"
import { ServiceOrigin } from "../../transport/ServiceOrigin.ts"

/** How a Basis Theory tenant is reached. */
export interface BasisTheorySettings {
  /** No slash at the end. */
  readonly origin: string
  /** Of a private application: it reads tokens, authorizes sessions and may use the proxy. */
  readonly apiKey: Redacted.Redacted
  /** Of a public application: it opens sessions for browsers. Without it there are none. */
  readonly publicKey: Redacted.Redacted | undefined
  readonly timings: BasisTheoryTimings
}

export interface BasisTheoryTimings {
  /** How long a request to the vault itself may take. */
  readonly vaultDeadline: Duration.Duration
  /**
   * How long a request through the proxy may take. The proxy gives a destination 25 seconds and says so then; ours is
   * longer, so that we hear it.
   */
  readonly proxyDeadline: Duration.Duration
}

export const basisTheoryTimings: BasisTheoryTimings = {
  vaultDeadline: Duration.seconds(5),
  proxyDeadline: Duration.seconds(30)
}

/** The settings of this process; none without a key of a private application. */
export const basisTheorySettings: Config.Config<Option.Option<BasisTheorySettings>> = Config.all({
  origin: Config.schema(ServiceOrigin, "BASIS_THEORY_ORIGIN").pipe(
    Config.withDefault("https://api.basistheory.com")
  ),
  apiKey: Config.option(Config.Redacted("BASIS_THEORY_API_KEY")),
  publicKey: Config.option(Config.Redacted("BASIS_THEORY_PUBLIC_KEY"))
}).pipe(
  Config.map(({ origin, apiKey, publicKey }) =>
    Option.map(apiKey, (key) => ({
      origin,
      apiKey: key,
      publicKey: Option.getOrUndefined(publicKey),
      timings: basisTheoryTimings
    }))
  )
)

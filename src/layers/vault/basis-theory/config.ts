import { Config, Duration, Option, type Redacted } from "effect"
import { optionalSetting, secret, type Setting, setting, text } from "../../../settings/setting.ts"
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

const each = {
  apiKey: optionalSetting("BASIS_THEORY_API_KEY", secret, {
    without: "that vault is not used",
    sets: "key of a private Basis Theory application: tokens and proxy"
  }),
  publicKey: optionalSetting("BASIS_THEORY_PUBLIC_KEY", secret, {
    without: "none",
    sets: "key of a public one, with which browsers open sessions"
  }),
  origin: setting("BASIS_THEORY_ORIGIN", ServiceOrigin, {
    standard: "https://api.basistheory.com",
    sets: "where Basis Theory is"
  })
}

const elements = {
  origin: setting("BASIS_THEORY_ELEMENTS", ServiceOrigin, {
    standard: "https://js.basistheory.com",
    sets: "where its card fields for browsers are"
  }),
  integrity: optionalSetting("BASIS_THEORY_ELEMENTS_SRI", text, {
    without: "not compared",
    sets: "what browsers compare their script with: `sha384-…`, as the vault publishes it for version 2.17.0"
  })
}

export const eachOfBasisTheory: ReadonlyArray<Setting<unknown>> = [
  ...Object.values(each),
  ...Object.values(elements)
]

/** The vault's own fields for browsers: where their script is, and what browsers compare it with. */
export const basisTheoryElements = Config.all(elements)

/** The settings of this process; none without a key of a private application. */
export const basisTheorySettings: Config.Config<Option.Option<BasisTheorySettings>> = Config.all(each).pipe(
  Config.map(({ origin, apiKey, publicKey }) =>
    Option.map(apiKey, (key) => ({
      origin,
      apiKey: key,
      publicKey: Option.getOrUndefined(publicKey),
      timings: basisTheoryTimings
    }))
  )
)

import { Config, Duration, Effect, Option, Redacted, Result, Schema } from "effect"
import { join } from "node:path"
import type { Seed } from "./db/seed.ts"
import { type KeyHashSecrets, keyHashSecretsOf } from "./db/access/keyHash.ts"
import { checkoutKeysOf } from "./http/checkout/checkoutKeys.ts"
import { nmiOrigin } from "./layers/providers/nmi/config.ts"
import { stripeOrigin } from "./layers/providers/stripe/config.ts"
import { stubSettings } from "./layers/providers/stub/config.ts"
import { stubVaultDelay } from "./layers/vault/stub/config.ts"
import { eachOfBasisTheory } from "./layers/vault/basis-theory/config.ts"
import type { RateLimits } from "./kernel/limits/RateLimits.ts"
import { keysOf } from "./layers/webhooks/SealedSecrets.ts"
import {
  oneOf,
  optionalSetting,
  rate,
  secret,
  type Setting,
  setting,
  text,
  time,
  wholeNumber,
  yesOrNo
} from "./settings/setting.ts"
import { type LiveSettings, liveSettings } from "./settings/live.ts"
import { headersIn } from "./telemetry/headersIn.ts"
import { trustedBy } from "./settings/trustedBy.ts"
import { strangeNames } from "./settings/strangeNames.ts"

/** Every setting of the service, from its environment. Units are in the names or in the values: `24 hours`. */
export interface Settings extends LiveSettings {
  readonly host: string
  readonly port: number
  /**
   * This server is reached from this machine only, so development keys are taken and GraphiQL is shown. One that
   * listens on loopback behind a proxy is not: its public origin tells.
   */
  readonly loopbackOnly: boolean
  /** Where customers and apps reach the server; no slash at the end. */
  readonly publicOrigin: string
  /** A PostgreSQL of the operator's; without it the embedded one keeps its data in `dataDirectory`. */
  readonly databaseUrl: Redacted.Redacted | undefined
  /** A PostgreSQL for the books of the simulated gateways; without it they are in the service's own. */
  readonly stubDatabaseUrl: Redacted.Redacted | undefined
  readonly dataDirectory: string
  /** Connections of the app's pool, on which money moves. */
  readonly databaseConnections: number
  /** Connections of a second pool of the app's: for what is only read, and for API keys. */
  readonly databaseReadConnections: number
  /** Whose placeholder companies and accounts, with the development key, to put into the database. */
  readonly seed: Seed | undefined
  /** The processors and the vault are the emulators, which this process starts. */
  readonly sandbox: boolean
  readonly apiKeySecret: Redacted.Redacted | undefined
  /** What API keys are hashed with; without it only a server for this machine lets anybody in. */
  readonly keyHashSecrets: KeyHashSecrets
  /** What the signing secrets of apps are sealed with; without it only a server for this machine keeps any. */
  readonly eventSecretsKey: Redacted.Redacted | undefined
  readonly checkoutKey: Redacted.Redacted | undefined
  /** What the addresses of checkouts are derived with; without it only a server for this machine has any. */
  readonly checkoutKeys: ReadonlyArray<Redacted.Redacted<Uint8Array>>
  /** How long a session may be paid after it was declared. */
  readonly sessionLifetime: Duration.Duration
  /** How long a second person may take to sign what another one asked for. */
  readonly changeLifetime: Duration.Duration
  /** How long an attempt may be in review before a person is called. */
  readonly pageAfter: Duration.Duration
  /** How often things may be asked of this server and all others on its database. */
  readonly rateLimits: RateLimits
  /** A file of documents that clients may name by their hashes. */
  readonly trustedDocuments: string | undefined
  /** Principals, with commas between, whose keys may send no others. */
  readonly trustedDocumentsOnly: string | undefined
  /** How long a server that was told to stop goes on taking requests, while it says that it is not ready. */
  readonly stopNotice: Duration.Duration
  /** How long a stop may take as a whole; what is under way by then is left to the reconciler. */
  readonly stopWithin: Duration.Duration
  /** Whether to serve on a database of a later version: somebody goes back to this one, and knows what they do. */
  readonly newerDatabase: boolean
  readonly metricsHost: string
  /** Without it there are no metrics. */
  readonly metricsPort: number | undefined
  /** Without it there are no traces. No slash at the end. */
  readonly tracesEndpoint: string | undefined
  readonly tracesHeaders: Redacted.Redacted | undefined
  readonly tracesSampling: number
  readonly logLevel: "debug" | "info" | "warn" | "error"
  readonly logFormat: "pretty" | "json"
}

const loopback = /^(localhost|127(\.[0-9]{1,3}){3}|::1)$/

/** As many connections as fit, with those of the others, under the embedded PostgreSQL's limit of 100. */
const connections = wholeNumber(1, 40)

/** Where a collector is; the operator's own, so that it may be anywhere. */
const collector = Schema.String.check(
  Schema.makeFilter((address) => /^https?:\/\//.test(address) && URL.canParse(address), {
    expected: "an address such as http://127.0.0.1:4318"
  })
).annotate({ description: "an address such as `http://127.0.0.1:4318`" })

const part = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })).annotate({
  description: "0 to 1"
})

/** What this server is told, in the order in which it is listed. What drivers and vaults are told stands with them. */
const declared = {
  host: setting("HOST", text, {
    standard: "127.0.0.1",
    sets: "where the server listens; beyond loopback it refuses development keys and shows no GraphiQL"
  }),
  port: setting("PORT", wholeNumber(1, 65_535), { standard: "4000", sets: "on which port" }),
  publicOrigin: optionalSetting("PUBLIC_ORIGIN", text, {
    without: "`http://` with HOST and PORT",
    sets: "where customers and apps reach the server, without a slash at the end; beyond loopback the same as with `HOST`"
  }),
  databaseUrl: optionalSetting("DATABASE_URL", secret, {
    without: "the embedded PostgreSQL",
    sets: "a PostgreSQL 18 of your own: `postgres://user:password@host/database`, as its owner, who may make roles"
  }),
  dataDirectory: setting("DATA_DIRECTORY", text, {
    standard: ".data",
    sets: "where the embedded PostgreSQL keeps its data; as root, and where only root may enter, the start says where it is instead"
  }),
  databaseConnections: setting("DATABASE_CONNECTIONS", connections, {
    standard: "16",
    sets: "connections of the app's pool, on which money moves"
  }),
  databaseReadConnections: setting("DATABASE_READ_CONNECTIONS", connections, {
    standard: "8",
    sets: "connections for lists and API keys, so that slow ones keep no charge waiting"
  }),
  seed: optionalSetting("SEED", yesOrNo, {
    without: "true without `DATABASE_URL`",
    sets: "whether to put the placeholder companies, accounts, catalogue and the development key into the database"
  }),
  sandbox: setting("SANDBOX", yesOrNo, {
    standard: "false",
    sets: "with `true`, or `npm start -- --sandbox`, this process starts emulators of Stripe, NMI and Basis Theory and charges over them"
  }),
  sessionLifetime: setting("SESSION_LIFETIME", time, {
    standard: "24 hours",
    sets: "how long a session may be paid after it was declared"
  }),
  changeLifetime: setting("CHANGE_LIFETIME", time, {
    standard: "24 hours",
    sets: "how long what takes two persons waits for the second one"
  }),
  pageAfter: setting("PAGE_AFTER", time, {
    standard: "15 minutes",
    sets: "how long an attempt or a refund may be in review before a person is called"
  }),
  rateLimitRequests: setting("RATE_LIMIT_REQUESTS", rate, {
    standard: "500 at once, then 100 a second",
    sets: "how often one API key may ask, over all servers on the same database"
  }),
  rateLimitPayments: setting("RATE_LIMIT_PAYMENTS", rate, {
    standard: "200 at once, then 5 a second",
    sets: "how often one API key may declare and confirm payments; raise it for a shop that sells more"
  }),
  rateLimitSession: setting("RATE_LIMIT_SESSION", rate, {
    standard: "4 at once, then 4 a minute",
    sets: "how often one session may be tried with a card"
  }),
  rateLimitCard: setting("RATE_LIMIT_CARD", rate, {
    standard: "8 at once, then 8 an hour",
    sets: "how often one card may be tried on live accounts, over all sessions, keys, brands and companies"
  }),
  ...liveSettings,
  trustedDocuments: optionalSetting("TRUSTED_DOCUMENTS", text, {
    without: "none",
    sets: "a file of documents that clients may name by their SHA-256: `node scripts/trustedDocuments.ts` makes one"
  }),
  trustedDocumentsOnly: optionalSetting("TRUSTED_DOCUMENTS_ONLY", text, {
    without: "nobody",
    sets: "principals, with commas between, whose API keys may send these documents and no others; `*` for all"
  }),
  stopNotice: setting("STOP_NOTICE", time, {
    standard: "0 seconds",
    sets: "how long a server that was told to stop still takes requests, while `/ready` says 503: as long as a load balancer needs to see it"
  }),
  stopWithin: setting("STOP_WITHIN", time, {
    standard: "2 minutes",
    sets: "how long a stop may take as a whole; a charge that is still under way then is found out about by the next server"
  }),
  newerDatabase: setting("ALLOW_NEWER_DATABASE", yesOrNo, {
    standard: "false",
    sets: "whether a server is ready on a database that a later version has migrated: for going back to this one"
  }),
  metricsPort: optionalSetting("METRICS_PORT", wholeNumber(1, 65_535), {
    without: "no metrics",
    sets: "the port of `GET /metrics`, for Prometheus; the doors do not have it"
  }),
  metricsHost: setting("METRICS_HOST", text, {
    standard: "127.0.0.1",
    sets: "where that port listens"
  }),
  tracesEndpoint: optionalSetting("TRACES_ENDPOINT", collector, {
    without: "no traces",
    sets: "an OpenTelemetry collector that takes OTLP over HTTP; traces go to `/v1/traces` there"
  }),
  tracesHeaders: optionalSetting("TRACES_HEADERS", secret, {
    without: "none",
    sets: "headers for the collector: `name=value`, with commas between"
  }),
  tracesSampling: setting("TRACES_SAMPLING", part, {
    standard: "1",
    sets: "the part of the traces that is kept"
  }),
  logLevel: setting("LOG_LEVEL", oneOf(["debug", "info", "warn", "error"]), {
    standard: "info",
    sets: "what is less than that is not logged"
  }),
  logFormat: setting("LOG_FORMAT", oneOf(["pretty", "json"]), {
    standard: "pretty",
    sets: "for people, or one object a line"
  }),
  apiKeySecret: optionalSetting("API_KEY_SECRET", secret, {
    without: "nobody has a key beyond loopback",
    sets: "secrets that API keys are hashed with: 32 bytes in Base64 each, the newest first, commas between; the same for several servers"
  }),
  eventSecretsKey: optionalSetting("EVENT_SECRETS_KEY", secret, {
    without: "nobody can subscribe beyond loopback",
    sets: "keys that seal the signing secrets of event subscriptions: 32 bytes in Base64 each, the newest first, commas between"
  }),
  checkoutKey: optionalSetting("CHECKOUT_KEY", secret, {
    without: "no checkouts beyond loopback",
    sets: "keys that the secrets in the addresses of checkouts are derived with, written like `EVENT_SECRETS_KEY`; the same for several servers"
  }),
  stubDatabaseUrl: optionalSetting("STUB_DATABASE_URL", secret, {
    without: "the service's own",
    sets: "a PostgreSQL 18 for the books of the simulated gateways, with the rights of `DATABASE_URL`"
  })
}

/** Where processors are. */
const processors: ReadonlyArray<Setting<unknown>> = [stripeOrigin, nmiOrigin]

/** Every setting of the service. The table of the README and `--help` are made from it. */
export const everySetting: ReadonlyArray<Setting<unknown>> = [
  ...Object.values(declared),
  ...eachOfBasisTheory,
  ...processors,
  ...stubSettings,
  stubVaultDelay
]

export const settings: Config.Config<Settings> = Config.all(declared).pipe(
  Config.map((found) => {
    const publicOrigin = Option.getOrElse(found.publicOrigin, () => originOf(found.host, found.port))
    const loopbackOnly = loopback.test(found.host) && isOnLoopback(publicOrigin)
    const databaseUrl = Option.getOrUndefined(found.databaseUrl)
    return {
      ...found,
      rateLimits: {
        requests: found.rateLimitRequests,
        payments: found.rateLimitPayments,
        session: found.rateLimitSession,
        card: found.rateLimitCard
      },
      loopbackOnly,
      databaseUrl,
      stubDatabaseUrl: Option.getOrUndefined(found.stubDatabaseUrl),
      eventSecretsKey: Option.getOrUndefined(found.eventSecretsKey),
      checkoutKey: Option.getOrUndefined(found.checkoutKey),
      apiKeySecret: Option.getOrUndefined(found.apiKeySecret),
      keyHashSecrets: keyHashSecretsOf(Option.getOrUndefined(found.apiKeySecret), loopbackOnly),
      checkoutKeys: checkoutKeysOf(Option.getOrUndefined(found.checkoutKey), loopbackOnly),
      metricsPort: Option.getOrUndefined(found.metricsPort),
      trustedDocuments: Option.getOrUndefined(found.trustedDocuments),
      trustedDocumentsOnly: Option.getOrUndefined(found.trustedDocumentsOnly),
      tracesEndpoint: Option.getOrUndefined(found.tracesEndpoint)?.replace(/\/+$/, ""),
      tracesHeaders: Option.getOrUndefined(found.tracesHeaders),
      publicOrigin,
      // Somebody's own database is not filled with placeholders unless they say so.
      // Books of emulators and of stubs do not belong into one database.
      dataDirectory: found.sandbox ? join(found.dataDirectory, "sandbox") : found.dataDirectory,
      seed: Option.getOrElse(found.seed, () => databaseUrl === undefined) ? seedOf(found.sandbox) : undefined
    }
  })
)

const seedOf = (sandbox: boolean): Seed => (sandbox ? "sandbox" : "stub")

const originOf = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`

/** What cannot be read as an address may be anywhere. */
const isOnLoopback = (origin: string): boolean =>
  URL.canParse(origin) && loopback.test(new URL(origin).hostname.replace(/^\[(.*)\]$/, "$1"))

/** A setting that cannot be used, and what would be right. */
export class SettingRefused extends Schema.TaggedError<SettingRefused>()("SettingRefused", {
  setting: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `The setting ${this.setting} ${this.problem}. README.md lists the settings, and so does \`npm start -- --help\`.`
  }
}

const longestLifetime = Duration.days(30)

/** What is a value of its type and still no use; the first of them is told. */
const check = (found: Settings): Effect.Effect<Settings, SettingRefused> => {
  const refuse = (name: string, problem: string) =>
    Effect.fail(new SettingRefused({ setting: name, problem }))
  const origin = found.publicOrigin
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
    return refuse(
      "PUBLIC_ORIGIN",
      `is ${show(origin)}; say an origin without a path or a slash at its end, such as https://pay.example`
    )
  }
  if (found.sandbox && found.databaseUrl !== undefined) {
    return refuse("SANDBOX", "keeps a database of its own; leave DATABASE_URL out")
  }
  if (found.sandbox && !found.loopbackOnly) {
    return refuse(
      "SANDBOX",
      "is for this machine only, because its keys are known; leave HOST and PUBLIC_ORIGIN out"
    )
  }
  for (const [name, key] of [
    ["EVENT_SECRETS_KEY", found.eventSecretsKey],
    ["CHECKOUT_KEY", found.checkoutKey],
    ["API_KEY_SECRET", found.apiKeySecret]
  ] as const) {
    if (key !== undefined && keysOf(Redacted.value(key)) === undefined) {
      return refuse(
        name,
        "is not 32 bytes in Base64 (or several of them, the newest first, with commas between); `openssl rand -base64 32` makes one"
      )
    }
  }
  if (found.tracesHeaders !== undefined && headersIn(found.tracesHeaders) === undefined) {
    return refuse("TRACES_HEADERS", "is not written as headers are here: name=value, with commas between")
  }
  if (found.metricsPort === found.port && found.metricsHost === found.host) {
    return refuse("METRICS_PORT", "is the port of the doors; say another one")
  }
  const documents = trustedBy(found)
  if (Result.isFailure(documents)) return refuse("TRUSTED_DOCUMENTS", documents.failure)
  const lifetime = found.sessionLifetime
  if (
    Duration.isLessThan(lifetime, Duration.seconds(1)) ||
    Duration.isGreaterThan(lifetime, longestLifetime)
  ) {
    return refuse(
      "SESSION_LIFETIME",
      'is not between 1 second and 30 days; say for example SESSION_LIFETIME="24 hours"'
    )
  }
  const changes = found.changeLifetime
  if (Duration.isLessThan(changes, Duration.minutes(1)) || Duration.isGreaterThan(changes, longestLifetime)) {
    return refuse(
      "CHANGE_LIFETIME",
      'is not between 1 minute and 30 days; say for example CHANGE_LIFETIME="24 hours"'
    )
  }
  return Effect.succeed(found)
}

/** A variable that looks like one of ours and is none. Nothing would tell whoever set it that nobody reads it. */
export const refuseStrange = (names: ReadonlyArray<string>): Effect.Effect<void, SettingRefused> => {
  const [strange] = strangeNames(
    names,
    everySetting.map(({ words }) => words.name)
  )
  if (strange === undefined) return Effect.void
  const meant = strange.meant === undefined ? "" : `; ${strange.meant} is`
  return Effect.fail(
    new SettingRefused({ setting: strange.name, problem: `is none of this service's${meant}` })
  )
}

/** The settings of this process, or the one that cannot be used. */
export const loadSettings: Effect.Effect<Settings, SettingRefused> = Effect.gen(function* () {
  // Drivers and vaults read theirs when they are made; what is wrong with them is told before a database is started.
  yield* Config.all(everySetting)
  return yield* settings
}).pipe(
  Effect.catchTag("ConfigError", (error) => {
    const name = /at \["([A-Z_]+)"\]/.exec(error.message)?.[1]
    const words = everySetting.find((one) => one.words.name === name)?.words
    return Effect.fail(
      new SettingRefused({
        setting: name ?? "(unknown)",
        problem: `cannot be used: it takes ${words?.values ?? "another value"}`
      })
    )
  }),
  Effect.flatMap(check)
)

const show = (value: string): string => JSON.stringify(value.slice(0, 80))

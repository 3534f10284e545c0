import { Config, Duration, Effect, Option, Redacted, Schema } from "effect"
import { join } from "node:path"
import type { Seed } from "./db/seed.ts"
import { nmiOrigin } from "./layers/providers/nmi/config.ts"
import { stripeOrigin } from "./layers/providers/stripe/config.ts"
import { stubTimings } from "./layers/providers/stub/config.ts"
import { basisTheorySettings } from "./layers/vault/basis-theory/config.ts"
import { keysOf } from "./layers/webhooks/SealedSecrets.ts"

/** Every setting of the service, from its environment. Units are in the names or in the values: `24 hours`. */
export interface Settings {
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
  /** What the signing secrets of apps are sealed with; without it only a server for this machine keeps any. */
  readonly eventSecretsKey: Redacted.Redacted | undefined
  /** How long a session may be paid after it was declared. */
  readonly sessionLifetime: Duration.Duration
  /** How long an attempt may be in review before a person is called. */
  readonly pageAfter: Duration.Duration
  readonly logLevel: "debug" | "info" | "warn" | "error"
  readonly logFormat: "pretty" | "json"
}

const loopback = /^(localhost|127(\.[0-9]{1,3}){3}|::1)$/

export const settings: Config.Config<Settings> = Config.all({
  host: Config.String("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.Port("PORT").pipe(Config.withDefault(4000)),
  publicOrigin: Config.option(Config.String("PUBLIC_ORIGIN")),
  databaseUrl: Config.option(Config.Redacted("DATABASE_URL")),
  stubDatabaseUrl: Config.option(Config.Redacted("STUB_DATABASE_URL")),
  dataDirectory: Config.String("DATA_DIRECTORY").pipe(Config.withDefault(".data")),
  databaseConnections: Config.Int("DATABASE_CONNECTIONS").pipe(Config.withDefault(16)),
  databaseReadConnections: Config.Int("DATABASE_READ_CONNECTIONS").pipe(Config.withDefault(8)),
  seed: Config.option(Config.Boolean("SEED")),
  sandbox: Config.Boolean("SANDBOX").pipe(Config.withDefault(false)),
  eventSecretsKey: Config.option(Config.Redacted("EVENT_SECRETS_KEY")),
  sessionLifetime: Config.Duration("SESSION_LIFETIME").pipe(Config.withDefault(Duration.hours(24))),
  pageAfter: Config.Duration("PAGE_AFTER").pipe(Config.withDefault(Duration.minutes(15))),
  logLevel: Config.Literals(["debug", "info", "warn", "error"], "LOG_LEVEL").pipe(Config.withDefault("info")),
  logFormat: Config.Literals(["pretty", "json"], "LOG_FORMAT").pipe(Config.withDefault("pretty"))
}).pipe(
  Config.map((found) => {
    const publicOrigin = Option.getOrElse(found.publicOrigin, () => originOf(found.host, found.port))
    const loopbackOnly = loopback.test(found.host) && isOnLoopback(publicOrigin)
    const databaseUrl = Option.getOrUndefined(found.databaseUrl)
    return {
      ...found,
      loopbackOnly,
      databaseUrl,
      stubDatabaseUrl: Option.getOrUndefined(found.stubDatabaseUrl),
      eventSecretsKey: Option.getOrUndefined(found.eventSecretsKey),
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
    return `The setting ${this.setting} ${this.problem}. README.md lists the settings.`
  }
}

const longestLifetime = Duration.days(30)

/** As many connections as fit, with those of the others, under the embedded PostgreSQL's limit of 100. */
const mostConnections = 40

/** What is a value of its type and still no use; the first of them is told. */
const check = (found: Settings): Effect.Effect<Settings, SettingRefused> => {
  const refuse = (setting: string, problem: string) => Effect.fail(new SettingRefused({ setting, problem }))
  if (found.port === 0) return refuse("PORT", "is 0; say a port from 1 to 65535, such as PORT=4001")
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
  for (const [setting, connections] of [
    ["DATABASE_CONNECTIONS", found.databaseConnections],
    ["DATABASE_READ_CONNECTIONS", found.databaseReadConnections]
  ] as const) {
    if (connections < 1 || connections > mostConnections) {
      return refuse(setting, `is ${connections}; say a number from 1 to ${mostConnections}`)
    }
  }
  const key = found.eventSecretsKey
  if (key !== undefined && keysOf(Redacted.value(key)) === undefined) {
    return refuse(
      "EVENT_SECRETS_KEY",
      "is not 32 bytes in Base64 (or several of them, the newest first, with commas between); `openssl rand -base64 32` makes one"
    )
  }
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
  return Effect.succeed(found)
}

/** The settings of this process, or the one that cannot be used. */
export const loadSettings: Effect.Effect<Settings, SettingRefused> = Effect.gen(function* () {
  // Drivers and vaults read theirs when they are made; what is wrong with them is told before a database is started.
  yield* Config.all([stubTimings, stripeOrigin, nmiOrigin, basisTheorySettings])
  return yield* settings
}).pipe(
  Effect.catchTag("ConfigError", (error) => {
    const setting = /at \["([A-Z_]+)"\]/.exec(error.message)?.[1] ?? "(unknown)"
    const expected = /Expected ([^\n]*)/.exec(error.message)?.[1] ?? "another value"
    return Effect.fail(new SettingRefused({ setting, problem: `cannot be read: expected ${expected}` }))
  }),
  Effect.flatMap(check)
)

const show = (value: string): string => JSON.stringify(value.slice(0, 80))

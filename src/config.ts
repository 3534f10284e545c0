import { Config, Duration, Option, type Redacted } from "effect"

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
  readonly dataDirectory: string
  /** Connections of the app's pool, on which money moves. */
  readonly databaseConnections: number
  /** Connections of a second pool of the app's: for what is only read, and for API keys. */
  readonly databaseReadConnections: number
  /** Whether to put the placeholder companies, accounts and the development key into the database. */
  readonly seed: boolean
  /** How long a session may be paid after it was declared. */
  readonly sessionLifetime: Duration.Duration
  readonly logFormat: "pretty" | "json"
}

const loopback = /^(localhost|127(\.[0-9]{1,3}){3}|::1)$/

export const settings: Config.Config<Settings> = Config.all({
  host: Config.String("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.Port("PORT").pipe(Config.withDefault(4000)),
  publicOrigin: Config.option(Config.String("PUBLIC_ORIGIN")),
  databaseUrl: Config.option(Config.Redacted("DATABASE_URL")),
  dataDirectory: Config.String("DATA_DIRECTORY").pipe(Config.withDefault(".data")),
  databaseConnections: Config.Int("DATABASE_CONNECTIONS").pipe(Config.withDefault(16)),
  databaseReadConnections: Config.Int("DATABASE_READ_CONNECTIONS").pipe(Config.withDefault(8)),
  seed: Config.option(Config.Boolean("SEED")),
  sessionLifetime: Config.Duration("SESSION_LIFETIME").pipe(Config.withDefault(Duration.hours(24))),
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
      publicOrigin,
      // Somebody's own database is not filled with placeholders unless they say so.
      seed: Option.getOrElse(found.seed, () => databaseUrl === undefined)
    }
  })
)

const originOf = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`

/** What cannot be read as an address may be anywhere. */
const isOnLoopback = (origin: string): boolean =>
  URL.canParse(origin) && loopback.test(new URL(origin).hostname.replace(/^\[(.*)\]$/, "$1"))

import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import {
  Cause,
  ConfigProvider,
  Console,
  Effect,
  Exit,
  identity,
  Layer,
  Logger,
  References,
  Runtime,
  Schema,
  String
} from "effect"
import { HttpServerError } from "effect/http"
import { everySetting, loadSettings, refuseStrange, SettingRefused, type Settings } from "./config.ts"
import { openDatabase } from "./db/openDatabase.ts"
import { listenErrorText } from "./http/listenError.ts"
import { service } from "./service.ts"
import { helpText } from "./settings/list.ts"
import { openSandbox } from "./sandboxed.ts"
import { untilStopped } from "./untilStopped.ts"
import { telemetry } from "./telemetry/telemetry.ts"
import { welcome } from "./welcome.ts"

class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

class UnknownFlag extends Schema.TaggedError<UnknownFlag>()("UnknownFlag", { flag: Schema.String }) {
  override get message(): string {
    return `There is no ${this.flag}. There are --sandbox and --help; everything else is a setting of the environment, listed in README.md.`
  }
}

/** Where the simulated gateways keep their books, if it is a database of their own: brought up to date like ours. */
const openStubDatabase = (config: Settings) =>
  config.stubDatabaseUrl === undefined
    ? Effect.void
    : openDatabase({ ...config, databaseUrl: config.stubDatabaseUrl, seed: undefined }).pipe(
        Effect.catchTag(["DatabaseUnreachable", "MigrationRefused"], ({ problem }) =>
          Effect.fail(
            new SettingRefused({ setting: "STUB_DATABASE_URL", problem: `cannot be used: ${problem}` })
          )
        )
      )

const given = process.argv.slice(2)

/** `npm start -- --sandbox` is SANDBOX=true. */
const flags = Effect.suspend(() => {
  const unknown = given.find((flag) => flag !== "--sandbox")
  return unknown === undefined
    ? Effect.succeed(given.length > 0 ? { SANDBOX: "true" } : {})
    : Effect.fail(new UnknownFlag({ flag: unknown }))
})

const program = Effect.gen(function* () {
  if (given.includes("--help")) return yield* Console.log(helpText(everySetting))
  yield* refuseStrange(Object.keys(process.env))
  const config = yield* loadSettings.pipe(
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.orElse(ConfigProvider.fromUnknown(yield* flags), yield* ConfigProvider.ConfigProvider)
    )
  )
  const logger =
    config.logFormat === "json" ? Logger.withConsoleError(Logger.formatJson) : Logger.consolePretty()
  return yield* Effect.gen(function* () {
    const { url, notes, watch } = yield* openDatabase(config)
    yield* openStubDatabase(config)
    const sandbox = config.sandbox ? yield* openSandbox(config) : undefined
    return yield* Effect.provide(
      Effect.andThen(welcome(config, notes, sandbox?.origins), untilStopped(config)),
      service(config, url)
    ).pipe(
      sandbox === undefined
        ? identity
        : Effect.provideService(ConfigProvider.ConfigProvider, sandbox.provider),
      Effect.catchIf(
        (error) => error instanceof HttpServerError.ServeError,
        (error) => Effect.fail(new CannotListen({ problem: listenErrorText(error, config) }))
      ),
      // Without its database the service can do nothing: it says so and ends, and the next start recovers.
      Effect.raceFirst(watch)
    )
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => Effect.logInfo("stopped")),
    Effect.provide(Layer.merge(telemetry(config), Logger.layer([logger]))),
    Effect.provideService(Logger.LogToStderr, true),
    Effect.provideService(References.MinimumLogLevel, String.capitalize(config.logLevel))
  )
})

program.pipe(
  // What a person can mend is told in a sentence, not in a stack trace.
  Effect.tapCause((cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Console.error(`\n${messageOf(cause)}\n`)
  ),
  // Ctrl-C is the way to stop it, so a clean stop is a success.
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        ? onExit(0)
        : Runtime.defaultTeardown(exit, onExit)
  })
)

function messageOf(cause: Cause.Cause<unknown>): string {
  const error = Cause.squash(cause)
  return Cause.hasDies(cause) || !(error instanceof Error) ? Cause.pretty(cause) : error.message
}

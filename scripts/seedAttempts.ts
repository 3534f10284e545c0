// `npm run seed:attempts -- --attempts 1000000`: fills the database with payments of the past months, to see dashboards
// under load. The embedded database of DATA_DIRECTORY (no server may be running on it), or that of DATABASE_URL.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Clock, Console, Effect, Layer } from "effect"
import { parseArgs } from "node:util"
import { loadSettings } from "../src/config.ts"
import * as Database from "../src/db/Database.ts"
import * as EntityRegistryPg from "../src/db/EntityRegistryPg.ts"
import { accounts } from "../src/db/seedData.ts"
import { openDatabase } from "../src/db/openDatabase.ts"
import { EntityRegistry } from "../src/kernel/EntityRegistry.ts"
import { ProviderName } from "../src/kernel/ids.ts"
import { ProviderNames } from "../src/kernel/PaymentProvider.ts"
import { seedAttempts } from "./seed/seedAttempts.ts"

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "1000000" },
    months: { type: "string", default: "6" },
    run: { type: "string", default: "1" },
    help: { type: "boolean", default: false }
  }
})
const usage =
  "usage: npm run seed:attempts -- --attempts 1000000 [--months 6] [--run 1]: whole numbers above 0"
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const wanted = { attempts: Number(values.attempts), months: Number(values.months), run: Number(values.run) }
if (!Object.values(wanted).every((number) => Number.isSafeInteger(number) && number > 0)) {
  console.error(usage)
  process.exit(2)
}

const width = 30

/** One line that is written over in a terminal; elsewhere a line for every tenth. */
const progressBar = (began: number) => {
  let tenths = 0
  return Effect.fnUntraced(function* (attempts: number) {
    const share = Math.min(attempts / wanted.attempts, 1)
    const seconds = ((yield* Clock.currentTimeMillis) - began) / 1000
    const left = Math.ceil((seconds / share) * (1 - share))
    const bar = "#".repeat(Math.round(share * width)).padEnd(width, "-")
    const rate = Math.round(attempts / seconds).toLocaleString("en")
    const line = `[${bar}] ${Math.floor(share * 100)} %  ${attempts.toLocaleString("en")} attempts, ${rate}/s, ${left} s left`
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K${share === 1 ? "\n" : ""}`)
    else if (Math.floor(share * 10) > tenths) process.stderr.write(`${line}\n`)
    tenths = Math.floor(share * 10)
  })
}

const program = Effect.gen(function* () {
  const settings = yield* loadSettings
  const { url } = yield* openDatabase(settings)
  const owner = Database.layer({ url, role: "payments_owner", maxConnections: 1 })
  const providers = Layer.succeed(
    ProviderNames,
    new Set(accounts.map(({ provider }) => ProviderName.make(provider)))
  )
  const registry = EntityRegistryPg.layer.pipe(
    Layer.provide([providers, Database.layer({ url, role: "payments_app", maxConnections: 2 })])
  )
  const snapshot = yield* Effect.provide(
    Effect.flatMap(EntityRegistry, (service) => service.snapshot),
    registry
  )
  const now = yield* Clock.currentTimeMillis
  const attempts = yield* seedAttempts({
    ...wanted,
    registry: snapshot,
    now,
    onProgress: progressBar(now)
  }).pipe(Effect.provide(owner))
  yield* Console.log(
    `${attempts.toLocaleString("en")} attempts are there, of ${wanted.months} months, with all that belongs to them`
  )
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)

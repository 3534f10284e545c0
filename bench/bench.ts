// `npm run bench`: the service beside other ways to do the same, and beside the limit, in one run. --help says how.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, type Scope } from "effect"
import { charges } from "./charges/charges.ts"
import { growth } from "./growth/growth.ts"
import { reads } from "./reads/reads.ts"
import { type Found, write } from "./report/document.ts"
import { installPeers } from "./support/installPeers.ts"
import { machine, type Part, readOptions } from "./support/options.ts"
import { type Postgres, postgres } from "./support/postgres.ts"
import { routing } from "./routing/routing.ts"

const options = readOptions()

const run = (part: Part, running: Postgres): Effect.Effect<Found, unknown, Scope.Scope> => {
  switch (part) {
    case "charges":
      return charges(running, options)
    case "growth":
      return growth(running, options)
    case "reads":
      return reads(running, options)
    case "routing":
      return routing(options)
  }
}

const program = Effect.gen(function* () {
  yield* Effect.sync(installPeers)
  const running = yield* postgres()
  for (const part of options.only) {
    const found = yield* Effect.scoped(run(part, running))
    yield* Console.log(`\n${found.markdown}\n`)
    const how = `${machine()}, PostgreSQL 18, fsync on; ${options.rounds} rounds, medians with the middle 80 per cent.`
    if (options.write) write(part, { ...found, markdown: `${how}\n\n${found.markdown}` })
  }
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)

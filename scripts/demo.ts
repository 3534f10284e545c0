import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Redacted } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { start } from "../src/db/embedded/EmbeddedPostgres.ts"
import { openBooks } from "./demo/books.ts"
import { clientOf } from "./demo/client.ts"
import { expect, heading, table } from "./demo/print.ts"
import { startServer } from "./demo/server.ts"
import * as story from "./demo/story.ts"
import { history } from "./demo/history.ts"

const program = Effect.gen(function* () {
  const began = performance.now()
  yield* Console.log("\nThe main job, told over real HTTP to a server that is started for it.")
  const postgres = yield* start({ temporary: true })
  const databaseUrl = postgres.url()
  const log = join(mkdtempSync(join(tmpdir(), "payment-demo-")), "server.log")
  const serve = Effect.map(startServer({ databaseUrl, log }), (server) => ({
    ...server,
    client: clientOf(server.origin)
  }))
  const server = yield* serve
  const stage: story.Stage = {
    server,
    client: server.client,
    books: openBooks(Redacted.make(databaseUrl)),
    restart: serve
  }
  yield* story.capturedAtOnce(stage)
  yield* story.capturedOnTheThird(stage)
  yield* story.hardDecline(stage)
  yield* story.unknownOutcome(stage)
  yield* story.laundering(stage)
  yield* story.killSwitch(stage)
  const client = yield* story.killedInMidCharge(stage)

  yield* heading("What the record says: sessions, attempts, and the reason for each merchant account")
  yield* Console.log(yield* history(client))

  yield* heading("Our records against the gateways' own books (minor units)")
  const { ours, gateways } = yield* stage.books.comparison
  yield* Console.log(
    table(
      ["", "captured", "refunded", "double charges"],
      [
        ["our records", String(ours.captured), String(ours.refunded), ""],
        [
          "the gateways' books",
          String(gateways.captured),
          String(gateways.refunded),
          String(gateways.doubleCharges)
        ]
      ]
    )
  )
  yield* expect(
    "the same money moved on both sides",
    ours.captured === gateways.captured && ours.refunded === gateways.refunded
  )
  yield* expect("double charges: 0", gateways.doubleCharges === 0)
  rmSync(dirname(log), { recursive: true })
  yield* Console.log(`\n${Math.round((performance.now() - began) / 1000)} seconds.`)
})

program.pipe(Effect.scoped, NodeRuntime.runMain)

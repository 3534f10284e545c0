// `node scripts/auditVerify.ts` walks every chain of the audit and names the first row that is not as it was written. With
// `--keep ends.jsonl` it keeps a copy of the ends of all chains, and with `--against ends.jsonl` it holds the audit
// against one: only a copy that is kept elsewhere shows what was cut off together with its end. It writes nothing into
// the database, and payments may go on. Exit code 1 when something is broken, 2 when it could not look.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schema } from "effect"
import { createWriteStream, readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { loadSettings } from "../src/config.ts"
import { againstCopy, type BrokenRow, verifyChains } from "../src/db/audit/verifyChains.ts"
import * as Database from "../src/db/Database.ts"
import { openDatabase } from "../src/db/openDatabase.ts"

const { values } = parseArgs({ options: { keep: { type: "string" }, against: { type: "string" } } })

const width = 30
let tenths = 0

/** One line that is written over in a terminal; elsewhere a line for every tenth. */
const progress = (chains: number, ofAbout: number) =>
  Effect.sync(() => {
    const share = chains / ofAbout
    const bar = "#".repeat(Math.round(share * width)).padEnd(width, "-")
    const line = `[${bar}] ${Math.floor(share * 100)} %  ${chains.toLocaleString("en")} chains`
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K${share === 1 ? "\n" : ""}`)
    else if (Math.floor(share * 10) > tenths) process.stderr.write(`${line}\n`)
    tenths = Math.floor(share * 10)
  })

const End = Schema.fromJsonString(
  Schema.Struct({ chain: Schema.String, position: Schema.Int, hash: Schema.String })
)
const decodeEnds = Schema.decodeUnknownEffect(Schema.Array(End))

const linesOf = (file: string): ReadonlyArray<string> =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")

const program = Effect.gen(function* () {
  const settings = yield* loadSettings
  const url = settings.databaseUrl ?? (yield* openDatabase(settings)).url
  const copy = values.keep === undefined ? undefined : createWriteStream(values.keep)
  const found = yield* Effect.gen(function* () {
    const { chains, rows, broken } = yield* verifyChains({
      batch: 1000,
      onProgress: progress,
      ...(copy === undefined ? {} : { onEnd: (end) => copy.write(`${JSON.stringify(end)}\n`) })
    })
    yield* Console.log(`${rows.toLocaleString("en")} rows in ${chains.toLocaleString("en")} chains`)
    if (values.against === undefined) return broken
    const kept = yield* decodeEnds(linesOf(values.against))
    const differing: Array<BrokenRow> = []
    for (let from = 0; from < kept.length; from += 1000) {
      differing.push(...(yield* againstCopy(kept.slice(from, from + 1000))))
    }
    return [...broken, ...differing]
  }).pipe(Effect.provide(Database.layer({ url, role: "payments_app", maxConnections: 1 })))
  if (copy !== undefined) yield* Effect.promise(() => new Promise((done) => copy.end(done)))
  const [first] = found
  if (first === undefined) {
    yield* Console.log("every row is as it was written")
    return
  }
  const chains = new Set(found.map(({ chain }) => chain)).size
  yield* Console.log(
    `BROKEN: ${first.chain}, row ${first.position}: ${first.faults.join(", ")}. Rows that are not as they were written: ${found.length}, in ${chains} chains`
  )
  process.exitCode = 1
}).pipe(
  Effect.scoped,
  Effect.tapCause(() => Effect.sync(() => (process.exitCode = 2)))
)

NodeRuntime.runMain(program)

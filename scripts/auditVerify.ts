// Walks every chain of the audit and names the first row that is not as it was written: `npm run audit:verify`. It
// writes nothing into the database, and payments may go on.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Schema } from "effect"
import { createWriteStream, readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { loadSettings } from "../src/config.ts"
import { againstCopy, type BrokenRow, verifyChains } from "../src/db/audit/verifyChains.ts"
import * as Database from "../src/db/Database.ts"
import { openDatabase } from "../src/db/openDatabase.ts"

const usage = `usage: npm run audit:verify -- [--keep ends.jsonl] [--against ends.jsonl]

  --keep FILE     keeps a copy of the ends of all chains
  --against FILE  holds the audit against such a copy: only one that is kept elsewhere shows what was cut off together
                  with its end

It reads the database of DATABASE_URL, or the embedded one, on which no server may be running.
Exit code 0 when every row is as it was written, 1 when something is broken, 2 when it could not look.`

const asked = () => {
  try {
    const { values } = parseArgs({
      options: { keep: { type: "string" }, against: { type: "string" }, help: { type: "boolean" } }
    })
    return values
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return process.exit(2)
  }
}

const values = asked()
if (values.help === true) {
  console.log(usage)
  process.exit(0)
}

/** What it ends with, unless it could look. */
let exitCode = 2

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
    // Whoever starts it in the wrong folder must not read that all is well.
    if (rows === 0 && values.against === undefined)
      return yield* Effect.fail("there is no audit in this database")
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
    exitCode = 0
    return
  }
  const chains = new Set(found.map(({ chain }) => chain)).size
  yield* Console.log(
    `BROKEN: ${first.chain}, row ${first.position}: ${first.faults.join(", ")}. Rows that are not as they were written: ${found.length}, in ${chains} chains`
  )
  exitCode = 1
}).pipe(Effect.scoped)

NodeRuntime.runMain(program, { teardown: (_, onExit) => onExit(exitCode) })

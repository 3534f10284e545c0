import { Effect } from "effect"
import { copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import type { Databases } from "./Databases.ts"
import type { Told } from "./story.ts"

const tables = ["payment_sessions", "attempts", "attempt_evidence", "captures", "fulfilments", "incidents"]

/** Keeps what a person may want to look into after a failing run: all that was asked, told, booked and recorded. */
export const keep = (folder: string, databases: Databases, { blows, evidence }: Told) =>
  Effect.gen(function* () {
    const lines = (file: string, values: ReadonlyArray<unknown>) =>
      writeFileSync(join(folder, file), values.map((value) => `${JSON.stringify(value)}\n`).join(""))
    rmSync(join(folder, "compiled"), { recursive: true, force: true })
    lines("exchanges.jsonl", evidence.exchanges)
    lines("books.jsonl", evidence.books)
    lines("knocks.jsonl", evidence.knocks)
    lines("blows.jsonl", blows)
    for (const log of databases.logs) if (existsSync(log)) copyFileSync(log, join(folder, basename(log)))
    for (const table of tables) {
      const rows = yield* databases.rows(`select to_jsonb(t) as row from payments.${table} t`, [])
      lines(`${table}.jsonl`, rows)
    }
  }).pipe(Effect.catch((error) => Effect.logWarning("not everything could be kept", error)))

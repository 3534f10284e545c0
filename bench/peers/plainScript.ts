// What one writes without any framework: `pg`, a transaction for each step, the processor between them.
import { Pool } from "pg"
import { declinesOf, Order, sessionOf } from "../charges/stage.ts"
import { contend, timed } from "../support/contending.ts"
import { Schema } from "effect"
import { ask, writeAttempt, writeCaptured, writeDeclined } from "./plainTables.ts"
import { transactions } from "./transactions.ts"

const pool = new Pool({
  connectionString: process.env["BENCH_URL"],
  max: Number(process.env["BENCH_CONNECTIONS"] ?? 16)
})

const inTransaction = transactions(pool)

const charge = async (session: string, declines: number): Promise<void> => {
  await inTransaction((client) => writeAttempt(client, session, 1))
  for (let ordinal = 1; ; ordinal++) {
    const said = await ask(ordinal, declines)
    if (said === "captured") return inTransaction((client) => writeCaptured(client, session, ordinal))
    await inTransaction(async (client) => {
      await writeDeclined(client, session, ordinal)
      await writeAttempt(client, session, ordinal + 1)
    })
  }
}

const decode = Schema.decodeUnknownSync(Order)

contend((asked) => {
  const { path, parallel, first, count } = decode(asked)
  return timed(count, parallel, (nr) => charge(sessionOf(first + nr), declinesOf(path)))
})

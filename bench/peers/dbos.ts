// DBOS Transact as its documentation writes a durable cascade: one workflow, each thing that touches the world a step
// whose result DBOS writes down. The steps are those of the plain script, on the same tables.
import { DBOS } from "@dbos-inc/dbos-sdk"
import { Schema } from "effect"
import { Pool } from "pg"
import { declinesOf, Order, sessionOf } from "../charges/stage.ts"
import { contend, timed } from "../support/contending.ts"
import { ask, writeAttempt, writeCaptured, writeDeclined } from "./plainTables.ts"
import { transactions } from "./transactions.ts"

const connections = Number(process.env["BENCH_CONNECTIONS"] ?? 16)
const pool = new Pool({ connectionString: process.env["BENCH_URL"], max: connections })

const inTransaction = transactions(pool)

const charge = DBOS.registerWorkflow(
  async (session: string, declines: number): Promise<void> => {
    await DBOS.runStep(() => inTransaction((client) => writeAttempt(client, session, 1)), { name: "permit" })
    for (let ordinal = 1; ; ordinal++) {
      const said = await DBOS.runStep(() => ask(ordinal, declines), { name: "charge" })
      if (said === "captured") {
        return DBOS.runStep(() => inTransaction((client) => writeCaptured(client, session, ordinal)), {
          name: "outcome"
        })
      }
      await DBOS.runStep(
        () =>
          inTransaction(async (client) => {
            await writeDeclined(client, session, ordinal)
            await writeAttempt(client, session, ordinal + 1)
          }),
        { name: "outcome" }
      )
    }
  },
  { name: "charge" }
)

DBOS.setConfig({
  name: "bench",
  systemDatabasePool: new Pool({ connectionString: process.env["BENCH_SYSTEM_URL"], max: connections }),
  logLevel: "error"
})
await DBOS.launch()

const decode = Schema.decodeUnknownSync(Order)

contend((asked) => {
  const { path, parallel, first, count } = decode(asked)
  return timed(count, parallel, async (nr) => {
    const session = sessionOf(first + nr)
    const handle = await DBOS.startWorkflow(charge, { workflowID: session })(session, declinesOf(path))
    await handle.getResult()
  })
})

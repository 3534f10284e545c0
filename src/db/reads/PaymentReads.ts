import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { attemptReads } from "./attempts.ts"
import { figureReads } from "./figures.ts"
import { historyReads } from "./history.ts"
import { recordedReads } from "./recorded.ts"
import { returnReads } from "./returns.ts"
import { sessionReads } from "./sessions.ts"

const makeReads = (sql: SqlClient.SqlClient) => ({
  ...sessionReads(sql),
  ...attemptReads(sql),
  ...returnReads(sql),
  ...historyReads(sql),
  ...figureReads(sql),
  ...recordedReads(sql)
})

/**
 * What dashboards read. It writes nothing. Each read is one statement, however many parents it is asked for at
 * once; a parent that has nothing is not in the answer, and neither is what is not in the caller's scope.
 */
export class PaymentReads extends Context.Service<PaymentReads, ReturnType<typeof makeReads>>()(
  "payment-orchestration/db/reads/PaymentReads"
) {
  static readonly layer: Layer.Layer<PaymentReads, never, SqlClient.SqlClient> = Layer.effect(
    PaymentReads,
    Effect.map(SqlClient.SqlClient, makeReads)
  )
}

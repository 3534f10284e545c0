import { Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import { Page } from "../kernel/operations/Page.ts"
import { PageRecord } from "../kernel/operations/Paging.ts"
import { step } from "./steps.ts"

/** Calls for a person, in PostgreSQL. */
export const layer: Layer.Layer<PageRecord, never, SqlClient.SqlClient> = Layer.effect(
  PageRecord,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const raiseStep = step(sql, "raise_pages", Schema.Array(Page))
    const listStep = step(sql, "read_pages", Schema.NullOr(Schema.Array(Page)))
    return PageRecord.of({
      raise: Effect.fn("PageRecord.raise")((limit, patience) =>
        raiseStep({ limit, patienceMs: Duration.toMillis(patience) })
      ),
      list: Effect.fn("PageRecord.list")(function* (by, slice) {
        return (yield* listStep({ by, ...slice })) ?? (yield* new OperatorsOnly())
      })
    })
  })
)

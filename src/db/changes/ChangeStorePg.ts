import { Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ChangeRequest, ChangeState } from "../../kernel/changes/ChangeRequest.ts"
import { ChangeStore } from "../../kernel/changes/ChangeStore.ts"
import { OperatorsOnly } from "../../kernel/operations/operatorRefusals.ts"
import { orderOf, refundOpenings } from "../RefundLedgerPg.ts"
import { step } from "../steps.ts"

const NotOperator = Schema.TaggedStruct("NotOperator", {})

const Asking = Schema.Union([
  Schema.TaggedStruct("Requested", { change: ChangeRequest }),
  NotOperator,
  Schema.TaggedStruct("NotThere", {}),
  Schema.TaggedStruct("AsWanted", {}),
  Schema.TaggedStruct("Done", {}),
  Schema.TaggedStruct("OpenAlready", { change: Schema.String })
])

const signings = [
  Schema.TaggedStruct("Decided", { change: ChangeRequest }),
  NotOperator,
  Schema.TaggedStruct("NoSuchChange", {}),
  Schema.TaggedStruct("DecidedBefore", { state: ChangeState }),
  Schema.TaggedStruct("SamePerson", {}),
  Schema.TaggedStruct("AskedByAnother", {}),
  Schema.TaggedStruct("WiderThanOwn", {}),
  Schema.TaggedStruct("AskedByNoOperator", {}),
  Schema.TaggedStruct("ChangedSince", { before: Schema.Unknown, stands: Schema.Unknown })
] as const
const GivesBack = Schema.TaggedStruct("GivesBack", { change: ChangeRequest })

const Rows = Schema.NullOr(Schema.Array(ChangeRequest))

/** The number in `cr_7`; what cannot be one is the number of none. */
const numberOf = (change: string): string => /^cr_([0-9]{1,18})$/.exec(change)?.[1] ?? "0"

/** Change requests in PostgreSQL. What each step does is in `migrations/0022_change_requests.sql`. */
export const layer: Layer.Layer<ChangeStore, never, SqlClient.SqlClient> = Layer.effect(
  ChangeStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const requestStep = step(sql, "request_change", Asking)
    const decideStep = step(sql, "decide_change", Schema.Union([...signings, GivesBack]))
    const signStep = step(sql, "sign_refund", Schema.Union([...signings, ...refundOpenings]))
    const byIdStep = step(sql, "read_changes_by_id", Rows)
    const listStep = step(sql, "read_changes", Rows)
    const expireStep = step(sql, "expire_changes", Schema.Int)

    return ChangeStore.of({
      request: Effect.fn("ChangeStore.request")((who, asked, lifetime) =>
        requestStep({ ...who, ...asked, lifetimeMs: Duration.toMillis(lifetime) })
      ),
      decide: Effect.fn("ChangeStore.decide")((who, change, decision, said) =>
        decideStep({ ...who, nr: numberOf(change), decision, said })
      ),
      signRefund: Effect.fn("ChangeStore.signRefund")((who, change, order) =>
        signStep({ ...orderOf(order), ...who, nr: numberOf(change) })
      ),
      byId: Effect.fn("ChangeStore.byId")(function* (by, ids) {
        return (yield* byIdStep({ by, nrs: ids.map(numberOf) })) ?? (yield* new OperatorsOnly())
      }),
      list: Effect.fn("ChangeStore.list")(function* (by, slice) {
        return (yield* listStep({ by, ...slice })) ?? (yield* new OperatorsOnly())
      }),
      expireDue: Effect.fn("ChangeStore.expireDue")((limit) => expireStep({ limit }))
    })
  })
)

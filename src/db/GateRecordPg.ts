import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { UnknownMid } from "../kernel/EntityRegistry.ts"
import { GateRecord } from "../kernel/operations/GateRecord.ts"
import { GateNotPassed, GatePassedBefore, OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import { step } from "./steps.ts"

const Passing = Schema.Struct({
  _tag: Schema.Literals(["Passed", "NotOperator", "NoSuchAccount", "PassedBefore"])
})

const Revoking = Schema.Struct({
  _tag: Schema.Literals(["Revoked", "NotOperator", "NoSuchAccount", "NotPassed"])
})

/** The gates that were passed, in PostgreSQL. Every process hears of a new one and routes by it. */
export const layer: Layer.Layer<GateRecord, never, SqlClient.SqlClient> = Layer.effect(
  GateRecord,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const passStep = step(sql, "pass_gate", Passing)
    const revokeStep = step(sql, "revoke_gate", Revoking)
    return {
      pass: Effect.fn("GateRecord.pass")(function* ({ mid, gate, ...passing }) {
        switch ((yield* passStep({ mid, gate, ...passing }))._tag) {
          case "Passed":
            return
          case "NotOperator":
            return yield* new OperatorsOnly()
          case "NoSuchAccount":
            return yield* new UnknownMid({ mid })
          case "PassedBefore":
            return yield* new GatePassedBefore({ mid, gate })
        }
      }),
      revoke: Effect.fn("GateRecord.revoke")(function* ({ mid, gate, ...revoking }) {
        switch ((yield* revokeStep({ mid, gate, ...revoking }))._tag) {
          case "Revoked":
            return
          case "NotOperator":
            return yield* new OperatorsOnly()
          case "NoSuchAccount":
            return yield* new UnknownMid({ mid })
          case "NotPassed":
            return yield* new GateNotPassed({ mid, gate })
        }
      })
    }
  })
)

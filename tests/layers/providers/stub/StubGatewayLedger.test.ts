import { layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { inspect } from "node:util"
import { expect } from "vitest"
import type { Role } from "../../../../src/db/Database.ts"
import { pgStubGatewayLedger } from "../../../../src/layers/providers/stub/PgStubGatewayLedger.ts"
import { StubGatewayLedger } from "../../../../src/layers/providers/stub/StubGatewayLedger.ts"
import { stubGatewayLedgerSuite } from "../../../suites/stubGatewayLedger.ts"
import { TestDatabase } from "../../../support/TestDatabase.ts"

stubGatewayLedgerSuite("in memory", StubGatewayLedger.layerMemory)

const pgBooks = Layer.unwrap(
  Effect.map(TestDatabase, ({ connect }) => pgStubGatewayLedger.pipe(Layer.provide(connect("payments_stub"))))
).pipe(Layer.provide(TestDatabase.layer))

stubGatewayLedgerSuite("in PostgreSQL", pgBooks)

layer(TestDatabase.layer)("the gateways' books in PostgreSQL", (it) => {
  /** What PostgreSQL says to a statement of a role. */
  const refusal = Effect.fnUntraced(function* (role: Role, statement: string) {
    const { connect } = yield* TestDatabase
    const said = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      return inspect(yield* Effect.flip(sql.unsafe(statement)), { depth: 6 })
    })
    return yield* Effect.provide(said, connect(role, 1))
  })

  for (const statement of [
    "select * from stub_gateway.entries",
    "insert into stub_gateway.entries default values",
    "delete from stub_gateway.entries"
  ]) {
    it.effect(`are out of the app's reach: ${statement}`, () =>
      Effect.gen(function* () {
        expect(yield* refusal("payments_app", statement)).toContain("permission denied")
      })
    )
  }

  for (const statement of [
    "update stub_gateway.entries set amount = 1",
    "delete from stub_gateway.entries",
    "truncate stub_gateway.entries"
  ]) {
    it.effect(`are only added to by the gateways themselves: ${statement}`, () =>
      Effect.gen(function* () {
        expect(yield* refusal("payments_stub", statement)).toContain("permission denied")
      })
    )
  }

  it.effect("tell the gateways nothing of our records", () =>
    Effect.gen(function* () {
      expect(yield* refusal("payments_stub", "select * from payments.payment_sessions")).toContain(
        "permission denied"
      )
    })
  )
})

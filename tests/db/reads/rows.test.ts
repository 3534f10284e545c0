import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { AttemptRecord } from "../../../src/db/reads/AttemptRecord.ts"
import { HeardEvidence } from "../../../src/db/reads/HeardEvidence.ts"
import { AuditRow, Incident, PaymentEvent } from "../../../src/db/reads/HistoryRecords.ts"
import type { Page } from "../../../src/db/reads/Page.ts"
import { PaymentReads } from "../../../src/db/reads/PaymentReads.ts"
import { microsOf } from "../../../src/db/reads/Row.ts"
import { everything } from "../../../src/kernel/access/Scope.ts"
import { Dispute } from "../../../src/kernel/disputes/Dispute.ts"
import { PaymentSession } from "../../../src/kernel/PaymentSession.ts"
import { Refund } from "../../../src/kernel/refunds/Refund.ts"
import { house } from "../../graphql/support.ts"
import { pastTrouble } from "../../support/pastTrouble.ts"

const past = Layer.effectDiscard(pastTrouble(300)).pipe(Layer.provideMerge(house))
const slice = { size: 100, from: "start" } as const

/** Reads rows as their record does, and takes nothing beside it. Null is how JSON says that something is absent. */
const readAs = <Record extends Schema.Top & { readonly DecodingServices: never }>(record: Record) => {
  const decode = Schema.decodeUnknownSync(Schema.Array(record), { onExcessProperty: "error" })
  return (rows: ReadonlyArray<object>) => {
    assert.isNotEmpty(rows)
    const present = rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
    )
    assert.strictEqual(decode(present).length, rows.length)
  }
}

const nodesOf = <Node>({ rows }: Page<Node>) => rows.map(({ node }) => node)
const belowAll = <Node>(pages: ReadonlyMap<string, Page<Node>>) => [...pages.values()].flatMap(nodesOf)

it.layer(past, { excludeTestServices: true })("the rows of a list", (it) => {
  it.effect("are what their record says, column by column, though nobody reads them through it", () =>
    Effect.gen(function* () {
      const reads = yield* PaymentReads
      const order = "newest_first"
      const sessions = nodesOf(yield* reads.sessions(everything, {}, order, slice))
      const attempts = nodesOf(yield* reads.attempts(everything, {}, order, slice))
      readAs(PaymentSession)(sessions)
      readAs(AttemptRecord)(attempts)
      readAs(Refund)(nodesOf(yield* reads.refunds(everything, {}, order, slice)))
      readAs(Dispute)(nodesOf(yield* reads.disputes(everything, {}, order, slice)))
      readAs(PaymentEvent)(nodesOf(yield* reads.events(everything, {}, slice)))
      readAs(Incident)(nodesOf(yield* reads.incidents(everything, {}, slice)))
      const ids = sessions.map(({ id }) => id)
      const tried = attempts.map(({ id }) => id)
      readAs(HeardEvidence)(belowAll(yield* reads.evidenceOf(everything, tried, slice)))
      readAs(AuditRow)(belowAll(yield* reads.auditOf(everything, ids, slice)))
      readAs(AuditRow)(belowAll(yield* reads.auditOfAttempts(everything, tried, slice)))
      readAs(PaymentSession)([...(yield* reads.sessionsById(everything, ids)).values()])
      readAs(AttemptRecord)([...(yield* reads.attemptsById(everything, tried)).values()])
    })
  )

  it.effect("tell nothing but what is wanted of them, and with it the lists below", () =>
    Effect.gen(function* () {
      const reads = yield* PaymentReads
      const attempts = reads.attemptsBelow(everything, { size: 1, from: "end" }, { below: [] })
      const wanted = { columns: new Set(["state"]), below: [attempts] }
      const page = yield* reads.sessions(everything, {}, "newest_first", slice, wanted)
      const ids = page.rows.map(({ node }) => node.id)
      const apart = yield* reads.attemptsOf(everything, ids, { size: 1, from: "end" })
      for (const { node, below = [] } of page.rows) {
        assert.deepStrictEqual(Object.keys(node), ["id", "state"])
        assert.deepStrictEqual(
          below.map(({ rows, hasPrevious }) => [rows.map((row) => row.node), hasPrevious]),
          [[apart.get(node.id)?.rows.map((row) => row.node) ?? [], apart.get(node.id)?.hasPrevious ?? false]]
        )
      }
    })
  )

  it.effect("are asked for by no number but a whole one, which stands in the statement", () =>
    Effect.gen(function* () {
      const reads = yield* PaymentReads
      for (const size of [-2, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e21])
        for (const told of [undefined, { members: [] }]) {
          const asked = { size, from: "start" } as const
          const exit = yield* Effect.exit(
            reads.sessions(everything, {}, "newest_first", asked, { below: [], told })
          )
          assert.isTrue(Exit.hasDies(exit), String(size))
        }
    })
  )
})

it("an instant keeps its microseconds as a position", () => {
  assert.strictEqual(microsOf("2026-11-20T10:00:00+00:00"), "1795168800000000")
  assert.strictEqual(microsOf("2026-11-20T10:00:00.1+00:00"), "1795168800100000")
  assert.strictEqual(microsOf("2026-11-20T10:00:00.012345+00:00"), "1795168800012345")
})

import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../../src/db/Database.ts"
import type { Position } from "../../../src/db/reads/Page.ts"
import { PaymentReads } from "../../../src/db/reads/PaymentReads.ts"
import { everything } from "../../../src/kernel/access/Scope.ts"
import { AttemptId, SessionId } from "../../../src/kernel/ids.ts"
import { house } from "../../graphql/support.ts"
import { pastPayments } from "../../support/pastPayments.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { readingOf } from "./readPlans.ts"

/** PLAN_DATABASE_URL names another database, such as one of a million attempts: its figures are printed. */
const elsewhere = process.env["PLAN_DATABASE_URL"]

/** One connection of the app's that may scan, as the planner likes it. */
const oneConnection =
  elsewhere === undefined
    ? Layer.unwrap(Effect.map(TestDatabase, ({ connect }) => connect("payments_app", 1))).pipe(
        Layer.provide(Layer.effectDiscard(pastPayments(4000))),
        Layer.provide(house)
      )
    : Database.layer({ url: Redacted.make(elsewhere), role: "payments_app", maxConnections: 1 })

const size = 20
/** A page and the one too many. */
const page = size + 1

const reading = PaymentReads.layer.pipe(Layer.provideMerge(oneConnection))

it.layer(reading, { excludeTestServices: true, timeout: "3 minutes" })("a page of a list", (it) => {
  it.effect(
    "is read by about as many rows as it has places, however many there are around and between them",
    () =>
      Effect.gen(function* () {
        const reads = yield* PaymentReads
        const sql = yield* SqlClient.SqlClient
        yield* sql`set enable_seqscan = on`
        const one = (text: string) =>
          Effect.map(
            sql.unsafe<{ found: string }>(`select (${text})::text as found`),
            ([row]) => row?.found ?? ""
          )
        const many = (text: string) =>
          Effect.map(sql.unsafe<{ id: string }>(text), (rows) => rows.map(({ id }) => id))
        const customer = yield* one(
          "select customer_id from payment_sessions group by 1 order by count(*) desc limit 1"
        )
        const order = yield* one(
          "select order_reference from payment_sessions where order_reference is not null limit 1"
        )
        const ofCustomer = Number(
          yield* one(`select count(*) from payment_sessions where customer_id = '${customer}'`)
        )
        const middle = (table: string, time: string, id: string) =>
          Effect.map(
            sql.unsafe<Position>(`select (extract(epoch from ${time}) * 1000000)::bigint::text as major, ${id} as id
              from ${table} order by ${time} desc, ${id} desc offset (select count(*) / 2 from ${table}) limit 1`),
            ([row]) => row ?? assert.fail("nothing was seeded")
          )
        const deepSession = yield* middle("payment_sessions", "created_at", "session_id")
        const deepAttempt = yield* middle("attempts", "written_at", "attempt_id")
        const sessions = (yield* many(
          `select session_id as id from attempts order by written_at desc limit ${size}`
        )).map((id) => SessionId.make(id))
        const some = (yield* many(
          `select attempt_id as id from attempts order by written_at desc limit ${size}`
        )).map((id) => AttemptId.make(id))
        const first = { size, from: "start" } as const
        const days = { from: "2020-01-01", until: "2100-01-01" }
        const last = { size, from: "end" } as const
        const usd = { currency: "USD" }
        const ofBio = ["mid_bio_1", "mid_bio_2", "mid_bio_3"]
        const all = everything
        const newest = "newest_first" as const

        // What is read, and how many rows it may cost: mostly the page, once by an index and once for what is shown.
        const shapes: ReadonlyArray<readonly [string, number, Effect.Effect<unknown, unknown>]> = [
          ["sessions, first page", page, reads.sessions(all, {}, newest, first)],
          ["sessions, last page", page, reads.sessions(all, {}, newest, last)],
          ["sessions, deep", page, reads.sessions(all, {}, newest, { ...first, after: deepSession })],
          [
            "sessions, deep backwards",
            page,
            reads.sessions(all, {}, newest, { ...last, before: deepSession })
          ],
          ["sessions, oldest first", page, reads.sessions(all, {}, "oldest_first", first)],
          ["sessions of a company", page, reads.sessions(all, { entity: "loop_bio_labs" }, newest, first)],
          [
            "sessions of a company, deep",
            8 * page,
            reads.sessions(all, { entity: "loop_bio_labs" }, newest, { ...first, after: deepSession })
          ],
          [
            "sessions of a brand",
            7 * page,
            reads.sessions(
              all,
              { brand: "loop-health", entitiesOfBrand: ["loop_health", "loop_clinics", "loop_nutrition"] },
              newest,
              first
            )
          ],
          ["sessions of a customer", 3 * ofCustomer, reads.sessions(all, { customer }, newest, first)],
          ["sessions of an order", 3, reads.sessions(all, { orderReference: order }, newest, first)],
          [
            "sessions that failed or are in review",
            3 * page,
            reads.sessions(all, { states: ["failed", "in_review"] }, newest, first)
          ],
          [
            "sessions that are settled",
            3 * page,
            reads.sessions(all, { states: ["settled"] }, newest, first)
          ],
          ["sessions by amount", page, reads.sessions(all, { amount: usd }, "largest_first", first)],
          [
            "sessions tried on an account",
            12 * page,
            reads.sessions(
              all,
              { tried: { mids: ["mid_bio_1"], entities: ["loop_bio_labs"] } },
              newest,
              first
            )
          ],
          [
            "sessions with a decline",
            16 * page,
            reads.sessions(all, { attemptStates: ["declined"] }, newest, first)
          ],
          ["attempts, first page", page, reads.attempts(all, {}, newest, first)],
          ["attempts, last page", page, reads.attempts(all, {}, newest, last)],
          ["attempts, deep", page, reads.attempts(all, {}, newest, { ...first, after: deepAttempt })],
          ["attempts on an account", 2 * page, reads.attempts(all, { mids: ["mid_bio_1"] }, newest, first)],
          [
            "attempts on an account that never had one",
            1,
            reads.attempts(all, { mids: ["mid_goods_3"] }, newest, first)
          ],
          [
            "attempts of a company, deep",
            4 * page,
            reads.attempts(all, { mids: ofBio }, newest, { ...first, after: deepAttempt })
          ],
          [
            "attempts of a company that were captured",
            6 * page,
            reads.attempts(all, { mids: ofBio, states: ["captured"] }, newest, last)
          ],
          [
            "attempts that were declined",
            12 * page,
            reads.attempts(all, { states: ["declined"] }, newest, first)
          ],
          [
            "attempts in review or absent",
            4 * page,
            reads.attempts(all, { states: ["absent", "indeterminate"] }, newest, first)
          ],
          ["attempts in flight: none", 1, reads.attempts(all, { states: ["in_flight"] }, newest, first)],
          ["attempts for a customer", 6 * ofCustomer, reads.attempts(all, { customer }, newest, first)],
          ["attempts by amount", page, reads.attempts(all, { amount: usd }, "smallest_first", first)],
          ["refunds, first page", page, reads.refunds(all, {}, newest, first)],
          ["disputes, first page", page + 4, reads.disputes(all, {}, newest, first)],
          ["events, first page", page, reads.events(all, {}, first)],
          ["attempts below sessions", 5 * size, reads.attemptsOf(all, sessions, first)],
          [
            "sessions below companies",
            2 * page,
            reads.sessionsOfEntities(all, ["loop_bio_labs", "loop_goods"], first)
          ],
          ["attempts below accounts", 3 * page, reads.attemptsOnMids(all, ofBio, first)],
          ["decisions below sessions", 3 * size, reads.decisionsOf(all, sessions)],
          ["evidence below attempts", 2 * size, reads.evidenceOf(all, some, first)],
          ["audit below sessions", 10 * size, reads.auditOf(all, sessions, first)],
          ["audit below attempts", 10 * size, reads.auditOfAttempts(all, some, first)],
          ["decisions to replay", 3 * size, reads.recordedDecisions(all, days, {}, undefined, size)],
          [
            "decisions to replay, deep",
            3 * size,
            reads.recordedDecisions(
              all,
              days,
              {},
              { micros: deepAttempt.major, attempt: deepAttempt.id, recorded: null },
              size
            )
          ],
          ["events below sessions", 4 * size, reads.eventsOf(all, sessions, first)]
        ]
        for (const [name, most, read] of shapes) {
          const { rows, statements, fetched } = yield* readingOf(read)
          assert.strictEqual(statements, 1, name)
          if (elsewhere !== undefined) console.log(`${name}: ${rows} rows, ${fetched} of them fetched`)
          else assert.isAtMost(rows, most, name)
        }
      })
  )
})

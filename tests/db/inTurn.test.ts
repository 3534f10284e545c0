import { assert, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { refusalOf } from "./support/refusal.ts"
import * as r from "./support/refundScene.ts"
import * as s from "./support/scene.ts"

// A money step decides on what it read of its session, so it reads under the lock of the session: what comes while
// another one is not committed yet waits for it, and answers and leaves behind what it would have after it.

type Step = (nr: number) => string

const claim: Step = (nr) =>
  `select claim_fulfilment('${JSON.stringify({ session: s.session(nr), by: "app", key: "worker" })}')`
const cancel: Step = (nr) =>
  `select cancel_session('${JSON.stringify({ session: s.session(nr), by: "app" })}')`
const heard =
  (said: unknown): Step =>
  (nr) =>
    s.record(nr, 1, said)
const captured: Step = (nr) => s.record(nr, 1, s.captured(`seen ${nr}`))

/** What a processor was asked when the books had this many rows, and no more. */
const lookedUp =
  (version: number): Step =>
  (nr) =>
    `select record_refund('${JSON.stringify({
      refund: r.refund(nr),
      outcome: r.refunded(`re_${nr}`),
      source: "lookup",
      by: "reconciler",
      version
    })}')`

/** Steps about a session in the same state: each is tried behind each other one. */
const meetings: ReadonlyArray<{
  readonly about: string
  readonly given: (nr: number) => ReadonlyArray<string>
  readonly steps: Readonly<Record<string, Step>>
}> = [
  {
    about: "a session that may be paid",
    given: (nr) => [s.declare(nr)],
    steps: { open: (nr) => s.open(nr), cancel }
  },
  {
    about: "a session that is being charged",
    given: (nr) => [s.declare(nr), s.open(nr)],
    steps: {
      "record of a capture": captured,
      "record of a decline": heard(s.outcome.declined),
      "record of nothing": heard(s.outcome.indeterminate),
      cancel,
      claim
    }
  },
  {
    about: "a session that is paid",
    given: r.paid,
    steps: {
      claim,
      "refund of all": (nr) => r.openRefund(nr),
      "refund of a part": (nr) => r.openRefund(nr, { amount: 1000 }),
      "record of another capture": captured
    }
  },
  {
    about: "a session whose money is going back",
    given: (nr) => [...r.paid(nr), r.openRefund(nr)],
    steps: {
      claim,
      "refund that was made": (nr) => r.recordRefund(nr, 1, r.refunded(`re_${nr}`)),
      "refund that was found": lookedUp(4),
      "refund that was refused": (nr) => r.recordRefund(nr, 1, s.outcome.declined),
      "another refund": (nr) => r.openRefund(nr)
    }
  }
]

class Connections extends Context.Service<
  Connections,
  { readonly app: SqlClient.SqlClient; readonly administrator: SqlClient.SqlClient }
>()("payment-orchestration/tests/db/inTurn.test/Connections") {
  static readonly layer = Layer.effect(
    Connections,
    Effect.gen(function* () {
      const { url, connect } = yield* TestDatabase
      const app = Context.get(yield* Layer.build(connect("payments_app", 4)), SqlClient.SqlClient)
      const administrator = Context.get(yield* Layer.build(Database.administrator(url)), SqlClient.SqlClient)
      yield* administrator`set search_path to payments`
      return { app, administrator }
    })
  )
}

/** What a step answered, and what stands in the books after it, without what differs from session to session. */
const told = (nr: number, answer: unknown): string =>
  JSON.stringify(answer)
    .replaceAll(s.session(nr).slice(3), "ID")
    .replaceAll(new RegExp(`(by hand|seen|re_)\\s?${nr}\\b`, "g"), "$1")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")

const asked = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, statement: string) {
  const done = yield* Effect.result(sql.unsafe(statement))
  if (Result.isSuccess(done)) return done.success
  return { refused: (yield* refusalOf(done.failure)).message }
})

const left = (administrator: SqlClient.SqlClient, nr: number) => administrator`
  select state, (select jsonb_agg(jsonb_build_array(action, detail) order by position) from audit where chain = ${s.session(nr)}) as done,
    (select jsonb_agg(type order by event_nr) from outbox o where o.session_id = p.session_id) as told
  from payment_sessions p where session_id = ${s.session(nr)}`

/** The second begins when the first is done and not committed. */
const behind = Effect.fnUntraced(function* (first: string, second: string) {
  const { app, administrator } = yield* Connections
  const isDone = yield* Deferred.make<void>()
  const commits = yield* Deferred.make<void>()
  const one = yield* app
    .withTransaction(
      Effect.gen(function* () {
        const answer = yield* asked(app, first)
        yield* Deferred.succeed(isDone, undefined)
        yield* Deferred.await(commits)
        return answer
      })
    )
    .pipe(Effect.forkChild({ startImmediately: true }))
  yield* Deferred.await(isDone)
  const two = yield* Effect.forkChild(asked(app, second), { startImmediately: true })
  const waits = Effect.map(
    administrator<{ readonly nr: number }>`
      select count(*)::int as nr from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    ([row]) => (row?.nr ?? 0) > 0
  )
  while (two.pollUnsafe() === undefined && !(yield* waits)) yield* Effect.sleep("1 millis")
  const didWait = two.pollUnsafe() === undefined
  yield* Deferred.succeed(commits, undefined)
  return { answers: [yield* Fiber.join(one), yield* Fiber.join(two)], didWait }
})

it.layer(Connections.layer.pipe(Layer.provide(TestDatabase.layer)), {
  excludeTestServices: true,
  timeout: 60_000
})("of two money steps at once the second", (it) => {
  let nr = 100
  const fresh = Effect.fnUntraced(function* (given: (nr: number) => ReadonlyArray<string>) {
    const { app } = yield* Connections
    nr += 1
    for (const statement of given(nr)) yield* app.unsafe(statement)
    return nr
  })

  for (const { about, given, steps } of meetings) {
    it.effect(`waits for the first, and answers as after it: ${about}`, () =>
      Effect.gen(function* () {
        const { app, administrator } = yield* Connections
        for (const [first, does] of Object.entries(steps)) {
          for (const [second, doesToo] of Object.entries(steps)) {
            const alone = yield* fresh(given)
            const inTurn = [yield* asked(app, does(alone)), yield* asked(app, doesToo(alone))]
            const together = yield* fresh(given)
            const { answers, didWait } = yield* behind(does(together), doesToo(together))
            const title = `${second} behind ${first}`
            assert.isTrue(didWait, `${title} did not wait`)
            assert.strictEqual(told(together, answers), told(alone, inTurn), title)
            assert.strictEqual(
              told(together, yield* left(administrator, together)),
              told(alone, yield* left(administrator, alone)),
              title
            )
          }
        }
      })
    )
  }
})

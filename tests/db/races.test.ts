import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Result } from "effect"
import { SqlClient, SqlError } from "effect/sql"
import * as PaymentLedgerPg from "../../src/db/PaymentLedgerPg.ts"
import type { Outcome } from "../../src/kernel/cascade/Disposition.ts"
import type { SessionId } from "../../src/kernel/ids.ts"
import { type Candidate, type LedgerUnavailable, PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { StorageFixture } from "../suites/StorageFixture.ts"
import * as w from "../suites/world.ts"
import { Owner, pgStorage } from "./support/pgStorage.ts"
import { refusalOf } from "./support/refusal.ts"
import * as scene from "./support/scene.ts"

// Many processes at once that each believe to be alone, and do everything in the wrong order. Chance decides what
// they do; what must hold does not depend on it.

const workersPerSession = 8
const sessionsAtOnce = 60
const movesPerWorker = 12

type Ledger = PaymentLedger["Service"]

/** Ledgers of several processes: each has a pool of its own. */
class Processes extends Context.Service<Processes, ReadonlyArray<Ledger>>()(
  "payment-orchestration/tests/db/races.test/Processes"
) {
  static readonly layer = Layer.effect(
    Processes,
    Effect.gen(function* () {
      const { connect } = yield* TestDatabase
      return yield* Effect.forEach([1, 2, 3, 4], () =>
        Layer.build(Layer.fresh(PaymentLedgerPg.layer.pipe(Layer.provide(connect("payments_app", 6))))).pipe(
          Effect.map(Context.get(PaymentLedger))
        )
      )
    })
  )
}

/** Numbers that look random and are the same in every run. */
const chances = (seed: number) => {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return {
    next,
    pick: <A>(first: A, ...rest: ReadonlyArray<A>): A => rest[next(rest.length + 1) - 1] ?? first
  }
}

/** What the answers of all workers of one session said, added up. */
interface Told {
  settlements: number
  fulfilments: number
  readonly permits: Array<{ readonly attempt: string; readonly fence: number }>
}

/** Does a few dozen things to one session that no worker in its right mind would do. */
const wrongHeaded = Effect.fnUntraced(function* (
  ledger: Ledger,
  world: w.World,
  session: SessionId,
  told: Told,
  seed: number
) {
  const registry = yield* EntityRegistry
  const fixture = yield* StorageFixture
  const { next, pick } = chances(seed)
  const permitted = ({
    attempt: { attempt, fence }
  }: {
    readonly attempt: { attempt: string; fence: number }
  }) => told.permits.push({ attempt, fence })
  const shuffled = (): ReadonlyArray<Candidate> => {
    const at = next(3)
    return [...world.candidates.slice(at), ...world.candidates.slice(0, at)].map((candidate) => ({
      ...candidate,
      lease: next(4) === 0 ? w.over : w.long
    }))
  }
  for (let move = 0; move < movesPerWorker; move++) {
    switch (
      pick(
        "open",
        "open",
        "record",
        "record",
        "record",
        "record",
        "cancel",
        "expire",
        "takeOver",
        "claim",
        "switch"
      )
    ) {
      case "open": {
        const opening = yield* ledger.open(
          session,
          shuffled(),
          w.decisionFor(world),
          w.confirmation(w.fresh())
        )
        if (opening._tag === "Permitted") permitted(opening.permit)
        break
      }
      case "record": {
        const attempts = yield* ledger.attempts(session)
        const attempt = attempts[next(attempts.length)]
        if (attempt === undefined) break
        const outcome = pick<Outcome>(
          w.declined(),
          w.declined(),
          w.declined("hard"),
          w.timeout,
          w.absent,
          w.captured(`${attempt.id}_a`),
          w.captured(`${attempt.id}_b`),
          w.captured(`${attempt.id}_c`, 1)
        )
        const recording = yield* ledger.record({
          attempt: attempt.id,
          fence: pick(attempt.ordinal, attempt.ordinal, attempts.length, 0),
          outcome,
          source: pick("driver", "driver", "driver", "lookup", "webhook"),
          next: shuffled(),
          by: w.app
        })
        if (recording.next !== undefined) permitted(recording.next)
        if (recording.settlement === "first") told.settlements += 1
        break
      }
      case "cancel":
        if (next(6) === 0) yield* ledger.cancel(session, w.app)
        break
      case "expire":
        yield* ledger.expireDue(5)
        break
      case "takeOver":
        yield* ledger.takeOver(5)
        break
      case "claim": {
        const claimed = yield* ledger.claimFulfilment(session, w.app)
        if (claimed?._tag === "Claimed" && claimed.fulfilment === "first") told.fulfilments += 1
        break
      }
      case "switch": {
        const mid = world.accounts[next(3)]?.id ?? world.accounts[0].id
        yield* next(3) === 0 ? registry.stop({ mid, by: w.app, reason: "a race" }) : fixture.resume(mid)
      }
    }
  }
})

const assertWasNoDeadlock = ({ cause }: LedgerUnavailable) =>
  assert.notStrictEqual(SqlError.isSqlError(cause) ? cause.reason._tag : "", "DeadlockError")

const storage = Processes.layer.pipe(Layer.provideMerge(pgStorage))

it.layer(storage, { excludeTestServices: true, timeout: 60_000 })("however they race", (it) => {
  it.effect(
    `${workersPerSession} wrong-headed workers on each of ${sessionsAtOnce} sessions charge each at most once`,
    () =>
      Effect.gen(function* () {
        const processes = yield* Processes
        const owner = yield* Owner
        const all = yield* Effect.forEach(Array.from({ length: sessionsAtOnce }), (_, nr) =>
          Effect.gen(function* () {
            const world = yield* w.newWorld
            const { id } = yield* w.declared(world, { lifetime: nr % 10 === 0 ? w.over : w.long })
            return { id, world, told: { settlements: 0, fulfilments: 0, permits: [] } satisfies Told as Told }
          })
        )
        yield* Effect.forEach(
          all.flatMap((one, nr) =>
            Array.from({ length: workersPerSession }, (_, worker) => ({ ...one, nr, worker }))
          ),
          ({ id, world, told, nr, worker }) => {
            const ledger = processes[worker % processes.length]
            if (ledger === undefined) return Effect.die("there is no such process")
            return wrongHeaded(ledger, world, id, told, nr * 1000 + worker).pipe(
              Effect.tapError((error) =>
                Effect.sync(() => error._tag === "LedgerUnavailable" && assertWasNoDeadlock(error))
              )
            )
          },
          { concurrency: 48 }
        )
        const reached = new Set<string>()
        for (const { id, told } of all) {
          const [row] = yield* owner<{
            readonly state: string
            readonly live: number
            readonly fence: number
            readonly attempts: number
            readonly fences: ReadonlyArray<number>
            readonly fulfilled: number
            readonly faults: number
            readonly lost: number
          }>`
            select state, fence,
              (select count(*)::int from attempts a where a.session_id = s.session_id) as attempts,
              (select count(*)::int from attempts a where a.session_id = s.session_id and a.state <> 'declined') as live,
              (select coalesce(jsonb_agg(a.fence order by ordinal), '[]') from attempts a
                where a.session_id = s.session_id) as fences,
              (select count(*)::int from fulfilments f where f.session_id = s.session_id) as fulfilled,
              (select count(*)::int from audit_faults(s.session_id)) as faults,
              (select count(*)::int from attempt_evidence e join attempts a using (attempt_id)
                where a.session_id = s.session_id and outcome = 'Captured' and not exists (select from captures c
                  where c.attempt_id = a.attempt_id and c.processor_reference = e.detail ->> 'processorReference')) as lost
            from payment_sessions s where session_id = ${id}`
          if (row === undefined) return assert.fail(`the session ${id} is gone`)
          reached.add(row.state)
          assert.isAtMost(row.live, 1)
          assert.strictEqual(told.settlements, row.state === "settled" ? 1 : 0)
          assert.strictEqual(row.fulfilled, told.settlements)
          assert.isAtMost(told.fulfilments, told.settlements)
          // Every permit that anybody got is a committed attempt, in the order of its fence, and nobody got it twice.
          assert.deepStrictEqual(
            row.fences,
            Array.from({ length: row.attempts }, (_, at) => at + 1)
          )
          assert.strictEqual(row.fence, row.attempts)
          assert.deepStrictEqual(
            told.permits.map(({ fence }) => fence).toSorted((a, b) => a - b),
            row.fences
          )
          assert.strictEqual(row.lost, 0)
          assert.strictEqual(row.faults, 0)
        }
        // A race in which nothing happens would prove nothing.
        for (const state of ["settled", "in_review", "failed", "expired"]) assert.include([...reached], state)
        assert.isAbove(Math.max(...all.map(({ told }) => told.permits.length)), 1)
      }),
    60_000
  )

  it.effect("a step whose answer was lost is done again and changes nothing", () =>
    Effect.gen(function* () {
      const ledger = yield* PaymentLedger
      const world = yield* w.newWorld
      const said: ReadonlyArray<Outcome> = [
        w.captured(),
        w.declined(),
        w.declined("hard"),
        w.timeout,
        w.absent
      ]
      for (const outcome of said) {
        const session = yield* w.declared(world)
        const request = w.confirmation(w.fresh())
        // Nobody hears the first answers.
        yield* w.open(world, session.id, { request })
        assert.strictEqual((yield* w.open(world, session.id, { request }))._tag, "ConfirmReplayed")
        const [attempt] = yield* ledger.attempts(session.id)
        if (attempt === undefined) return assert.fail("nothing was opened")
        const again = ledger.record({
          attempt: attempt.id,
          fence: 1,
          outcome,
          source: "driver",
          next: world.candidates.slice(1),
          by: w.app
        })
        yield* again
        const before = yield* w.everythingOf(session.id)
        const answer = yield* again
        assert.isUndefined(answer.next)
        const after = yield* w.everythingOf(session.id)
        assert.deepStrictEqual(after.attempts, before.attempts)
        assert.deepStrictEqual(after.session?.state, before.session?.state)
        assert.deepStrictEqual(after.events, before.events)
        assert.deepStrictEqual(
          [after.written.facts, after.written.incidents, after.written.decisions],
          [before.written.facts, before.written.incidents, before.written.decisions]
        )
      }
    })
  )

  it.effect(
    "one confirmation key on many sessions at once confirms one of them, and says so to the others",
    () =>
      Effect.gen(function* () {
        const processes = yield* Processes
        const ledger = yield* PaymentLedger
        const world = yield* w.newWorld
        const sessions = yield* Effect.forEach(Array.from({ length: 12 }), () => w.declared(world))
        const request = w.confirmation(w.fresh())
        const openings = yield* Effect.forEach(
          sessions,
          ({ id }, nr) =>
            (processes[nr % processes.length] ?? ledger).open(
              id,
              world.candidates,
              w.decisionFor(world),
              request
            ),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(openings.map(({ _tag }) => _tag).toSorted(), [
          ...Array.from({ length: 11 }, () => "ConfirmKeyReused"),
          "Permitted"
        ])
      })
  )

  it.effect(
    "a company whose underwriting goes while it declares is told so, and never that nobody answered",
    () =>
      Effect.gen(function* () {
        const processes = yield* Processes
        const ledger = yield* PaymentLedger
        const owner = yield* Owner
        const world = yield* w.newWorld
        const tags = new Set<string>()
        const declaring = Effect.forEach(
          Array.from({ length: 300 }, (_, nr) => nr),
          (nr) => {
            const declaration = w.declarationIn(world)
            const request = { by: w.app, idempotencyKey: w.fresh(), body: w.configOf(declaration) }
            return Effect.map(
              (processes[nr % processes.length] ?? ledger).declare(declaration, w.long, request),
              ({ _tag }) => tags.add(_tag)
            )
          },
          { concurrency: 16, discard: true }
        )
        const flipping = Effect.forever(
          Effect.forEach(
            [owner`now()`, owner`null`],
            (at) =>
              owner`update entity_underwriting set revoked_at = ${at} where entity_id = ${world.entity.id}`
          )
        )
        // What comes back is signed by two persons, which is too slow for a race.
        yield* owner`alter table entity_underwriting disable trigger guard_underwriting`
        yield* Effect.raceFirst(declaring, flipping).pipe(
          Effect.ensuring(
            Effect.orDie(owner`alter table entity_underwriting enable trigger guard_underwriting`)
          )
        )
        assert.deepStrictEqual(tags, new Set(["Created", "NotAllowed"]))
      })
  )

  it.effect("whoever writes attempts by hand, without any money step, writes one", () =>
    Effect.gen(function* () {
      const { connect } = yield* TestDatabase
      const owner = yield* Owner
      const hands = yield* Layer.build(connect("payments_owner", 16)).pipe(
        Effect.map(Context.get(SqlClient.SqlClient))
      )
      for (let nr = 100; nr < 120; nr++) {
        yield* owner.unsafe(scene.declare(nr))
        yield* owner`update payment_sessions set state = 'processing', fence = 1 where session_id = ${scene.session(nr)}`
        yield* owner`insert into routing_decisions (session_id, round, policy_version, inputs, chosen, left_out)
          values (${scene.session(nr)}, 1, 1, '{}', '[]', '[]')`
        const tries = yield* Effect.forEach(
          Array.from({ length: 12 }, (_, at) => scene.insert("attempts", scene.attemptRow(nr, at + 1))),
          (statement) => Effect.result(hands.unsafe(statement)),
          { concurrency: "unbounded" }
        )
        const refusals = yield* Effect.forEach(
          tries.flatMap((tried) => (Result.isFailure(tried) ? [tried.failure] : [])),
          refusalOf
        )
        assert.deepStrictEqual(
          refusals.map(({ by }) => by),
          Array.from({ length: 11 }, () => "attempts.one_live_attempt_per_session")
        )
      }
    })
  )

  it.effect("an order that is set free while others wait for it goes to one of them", () =>
    Effect.gen(function* () {
      const processes = yield* Processes
      const ledger = yield* PaymentLedger
      const world = yield* w.newWorld
      for (let round = 0; round < 10; round++) {
        const orderReference = `order_${w.fresh()}`
        const first = yield* w.declared(world, { orderReference })
        const declaring = Array.from({ length: 8 }, (_, nr) => {
          const declaration = w.declarationIn(world, { orderReference })
          return (processes[nr % processes.length] ?? ledger).declare(declaration, w.long, {
            by: w.app,
            idempotencyKey: w.fresh(),
            body: w.configOf(declaration)
          })
        })
        const [, ...answers] = yield* Effect.all([ledger.cancel(first.id, w.app), ...declaring], {
          concurrency: "unbounded"
        })
        const tags = answers.map((answer) => (answer !== undefined && "_tag" in answer ? answer._tag : "?"))
        assert.isAtMost(tags.filter((tag) => tag === "Created").length, 1)
        assert.deepStrictEqual(
          new Set([...tags, "Created", "OrderTaken"]),
          new Set(["Created", "OrderTaken"])
        )
      }
    })
  )

  it.effect("one order and one key at once, over several processes, make one session", () =>
    Effect.gen(function* () {
      const processes = yield* Processes
      const ledger = yield* PaymentLedger
      const sql = yield* SqlClient.SqlClient
      const world = yield* w.newWorld
      const orderReference = `order_${w.fresh()}`
      const body = { ...w.configOf(w.declarationIn(world)), orderReference }
      const idempotencyKey = w.fresh()
      const answers = yield* Effect.forEach(
        Array.from({ length: 24 }, () => w.declarationIn(world, { orderReference })),
        (declaration, nr) =>
          (processes[nr % processes.length] ?? ledger).declare(declaration, w.long, {
            by: w.app,
            idempotencyKey: nr % 2 === 0 ? idempotencyKey : w.fresh(),
            body
          }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(answers.filter(({ _tag }) => _tag === "Created").length, 1)
      const [row] = yield* sql<{ readonly nr: number }>`
        select count(*)::int as nr from payment_sessions where order_reference = ${orderReference}`
      assert.strictEqual(row?.nr, 1)
    })
  )
})

import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Result, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import type { Captured, Declined, Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import type { SessionId } from "../../src/kernel/ids.ts"
import { LedgerUnavailable } from "../../src/kernel/PaymentLedger.ts"
import * as w from "../suites/world.ts"
import { Owner, pgStorage } from "./support/pgStorage.ts"

// Steps of many sessions that come at once share statements and commits, and nothing else.

/** So many that most of them wait while the first are under way. */
const many = 40

const sessionsOf = (world: w.World, count = many) =>
  Effect.map(
    Effect.forEach(Array.from({ length: count }), () => w.declared(world), { concurrency: 4 }),
    (all) => all.map(({ id }) => id)
  )

/** A card that nobody else tries. */
const aCard = () => ({ cardBrand: "visa" as const, fingerprint: `print_${w.fresh()}` })

const atOnce = { concurrency: "unbounded" } as const
const oneByOne = { concurrency: 1 } as const

/** In how many transactions the attempts of some sessions were written. */
const commitsOf = Effect.fnUntraced(function* (sessions: ReadonlyArray<SessionId>) {
  const owner = yield* Owner
  const [row] = yield* owner<{
    readonly n: number
  }>`select count(distinct xmin::text)::integer as n from attempts
    where session_id in (select jsonb_array_elements_text(${JSON.stringify(sessions)}::jsonb))`
  return row?.n ?? 0
})

/** Something happens to the attempts of one session as they are written. */
const whenWritten = Effect.fnUntraced(function* (session: SessionId, what: string) {
  const owner = yield* Owner
  yield* owner.unsafe(`create or replace function happens() returns trigger language plpgsql as $body$
    begin ${what} return new; end $body$`)
  yield* Effect.acquireRelease(
    owner.unsafe(`create trigger happens before insert on attempts for each row
      when (new.session_id = '${session}') execute function happens()`),
    () => Effect.orDie(owner`drop trigger happens on attempts`)
  )
})

/** Every row of a session, but for times and for what is new in each session. */
const rowsOf = Effect.fnUntraced(function* (session: SessionId) {
  const owner = yield* Owner
  const rows: Record<string, unknown> = {}
  for (const [table, order] of Object.entries({
    payment_sessions: "session_id",
    routing_decisions: "round",
    attempts: "ordinal",
    captures: "attempt_id",
    postings: "attempt_id",
    fulfilments: "attempt_id",
    outbox: "event_nr",
    idempotency_keys: "operation",
    incidents: "incident_id"
  })) {
    const columns = owner.unsafe<{ readonly row: unknown }>(
      `select to_jsonb(t) - array(select attname from pg_attribute where attrelid = '${table}'::regclass
        and atttypid = 'timestamptz'::regtype) - '{event_nr,posting_id,incident_id}'::text[] as row
      from ${table} t where session_id = $1 order by ${order}`,
      [session]
    )
    rows[table] = (yield* columns).map(({ row }) => row)
  }
  rows["audit"] =
    yield* owner`select actor, action, detail from audit where chain = ${session} order by position`
  rows["heard"] =
    yield* owner`select nr, source, outcome, detail from attempt_evidence join attempts using (attempt_id)
    where session_id = ${session} order by ordinal, nr`
  const seen = new Map<string, number>()
  const known = JSON.stringify(rows).replaceAll(session.slice("ps_".length), "its")
  return known.replaceAll(/(?:ref|print)_[0-9a-f]{16}/g, (reference) => {
    seen.set(reference, seen.get(reference) ?? seen.size)
    return `reference ${seen.get(reference)}`
  })
})

type Outcome = Captured | Declined | Indeterminate

/** The same numbers for the same seed. */
const drawing = (seed: number) => {
  // Seeds that follow each other begin far apart.
  let state = Math.imul(seed, 2_654_435_761)
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** What may happen to one session, one thing after the other: what was answered, and what is left of it. */
const life = Effect.fnUntraced(function* (world: w.World, session: SessionId, seed: number) {
  const draw = drawing(seed)
  const opening = yield* w.open(world, session, { card: aCard() })
  const said: Array<unknown> = [opening._tag]
  let permit = opening._tag === "Permitted" ? opening.permit : undefined
  while (permit !== undefined) {
    const outcomes: ReadonlyArray<Outcome> = [
      w.captured(),
      w.captured(),
      w.captured(undefined, w.price.amount - 1),
      w.captured(undefined, w.price.amount, "EUR"),
      w.declined(),
      w.declined("hard"),
      w.timeout
    ]
    const outcome = outcomes[draw(outcomes.length)] ?? w.timeout
    const next = draw(2) === 0 ? world.candidates.slice(1) : []
    const { next: going, ...recording } = yield* w.record(permit, outcome, {
      next,
      fence: permit.attempt.fence - draw(2)
    })
    said.push(outcome._tag, recording)
    // A driver that heard nothing of its record says it again.
    if (draw(3) === 0) said.push(yield* w.record(permit, outcome))
    permit = going
  }
  if (draw(2) === 0) said.push((yield* w.open(world, session))._tag)
  const { evidence, decisions, incidents, auditRows } = yield* w.written(session)
  const state = [yield* w.stateOf(session), yield* w.attemptStates(session)]
  return {
    said,
    state,
    heard: evidence.map(({ outcome }) => outcome),
    decisions,
    incidents: incidents.length,
    auditRows,
    rows: yield* rowsOf(session)
  }
})

it.layer(pgStorage, { excludeTestServices: true })("steps of many sessions at once", (it) => {
  it.effect("are written in fewer commits than there are sessions, each with a verdict of its own", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world)
      const [gone = assert.fail()] = sessions.splice(many / 2, 1, w.freshSessionId())
      assert.notInclude(sessions, gone)
      const tags = (yield* Effect.forEach(sessions, (session) => w.open(world, session), atOnce)).map(
        (opening) => (opening._tag === "Permitted" ? opening.permit.attempt.session : opening._tag)
      )
      const unknown = sessions[many / 2]
      assert.deepStrictEqual(
        tags,
        sessions.map((session) => (session === unknown ? "NoSuchSession" : session))
      )
      assert.isBelow(yield* commitsOf(sessions), many / 2)
    })
  )

  it.effect("have the verdicts and leave the rows that they would have one by one", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const lives = Number(process.env["GROUP_COMMIT_LIVES"] ?? many)
      const lived = (how: typeof atOnce | typeof oneByOne) =>
        Effect.flatMap(sessionsOf(world, lives), (sessions) =>
          Effect.forEach(sessions, (session, nr) => life(world, session, nr + 1), how)
        )
      assert.deepStrictEqual(yield* lived(atOnce), yield* lived(oneByOne))
    })
  )

  it.effect("are written by one statement for each table", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world)
      yield* owner`create table statements (written text not null)`
      yield* owner`grant insert on statements to payments_app`
      yield* owner.unsafe(`create function count_statement() returns trigger language plpgsql as $body$
        begin insert into payments.statements values (tg_table_name); return null; end $body$`)
      const tables = ["routing_decisions", "attempts", "captures", "postings", "fulfilments", "outbox"]
      for (const table of tables) {
        yield* owner.unsafe(`create trigger count_statement after insert on ${table}
          for each statement execute function count_statement()`)
      }
      const openings = yield* Effect.forEach(
        sessions,
        (session) => w.open(world, session, { card: aCard() }),
        atOnce
      )
      yield* Effect.forEach(
        openings,
        (opening) => (opening._tag === "Permitted" ? w.record(opening.permit, w.captured()) : Effect.void),
        atOnce
      )
      const counts = yield* owner<{ readonly written: string; readonly n: number }>`
        select written, count(*)::integer as n from statements group by written`
      yield* owner`drop function count_statement cascade`
      yield* owner`drop table statements`
      assert.sameMembers(
        counts.map(({ written }) => written),
        tables
      )
      for (const { written, n } of counts) assert.isBelow(n, 8, written)
    })
  )

  it.effect("are permitted once where they are the same session or come under the same key", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world)
      const rivals = yield* sessionsOf(world, 5)
      const twice = sessions.at(-1) ?? assert.fail()
      const wishes = [...sessions, twice, twice].map((session) => ({ session, key: w.fresh() }))
      const oneKey = w.fresh()
      const tags = yield* Effect.forEach(
        [...wishes, ...rivals.map((session) => ({ session, key: oneKey }))],
        ({ session, key }) =>
          Effect.map(
            w.open(world, session, { request: w.confirmation(key), card: aCard() }),
            ({ _tag }) => _tag
          ),
        atOnce
      )
      const count = (tag: string) => tags.filter((one) => one === tag).length
      assert.strictEqual(count("Permitted"), sessions.length + 1)
      assert.strictEqual(count("NotPayable"), 2)
      assert.strictEqual(count("ConfirmKeyReused"), rivals.length - 1)
      for (const session of sessions) assert.deepStrictEqual(yield* w.attemptStates(session), ["in_flight"])
      // None of them made the others go alone.
      assert.isBelow(yield* commitsOf(sessions), many / 2)
    })
  )

  it.effect("count each other where they try one card", () =>
    Effect.gen(function* () {
      const world = yield* w.newLiveWorld
      const sessions = yield* sessionsOf(world)
      const card = { cardBrand: "mastercard" as const, fingerprint: w.fresh() }
      const openings = yield* Effect.forEach(
        sessions,
        (session) => w.open(world, session, { candidates: world.candidates.slice(0, 1), card }),
        atOnce
      )
      const permitted = sessions.filter((_, nr) => openings[nr]?._tag === "Permitted")
      assert.strictEqual(permitted.length, 10)
      assert.isBelow(yield* commitsOf(permitted), 10)
    })
  )

  it.effect("are not taken down by one that the database refuses", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world)
      const bad = sessions.at(-1) ?? assert.fail()
      yield* whenWritten(bad, "raise exception 'something is wrong';")
      const results = yield* Effect.forEach(
        sessions,
        (session) => Effect.result(w.open(world, session)),
        atOnce
      )
      const failed = sessions.filter((_, nr) => {
        const result = results[nr]
        return result === undefined || Result.isFailure(result) || result.success._tag !== "Permitted"
      })
      assert.deepStrictEqual(failed, [bad])
      assert.strictEqual(yield* w.stateOf(bad), "pending")
    }).pipe(Effect.scoped)
  )

  it.effect("do not wait long for one whose session somebody holds", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world)
      const held = sessions.at(-1) ?? assert.fail()
      const others = sessions.slice(0, -1)
      const opening = yield* owner.withTransaction(
        Effect.gen(function* () {
          yield* owner`select from payment_sessions where session_id = ${held} for update`
          const fibers = yield* Effect.forEach(sessions, (session) =>
            Effect.forkDetach(w.open(world, session), { startImmediately: true })
          )
          // While it is held still, everybody else is through.
          yield* Effect.forEach(fibers.slice(0, -1), Fiber.join)
          return fibers.at(-1) ?? assert.fail()
        })
      )
      assert.strictEqual((yield* Fiber.join(opening))._tag, "Permitted")
      assert.isBelow(yield* commitsOf(others), others.length + 1)
    })
  )

  it.effect(
    "are all unknown when their line is cut, and are recorded again to the same end",
    () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        const world = yield* w.newWorld
        const sessions = yield* sessionsOf(world)
        const slow = sessions.at(-1) ?? assert.fail()
        yield* whenWritten(slow, "perform pg_sleep(8);")
        const asking = yield* Effect.forkChild(
          Effect.forEach(sessions, (session) => Effect.exit(w.open(world, session)), atOnce)
        )
        const cut = owner.withTransaction(
          Effect.andThen(
            owner`set local role postgres`,
            owner`select pg_terminate_backend(pid) from pg_stat_activity
            where wait_event = 'PgSleep' and datname = current_database()`
          )
        )
        yield* Effect.repeat(cut, {
          until: (rows) => rows.length > 0,
          schedule: Schedule.spaced("20 millis")
        })
        const exits = yield* Fiber.join(asking)
        const unknown = sessions.filter((_, nr) => exits[nr] !== undefined && Exit.isFailure(exits[nr]))
        assert.include(unknown, slow)
        assert.isAbove(unknown.length, 1)
        for (const [nr, exit] of exits.entries()) {
          if (Exit.isSuccess(exit)) continue
          const error = yield* Effect.flip(exit)
          assert.instanceOf(error, LedgerUnavailable)
          // Trying again may be of use: nobody has refused anything.
          assert.isUndefined(error.refused, `session ${nr}`)
        }
        yield* owner.unsafe(`create or replace function happens() returns trigger language plpgsql as $body$
        begin return new; end $body$`)
        const again = yield* Effect.forEach(unknown, (session) => w.open(world, session), atOnce)
        assert.deepStrictEqual([...new Set(again.map(({ _tag }) => _tag))], ["Permitted"])
      }).pipe(Effect.scoped),
    30_000
  )

  it.effect("leave nothing of themselves behind on the connections that they shared", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world)
      yield* Effect.forEach(sessions, (session) => w.open(world, session), atOnce)
      assert.isBelow(yield* commitsOf(sessions), many)
      // So many at once that each connection of the pool is asked.
      const settings = yield* Effect.forEach(
        Array.from({ length: many }),
        () => sql`select current_setting('lock_timeout') as patience,
          current_setting('payments.trace', true) as trace from pg_sleep(0.02)`,
        atOnce
      )
      for (const [row] of settings) {
        assert.strictEqual(row?.["patience"], "5s")
        assert.strictEqual(row?.["trace"] ?? "", "")
      }
    })
  )

  it.effect("that nobody waits for any more are not sent, and those that were are not undone", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world)
      const left = sessions.at(-1) ?? assert.fail()
      const fibers = yield* Effect.forEach(sessions, (session) =>
        Effect.forkChild(w.open(world, session), { startImmediately: true })
      )
      // It waits: the first ones are under way.
      yield* Fiber.interrupt(fibers.at(-1) ?? assert.fail())
      const others = yield* Effect.forEach(fibers.slice(0, -1), Fiber.join)
      assert.deepStrictEqual([...new Set(others.map(({ _tag }) => _tag))], ["Permitted"])
      assert.strictEqual(yield* w.stateOf(left), "pending")
    })
  )
})

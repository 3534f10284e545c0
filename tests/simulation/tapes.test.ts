import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { count, type Report, writeReport } from "../support/commandLine.ts"
import { drawnTape } from "./tapes/drawnTape.ts"
import { Postgres } from "./tapes/Postgres.ts"
import { refundTape } from "./tapes/refundTape.ts"
import { replay } from "./tapes/replay.ts"
import { refundStatements } from "./tapes/refundStatements.ts"
import { statements } from "./tapes/statements.ts"
import { storyOf } from "./tapes/story.ts"
import { historyTape, type Tape } from "./tapes/Tape.ts"
import { wrongRefundSql } from "./tapes/wrongRefundSql.ts"
import { mistaken, type WrongSql, wrongSql } from "./tapes/wrongSql.ts"

// TAPES=5000 plays the tapes of so many histories, TAPES_FROM=44 begins with that seed, TAPES_REPORT=file writes figures.
const from = Number(process.env["TAPES_FROM"] ?? 1)
const histories = Number(process.env["TAPES"] ?? 150)
const drawn = Math.ceil(histories / 3)
const refunding = Math.ceil(histories / 6)
const timeout = 120_000 + histories * 2_000

const tapesOf = (tape: (seed: number) => Tape, tapes: number, first = from): ReadonlyArray<() => Tape> =>
  Array.from({ length: tapes }, (_, nr) => () => tape(first + nr))

const figures: Array<Report["figures"][number]> = []
const fired: Record<string, number> = {}

/** Tells how much was compared, to whoever asked for it. */
const tell = (what: string, tapes: number, operations: ReadonlyMap<string, number>): number => {
  const compared = [...operations.values()].reduce((sum, times) => sum + times, 0)
  for (const [name, times] of operations)
    fired[`statement: ${name}`] = (fired[`statement: ${name}`] ?? 0) + times
  figures.push(
    { figure: `${what}, played again on PostgreSQL`, value: count(tapes), aim: "no difference" },
    { figure: "statements compared in these", value: count(compared), aim: "" }
  )
  writeReport(process.env["TAPES_REPORT"], { figures, fired })
  return compared
}

/** Replays tapes until one of them shows a difference, and counts what was seen. */
const replayAll = Effect.fnUntraced(function* (tapes: ReadonlyArray<() => Tape>) {
  const operations = new Map<string, number>()
  const refusals = new Set<string>()
  const edits = new Set<string>()
  for (const make of tapes) {
    const tape = make()
    const replayed = yield* replay(tape)
    for (const name of replayed.operations) operations.set(name, (operations.get(name) ?? 0) + 1)
    for (const by of replayed.refusals) refusals.add(by)
    for (const kind of replayed.edits) edits.add(kind)
    const { difference } = replayed
    if (difference !== undefined) return { operations, refusals, edits, story: storyOf(tape, difference) }
  }
  return { operations, refusals, edits, story: "" }
})

it.layer(Postgres.layer, { excludeTestServices: true, timeout: 60_000 })("the database model", (it) => {
  it.effect(
    "answers every statement of simulated histories as PostgreSQL does, and leaves the same behind",
    () =>
      Effect.gen(function* () {
        const { operations, story } = yield* replayAll(tapesOf(historyTape, histories))
        expect(story).toBe("")
        // A history that asks for little would show little.
        expect(tell("tapes of simulated histories", histories, operations)).toBeGreaterThan(histories * 10)
        if (histories < 100) return
        // The services never ask for attempts and returns; dashboards do. What came before under a key is asked for rarely.
        const seen = new Set([...operations.keys(), "attempts", "declaredBefore", "returns_of_session"])
        expect(Object.keys({ ...statements, ...refundStatements }).filter((name) => !seen.has(name))).toEqual(
          []
        )
      }),
    timeout
  )

  it.effect(
    "answers what no service would ask as PostgreSQL does, and refuses what it refuses",
    () =>
      Effect.gen(function* () {
        const { operations, refusals, edits, story } = yield* replayAll(tapesOf(drawnTape, drawn))
        expect(story).toBe("")
        expect(tell("drawn tapes", drawn, operations)).toBeGreaterThan(drawn * 40)
        if (drawn < 30) return
        expect([...operations.keys()].toSorted()).toEqual(Object.keys(statements).toSorted())
        expect([...refusals].toSorted()).toEqual([
          "captures.captures_amount_check",
          "captures.captures_processor_reference_check",
          "no such attempt",
          "payment_sessions.payment_sessions_pkey"
        ])
        expect([...edits].toSorted()).toEqual(["changed", "moved", "not moved"])
      }),
    timeout
  )

  it.effect(
    "answers what no service would ask about refunds as PostgreSQL does, and refuses what it refuses",
    () =>
      Effect.gen(function* () {
        const { operations, refusals, story } = yield* replayAll(tapesOf(refundTape, refunding))
        expect(story).toBe("")
        expect(tell("drawn tapes of refunds", refunding, operations)).toBeGreaterThan(refunding * 40)
        if (refunding < 25) return
        expect(Object.keys(refundStatements).filter((name) => !operations.has(name))).toEqual([])
        expect([...refusals].toSorted()).toEqual([
          "no such refund",
          "refunds.refunds_reason_check",
          "returns.returns_refund_reference_check"
        ])
      }),
    timeout
  )

  it.effect("is asked at the same times: nothing in this PostgreSQL goes by the machine's clock", () =>
    Effect.gen(function* () {
      const { owner } = yield* Postgres
      const untamed = owner`select name from tape.untamed`
      const machineTimes = owner`select place from tape.machine_times()`
      expect(yield* untamed).toEqual([])
      expect(yield* replayAll([() => historyTape(3), () => drawnTape(1)])).toMatchObject({ story: "" })
      expect(yield* machineTimes).toEqual([])

      // Both see what goes by it.
      yield* owner`create function by_the_machine() returns timestamptz language sql as 'select now()'`
      yield* owner`create table moments (at timestamptz default pg_catalog.now())`
      yield* owner`insert into moments values (timestamptz 'epoch' + interval '1.5 milliseconds')`
      const seen = [yield* untamed, yield* machineTimes]
      yield* owner`drop function by_the_machine`
      yield* owner`drop table moments`
      expect(seen).toEqual([
        [{ name: "by_the_machine()" }, { name: "moments.at" }],
        [{ place: "moments.at" }]
      ])
    })
  )

  const isCaught = Effect.fnUntraced(function* (
    wrong: WrongSql,
    kinds: ReadonlyArray<(seed: number) => Tape>
  ) {
    const some = kinds.map((tape) => tapesOf(tape, 60, wrong.near ?? 1))
    const tapes = Array.from({ length: 60 }).flatMap((_, nr) => some.flatMap((of) => of[nr] ?? []))
    const { story } = yield* mistaken(wrong, replayAll(tapes))
    expect(story).toMatch(/: PostgreSQL and the model differ after statement \d+\.\n/)
    expect(story).not.toContain("the tape is not whole")
  })

  it.effect.each(wrongSql)(
    "does not answer like a PostgreSQL by which $mistake",
    (wrong) => isCaught(wrong, [drawnTape, historyTape]),
    timeout
  )

  it.effect.each(wrongRefundSql)(
    "does not answer like a PostgreSQL by which $mistake",
    (wrong) => isCaught(wrong, [refundTape, historyTape]),
    timeout
  )
})

import { Effect } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { expect } from "@effect/vitest"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { SessionState } from "../../../src/kernel/PaymentSession.ts"
import { storage as model } from "../../layers/memory/storage.ts"
import type { Storage } from "../StorageFixture.ts"
import type { Laws } from "../suite.ts"
import * as w from "../world.ts"
import { assertInvariants, type Standing, standing } from "./invariants.ts"
import { play, type Played, type Player, Sequence } from "./sequence.ts"

/** Plays a sequence on a new session and looks at it after every call; last the app asks whether to fulfil. */
const playOn = Effect.fnUntraced(function* (
  world: w.World,
  declaration: ReturnType<typeof w.declarationIn>,
  { overdue, calls }: Sequence
) {
  const ledger = yield* PaymentLedger
  const { id } = declaration
  yield* w.seedWorld(world)
  yield* ledger.declare(declaration, overdue ? w.over : w.long, { by: w.app, body: w.configOf(declaration) })
  const player: Player = { world, session: id, permits: [] }
  const answers: Array<Played> = []
  const standings: Array<Standing> = [yield* standing(id)]
  for (const call of calls) {
    answers.push(yield* play(player, call))
    standings.push(yield* standing(id))
  }
  answers.push({ call: "claimFulfilment", answer: yield* ledger.claimFulfilment(id, w.app) })
  return { answers, standings }
})

const anew = (sequence: Sequence) => {
  const world = w.drawWorld()
  return [world, w.declarationIn(world), sequence] as const
}

/** What is always true, after every call; `reached` collects the states that were seen. */
const keepsTheInvariants = (reached: Set<SessionState>) =>
  Effect.fnUntraced(function* (sequence: Sequence) {
    const { answers, standings } = yield* playOn(...anew(sequence))
    let [before] = standings
    for (const now of standings) {
      if (before !== undefined) assertInvariants(before, now)
      reached.add(now.state)
      before = now
    }
    if (before === undefined) return false
    assertSettledOnce(answers, before.state)
    assertEveryCaptureIsAFact(answers, before)
    return true
  })

/** A session is settled by exactly one recording and fulfilled by exactly one claim, or by none. */
const assertSettledOnce = (answers: ReadonlyArray<Played>, state: SessionState): void => {
  const once = state === "settled" ? 1 : 0
  expect(answers.filter(({ answer }) => said(answer, "settlement") === "first")).toHaveLength(once)
  expect(answers.filter(({ answer }) => said(answer, "fulfilment") === "first")).toHaveLength(once)
}

const assertEveryCaptureIsAFact = (answers: ReadonlyArray<Played>, { written }: Standing): void => {
  const recorded = answers.flatMap(({ answer }) => said(answer, "reference") ?? [])
  expect(written.facts.map(({ processorReference }) => processorReference).toSorted()).toEqual(
    [...new Set(recorded)].toSorted()
  )
}

const said = (answer: unknown, field: string): unknown =>
  typeof answer === "object" && answer !== null ? new Map(Object.entries(answer)).get(field) : undefined

/** The same calls lead to the same answers, states, events and records here as in memory. */
const agreesWithTheModel = Effect.fnUntraced(function* (sequence: Sequence) {
  const same = anew(sequence)
  const here = yield* playOn(...same)
  const there = yield* playOn(...same).pipe(Effect.provide(model, { local: true }))
  expect(here.answers).toEqual(there.answers)
  expect(here.standings.map(comparable)).toEqual(there.standings.map(comparable))
  return true
})

/** Storages may count their audit rows in their own way. */
const comparable = ({ state, attempts, events, written }: Standing) => {
  const { evidence, facts, incidents, decisions } = written
  return { state, attempts, events, evidence, facts, incidents, decisions }
}

/** Draws from a fixed seed, so that a failure comes again, and shrinks a sequence that fails. */
const check = Effect.fnUntraced(function* <E>(
  runs: number,
  holds: (sequence: Sequence) => Effect.Effect<boolean, E, Storage>
) {
  const result = yield* Arbitrary.checkEffect(Arbitrary.schema(Sequence), holds, { runs, seed: 2026 })
  const failure = Arbitrary.formatCheckFailure(result)
  if (failure !== undefined) return yield* Effect.die(new Error(failure))
})

export const anySequence = (runs: number): Laws => ({
  whateverIsCalledNoInvariantBreaks: Effect.gen(function* () {
    const reached = new Set<SessionState>()
    yield* check(runs, keepsTheInvariants(reached))
    expect([...reached].toSorted()).toEqual(SessionState.literals.toSorted())
  }),
  whateverIsCalledTheModelAgrees: check(runs, agreesWithTheModel)
})

import { DateTime, Effect, Result, Schema } from "effect"
import { isDeepStrictEqual } from "node:util"
import { Attempt } from "../../../src/kernel/Attempt.ts"
import { PaymentEvent } from "../../../src/kernel/Outbox.ts"
import type { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import { Refund } from "../../../src/kernel/refunds/Refund.ts"
import { ConstraintViolation } from "../../../src/layers/memory/constraints.ts"
import type { Store } from "../../../src/layers/memory/Store.ts"
import { refusalOf } from "../../db/support/refusal.ts"
import type { TapeEntry } from "../Database.ts"
import { Model } from "./Model.ts"
import { type Change, editOf } from "./operator.ts"
import { differences, show, toPlain } from "./plain.ts"
import { Postgres } from "./Postgres.ts"
import { refundStatements } from "./refundStatements.ts"
import { statements } from "./statements.ts"
import { type Difference, lineOf } from "./story.ts"
import type { Tape } from "./Tape.ts"

// A tape, played on the model once more and on the real PostgreSQL beside it.

const everyStatement = new Map(Object.entries({ ...statements, ...refundStatements }))

/** What a storage answered to one statement, as plain data, or by which prohibition it refused it. */
export type Answer =
  | { readonly _tag: "Answered"; readonly value: unknown }
  | { readonly _tag: "Refused"; readonly by: string }

export interface Replayed {
  /** The operations that were done, each as often as both answered alike. */
  readonly operations: ReadonlyArray<string>
  /** By what PostgreSQL refused something, as the model did. */
  readonly refusals: ReadonlyArray<string>
  /** What operators changed between the statements. */
  readonly edits: ReadonlyArray<"changed" | "moved" | "not moved">
  readonly difference: Difference | undefined
}

/** Plays a tape on both. Ends at the first difference. */
export const replay = Effect.fnUntraced(function* ({
  scene,
  entries
}: Tape): Effect.fn.Return<Replayed, never, Postgres> {
  const replayed = yield* new Replay(yield* Postgres, scene(), entries, false).run()
  // Something that is only seen at the end began somewhere: once more, and a look after every statement.
  if (replayed.difference?.nr !== entries.length) return replayed
  const { difference } = yield* new Replay(yield* Postgres, scene(), entries, true).run()
  return { ...replayed, difference: difference ?? replayed.difference }
})

class Replay {
  readonly #postgres: Postgres["Service"]
  readonly #model: Model
  readonly #tape: ReadonlyArray<TapeEntry>
  readonly #watching: boolean
  readonly #operations: Array<string> = []
  readonly #refusals: Array<string> = []
  readonly #edited: Array<Replayed["edits"][number]> = []
  /** PostgreSQL's names of events by the model's. */
  readonly #events = new Map<string, string>()
  readonly #before: Array<string> = []
  /** What the tape says of the model's answers still holds. */
  #faithful = true

  constructor(
    postgres: Postgres["Service"],
    scene: Store,
    tape: ReadonlyArray<TapeEntry>,
    watching: boolean
  ) {
    this.#postgres = postgres
    this.#model = new Model(scene)
    this.#tape = tape
    this.#watching = watching
  }

  readonly run = Effect.fnUntraced(function* (this: Replay) {
    yield* this.#postgres.begin(this.#model.store)
    for (const [nr, entry] of this.#tape.entries()) {
      const differs = entry.operation === "edit" ? yield* this.#edits(entry) : yield* this.#does(entry)
      if (differs.length > 0) return this.#ends(nr, differs)
      if (!this.#watching) continue
      const standing = yield* this.#standings()
      if (standing.length > 0) return this.#ends(nr, standing)
    }
    return this.#ends(this.#tape.length, [...(yield* this.#standings()), ...(yield* this.#declarations())])
  })

  #ends(nr: number, differs: ReadonlyArray<string>): Replayed {
    return {
      operations: this.#operations,
      refusals: this.#refusals,
      edits: this.#edited,
      difference: differs.length === 0 ? undefined : { nr, differs, before: this.#before }
    }
  }

  /** An operator's statement: PostgreSQL is asked first, because not everything is allowed there. */
  readonly #edits = Effect.fnUntraced(function* (this: Replay, { at, input }: TapeEntry) {
    const [mid, wanted] = editOf(input)
    if (!this.#model.store.accounts.has(mid)) return []
    const stays = wanted.entity !== undefined && this.#model.hasAttempts(mid)
    const done: Change = yield* this.#postgres.change(mid, wanted, at)
    this.#before.push(lineOf(at, "operator", [mid, wanted], isDeepStrictEqual(done, wanted) ? "done" : done))
    this.#model.edit(mid, done)
    if (wanted.entity === undefined) this.#edited.push("changed")
    else this.#edited.push(done.entity === undefined ? "not moved" : "moved")
    this.#faithful &&= done.entity === wanted.entity
    if (wanted.entity === undefined || stays === (done.entity === undefined)) return []
    return [`${mid} ${stays ? "moved although it had attempts" : "did not move although it had no attempt"}`]
  })

  readonly #does = Effect.fnUntraced(function* (this: Replay, { operation, at, input, exit }: TapeEntry) {
    const again = everyStatement.get(operation)
    if (again === undefined) throw new Error(`nobody knows how to do ${operation}`)
    const taped = answerOfModel(Result.map(yield* Effect.result(exit), inOrder))
    const here = Result.map(this.#model.at(at, again(this.#model.ports, input)), inOrder)
    const model = answerOfModel(here)
    this.#before.push(lineOf(at, operation, input, model))
    if (this.#faithful && !isDeepStrictEqual(taped, model)) {
      return [`the tape is not whole: on it the model answered ${show(taped)}, and now ${show(model)}`]
    }
    const asked = operation === "markDelivered" ? [this.#delivered(input)] : input
    const there = Result.map(yield* this.#postgres.at(at, again(this.#postgres.ports, asked)), inOrder)
    const named = (answer: unknown) => this.#named(Result.getOrUndefined(here), answer)
    const postgres = yield* answerOfPostgres(Result.map(there, named))
    if (model._tag === "Refused" && postgres._tag === "Refused") {
      this.#refusals.push(postgres.by)
    } else if (!isDeepStrictEqual(model, postgres)) {
      return differences(model, postgres)
    }
    this.#operations.push(operation)
    return []
  })

  /** PostgreSQL's events under the names that the model gave them. */
  #named(model: unknown, answer: unknown): unknown {
    if (!areEvents(model) || !areEvents(answer)) return answer
    for (const [index, { id }] of answer.entries()) {
      const here = model[index]?.id
      const isKnown = [...this.#events.values()].includes(id)
      if (here !== undefined && !this.#events.has(here) && !isKnown) this.#events.set(here, id)
    }
    const names = new Map([...this.#events].map(([here, there]) => [there, here]))
    return answer.map((event) => new PaymentEvent({ ...event, id: names.get(event.id) ?? event.id }))
  }

  #delivered([ids]: ReadonlyArray<unknown>): ReadonlyArray<string> {
    if (!areNames(ids)) throw new Error("these are no names of events")
    return ids.map((id) => this.#events.get(id) ?? id)
  }

  readonly #standings = Effect.fnUntraced(function* (this: Replay) {
    return differences(this.#model.standing(), yield* this.#postgres.standing)
  })

  readonly #declarations = Effect.fnUntraced(function* (this: Replay) {
    const differs: Array<string> = []
    for (const [id, { declaration }] of this.#model.store.sessions) {
      const read = yield* Effect.orDie(this.#postgres.declaration(id))
      differs.push(...differences(toPlain(declaration), toPlain(read), `the declaration of ${id}`))
    }
    return differs
  })
}

/**
 * What one statement wrote for several sessions has no order among them: of two events or attempts of the same
 * millisecond the one comes first whose session is named first.
 */
const inOrder = (answer: unknown): unknown => {
  if (areEvents(answer)) return sorted(answer, ({ occurredAt, session }) => [occurredAt, session])
  if (areUnresolved(answer)) return sorted(answer, ({ writtenAt, attempt }) => [writtenAt, attempt.id])
  if (areUnresolvedRefunds(answer)) return sorted(answer, ({ refund }) => [refund.writtenAt, refund.id])
  return answer
}

/** Sorts only neighbours of one time. */
const sorted = <A>(
  rows: ReadonlyArray<A>,
  by: (row: A) => readonly [at: DateTime.Utc, name: string]
): ReadonlyArray<A> => {
  const nr = new Map<A, number>()
  let group = 0
  for (const [index, row] of rows.entries()) {
    const previous = rows[index - 1]
    if (previous !== undefined && !DateTime.Equivalence(by(previous)[0], by(row)[0])) group += 1
    nr.set(row, group)
  }
  return rows.toSorted((a, b) => {
    const groups = (nr.get(a) ?? 0) - (nr.get(b) ?? 0)
    return groups === 0 ? (by(a)[1] < by(b)[1] ? -1 : by(a)[1] > by(b)[1] ? 1 : 0) : groups
  })
}

const areEvents = Schema.is(Schema.Array(Schema.toType(PaymentEvent)))
const areUnresolved = Schema.is(
  Schema.Array(
    Schema.Struct({
      attempt: Attempt,
      writtenAt: Schema.toType(Schema.DateTimeUtcFromString),
      age: Schema.Int
    })
  )
)
const areUnresolvedRefunds = Schema.is(
  Schema.Array(
    Schema.Struct({
      refund: Schema.toType(Refund),
      age: Schema.Int,
      version: Schema.Int,
      refundReference: Schema.optionalKey(Schema.String)
    })
  )
)
const areNames = Schema.is(Schema.Array(Schema.String))

const missingIn = (message: string): string | undefined => {
  const what = /^there is no (attempt|refund) /.exec(message)?.[1]
  return what === undefined ? undefined : `no such ${what}`
}

/** A prohibition that broke, or the attempt or refund that is not there; anything else is a bug in the model. */
const answerOfModel = (result: Result.Result<unknown, LedgerUnavailable>): Answer => {
  if (Result.isSuccess(result)) return { _tag: "Answered", value: toPlain(result.success) }
  const { cause } = result.failure
  if (cause instanceof ConstraintViolation) return { _tag: "Refused", by: cause.constraint }
  const missing = cause instanceof Error ? missingIn(cause.message) : undefined
  if (missing !== undefined) return { _tag: "Refused", by: missing }
  throw cause
}

/** What PostgreSQL itself refused; a line that broke or an answer that nobody can read is a defect. */
const answerOfPostgres = (result: Result.Result<unknown, LedgerUnavailable>): Effect.Effect<Answer> =>
  Result.isSuccess(result)
    ? Effect.succeed({ _tag: "Answered", value: toPlain(result.success) })
    : Effect.map(refusalOf(result.failure.cause), ({ by, message }) => ({
        _tag: "Refused",
        by: by ?? missingIn(message) ?? message
      }))

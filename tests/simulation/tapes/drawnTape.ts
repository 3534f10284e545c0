import { Effect, Exit, Result, Schema } from "effect"
import { PaymentEvent } from "../../../src/kernel/Outbox.ts"
import type { AttemptRow, Store } from "../../../src/layers/memory/Store.ts"
import type { TapeEntry } from "../Database.ts"
import { Draws } from "../Draws.ts"
import { beginning } from "../Party.ts"
import { category, company, drawScene, otherCompany } from "../scene.ts"
import { DrawnInputs, dueAt, type OneOf } from "./DrawnInputs.ts"
import { Model } from "./Model.ts"
import type { Change } from "./operator.ts"
import { isOperation, type Operation, statements } from "./statements.ts"
import type { Tape } from "./Tape.ts"

// Statements that no service would ask for in this order, at these times, or at all: a ledger answers them too.

const perTape = 60

/** How often each is asked for, among each other. */
const weights: Readonly<Record<Operation | "edit", number>> = {
  declare: 4,
  declaredBefore: 2,
  session: 1,
  attempts: 1,
  open: 14,
  record: 22,
  cancel: 1,
  expireDue: 2,
  takeOver: 3,
  claimUnresolved: 3,
  claimFulfilment: 4,
  claim: 4,
  markDelivered: 3,
  edit: 3
}
const urn = Object.entries(weights).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind))

/** Draws a tape, doing each statement on the model as it goes: what is drawn next may be about what was answered. */
export const drawnTape = (seed: number): Tape => {
  const scene = () => drawScene(new Draws(seed))
  const drawing = new Drawing(new Draws(seed), scene())
  for (let nr = 0; nr < perTape; nr++) drawing.next()
  return { name: `the drawn tape of seed ${seed}`, seed, scene, entries: drawing.entries }
}

interface Due {
  readonly at: number
  /** Which statement has to mind that moment. */
  readonly kind: Operation
}

class Drawing {
  readonly entries: Array<TapeEntry> = []
  readonly #draws: Draws
  readonly #model: Model
  readonly #inputs: DrawnInputs
  #now = beginning

  constructor(draws: Draws, scene: Store) {
    this.#draws = draws
    this.#model = new Model(scene)
    this.#inputs = new DrawnInputs(draws, this.#model.store)
  }

  /** Another statement a while later, or the fitting one at the very moment at which something is due. */
  next(): void {
    const due = this.#draws.chance("on time", 0.3) ? this.#inputs.any("due", this.#dues()) : undefined
    if (due !== undefined) {
      this.#now = due.at + this.#draws.pick("beside", [-1, 0, 0, 1])
      return this.#does(due.kind)
    }
    this.#now += this.#draws.pick("later", [1, 1, 7, 50, 400, 1_000, 3_000, 20_000, 61_000, -5_000])
    const drawn = this.#inputs.any("kind", urn)
    if (drawn === undefined || !isOperation(drawn)) return this.#edits()
    this.#does(this.#needed(drawn))
  }

  /** Of sessions and attempts that are not there nothing can be seen but that: first they have to be. */
  #needed(drawn: Operation): Operation {
    const { sessions, attempts } = this.#model.store
    const kind = drawn === "record" && attempts.size === 0 ? "open" : drawn
    const isPayable = [...sessions.values()].some(
      ({ state, expiresAt }) => state === "pending" && expiresAt > this.#now
    )
    return sessions.size === 0 || (kind === "open" && !isPayable && this.#draws.chance("a new one", 0.8))
      ? "declare"
      : kind
  }

  #dues(): ReadonlyArray<Due> {
    const { sessions, events } = this.#model.store
    const end: OneOf<Operation> = ["open", "expireDue"]
    const dues = [...sessions.values()].flatMap(({ state, expiresAt, attempts }): ReadonlyArray<Due> => {
      const ofAttempts = attempts.flatMap((row) => dueOf(row) ?? [])
      // When all are over, little is left to happen.
      if (state !== "pending" || this.#draws.chance("long before its end", 0.9)) return ofAttempts
      return [...ofAttempts, { at: expiresAt, kind: this.#draws.pick("at its end", end) }]
    })
    const given = events.flatMap(({ claimedUntil: at, delivered }): ReadonlyArray<Due> => {
      return delivered ? [] : [{ at, kind: "claim" }]
    })
    return [...dues, ...given.slice(-1)]
      .filter(({ at }) => at > this.#now)
      .toSorted((a, b) => a.at - b.at)
      .slice(0, 2)
  }

  #does(kind: Operation): void {
    const input = this.#inputs.of(kind, this.#now)
    const result = this.#model.at(this.#now, statements[kind](this.#model.ports, input))
    const exit = Effect.runSyncExit(Effect.fromResult(result))
    this.entries.push({ operation: kind, at: this.#now, input, exit })
    const events = Result.getOrUndefined(result)
    if (areEvents(events)) this.#inputs.events.push(...events.map(({ id }) => id))
  }

  #edits(): void {
    const mid = this.#draws.pick("account to edit", ["mid_1", "mid_2", "mid_3"])
    const changes: OneOf<Change> = [
      { killSwitch: true },
      { killSwitch: false },
      { killSwitch: false, priority: 7 },
      { underwrittenFor: [] },
      { underwrittenFor: [category] },
      { underwrittenFor: [category] },
      { entity: this.#draws.chance("own company", 0.5) ? company : otherCompany }
    ]
    const change = this.#draws.pick("edit", changes)
    this.entries.push({ operation: "edit", at: this.#now, input: [mid, change], exit: Exit.void })
    // An account that was charged stays where it is; the replay sees to it that PostgreSQL says so.
    const isStuck = change.entity !== undefined && this.#model.hasAttempts(mid)
    this.#model.edit(mid, isStuck ? { underwrittenFor: [] } : change)
  }
}

const dueOf = (row: AttemptRow): Due | undefined => {
  if (row.state === "in_flight") return { at: row.leaseUntil, kind: "takeOver" }
  return row.state === "indeterminate" ? { at: dueAt(row), kind: "claimUnresolved" } : undefined
}

const areEvents = Schema.is(Schema.Array(Schema.toType(PaymentEvent)))

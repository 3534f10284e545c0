import { Effect, Schema } from "effect"
import type { SendPermit } from "../../../src/kernel/cascade/SendPermit.ts"
import { EntityRegistry, type UnknownMid } from "../../../src/kernel/EntityRegistry.ts"
import type { SessionId } from "../../../src/kernel/ids.ts"
import { type LedgerUnavailable, PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { StorageFixture } from "../StorageFixture.ts"
import * as w from "../world.ts"

// One call of the ledger as a value, so that any sequence of calls can be drawn, shrunk and played on any storage.

const kinds = [
  "open",
  "open",
  "record",
  "record",
  "record",
  "record",
  "cancel",
  "expireDue",
  "takeOver",
  "claimUnresolved",
  "claimFulfilment",
  "killSwitch"
] as const

/** `captured`: as asked for. `capturedTwice`: under a second reference. `capturedLess`: another amount. */
const outcomes = [
  "captured",
  "capturedTwice",
  "capturedLess",
  "declined",
  "declined",
  "timeout",
  "absent"
] as const

const upTo = (largest: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: largest }))

export const Call = Schema.Struct({
  kind: upTo(kinds.length - 1),
  /** Which permit, account or request, modulo how many there are. */
  which: upTo(5),
  outcome: upTo(outcomes.length - 1),
  source: Schema.Literals(["driver", "driver", "lookup", "webhook", "lookup"]),
  currentFence: Schema.Boolean,
  goOn: Schema.Boolean,
  dies: Schema.Boolean
})
export type Call = typeof Call.Type

/** Some calls on a session that may be paid for long, or on one whose time is over from the start. */
export const Sequence = Schema.Struct({
  overdue: Schema.Literals([false, false, false, false, true]),
  calls: Schema.Array(Call).check(Schema.isMaxLength(30))
})
export type Sequence = typeof Sequence.Type

/** Who plays calls on one session, and what it holds in its hands. */
export interface Player {
  readonly world: w.World
  readonly session: SessionId
  readonly permits: Array<SendPermit>
}

const outcomeOf = ({ attempt: { attempt } }: SendPermit, outcome: (typeof outcomes)[number] | undefined) => {
  switch (outcome) {
    case "captured":
      return w.captured(`${attempt}_a`)
    case "capturedTwice":
      return w.captured(`${attempt}_b`)
    case "capturedLess":
      return w.captured(`${attempt}_c`, w.price.amount - 1)
    case "declined":
      return w.declined()
    case "absent":
      return w.absent
    case "timeout":
    case undefined:
      return w.timeout
  }
}

/** What a call answered that depends on its session only, as plain data. */
export interface Played {
  readonly call: string
  readonly answer: unknown
}

const plain = ({ attempt }: SendPermit) => ({ ...attempt, money: { ...attempt.money } })

const lease = ({ dies }: Call) => (dies ? w.over : w.long)

export const play = Effect.fnUntraced(function* (
  player: Player,
  call: Call
): Effect.fn.Return<Played, LedgerUnavailable | UnknownMid, PaymentLedger | EntityRegistry | StorageFixture> {
  const { world, session, permits } = player
  const ledger = yield* PaymentLedger
  const kind = kinds[call.kind] ?? "open"
  const result = (answer: unknown): Played => ({ call: kind, answer })
  switch (kind) {
    case "open": {
      const accounts = world.accounts.slice(call.which % 3)
      const opening = yield* w.open(world, session, {
        candidates: accounts.map((account) => w.candidate(account, lease(call))),
        request: w.confirmation(call.which < 3 ? `${session}_${call.which}` : undefined)
      })
      if (opening._tag !== "Permitted") return result(opening)
      permits.push(opening.permit)
      return result({ ...opening, permit: plain(opening.permit) })
    }
    case "record": {
      const permit = permits[call.which % Math.max(permits.length, 1)]
      if (permit === undefined) return result("nothing to record")
      const outcome = outcomeOf(permit, outcomes[call.outcome])
      const { next, ...recording } = yield* w.record(permit, outcome, {
        source: call.source,
        fence: call.currentFence ? permit.attempt.fence : 0,
        next: call.goOn ? world.accounts.map((account) => w.candidate(account, lease(call))) : []
      })
      if (next !== undefined) permits.push(next)
      const told = {
        of: permit.attempt.attempt,
        outcome: outcome._tag,
        ...(outcome._tag === "Captured" ? { reference: outcome.processorReference } : {}),
        ...recording
      }
      return result(next === undefined ? told : { ...told, next: plain(next) })
    }
    case "cancel":
      return result(yield* ledger.cancel(session, w.app))
    case "expireDue":
      yield* ledger.expireDue(w.everything)
      return result("done")
    case "takeOver":
      yield* ledger.takeOver(w.everything)
      return result("done")
    case "claimUnresolved":
      yield* ledger.claimUnresolved(w.everything, lease(call))
      return result("done")
    case "claimFulfilment":
      return result(yield* ledger.claimFulfilment(session, w.app))
    case "killSwitch": {
      const account = world.accounts[call.which % 3]
      if (account === undefined) return result("no such account")
      yield* call.goOn
        ? (yield* EntityRegistry).stop({ mid: account.id, by: w.app, reason: "any sequence" })
        : (yield* StorageFixture).resume(account.id)
      return result("done")
    }
  }
})

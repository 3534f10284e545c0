// Services and models that are wrong in one way, to show that the tests notice: a client between the tests and the
// service that changes an answer, a ledger that forgets one thing, a model that believes something else.
import { Effect, Layer } from "effect"
import { Declined } from "../../src/kernel/cascade/Disposition.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { type Ask, type Real, realOf } from "./commands/Real.ts"
import type { Answer, Request } from "./expected/requests.ts"
import { type Model, model } from "./model.ts"
import type { Opened, Replace } from "./service/openService.ts"
import { atPlace } from "./service/steppedLedger.ts"

type Twist = (answer: Answer, request: Request, honest: Ask) => Answer | Promise<Answer | undefined>

/** A client that passes on what it hears, but for one lie. */
const lying =
  (twist: Twist) =>
  (opened: Opened): Real => {
    const honest = realOf(opened)
    const ask: Ask = async (request, asking) => {
      const answer = await honest.ask(request, asking)
      return answer === undefined ? undefined : twist(answer, request, honest.ask)
    }
    return { ...honest, ask }
  }

const confirmedAs = (from: string, to: Partial<Extract<Answer, { is: "confirmed" }>>): Twist => {
  return (answer) => (answer.is === "confirmed" && answer.outcome === from ? { ...answer, ...to } : answer)
}

const withoutKey = (request: Request): Request => {
  if (!("key" in request)) return request
  const { key: _key, ...rest } = request
  return rest
}

/** Lies that a client alone hears. */
export const answers: Readonly<Record<string, (opened: Opened) => Real>> = {
  "an unknown outcome is called declined": lying(
    confirmedAs("in_review", { outcome: "declined", state: "pending" })
  ),
  "an unknown outcome is called settled": lying(confirmedAs("in_review", { outcome: "settled" })),
  "an unknown outcome is called failed": lying(confirmedAs("in_review", { outcome: "failed" })),
  "a decline is called unknown": lying(confirmedAs("declined", { outcome: "in_review" })),
  "a charge on its way is called unknown": lying(confirmedAs("processing", { outcome: "in_review" })),
  "first is never given out": lying((answer) =>
    answer.is === "claimed" ? { ...answer, fulfilment: "duplicate" } : answer
  ),
  "a key that was used is used again": lying((answer, request, honest) =>
    answer.is === "refused" && answer.code === "idempotency_key_reused" ? honest(withoutKey(request)) : answer
  ),
  "what may not be cancelled is called cancelled": lying((answer, request) =>
    request.kind === "cancel" && answer.is === "refused" && answer.code === "session_not_payable"
      ? { is: "cancelled", state: "cancelled" }
      : answer
  ),
  "a refusal names another field": lying((answer) =>
    answer.is === "refused" && answer.field === "brand" ? { ...answer, field: "entity" } : answer
  ),
  "a refusal tells another state": lying((answer) =>
    answer.is === "refused" && answer.state === "in_review" ? { ...answer, state: "failed" } : answer
  ),
  "a stopped account is not told of": lying((answer) =>
    answer.is === "refused" && answer.reasons !== undefined
      ? { ...answer, reasons: answer.reasons.filter((reason) => !reason.includes("KillSwitchOn")) }
      : answer
  ),
  "an attempt is hidden": lying((answer) =>
    answer.is === "read" ? { ...answer, attempts: answer.attempts.slice(0, 1) } : answer
  ),
  "evidence is hidden": lying((answer) =>
    answer.is === "read"
      ? {
          ...answer,
          attempts: answer.attempts.map(({ heard, ...rest }) =>
            heard === undefined ? rest : { ...rest, heard: heard.slice(0, 1) }
          )
        }
      : answer
  ),
  "a pass says that it asked for nothing": lying((answer, request) =>
    request.kind === "reconcile" ? { is: "done", counts: { asked: 0, resolved: 0 } } : answer
  )
}

/** Lies that two clients hear, or that are none to a client alone. */
export const answersTogether: Readonly<Record<string, (opened: Opened) => Real>> = {
  "first is given out twice": lying((answer) =>
    answer.is === "claimed" ? { ...answer, fulfilment: "first" } : answer
  ),
  "every claim is called one's own": lying((answer) =>
    answer.is === "claimed" ? { ...answer, ownClaim: true } : answer
  ),
  "whoever comes second is told that the charge is unknown": lying((answer) =>
    answer.is === "refused" && answer.code === "session_not_payable" && answer.state === "processing"
      ? { ...answer, state: "in_review" }
      : answer
  ),
  "a repeated confirmation is told of an outcome that is none yet": lying(
    confirmedAs("processing", { outcome: "settled", state: "settled" })
  )
}

const ledgerWith =
  (
    change: (
      real: PaymentLedger["Service"],
      stage: Parameters<Replace>[0]
    ) => Partial<PaymentLedger["Service"]>
  ): Replace =>
  (stage) =>
    Layer.effect(
      PaymentLedger,
      Effect.map(Effect.service(PaymentLedger), (real) => ({ ...real, ...change(real, stage) }))
    )

/** Ledgers that forget something: money may really move twice. */
export const ledgers: Readonly<Record<string, Replace>> = {
  "an unknown outcome is recorded as a decline": ledgerWith((real) => {
    return {
      record: (evidence) =>
        evidence.outcome._tag !== "Indeterminate" || evidence.source !== "driver"
          ? real.record(evidence)
          : real.record({
              ...evidence,
              outcome: new Declined({ kind: "soft", evidence: evidence.outcome.evidence }),
              next: []
            })
    }
  }),
  "not found is taken for absent before the horizon": ledgerWith((real) => ({
    claimUnresolved: (...limits) =>
      Effect.map(real.claimUnresolved(...limits), (due) => due.map((one) => ({ ...one, age: 1e9 })))
  })),
  "a confirmation forgets its key": ledgerWith((real) => ({
    open: (id, candidates, decision, { by, body }) => real.open(id, candidates, decision, { by, body })
  })),
  "a declaration forgets its key": ledgerWith((real) => ({
    declare: (declaration, lifetime, { by, body }) => real.declare(declaration, lifetime, { by, body })
  }))
}

/** Ledgers that look first and act afterwards: only somebody who comes in between notices. */
export const ledgersTogether: Readonly<Record<string, Replace>> = {
  "first is looked up before it is given out": ledgerWith((real, stage) => {
    const given = new Set<string>()
    return {
      claimFulfilment: Effect.fnUntraced(function* (id, by, key) {
        const before = given.has(id)
        yield* atPlace(stage, "writes")
        const claimed = yield* real.claimFulfilment(id, by, key)
        if (claimed?._tag !== "Claimed") return claimed
        given.add(id)
        return { ...claimed, fulfilment: before ? ("duplicate" as const) : ("first" as const) }
      })
    }
  }),
  "a key is looked up before its session is declared": ledgerWith((real, stage) => ({
    declare: Effect.fnUntraced(function* (declaration, lifetime, request) {
      const before = yield* real.declaredBefore(request)
      if (before !== undefined) return before
      yield* atPlace(stage, "writes")
      const { by, body } = request
      return yield* real.declare(declaration, lifetime, { by, body })
    })
  }))
}

/** A model that makes something else of one kind of request. */
const believing =
  (kind: Request["kind"], twist: (moves: ReturnType<Model>) => ReturnType<Model>): Model =>
  (world, request, ...rest) => {
    const moves = model(world, request, ...rest)
    return request.kind === kind ? twist(moves) : moves
  }

const answering =
  (change: (answer: Answer) => Answer) =>
  (moves: ReturnType<Model>): ReturnType<Model> =>
    moves.map((move) => ("answer" in move ? { ...move, answer: change(move.answer) } : move))

/** Models that are wrong. */
export const models: Readonly<Record<string, Model>> = {
  "time does not pass": believing("timePasses", (moves) =>
    moves.map((move) => ({ ...move, world: { ...move.world, now: 0 } }))
  ),
  "a stop is never heard of": believing("switch", (moves) =>
    moves.map((move) => ({ ...move, world: { ...move.world, stopped: [], knownStopped: [] } }))
  ),
  "a decline ends a session": believing(
    "confirm",
    answering((answer) =>
      answer.is === "confirmed" && answer.outcome === "declined" ? { ...answer, state: "failed" } : answer
    )
  ),
  "what is unknown is settled": believing(
    "confirm",
    answering((answer) =>
      answer.is === "confirmed" && answer.outcome === "in_review"
        ? { ...answer, outcome: "settled", state: "settled" }
        : answer
    )
  )
}

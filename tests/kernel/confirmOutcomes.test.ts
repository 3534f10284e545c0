import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import type { ConfirmOutcome } from "../../src/kernel/PaymentOrchestrator.ts"
import { SessionState } from "../../src/kernel/PaymentSession.ts"
import { indeterminate, session } from "../support/kernel/cascade.ts"
import { openOrchestrator } from "../support/kernel/orchestrator.ts"
import { captures, declinesHard, knowsNothing } from "../support/kernel/runningCascade.ts"

// What somebody is told who confirmed a session, whatever became of the session meanwhile. The wrong word here is
// a second payment: nobody may hear "declined" while money moved, or may have.

const states = SessionState.literals

describe("what is told of a charge: what its processor said, as far as the record agrees.", () => {
  const told: Record<SessionState, readonly [ConfirmOutcome, ConfirmOutcome, ConfirmOutcome]> = {
    //           after a capture, a decline,   an unknown outcome
    pending: ["in_review", "declined", "in_review"],
    processing: ["processing", "processing", "processing"],
    in_review: ["in_review", "in_review", "in_review"],
    settled: ["settled", "settled", "settled"],
    failed: ["in_review", "declined", "failed"],
    cancelled: ["in_review", "declined", "in_review"],
    expired: ["in_review", "declined", "in_review"]
  }
  const answers = [
    ["a capture", captures],
    ["a decline", declinesHard],
    ["an unknown outcome", knowsNothing]
  ] as const
  const rows = states.flatMap((state) =>
    answers.map(([what, answer], at) => [what, state, told[state][at], answer] as const)
  )

  it.effect.each(rows)("After %s, of a session that is now %s: %s", ([, state, outcome, answer]) =>
    Effect.gen(function* () {
      const { confirm, sends } = yield* openOrchestrator(
        { mid_a: answer },
        { answers: { record: () => Effect.succeed({ attempt: "absent", session: state, passedOver: [] }) } }
      )
      expect(yield* confirm()).toEqual({ session, state, outcome })
      expect(sends).toEqual(["mid_a"])
    })
  )

  it.effect.each(rows)(
    "After %s, of a session that is %s and has money captured: in review",
    ([, state, , answer]) =>
      Effect.gen(function* () {
        const recording = { attempt: "declined", session: state, passedOver: [], captured: true } as const
        const { confirm } = yield* openOrchestrator(
          { mid_a: answer },
          { answers: { record: () => Effect.succeed(recording) } }
        )
        expect(yield* confirm()).toEqual({ session, state, outcome: "in_review" })
      })
  )
})

describe("what is told of a confirmation that came before, and nobody is charged:", () => {
  const told: Record<SessionState, readonly [ConfirmOutcome, ConfirmOutcome]> = {
    //           nothing captured, money captured
    pending: ["declined", "in_review"],
    processing: ["processing", "processing"],
    in_review: ["in_review", "in_review"],
    settled: ["settled", "settled"],
    failed: ["failed", "in_review"],
    cancelled: ["declined", "in_review"],
    expired: ["declined", "in_review"]
  }
  const rows = states.flatMap((state) =>
    ([false, true] as const).map((captured) => [state, captured, told[state][captured ? 1 : 0]] as const)
  )

  it.effect.each(rows)(
    "of a session that is now %s, with money captured (%s): %s",
    ([state, captured, outcome]) =>
      Effect.gen(function* () {
        const { confirm, sends } = yield* openOrchestrator(
          { mid_a: captures },
          { answers: { open: () => Effect.succeed({ _tag: "ConfirmReplayed", state, captured }) } }
        )
        expect(yield* confirm()).toEqual({ session, outcome, state })
        expect(sends).toEqual([])
      })
  )
})

describe("a charge in review that waits for its customer is told as that, and every other as it is:", () => {
  const action = { type: "redirect", url: "https://issuer.example/challenge" } as const
  const waits = () => Effect.fail(new Indeterminate({ ...indeterminate, action }))

  it.effect.each(states)("of a session that is now %s", (state) =>
    Effect.gen(function* () {
      const recording = { attempt: "absent", session: state, passedOver: [] } as const
      const told = Effect.fnUntraced(function* (answer: typeof knowsNothing) {
        const answers = { record: () => Effect.succeed(recording) }
        return yield* (yield* openOrchestrator({ mid_a: answer }, { answers })).confirm()
      })
      const plain = yield* told(knowsNothing)
      const inReview = plain.outcome === "in_review"
      expect(yield* told(waits)).toStrictEqual(
        inReview ? { ...plain, outcome: "action_required", action } : plain
      )
    })
  )

  it.effect.each(states)("when it is asked for again, of a session that is now %s", (state) =>
    Effect.gen(function* () {
      const replayed = { _tag: "ConfirmReplayed", state, captured: false } as const
      const told = Effect.fnUntraced(function* (
        opening: typeof replayed & { readonly action?: typeof action }
      ) {
        const answers = { open: () => Effect.succeed(opening) }
        return yield* (yield* openOrchestrator({}, { answers })).confirm()
      })
      const plain = yield* told(replayed)
      expect(yield* told({ ...replayed, action })).toStrictEqual(
        state === "in_review" ? { ...plain, outcome: "action_required", action } : plain
      )
    })
  )
})

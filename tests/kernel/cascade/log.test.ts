import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { attemptId } from "../../../src/kernel/ids.ts"
import { captured, session } from "../../support/kernel/cascade.ts"
import type { Mischief } from "../../support/kernel/FakeLedger.ts"
import { keptLog } from "../../support/kernel/keptLog.ts"
import {
  captures,
  declinesHard,
  declinesSoftly,
  knowsNothing,
  runningCascade
} from "../../support/kernel/runningCascade.ts"

/** What stands in the log once a cascade has ended, or has been waited for. */
const logOf = (answer: Parameters<typeof runningCascade>[0][string], mischief: Mischief = {}) =>
  Effect.gen(function* () {
    const { entries, keeping } = keptLog()
    const fiber = yield* Effect.forkChild(keeping(runningCascade({ mid_a: answer }, mischief).run))
    yield* TestClock.adjust(Duration.minutes(1))
    yield* Fiber.join(fiber)
    return entries
  })

const attempt = attemptId(session, 1)
const lost = { level: "Error", words: "an outcome was not recorded and is left to the reconciler" }

describe("an outcome that cannot be recorded stands in the log, so that it stands somewhere:", () => {
  it.effect("a capture, with what a person needs to find it at the processor", () =>
    Effect.gen(function* () {
      const { processorReference: reference, amount, currency } = captured
      expect(yield* logOf(captures, { failingRecords: "broken" })).toStrictEqual([
        { ...lost, about: { attempt, outcome: "Captured", code: "approved", reference, amount, currency } }
      ])
    })
  )

  it.effect.each([
    ["a decline", declinesHard, "Declined", "declined"],
    ["an unknown outcome", knowsNothing, "Indeterminate", "timeout"]
  ] as const)("%s, with what the processor said", ([, answer, outcome, code]) =>
    Effect.gen(function* () {
      expect(yield* logOf(answer, { failingRecords: Infinity })).toStrictEqual([
        { ...lost, about: { attempt, outcome, code } }
      ])
    })
  )
})

describe("the log tells", () => {
  it.effect("of a driver that broke", () =>
    Effect.gen(function* () {
      expect(yield* logOf(() => Effect.die("broken"))).toStrictEqual([
        { level: "Error", words: "a driver broke while it charged", about: {} }
      ])
    })
  )

  it.effect("of a record that nobody waits for any more", () =>
    Effect.gen(function* () {
      expect(yield* logOf(captures, { failingRecords: "silent" })).toStrictEqual([
        { level: "Warn", words: "a record takes long; nobody waits for it any more", about: {} }
      ])
    })
  )

  it.effect.each([
    ["a capture", captures],
    ["a decline", declinesSoftly],
    ["an unknown outcome", knowsNothing]
  ] as const)("nothing of %s that is recorded at once", ([, answer]) =>
    Effect.gen(function* () {
      expect(yield* logOf(answer, { stopped: ["mid_b", "mid_c"] })).toStrictEqual([])
    })
  )
})

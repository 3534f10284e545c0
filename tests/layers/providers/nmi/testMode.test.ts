import { describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { expect } from "vitest"
import { MidId } from "../../../../src/kernel/ids.ts"
import { nmiAccount } from "../../../../src/layers/providers/nmi/client.ts"
import { makeTestModeGuard } from "../../../../src/layers/providers/nmi/testMode.ts"
import { answered, reportXml } from "./answers.ts"
import { accountOf, shortTimings } from "./nmiUnderTest.ts"

/** The guard, with somebody at the far end who answers this. */
const asking = Effect.fnUntraced(function* (report: () => string) {
  let asked = 0
  const client = {
    origin: "https://nmi.example",
    transact: () => Effect.die("nothing is sent here"),
    query: () =>
      Effect.sync(() => {
        asked += 1
        return answered(report())
      })
  }
  const account = yield* nmiAccount(accountOf(MidId.make("mid_1")))
  const guard = makeTestModeGuard(client, { ...shortTimings, testModeTrust: Duration.minutes(1) })
  return { obstacle: guard(account), asked: () => asked }
})

const mode = (enabled: string) => reportXml(`<test_mode_enabled>${enabled}</test_mode_enabled>`)

describe("whether an account is in test mode", () => {
  it.effect("is no only when NMI says no, in so many words", () =>
    Effect.gen(function* () {
      const obstacleOf = Effect.fnUntraced(function* (report: string) {
        return yield* (yield* asking(() => report)).obstacle
      })
      for (const report of [mode("false"), mode("False")]) {
        expect(yield* obstacleOf(report)).toBeUndefined()
      }
      expect(yield* obstacleOf(mode("true"))).toContain("it is in test mode")
      for (const report of [
        mode(""),
        mode("0"),
        mode("no"),
        mode(" false"),
        mode("<false/>"),
        reportXml(),
        reportXml("<protected>false</protected>"),
        reportXml(
          "<test_mode_enabled>false</test_mode_enabled>",
          "<test_mode_enabled>true</test_mode_enabled>"
        ),
        reportXml("<error_response>Invalid report_type</error_response>"),
        "false",
        ""
      ]) {
        expect(yield* obstacleOf(report), report).toContain("cannot be read")
      }
    })
  )

  it.effect("is asked again once a no is too old, and at once after a yes", () =>
    Effect.gen(function* () {
      let enabled = "true"
      const { obstacle, asked } = yield* asking(() => mode(enabled))
      expect(yield* obstacle).toBeDefined()
      enabled = "false"
      expect(yield* obstacle).toBeUndefined()
      yield* TestClock.adjust(Duration.seconds(59))
      expect(yield* obstacle).toBeUndefined()
      expect(asked()).toBe(2)
      enabled = "true"
      yield* TestClock.adjust(Duration.seconds(2))
      expect(yield* obstacle).toBeDefined()
      expect(asked()).toBe(3)
    })
  )
})

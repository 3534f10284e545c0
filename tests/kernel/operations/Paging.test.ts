import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer } from "effect"
import { AttemptId, MidId, ProviderName, SessionId } from "../../../src/kernel/ids.ts"
import { Page } from "../../../src/kernel/operations/Page.ts"
import { RefundId } from "../../../src/kernel/refunds/Refund.ts"
import { PageRecord, Paging } from "../../../src/kernel/operations/Paging.ts"
import { keptLog } from "../../support/kernel/keptLog.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const ulid = "01JD0000000000000000000000"
const patience = Duration.hours(1)
const about = {
  attempt: AttemptId.make(`at_${ulid}_1`),
  session: SessionId.make(`ps_${ulid}`),
  mid: MidId.make("mid_a"),
  provider: ProviderName.make("stub_a")
}
const refund = RefundId.make(`re_${ulid}_1`)
const raised = { ...about, raisedAt: DateTime.makeUnsafe(0), open: true }

/** One pass over what is due; what was asked for, and what stands in the log. */
const passing = (due: ReadonlyArray<Page>) => {
  const asked: Array<readonly [number, string]> = []
  const record = Layer.succeed(PageRecord, {
    raise: (limit, after) =>
      Effect.sync(() => {
        asked.push([limit, Duration.format(after)])
        return due
      }),
    list: () => Effect.die("nobody lists here")
  })
  const log = keptLog()
  const pass = Effect.flatMap(Paging, (paging) => paging.pass).pipe(
    Effect.provide(Layer.provide(Paging.layer({ patience }), record)),
    log.keeping
  )
  return { pass, asked, log: log.entries }
}

describe("a call for a person", () => {
  it.effect("stands in the log, with what it is about and of what kind", () =>
    Effect.gen(function* () {
      const { pass, log } = passing([
        new Page({ id: "pg_1", kind: "in_review", ...raised }),
        new Page({ id: "pg_2", kind: "incident", incident: 7, incidentKind: "late_capture", ...raised }),
        new Page({ id: "pg_3", kind: "refund_in_review", refund, ...raised })
      ])
      expect(yield* pass).toBe(3)
      const words = "a person is needed"
      expect(log).toEqual([
        { level: "Error", words, about: { page: "pg_1", kind: "in_review", ...about } },
        { level: "Error", words, about: { page: "pg_2", kind: "late_capture", ...about } },
        { level: "Error", words, about: { page: "pg_3", kind: "refund_in_review", refund, ...about } }
      ])
    })
  )

  it.effect("is made fifty at a time, of what waited as long as it may", () =>
    Effect.gen(function* () {
      const { pass, asked, log } = passing([])
      expect(yield* pass).toBe(0)
      expect(asked).toEqual([[50, "1h"]])
      expect(log).toEqual([])
    })
  )

  it.effect("is found in a trace", () =>
    Effect.gen(function* () {
      expect(yield* spansOf(passing([]).pass)).toEqual(["Paging.pass"])
    })
  )
})

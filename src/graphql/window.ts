import { DateTime, Effect, Option } from "effect"
import type { Days } from "../db/reads/figures.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"

/** The most days that one question may be about. */
export const mostDays = 92

export const DayWindow = builder.inputType("DayWindow", {
  description: `Days in UTC, from the first and before the last; at most ${mostDays} of them.`,
  fields: (t) => ({
    from: t.string({ required: true, description: "`2026-11-01`" }),
    until: t.string({ required: true, description: "`2026-12-01`, which is not in it any more." })
  })
})

const dayOf = (field: string, text: string): Effect.Effect<DateTime.Utc, InvalidInput> => {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? DateTime.make(`${text}T00:00:00Z`) : Option.none()
  // The 31st of February would be read as a day of March.
  return Option.isSome(day) && DateTime.formatIsoDateUtc(day.value) === text
    ? Effect.succeed(DateTime.toUtc(day.value))
    : Effect.fail(new InvalidInput({ field, problem: "is no day; say one as 2026-11-01" }))
}

/** The days that an argument asks for. */
export const daysOf = Effect.fnUntraced(function* (
  window: typeof DayWindow.$inferInput
): Effect.fn.Return<Days, InvalidInput> {
  const from = yield* dayOf("window.from", window.from)
  const until = yield* dayOf("window.until", window.until)
  const days = (DateTime.toEpochMillis(until) - DateTime.toEpochMillis(from)) / 86_400_000
  if (days < 1) {
    return yield* new InvalidInput({ field: "window.until", problem: "is not after window.from" })
  }
  if (days > mostDays) {
    return yield* new InvalidInput({
      field: "window",
      problem: `has ${days} days; ask for at most ${mostDays} at once`
    })
  }
  return { from: window.from, until: window.until }
})

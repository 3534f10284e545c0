import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import {
  type CascadeCommand,
  type CascadeEvent,
  type CascadeState,
  failover,
  start,
  step
} from "../../../src/kernel/cascade/Cascade.ts"
import { Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import type { SendPermit } from "../../../src/kernel/cascade/SendPermit.ts"
import type { Candidate, Recording } from "../../../src/kernel/PaymentLedger.ts"
import { candidate, captured, declined, indeterminate, permitFor } from "../../support/kernel/cascade.ts"

const a = candidate("mid_a")
const b = candidate("mid_b")
const c = candidate("mid_c")

const permitted = (one: Candidate, ordinal = 1): CascadeEvent => ({
  _tag: "Permitted",
  permit: permitFor(one, ordinal)
})
const recorded = (session: Recording["session"], next?: SendPermit): CascadeEvent => ({
  _tag: "Recorded",
  recording: { attempt: "declined", session, passedOver: [], ...(next === undefined ? {} : { next }) }
})
const opening = { _tag: "NonePermitted", passedOver: [{ mid: a.mid, reason: "not_active" }] } as const
const refused: CascadeEvent = { _tag: "Refused", opening }
const chargeCaptured: CascadeEvent = { _tag: "ChargeCaptured", captured }
const chargeDeclined = (kind: "soft" | "hard"): CascadeEvent => ({
  _tag: "ChargeDeclined",
  declined: declined(kind)
})
const chargeIndeterminate: CascadeEvent = { _tag: "ChargeIndeterminate", indeterminate }

/** Every command of a cascade over those candidates that meets those events. */
const commands = (candidates: ReadonlyArray<Candidate>, ...events: ReadonlyArray<CascadeEvent>) => {
  let [state, command] = start(candidates)
  const given = [command]
  for (const event of events) {
    ;[state, command] = step(state, event)
    given.push(command)
  }
  return given
}

/** A command in one word, with the account or accounts that it is about. */
const brief = (command: CascadeCommand): string => {
  switch (command._tag) {
    case "Open":
      return `open ${command.candidates.map(({ mid }) => mid).join()}`
    case "Send":
      return `send ${command.permit.attempt.mid}`
    case "Record":
      return `record ${command.outcome._tag} of ${command.permit.attempt.mid}, next ${command.next.map(({ mid }) => mid).join() || "none"}`
    case "Stop":
      return command.end._tag === "Ended" ? `stop ${command.end.session}` : `stop ${command.end._tag}`
  }
}

describe("a cascade", () => {
  it.each<[string, ReadonlyArray<CascadeEvent>, ReadonlyArray<string>]>([
    [
      "ends with the first capture",
      [permitted(a), chargeCaptured, recorded("settled")],
      ["open mid_a,mid_b,mid_c", "send mid_a", "record Captured of mid_a, next none", "stop settled"]
    ],
    [
      "goes on after soft declines, to what is left",
      [
        permitted(a),
        chargeDeclined("soft"),
        recorded("processing", permitFor(b, 2)),
        chargeDeclined("soft"),
        recorded("processing", permitFor(c, 3)),
        chargeDeclined("soft"),
        recorded("pending")
      ],
      [
        "open mid_a,mid_b,mid_c",
        "send mid_a",
        "record Declined of mid_a, next mid_b,mid_c",
        "send mid_b",
        "record Declined of mid_b, next mid_c",
        "send mid_c",
        "record Declined of mid_c, next none",
        "stop pending"
      ]
    ],
    [
      "uses up the candidates that the ledger passed over",
      [permitted(b), chargeDeclined("soft"), recorded("processing", permitFor(c, 2))],
      ["open mid_a,mid_b,mid_c", "send mid_b", "record Declined of mid_b, next mid_c", "send mid_c"]
    ],
    [
      "stops at a hard decline",
      [permitted(a), chargeDeclined("hard"), recorded("pending")],
      ["open mid_a,mid_b,mid_c", "send mid_a", "record Declined of mid_a, next none", "stop pending"]
    ],
    [
      "stops at an unknown outcome",
      [permitted(a), chargeIndeterminate, recorded("in_review")],
      ["open mid_a,mid_b,mid_c", "send mid_a", "record Indeterminate of mid_a, next none", "stop in_review"]
    ],
    [
      "sends nothing when the write-ahead refuses",
      [refused],
      ["open mid_a,mid_b,mid_c", "stop NothingOpened"]
    ],
    [
      "sends nothing under a stale permit, and records nothing about it",
      [permitted(a), { _tag: "PermitWentStale" }],
      ["open mid_a,mid_b,mid_c", "send mid_a", "stop LeftToReconciler"]
    ],
    [
      "leaves an outcome that cannot be recorded to the reconciler, a decline too",
      [permitted(a), chargeDeclined("soft"), { _tag: "NotRecorded" }],
      [
        "open mid_a,mid_b,mid_c",
        "send mid_a",
        "record Declined of mid_a, next mid_b,mid_c",
        "stop LeftToReconciler"
      ]
    ]
  ])("%s", (_, events, expected) => {
    expect(commands([a, b, c], ...events).map(brief)).toEqual(expected)
  })

  it.each<[string, ReadonlyArray<CascadeEvent>]>([
    ["a capture", [permitted(a), chargeCaptured, recorded("settled", permitFor(b, 2))]],
    ["an unknown outcome", [permitted(a), chargeIndeterminate, recorded("in_review", permitFor(b, 2))]],
    ["a hard decline", [permitted(a), chargeDeclined("hard"), recorded("pending", permitFor(b, 2))]],
    [
      "a decline, for the same account",
      [permitted(a), chargeDeclined("soft"), recorded("pending", permitFor(a, 2))]
    ],
    ["nothing, for an account that it did not ask for", [permitted(candidate("mid_z"))]]
  ])("sends nothing under a permit that a ledger wrongly gives after %s", (_, events) => {
    expect(
      commands([a, b], ...events)
        .map(brief)
        .at(-1)
    ).toBe("stop LeftToReconciler")
  })

  it("tells why the write-ahead refused", () => {
    expect(commands([a, b], refused).at(-1)).toStrictEqual({
      _tag: "Stop",
      end: { _tag: "NothingOpened", opening }
    })
  })

  it("tells what the customer has to do, and only if the last processor waits for that", () => {
    const action = { type: "redirect", url: "https://issuer.example/challenge" } as const
    const waits = new Indeterminate({ ...indeterminate, action })
    const endAfter = (outcome: CascadeEvent) =>
      commands([a, b], permitted(a), outcome, recorded("in_review")).at(-1)
    const end = { _tag: "Ended", heard: "Indeterminate", session: "in_review", passedOver: [] }
    expect(endAfter({ _tag: "ChargeIndeterminate", indeterminate: waits })).toStrictEqual({
      _tag: "Stop",
      end: { ...end, action }
    })
    expect(endAfter(chargeIndeterminate)).toStrictEqual({ _tag: "Stop", end })
    for (const outcome of [chargeCaptured, chargeDeclined("hard"), chargeIndeterminate]) {
      const [sending] = step(start([a, b])[0], permitted(a))
      expect(step(sending, outcome)[0]).not.toHaveProperty("action")
    }
  })

  it("tells which accounts the write-ahead passed over", () => {
    const passedOver = [{ mid: "mid_b", reason: "kill_switch_on" }] as const
    const stopped = commands([a, b], permitted(a), chargeDeclined("soft"), {
      _tag: "Recorded",
      recording: { attempt: "declined", session: "pending", passedOver }
    }).at(-1)
    expect(stopped).toStrictEqual({
      _tag: "Stop",
      end: { _tag: "Ended", heard: "Declined", session: "pending", passedOver }
    })
  })

  it("tells of money that was captured although its session had ended", () => {
    const recording = { attempt: "declined", session: "cancelled", passedOver: [], captured: true } as const
    const event: CascadeEvent = { _tag: "Recorded", recording }
    expect(commands([a], permitted(a), chargeDeclined("hard"), event).at(-1)).toMatchObject({
      end: { _tag: "Ended", heard: "Declined", session: "cancelled", captured: true }
    })
  })
})

describe("a cascade refuses every event that its command cannot have led to:", () => {
  const [beginning] = start([a, b])
  const [sending] = step(beginning, permitted(a))
  const [recording] = step(sending, chargeCaptured)
  const [stopped] = step(recording, recorded("settled"))

  const answers: Record<CascadeState["_tag"], ReadonlyArray<CascadeEvent["_tag"]>> = {
    Opening: ["Permitted", "Refused"],
    Sending: ["ChargeCaptured", "ChargeDeclined", "ChargeIndeterminate", "PermitWentStale"],
    Recording: ["Recorded", "NotRecorded"],
    Stopped: []
  }
  const events: ReadonlyArray<CascadeEvent> = [
    permitted(a),
    refused,
    { _tag: "PermitWentStale" },
    chargeCaptured,
    chargeDeclined("soft"),
    chargeIndeterminate,
    recorded("settled"),
    { _tag: "NotRecorded" }
  ]
  const foreign = [beginning, sending, recording, stopped].flatMap((state) =>
    events
      .filter(({ _tag }) => !answers[state._tag].includes(_tag))
      .map((event) => [state._tag, event._tag, state, event] as const)
  )

  it.each(foreign)("in %s, %s", (where, what, state, event) => {
    expect(() => step(state, event)).toThrow(`a cascade in ${where} cannot go on after ${what}`)
  })
})

describe("the end of a cascade", () => {
  it.each([{}, { captured: true }] as const)(
    "passes on whether money was captured all the same: %o",
    (known) => {
      const stopped = commands([a, b], permitted(a), chargeDeclined("hard"), {
        _tag: "Recorded",
        recording: { attempt: "declined", session: "cancelled", passedOver: [], ...known }
      }).at(-1)
      expect(stopped).toStrictEqual({
        _tag: "Stop",
        end: { _tag: "Ended", heard: "Declined", session: "cancelled", passedOver: [], ...known }
      })
    }
  )
})

describe("failover", () => {
  it("leads on after a soft decline only", () => {
    expect(failover(declined("soft"), [b, c])).toEqual([b, c])
    expect(failover(declined("hard"), [b, c])).toEqual([])
  })
})

const digit = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
/** Draws of what happens at each step, and on which account. */
const draws = Arbitrary.array(Arbitrary.schema(Schema.Struct({ what: digit, account: digit })), {
  minLength: 20,
  maxLength: 20
})
type Draw = { readonly what: number; readonly account: number }

/** Six accounts, of which the last is not a candidate: a broken ledger may permit it all the same. */
const accounts = ["mid_1", "mid_2", "mid_3", "mid_4", "mid_5", "mid_6"].map(candidate)
const candidates = accounts.slice(0, 5)

/** Mostly the next account that the cascade asked for, sometimes one later, and sometimes one out of the blue. */
const permitDrawn = (asked: ReadonlyArray<Candidate>, account: number, ordinal: number): SendPermit =>
  permitFor(asked[Math.max(0, account - 7)] ?? accounts[account % accounts.length] ?? a, ordinal)

/** What is drawn, as an event that may happen in this state; undefined once the cascade has stopped. */
const eventOf = (state: CascadeState, { what, account }: Draw, ordinal: number): CascadeEvent | undefined => {
  switch (state._tag) {
    case "Opening":
      if (what === 9) return refused
      return { _tag: "Permitted", permit: permitDrawn(state.candidates, account, ordinal) }
    case "Sending":
      if (what < 6) return chargeDeclined("soft")
      if (what === 6) return chargeDeclined("hard")
      if (what === 7) return chargeCaptured
      return what === 8 ? chargeIndeterminate : { _tag: "PermitWentStale" }
    case "Recording":
      if (what < 7) return recorded("processing", permitDrawn(state.next, account, ordinal))
      return what < 9 ? recorded("pending") : { _tag: "NotRecorded" }
    case "Stopped":
      return undefined
  }
}

interface Step {
  readonly event: CascadeEvent
  readonly command: CascadeCommand
}

/** Every step of a cascade through what is drawn, with a ledger that gives any permit whatsoever. */
const history = (drawn: ReadonlyArray<Draw>): ReadonlyArray<Step> => {
  let [state, command] = start(candidates)
  const steps: Array<Step> = []
  for (const draw of drawn) {
    const event = eventOf(state, draw, steps.length)
    if (event === undefined) break
    ;[state, command] = step(state, event)
    steps.push({ event, command })
  }
  return steps
}

describe("whatever happens, and whatever permits a ledger gives, a cascade", () => {
  const law = (name: string, holds: (steps: ReadonlyArray<Step>) => void) =>
    it.prop(name, { drawn: draws }, ({ drawn }) => holds(history(drawn)), {
      arbitrary: { runs: 2000, seed: 1 }
    })

  law("sends nothing after a capture, an unknown outcome or a hard decline", (steps) => {
    const final = steps.findIndex(
      ({ event }) =>
        event._tag === "ChargeCaptured" ||
        event._tag === "ChargeIndeterminate" ||
        (event._tag === "ChargeDeclined" && event.declined.kind === "hard")
    )
    if (final !== -1) expect(steps.slice(final).some(({ command }) => command._tag === "Send")).toBe(false)
  })

  law("sends only under the permit of the event just before", (steps) => {
    for (const { event, command } of steps) {
      if (command._tag !== "Send") continue
      const given =
        event._tag === "Permitted"
          ? event.permit
          : event._tag === "Recorded"
            ? event.recording.next
            : undefined
      expect(command.permit).toBe(given)
    }
  })

  law("asks for another account only with a soft decline", (steps) => {
    for (const { event, command } of steps) {
      if (command._tag !== "Record" || command.next.length === 0) continue
      expect(event).toMatchObject({ _tag: "ChargeDeclined", declined: { kind: "soft" } })
    }
  })

  law("records the outcome that it met, of the account that it asked", (steps) => {
    for (const [at, { event, command }] of steps.entries()) {
      if (command._tag !== "Record") continue
      const sent = steps[at - 1]?.command
      expect(sent?._tag === "Send" && sent.permit).toBe(command.permit)
      expect(Object.values(event)).toContain(command.outcome)
    }
  })

  law("sends to each candidate at most once, and to nobody else", (steps) => {
    const sent = steps.flatMap(({ command }) => (command._tag === "Send" ? [command.permit.attempt.mid] : []))
    expect(new Set(sent).size).toBe(sent.length)
    for (const mid of sent) expect(candidates.map((one) => one.mid)).toContain(mid)
  })

  law("comes to an end: after at most two steps for each candidate and two more", (steps) => {
    expect(steps.length).toBeLessThanOrEqual(2 * candidates.length + 2)
    expect(steps.slice(0, -1).some(({ command }) => command._tag === "Stop")).toBe(false)
  })
})

describe("the histories that these laws were held against", () => {
  it.prop(
    "go from no send at all to one for each candidate",
    { many: Arbitrary.array(draws, { minLength: 200, maxLength: 200 }) },
    ({ many }) => {
      const sends = many.map(
        (drawn) => history(drawn).filter(({ command }) => command._tag === "Send").length
      )
      expect(new Set(sends)).toEqual(new Set([0, 1, 2, 3, 4, 5]))
    },
    { arbitrary: { runs: 1, seed: 3 } }
  )
})

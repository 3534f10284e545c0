import { DateTime } from "effect"
import { describe, expect, it } from "vitest"
import type { AttemptState } from "../../../src/kernel/Attempt.ts"
import { type Stage, stageOf } from "../../../src/kernel/checkout/Stage.ts"
import type { SessionState } from "../../../src/kernel/PaymentSession.ts"

const now = DateTime.makeUnsafe("2026-11-20T10:00:00Z")
const later = DateTime.makeUnsafe("2026-11-20T10:00:01Z")

const action = { type: "redirect", url: "https://bank.example" } as const

describe("what a checkout shows", () => {
  it.each<[SessionState, ReadonlyArray<AttemptState>, Stage]>([
    ["pending", [], "pay"],
    ["pending", ["declined"], "declined"],
    ["processing", ["declined", "in_flight"], "processing"],
    ["in_review", ["indeterminate"], "in_review"],
    ["settled", ["declined", "captured"], "paid"],
    ["failed", ["declined", "declined"], "refused"],
    ["failed", ["absent"], "ended"],
    ["failed", ["declined", "absent"], "ended"],
    ["cancelled", ["declined"], "cancelled"],
    ["expired", [], "expired"]
  ])("of a session that is %s after %j is %s", (state, attempts, stage) => {
    const of = attempts.map((one) => ({ state: one }))
    expect(stageOf({ state, expiresAt: later }, of, { turnIsOpen: false, now })).toBe(stage)
  })

  it("is processing from when a card was asked for, whatever the clock says, and only while the session is pending", () => {
    const open = { turnIsOpen: true, now }
    expect(stageOf({ state: "pending", expiresAt: later }, [], open)).toBe("processing")
    expect(stageOf({ state: "pending", expiresAt: now }, [{ state: "declined" }], open)).toBe("processing")
    expect(stageOf({ state: "cancelled", expiresAt: later }, [], open)).toBe("cancelled")
    expect(stageOf({ state: "settled", expiresAt: later }, [{ state: "captured" }], open)).toBe("paid")
  })

  it("is the bank's page while the charge waits for its customer", () => {
    const waiting = { state: "in_review", action, expiresAt: later } as const
    expect(stageOf(waiting, [{ state: "indeterminate" }], { turnIsOpen: false, now })).toBe("authenticate")
  })

  it("is that the time is over from the very moment on, unless a charge holds the session", () => {
    const attempts = [{ state: "declined" as const }]
    expect(stageOf({ state: "pending", expiresAt: now }, attempts, { turnIsOpen: false, now })).toBe(
      "expired"
    )
    expect(stageOf({ state: "in_review", expiresAt: now }, attempts, { turnIsOpen: false, now: later })).toBe(
      "in_review"
    )
    expect(
      stageOf({ state: "processing", expiresAt: now }, attempts, { turnIsOpen: false, now: later })
    ).toBe("processing")
  })
})

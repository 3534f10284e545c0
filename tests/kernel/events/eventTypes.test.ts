import { expect, it } from "@effect/vitest"
import { eventMeanings } from "../../../src/kernel/events/eventTypes.ts"
import { EventType } from "../../../src/kernel/Outbox.ts"

it("every type of event has its meaning in the reference", () => {
  for (const type of EventType.literals) expect(eventMeanings[type]).toMatch(/^[A-Z].*\.$/)
})

import { expect, it } from "vitest"
import type { Underway } from "./Client.ts"
import type { Entry } from "./evidence.ts"
import type { Attempt } from "./history.ts"
import { pointOf } from "./points.ts"

const session = "ps_00000000000000000000000001"
const key = `${session}-1-aaaaaaaaaa`

const asked = (tokenRef = "tok_slow"): Underway => ({
  id: "r1",
  question: { ask: "confirm", session, tokenRef, key: "k" },
  replica: 0,
  door: "REST",
  askedAt: 1_000
})

const attempt = (
  writtenAt: number,
  ...evidence: ReadonlyArray<readonly [string, string, number]>
): Attempt => ({
  key,
  state: "captured",
  gateway: "stub_a",
  writtenAt,
  evidence: evidence.map(([source, outcome, heardAt]) => ({
    source,
    outcome,
    heardAt,
    code: "",
    message: ""
  }))
})

const booked = (createdAt: number, token = "tok_slow"): ReadonlyMap<string, Entry> =>
  new Map([
    [
      key,
      {
        gateway: "stub_a",
        mid: "mid_bio_1",
        key,
        session,
        kind: "captured",
        token,
        amount: 100,
        currency: "USD",
        movesAt: createdAt,
        createdAt
      }
    ]
  ])

const nothing = new Map<string, Entry>()

it.each([
  ["no attempt was written", "before P", pointOf(asked(), 2_000, [], nothing)],
  ["it was written only later", "before P", pointOf(asked(), 2_000, [attempt(2_001)], nothing)],
  ["it was written and never booked", "P without S", pointOf(asked(), 2_000, [attempt(1_100)], nothing)],
  ["it was booked only later", "P without S", pointOf(asked(), 2_000, [attempt(1_100)], booked(2_001))],
  [
    "it was booked, and the answer takes 700 ms",
    "between S and A",
    pointOf(asked(), 2_000, [attempt(1_100)], booked(1_400))
  ],
  [
    "its answer had come",
    "between A and C",
    pointOf(asked(), 2_000, [attempt(1_100, ["lookup", "captured", 9_000])], booked(1_200))
  ],
  [
    "its answer never comes",
    "between S and A",
    pointOf(asked("tok_timeout_captured"), 2_000, [attempt(1_100)], booked(1_101, "tok_timeout_captured"))
  ],
  [
    "its driver had recorded it",
    "after C",
    pointOf(asked(), 2_000, [attempt(1_100, ["driver", "captured", 1_900])], booked(1_110))
  ],
  [
    "an earlier round was declined, and this one not yet written",
    "before P",
    pointOf(asked(), 2_000, [attempt(500, ["driver", "declined", 600])], nothing)
  ],
  [
    "an earlier charge is still on its way: it waits for nothing",
    undefined,
    pointOf(asked(), 2_000, [attempt(500)], nothing)
  ],
  [
    "its request never arrives anyway",
    undefined,
    pointOf(asked("tok_timeout_nothing"), 2_000, [attempt(1_100)], nothing)
  ]
])("a fault strikes a charge: %s", (_story, point, found) => {
  expect(found).toBe(point)
})

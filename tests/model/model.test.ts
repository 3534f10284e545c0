// The model stands alone, and the search for an order finds one where there is one and none where there is none.
import { readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"
import { asked, explain, type Heard, startOf, worldsOf } from "./explain.ts"
import { type Answer, type Confirm, refused, type Request } from "./expected/requests.ts"
import { emptyWorld, type Session, withSession, type World } from "./expected/world.ts"
import { model } from "./model.ts"

const importsOf = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/\bfrom "([^"]+)"/g)].map(([, name = ""]) => name)

/** A file and everything that it imports, directly or not; what is no file of ours stays as it is named. */
const reach = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const name of importsOf(file)) {
    if (name.startsWith(".")) reach(join(dirname(file), name), seen)
    else seen.add(name)
  }
  return seen
}

describe("the model", () => {
  const here = import.meta.dirname
  const reached = [...reach(join(here, "model.ts"))].map((file) => relative(here, file))

  it("shares no code with the service, nor with anything but itself", () => {
    expect(reached.filter((file) => !/^(model|expected\/\w+)\.ts$/.test(file))).toEqual([])
    expect(reached.length).toBeGreaterThan(8)
  })

  it("is seen to share some, if it does", () => {
    const others = reach(join(here, "service", "openService.ts"))
    expect([...others]).toContain("effect")
    expect([...others].some((file) => file.includes("/src/kernel/"))).toBe(true)
  })
})

const session: Session = {
  id: "ps_1",
  company: "loop_bio_labs",
  category: "ruo_compounds",
  amount: 4_900,
  currency: "USD",
  order: undefined,
  state: "pending",
  round: 0,
  expiresAt: 3_600_000,
  attempts: [],
  decisions: [],
  firstOfEquals: undefined,
  facts: [],
  incidents: 0,
  neverFoundOut: [],
  claimed: undefined
}
const pending = withSession(emptyWorld, session)
const paidFor = withSession(emptyWorld, { ...session, state: "settled", facts: [1] })

const confirm = (token: string, key?: string): Confirm => ({
  kind: "confirm",
  door: "rest",
  by: "shop",
  session: "ps_1",
  vault: "stub",
  token,
  ...(key === undefined ? {} : { key })
})
const claim: Request = { kind: "claim", door: "rest", by: "shop", session: "ps_1" }
const cancel: Request = { kind: "cancel", door: "graphql", by: "kiosk", session: "ps_1" }

const confirmed = (outcome: "settled" | "processing" | "declined", state: string = outcome): Answer => ({
  is: "confirmed",
  outcome,
  state
})
const notPayable = (state: string) => refused("session_not_payable", "session", { state })
const claimed = (fulfilment: "first" | "duplicate"): Answer => ({
  is: "claimed",
  fulfilment,
  ownClaim: fulfilment === "first"
})

const call = (request: Request, began: number, ended: number, answer: Answer): Heard => ({
  request,
  began,
  ended,
  answer
})
const worldsAfter = (world: World, ...calls: ReadonlyArray<Heard>) =>
  worldsOf(explain(startOf([world], calls.length), { model, calls }).nodes)

describe("calls that ran at once are explained", () => {
  it("by the one that was first at the write-ahead", () => {
    const [one, other] = [confirm("tok_captured"), confirm("tok_captured_gb")]
    const settled = confirmed("settled")
    const ends = worldsAfter(pending, call(one, 1, 4, settled), call(other, 2, 3, notPayable("processing")))
    expect(ends.map(({ sessions }) => sessions["ps_1"]?.attempts.map(({ token }) => token))).toEqual([
      ["tok_captured"]
    ])
  })

  it("by no order when both are settled", () => {
    const settled = confirmed("settled")
    const both = [
      call(confirm("tok_captured"), 1, 4, settled),
      call(confirm("tok_captured_gb"), 2, 3, settled)
    ]
    expect(worldsAfter(pending, ...both)).toEqual([])
  })

  it("with processing while the other charges, and never after it", () => {
    const first = confirm("tok_captured", "k1")
    const during = call(first, 2, 3, confirmed("processing"))
    expect(worldsAfter(pending, call(first, 1, 4, confirmed("settled")), during)).toHaveLength(1)
    const after = call(first, 5, 6, confirmed("processing"))
    expect(worldsAfter(pending, call(first, 1, 4, confirmed("settled")), after)).toEqual([])
  })

  it("with a cancellation before the charge or after its decline, and not of what is settled", () => {
    const cancelled: Answer = { is: "cancelled", state: "cancelled" }
    const declined = confirmed("declined", "pending")
    const card = confirm("tok_hard_decline")
    expect(worldsAfter(pending, call(card, 1, 3, declined), call(cancel, 2, 4, cancelled))).toHaveLength(1)
    const late = call(confirm("tok_captured"), 1, 3, notPayable("cancelled"))
    expect(worldsAfter(pending, late, call(cancel, 2, 4, cancelled))).toHaveLength(1)
    const settled = call(confirm("tok_captured"), 1, 3, confirmed("settled"))
    expect(worldsAfter(pending, settled, call(cancel, 2, 4, cancelled))).toEqual([])
  })

  it("with first for one of two claims, whichever it is, and never for both", () => {
    const [first, duplicate] = [claimed("first"), claimed("duplicate")]
    expect(worldsAfter(paidFor, call(claim, 1, 4, first), call(claim, 2, 3, duplicate))).toHaveLength(1)
    expect(worldsAfter(paidFor, call(claim, 1, 4, duplicate), call(claim, 2, 3, first))).toHaveLength(1)
    expect(worldsAfter(paidFor, call(claim, 1, 4, first), call(claim, 2, 3, first))).toEqual([])
  })

  it("only in the order in which they were heard, where one ended before the other began", () => {
    const [first, duplicate] = [claimed("first"), claimed("duplicate")]
    expect(worldsAfter(paidFor, call(claim, 1, 2, duplicate), call(claim, 3, 4, first))).toEqual([])
    expect(worldsAfter(paidFor, call(claim, 1, 2, first), call(claim, 3, 4, duplicate))).toHaveLength(1)
  })

  it("when a client hung up: its charge may be anywhere, and ends", () => {
    const request = confirm("tok_captured", "k1")
    const hungUp: Heard = { request, began: 1 }
    for (const answer of [confirmed("processing"), confirmed("settled")]) {
      const ends = worldsAfter(pending, hungUp, call(request, 2, 3, answer))
      expect(ends.map(({ sessions }) => sessions["ps_1"]?.state)).toEqual(["settled"])
    }
    expect(worldsAfter(pending, hungUp, call(request, 2, 3, confirmed("declined", "pending")))).toEqual([])
  })

  it("without a step of a call that stands still", () => {
    const calls = [call(cancel, 1, 2, { is: "cancelled", state: "cancelled" })]
    const { nodes } = explain(startOf([pending], 1), { model, calls, held: [0] })
    expect(nodes).toEqual([{ world: pending, calls: [asked] }])
  })
})

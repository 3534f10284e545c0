// Each thing once and by name, through both doors, before anything is drawn: every documented card, every mistake in
// a declaration, every way to repeat a request.
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { HangUp, meanwhiles, places } from "./commands/alone.ts"
import { type Real, realOf, tell } from "./commands/Real.ts"
import { begin, finish } from "./commands/runs.ts"
import { accounts, cards } from "./expected/facts.ts"
import type { Confirm, Create, Declaration, Door, Request } from "./expected/requests.ts"
import type { Heard } from "./explain.ts"
import { newRequestId } from "./service/client.ts"
import type { Hold, Place } from "./stage.ts"
import { type Opened, openService } from "./service/openService.ts"
import { Coverage } from "./telling/Coverage.ts"
import { declarations, everyDeclaration } from "./telling/declarations.ts"

let opened: Opened
beforeAll(async () => {
  opened = await openService()
})
afterAll(async () => {
  expect(opened.complaints).toEqual([])
  await opened.close()
})

const doors: ReadonlyArray<Door> = ["rest", "graphql"]

/** Asks one after the other and lets everything come to its end; answers what was seen. */
const story = async (...requests: ReadonlyArray<Request>): Promise<Coverage> => {
  const coverage = new Coverage()
  const tale = await begin(opened, coverage)
  const real: Real = realOf(opened)
  for (const request of requests) await tell(tale, real, tale.resolve(request))
  await finish(tale, real)
  return coverage
}

const create = (door: Door, declaration: Declaration, rest: Partial<Create> = {}): Create => ({
  kind: "create",
  door,
  by: "shop",
  declaration,
  ...rest
})
const confirmOf = (door: Door, token: string): Confirm => ({
  kind: "confirm",
  door,
  by: "shop",
  session: "#0",
  vault: "stub",
  token
})
const confirm = (door: Door, token: string, rest: Partial<Confirm> = {}): Confirm => ({
  ...confirmOf(door, token),
  ...rest
})
const claim = (door: Door, by: "shop" | "kiosk", key?: string): Request => ({
  kind: "claim",
  door,
  by,
  session: "#0",
  ...(key === undefined ? {} : { key })
})

describe("as the model says", { timeout: 60_000 }, () => {
  for (const door of doors) {
    it(`each documented card is charged by ${door}`, async () => {
      const tried = Object.keys(cards).flatMap((token, nr) => [
        create(door, declarations.one),
        confirm(door, token, { session: `#${nr}` })
      ])
      // Places beyond the eighth are of sessions that never were, so there are runs of a few cards each.
      for (let from = 0; from < tried.length; from += 12) {
        const some = tried.slice(from, from + 12)
        await story(
          ...some.map((one, nr) => ("session" in one ? { ...one, session: `#${(nr - 1) / 2}` } : one))
        )
      }
    })

    it(`each ending of an amount chooses what happens, by ${door}`, async () => {
      for (const from of [0, 5, 10]) {
        const endings = [0, 1, 2, 3, 4].map((nr) => from + nr)
        await story(
          ...endings.flatMap((ending, nr) => [
            create(door, declarations.ending(ending)),
            confirm(door, "tok_by_amount", { session: `#${nr}` })
          ])
        )
      }
    })

    it(`each declaration is taken or refused for its first mistake, by ${door}`, async () => {
      const coverage = await story(
        ...everyDeclaration.map((declaration) => create(door, declaration)),
        ...(["no customer", "a quantity in words", "a field that nobody knows"] as const).map((malformed) =>
          create(door, declarations.one, { malformed })
        ),
        create(door, declarations.one, { by: "nobody" }),
        ...accounts
          .filter(({ company }) => company === "loop_bio_labs")
          .map(({ mid }): Request => ({ kind: "switch", mid, on: true })),
        create(door, declarations.one)
      )
      const codes = [
        "brand_not_of_entity",
        "category_claim_disagrees",
        "category_not_underwritten",
        "entity_cannot_collect",
        "invalid_input",
        "malformed_request",
        "mixed_categories",
        "mixed_currencies",
        "no_eligible_merchant_account",
        "redirect_not_allowed",
        "unauthorized",
        "unknown_brand",
        "unknown_entity",
        "unknown_plan",
        "unknown_price"
      ]
      expect(coverage.missing(codes.map((code) => `heard: create: refused ${code}`))).toEqual([])
    })

    it(`each confirmation that cannot be one is refused, by ${door}`, async () => {
      const coverage = await story(
        create(door, declarations.one),
        confirm(door, "tok_captured", { session: "#8" }),
        confirm(door, "tok_captured", { session: "#9" }),
        confirm(door, "tok_nobodys"),
        confirm(door, "4000000000000002"),
        confirm(door, ""),
        confirm(door, "tok_captured", { vault: "vault_of_old" }),
        confirm(door, "tok_captured", { vault: "" }),
        confirm(door, "tok_captured", { risk: "enormous" }),
        confirm(door, "tok_captured", { key: "x".repeat(256) }),
        confirm(door, "tok_captured", { by: "nobody" }),
        confirm(door, "tok_captured", { key: "k1" }),
        confirm(door, "tok_captured", { key: "k1", by: "kiosk" }),
        confirm(door, "tok_captured_gb", { key: "k1" }),
        confirm(door, "tok_captured", { key: "k1" }),
        confirm(door, "tok_captured", { key: "k1", risk: "low" }),
        confirm(door, "tok_captured", { key: "k1", risk: "high" })
      )
      const codes = ["unauthorized", "unknown_session", "unknown_token", "unknown_vault", "invalid_input"]
      expect(
        coverage.missing([
          ...[...codes, "idempotency_key_reused"].map((code) => `heard: confirm: refused ${code}`),
          "heard: confirm: refused session_not_payable (settled)",
          "step: confirm replayed while settled"
        ])
      ).toEqual([])
    })
  }

  it("a request is repeated through the other door under its key, and its keys are its caller's own", async () => {
    const coverage = await story(
      create("rest", declarations.one, { key: "k1" }),
      create("graphql", declarations.one, { key: "k1" }),
      create("graphql", declarations.one, { key: "k1", by: "kiosk" }),
      create("graphql", { ...declarations.one, customer: "loop_user_2" }, { key: "k1" }),
      create("rest", { ...declarations.one, orderReference: "o1" }),
      create("graphql", { ...declarations.one, orderReference: "o1" }),
      confirm("rest", "tok_hard_decline", { key: "k2" }),
      confirm("graphql", "tok_hard_decline", { key: "k2" }),
      confirm("graphql", "tok_captured", { key: "k3" }),
      claim("rest", "shop", "k4"),
      claim("graphql", "shop", "k4"),
      claim("graphql", "kiosk", "k4"),
      claim("rest", "shop")
    )
    expect(
      coverage.missing([
        "step: create replayed",
        "step: create key reused",
        "step: order taken",
        "step: confirm replayed while pending",
        "heard: claim: first, own",
        "heard: claim: duplicate, own",
        "heard: claim: duplicate"
      ])
    ).toEqual([])
  })

  it("a session takes five confirmations, and after the last decline none", async () => {
    const declines = ["tok_soft_decline", "tok_hard_decline", "tok_slow_decline", "tok_insufficient_funds"]
    const coverage = await story(
      create("rest", declarations.one, { key: "k1" }),
      ...declines.map((token) => confirm("graphql", token)),
      confirm("rest", "tok_soft_decline", { key: "k5" }),
      confirm("rest", "tok_captured"),
      confirm("rest", "tok_soft_decline", { key: "k5" }),
      create("rest", declarations.one, { key: "k1" })
    )
    expect(
      coverage.missing([
        "heard: confirm: declined (failed)",
        "heard: confirm: refused session_not_payable (failed)",
        "heard: confirm: failed (failed)",
        "heard: create: failed"
      ])
    ).toEqual([])
  })

  for (const place of places) {
    it(`a client hangs up where its charge ${place}, whatever is done meanwhile`, async () => {
      const coverage = new Coverage()
      const tale = await begin(opened, coverage)
      const real = realOf(opened)
      for (const token of hungUpWith) {
        for (const meanwhile of meanwhiles) {
          await tell(tale, real, create("rest", declarations.one))
          const session = tale.sessions.at(-1) ?? ""
          const key = `k${tale.sessions.length}`
          const recipe = {
            kind: "confirm",
            door: "rest",
            by: "shop",
            session,
            vault: "stub",
            token,
            key
          } as const
          await new HangUp(recipe, place, meanwhile).run(tale, real)
          await tell(tale, real, { kind: "switch", mid: "mid_bio_1", on: false })
        }
      }
      await finish(tale, real)
      const wanted = [...meanwhiles.map((meanwhile) => `asked: meanwhile ${meanwhile}`), ...seenAt[place]]
      expect(coverage.missing(wanted)).toEqual([])
    })
  }

  it("a driver whose decline comes late is told that another confirmation is under way", async () => {
    const late = stopped(confirmOf("rest", "tok_hard_decline"), "records")
    const next = stopped(confirmOf("graphql", "tok_captured"), "sends")
    const heard = await scene(async (asks) => {
      await late.begins(asks)
      await asks({ kind: "timePasses", ms: 90_000 })
      await asks({ kind: "takeOver" })
      await asks({ kind: "reconcile" })
      await next.begins(asks)
      await late.goesOn()
      await next.goesOn()
    })
    expect(heard.map(outcomeOf)).toEqual(["processing", "settled"])
  })

  it("an account that is stopped between the routing and the write-ahead is passed over", async () => {
    const charge = stopped(confirmOf("rest", "tok_captured"), "writes ahead")
    const heard = await scene(async (asks) => {
      await charge.begins(asks)
      await asks({ kind: "switch", mid: "mid_bio_1", on: true })
      await charge.goesOn()
    }, "step: passed over")
    expect(heard.map(outcomeOf)).toEqual(["settled"])
  })

  it("an account that is stopped in mid-cascade is passed over", async () => {
    const charge = stopped(confirmOf("graphql", "tok_declined_at_stub_a"), "records")
    const heard = await scene(async (asks) => {
      await charge.begins(asks)
      await asks({ kind: "switch", mid: "mid_bio_2", on: true })
      await charge.goesOn()
    }, "step: failed over")
    expect(heard.map(outcomeOf)).toEqual(["settled"])
  })
})

const outcomeOf = ({ answer }: Heard) => (answer?.is === "confirmed" ? answer.outcome : answer)

type Asks = (request: Request, id?: string) => Promise<void>

/** A call that is stopped at a place, and let go by hand. */
const stopped = (request: Request, place: Place) => {
  let hold: Hold | undefined
  let answered: Promise<void> | undefined
  return {
    begins: async (asks: Asks): Promise<void> => {
      const id = newRequestId()
      hold = opened.stage.hold(id, place)
      answered = asks(request, id)
      await hold.reached
    },
    goesOn: async (): Promise<void> => {
      hold?.letGo()
      await answered
    }
  }
}

/** Calls that are stopped and let go by hand, of one session; answers what the confirmations among them heard. */
const scene = async (
  plays: (asks: Asks) => Promise<void>,
  ...wanted: ReadonlyArray<string>
): Promise<ReadonlyArray<Heard>> => {
  const coverage = new Coverage()
  const tale = await begin(opened, coverage)
  const real = realOf(opened)
  await tell(tale, real, create("rest", declarations.one))
  const heard: Array<Heard> = []
  let time = 0
  const asks: Asks = async (recipe, id) => {
    const request = tale.resolve(recipe)
    const began = ++time
    const answer = await real.ask(request, id === undefined ? {} : { id })
    if (answer !== undefined) heard.push({ request, began, ended: ++time, answer })
  }
  await plays(asks)
  tale.hearsAll(heard, {})
  await finish(tale, real)
  expect(coverage.missing(wanted)).toEqual([])
  return heard.filter(({ request }) => request.kind === "confirm")
}

/** A card of each fate that matters to whoever comes in between. */
const hungUpWith = [
  "tok_captured",
  "tok_soft_decline",
  "tok_hard_decline",
  "tok_garbled",
  "tok_timeout_nothing"
]

/** What becomes of some charge that stood at a place. */
const seenAt: Readonly<Record<(typeof places)[number], ReadonlyArray<string>>> = {
  "writes ahead": ["step: confirm replayed while settled", "step: settled by driver"],
  "has its permit": [
    "step: permit went stale",
    "step: late capture",
    "step: unknown after it was given up",
    "step: confirm replayed while processing",
    "heard: confirm: in_review (failed)"
  ],
  sends: ["step: late capture", "step: unknown after it was given up", "step: absent"],
  records: [
    "step: captured, known before",
    "step: declined, known before",
    "step: indeterminate, known before",
    "step: declined by lookup",
    "step: settled by lookup"
  ]
}

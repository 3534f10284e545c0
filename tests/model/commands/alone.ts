// What a client does when nobody else does anything.
import * as fc from "fast-check"
import { asked, type Explaining, type Heard, type Node, worldsOf } from "../explain.ts"
import { accounts, cards, companies } from "../expected/facts.ts"
import type { Answer, Confirm, Door, Request } from "../expected/requests.ts"
import { spelt } from "../expected/world.ts"
import { newRequestId } from "../service/client.ts"
import type { Place } from "../stage.ts"
import { describe } from "../telling/describe.ts"
import { checkBooks } from "../telling/invariants.ts"
import { aloneRecipe, confirmRecipe } from "../telling/recipes.ts"
import type { Tale } from "../telling/Tale.ts"
import { type Real, tell } from "./Real.ts"

type Told = fc.AsyncCommand<Tale, Real>

/** One request. */
class Ask implements Told {
  readonly recipe: Request
  constructor(recipe: Request) {
    this.recipe = recipe
  }
  check(): boolean {
    return true
  }
  run(tale: Tale, real: Real): Promise<void> {
    return tell(tale, real, tale.resolve(this.recipe))
  }
  toString(): string {
    return describe(this.recipe)
  }
}

const twists = [
  "as it was",
  "with another body",
  "for another session",
  "by another caller",
  "without its key"
] as const
type Twist = (typeof twists)[number]

/** A request that had a key or an order comes again, through either door: as it was, or not quite. */
class Again implements Told {
  readonly back: number
  readonly door: Door
  readonly twist: Twist
  constructor(back: number, door: Door, twist: Twist) {
    this.back = back
    this.door = door
    this.twist = twist
  }
  check(tale: Readonly<Tale>): boolean {
    return tale.repeatable.length > 0
  }
  async run(tale: Tale, real: Real): Promise<void> {
    const earlier = tale.repeatable.at(-1 - (this.back % tale.repeatable.length))
    if (earlier === undefined || !("door" in earlier)) return
    const again = twisted({ ...earlier, door: this.door }, this.twist, tale)
    tale.coverage.saw(`asked: again ${this.twist}`)
    await tell(tale, real, again)
  }
  toString(): string {
    return `the last request with a key or an order but ${this.back} comes again by ${this.door}, ${this.twist}`
  }
}

const twisted = (request: Request, twist: Twist, tale: Tale): Request => {
  switch (twist) {
    case "as it was":
      return request
    case "by another caller":
      return "by" in request ? { ...request, by: request.by === "shop" ? "kiosk" : "shop" } : request
    case "for another session": {
      const other = tale.sessions.find((id) => "session" in request && id !== request.session)
      return "session" in request && other !== undefined ? { ...request, session: other } : request
    }
    case "without its key":
      return withoutKey(request)
    case "with another body":
      if (request.kind === "create") {
        return { ...request, declaration: { ...request.declaration, customer: "loop_user_2" } }
      }
      if (request.kind !== "confirm") return request
      return { ...request, token: request.token === "tok_captured" ? "tok_soft_decline" : "tok_captured" }
  }
}

const withoutKey = (request: Request): Request => {
  if (request.kind !== "create" && request.kind !== "confirm" && request.kind !== "claim") return request
  const { key: _key, ...rest } = request
  return rest
}

/** An operator stops every account of a company. */
class StopAll implements Told {
  readonly company: string
  constructor(company: string) {
    this.company = company
  }
  check(): boolean {
    return true
  }
  async run(tale: Tale, real: Real): Promise<void> {
    const own = accounts.filter(({ company }) => company === this.company)
    for (const { mid } of own) await tell(tale, real, { kind: "switch", mid, on: true })
  }
  toString(): string {
    return `the operator stops every account of ${this.company}`
  }
}

/** A customer tries one card after the other. */
class ManyCards implements Told {
  readonly session: string
  readonly tokens: ReadonlyArray<string>
  constructor(session: string, tokens: ReadonlyArray<string>) {
    this.session = session
    this.tokens = tokens
  }
  check(): boolean {
    return true
  }
  async run(tale: Tale, real: Real): Promise<void> {
    for (const [nr, token] of this.tokens.entries()) {
      const door = nr % 2 === 0 ? "rest" : "graphql"
      const { session } = this
      await tell(
        tale,
        real,
        tale.resolve({ kind: "confirm", door, by: "shop", session, vault: "stub", token })
      )
    }
  }
  toString(): string {
    return `${this.session} is tried with ${this.tokens.join(", ")}`
  }
}

/** Where a call is stopped, and what the model calls it. */
const stops = {
  "writes ahead": "routed",
  "has its permit": "permitted",
  sends: "sending",
  records: "heard"
} as const satisfies Partial<Record<Place, string>>
type Stop = keyof typeof stops
export const places = ["writes ahead", "has its permit", "sends", "records"] as const

/** What is done while a charge whose client hung up stands still. */
export const meanwhiles = [
  "nothing",
  "a pause of the process",
  "a takeover",
  "a takeover and a lookup",
  "a takeover, a lookup and another card",
  "a stop"
] as const
type Meanwhile = (typeof meanwhiles)[number]

/**
 * A client hangs up in mid-charge, and asks again under its key while the charge still runs and after it: nothing
 * about the charge changes, and whoever asks again is told where it stands.
 */
export class HangUp implements Told {
  readonly recipe: Confirm
  readonly place: Stop
  readonly meanwhile: Meanwhile
  constructor(recipe: Confirm, place: Stop, meanwhile: Meanwhile) {
    this.recipe = recipe
    this.place = place
    this.meanwhile = meanwhile
  }
  check(): boolean {
    return true
  }
  async run(tale: Tale, real: Real): Promise<void> {
    const request = tale.resolve(this.recipe)
    const { stage } = real.opened
    const id = newRequestId()
    const hangUp = new AbortController()
    const hold = stage.hold(id, this.place)
    const answering = real.ask(request, { id, hangUp })
    const came = await Promise.race([hold.reached.then(() => "to the place" as const), answering])
    if (came !== "to the place") return this.#answered(tale, real, request, came)
    tale.coverage.saw(`asked: hung up where it ${this.place}`)
    tale.coverage.saw(`asked: meanwhile ${this.meanwhile}`)
    hangUp.abort()
    await answering
    tale.log.push(`${tale.shortly(describe(request))}  ->  hung up where it ${this.place}`)

    const call: Heard = { request, began: 0 }
    let standing = this.#upTo(tale, call)
    const others = [
      ...this.#meanwhile(tale),
      ...(["rest", "graphql"] as const).map((door) => ({ ...request, door }))
    ]
    for (const other of others) {
      const answer = await real.ask(other)
      if (answer === undefined) throw new Error("nobody hung up, and there is no answer")
      standing = beside(tale, standing, call, { request: other, began: 1, ended: 2, answer })
    }
    hold.letGo()
    await stage.idle()
    const ended = tale.follows(standing, { model: tale.model, calls: [call] })
    tale.worlds = worldsOf(ended)
    await checkBooks(tale, real.opened)
    await tell(tale, real, request)
  }

  /** It was answered before it came to the place. */
  async #answered(tale: Tale, real: Real, request: Request, answer: Answer | undefined): Promise<void> {
    if (answer === undefined) throw new Error("nobody hung up yet, and there is no answer")
    tale.hears(request, answer)
    await checkBooks(tale, real.opened)
  }

  /** Every way in which the call can have come to where it stands. */
  #upTo(tale: Tale, call: Heard): ReadonlyArray<Node> {
    const at = stops[this.place]
    const come = new Map<string, Node>()
    const open: Array<Node> = tale.worlds.map((world) => ({ world, calls: [asked] }))
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const [stage] = node.calls
      if (stage === undefined || stage.at === "done") continue
      if (stage.at === at) {
        come.set(spelt(node), node)
        continue
      }
      const moves = tale.model(node.world, call.request, stage, { newSession: undefined, held: [] })
      for (const move of moves) if ("stage" in move) open.push({ world: move.world, calls: [move.stage] })
    }
    return [...come.values()]
  }

  #meanwhile(tale: Tale): ReadonlyArray<Request> {
    switch (this.meanwhile) {
      case "nothing":
        return []
      case "a pause of the process":
        return [{ kind: "processPauses", ms: 3_000 }]
      case "a takeover":
        return [{ kind: "timePasses", ms: 90_000 }, { kind: "takeOver" }]
      case "a takeover and a lookup":
        return [{ kind: "timePasses", ms: 600_000 }, { kind: "takeOver" }, { kind: "reconcile" }]
      case "a takeover, a lookup and another card": {
        const { session } = tale.resolve(this.recipe)
        const another: Confirm = { ...this.recipe, session, token: "tok_captured" }
        const { key: _key, ...withoutAny } = another
        return [{ kind: "timePasses", ms: 90_000 }, { kind: "takeOver" }, { kind: "reconcile" }, withoutAny]
      }
      case "a stop": {
        // The accounts that most of the runs charge on, whichever of them comes first.
        const mids = tale.worlds[0]?.stopped.includes("mid_bio_1") === true ? ["mid_bio_2"] : ["mid_bio_1"]
        return mids.map((mid) => ({ kind: "switch", mid, on: true }))
      }
    }
  }

  toString(): string {
    return `${describe(this.recipe)}, hangs up where it ${this.place}; then ${this.meanwhile}, and asks again`
  }
}

/** Another call beside one that stands still. */
const beside = (tale: Tale, nodes: ReadonlyArray<Node>, still: Heard, other: Heard): ReadonlyArray<Node> => {
  tale.note([other])
  const explaining: Explaining = { model: tale.model, calls: [still, other], held: [0] }
  const start = nodes.map(({ world, calls }): Node => ({ world, calls: [...calls, asked] }))
  return tale.follows(start, explaining).map(({ world, calls }) => ({ world, calls: calls.slice(0, 1) }))
}

const declining = Object.entries(cards).flatMap(([token, { fate }]) =>
  fate === "soft" || fate === "hard" ? [token] : []
)
const place = fc.nat(1).map((nr) => `#${nr}`)

const asCommand = <A>(arbitrary: fc.Arbitrary<A>, make: (drawn: A) => Told): fc.Arbitrary<Told> =>
  arbitrary.map(make)

/** Everything that a client does when it is alone. */
export const aloneCommand: fc.Arbitrary<Told> = fc.oneof(
  { weight: 30, arbitrary: asCommand(aloneRecipe, (recipe) => new Ask(recipe)) },
  {
    weight: 4,
    arbitrary: asCommand(
      fc.tuple(fc.nat(3), fc.constantFrom<Door>("rest", "graphql"), fc.constantFrom(...twists)),
      ([back, door, twist]) => new Again(back, door, twist)
    )
  },
  {
    weight: 1,
    arbitrary: asCommand(
      fc.tuple(place, fc.array(fc.constantFrom(...declining), { minLength: 3, maxLength: 6 })),
      ([session, tokens]) => new ManyCards(session, tokens)
    )
  },
  {
    weight: 1,
    arbitrary: asCommand(fc.constantFrom(...Object.keys(companies)), (company) => new StopAll(company))
  },
  {
    weight: 6,
    arbitrary: asCommand(
      fc.tuple(confirmRecipe, fc.constantFrom(...places), fc.constantFrom(...meanwhiles)),
      ([recipe, at, meanwhile]) => new HangUp({ ...recipe, key: recipe.key ?? "k4" }, at, meanwhile)
    )
  }
)

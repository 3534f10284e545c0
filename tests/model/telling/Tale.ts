// One run as it is told: which sessions there are, what was asked and heard, and every world that explains it.
import { answersFor, asked, explain, type Explaining, type Heard, type Node, worldsOf } from "../explain.ts"
import { accounts } from "../expected/facts.ts"
import type { Answer, Request } from "../expected/requests.ts"
import { emptyWorld, type World } from "../expected/world.ts"
import type { Model } from "../model.ts"
import type { Coverage } from "./Coverage.ts"
import { describe, describeAnswer, kindOf } from "./describe.ts"

/** The service answered what the model does not explain. */
export class Unexplained extends Error {
  override readonly name = "Unexplained"
}

/** More alternatives than this help nobody. */
const mostTold = 10

/** Ids of sessions that never were. */
const neverDeclared = ["ps_00000000000000000000000000", "ps_nonsense"]

export class Tale {
  readonly model: Model
  readonly coverage: Coverage
  /** Keys and orders of one run are none of another's. */
  readonly run: string
  worlds: ReadonlyArray<World> = [emptyWorld]
  /** In the order in which they were heard of. */
  readonly sessions: Array<string> = []
  /** Requests with a key or an order, which may be sent again. */
  readonly repeatable: Array<Request> = []
  readonly log: Array<string> = []
  /** Sessions for which `first` was heard, once for each time. */
  readonly firsts: Array<string> = []

  constructor(model: Model, coverage: Coverage, run: string) {
    this.model = model
    this.coverage = coverage
    this.run = run
  }

  /**
   * A request as it is sent: `#2` is the third session of the run, `@1` the second account of the first session's
   * company, and keys and orders are the run's own.
   */
  resolve<Asked extends Request>(request: Asked): Asked
  resolve(request: Request): Request {
    const own = (name: string) => (name === "" || name.length > 100 ? name : `${this.run}-${name}`)
    const session = "session" in request ? { session: this.#sessionNamed(request.session) } : {}
    if (request.kind === "switch") return { ...request, mid: this.#accountNamed(request.mid) }
    const key = "key" in request && request.key !== undefined ? { key: own(request.key) } : {}
    if (request.kind !== "create") return { ...request, ...session, ...key }
    const { orderReference: order } = request.declaration
    const declaration =
      order === undefined || order.includes(" ")
        ? request.declaration
        : { ...request.declaration, orderReference: own(order) }
    return { ...request, ...key, declaration }
  }

  #accountNamed(name: string): string {
    if (!name.startsWith("@")) return name
    const company = this.worlds[0]?.sessions[this.sessions[0] ?? ""]?.company ?? "loop_bio_labs"
    const own = accounts.filter((account) => account.company === company)
    return own[Number(name.slice(1)) % own.length]?.mid ?? name
  }

  #sessionNamed(name: string): string {
    if (!name.startsWith("#")) return name
    const slot = Number(name.slice(1))
    const known = this.sessions[slot % Math.max(1, this.sessions.length)]
    return slot >= neverFrom || known === undefined ? (neverDeclared[slot % 2] ?? "") : known
  }

  /** One call that nobody else's overlapped with. */
  hears(request: Request, answer: Answer): void {
    this.hearsAll([{ request, began: 0, ended: 1, answer }], {})
  }

  /** Calls that ran at once. */
  hearsAll(calls: ReadonlyArray<Heard>, how: Pick<Explaining, "overlapping">): void {
    this.note(calls)
    const start = this.worlds.map((world): Node => ({ world, calls: calls.map(() => asked) }))
    this.worlds = worldsOf(this.follows(start, { model: this.model, calls, ...how }))
  }

  /** Where some order leads that explains what was heard, or the failure that says that there is none. */
  follows(start: ReadonlyArray<Node>, explaining: Explaining): ReadonlyArray<Node> {
    const { nodes, did } = explain(start, explaining)
    if (nodes.length === 0) throw new Unexplained(this.#complaint(start, explaining))
    for (const step of did) this.coverage.saw(`step: ${step}`)
    return nodes
  }

  /** Writes down what was asked and heard. */
  note(calls: ReadonlyArray<Heard>): void {
    for (const { request, answer } of calls) {
      this.log.push(`${this.shortly(describe(request))}  ->  ${this.shortly(describeAnswer(answer))}`)
      this.coverage.saw(`asked: ${request.kind}${"door" in request ? ` by ${request.door}` : ""}`)
      if (mayComeAgain(request)) this.repeatable.push(request)
      if (answer === undefined) continue
      this.coverage.saw(`heard: ${kindOf(request, answer)}`)
      if (answer.is === "created" && !this.sessions.includes(answer.session))
        this.sessions.push(answer.session)
      if (answer.is === "claimed" && answer.fulfilment === "first" && request.kind === "claim") {
        this.firsts.push(request.session)
      }
    }
  }

  /** The same text with the sessions' places for their ids. */
  shortly(text: string): string {
    const short = this.sessions.reduce((sofar, id, slot) => sofar.replaceAll(id, `#${slot}`), text)
    return short.replaceAll(`${this.run}-`, "")
  }

  #complaint(start: ReadonlyArray<Node>, explaining: Explaining): string {
    const { calls } = explaining
    const alone = calls.length === 1
    const lines = [
      alone
        ? "the service answered what the model does not explain:"
        : "no order of the steps of these calls explains what they heard:"
    ]
    for (const [index, { request, answer, began, ended }] of calls.entries()) {
      const span = alone ? "" : `${index + 1}. [${began}..${ended ?? "nobody knows"}] `
      lines.push(`  ${span}${describe(request)}`, `    heard ${describeAnswer(answer)}`)
    }
    const instead = calls.flatMap(({ answer }, index) =>
      answer === undefined
        ? []
        : answersFor(start, explaining, index).map(
            (other) => `  ${alone ? "" : `${index + 1}. had heard `}${other}`
          )
    )
    lines.push(
      "it would be explained if it were:",
      ...(instead.length === 0 ? ["  no other answer of one of them would do"] : instead.slice(0, mostTold))
    )
    lines.push("before that:", ...this.log.slice(0, -calls.length).map((line) => `  ${line}`))
    return this.shortly(lines.join("\n"))
  }
}

const mayComeAgain = (request: Request): boolean =>
  ("key" in request && request.key !== undefined) ||
  (request.kind === "create" && request.declaration.orderReference !== undefined)

/** Places from here on are of sessions that never were. */
export const neverFrom = 8

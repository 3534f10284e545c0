import { Clock, Context, Effect, Exit, Layer, Schema } from "effect"
import { answered } from "../../src/db/steps.ts"
import type { MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { type LedgerUnavailable, PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { Outbox } from "../../src/kernel/Outbox.ts"
import { Refund } from "../../src/kernel/refunds/Refund.ts"
import { RefundLedger } from "../../src/kernel/refunds/RefundLedger.ts"
import * as MemoryLedger from "../../src/layers/memory/PaymentLedger.ts"
import * as MemoryOutbox from "../../src/layers/memory/Outbox.ts"
import * as MemoryRefundLedger from "../../src/layers/memory/refunds/RefundLedger.ts"
import { MemoryStore, type Store } from "../../src/layers/memory/Store.ts"
import type { FaultName } from "./faults.ts"
import type { Laws } from "./laws.ts"
import { beginning, Party } from "./Party.ts"
import type { Process } from "./Process.ts"
import { edit } from "./scene.ts"
import type { World } from "./World.ts"

type Ledger = PaymentLedger["Service"]
type Refunding = RefundLedger["Service"]

/** A line or a server that failed a statement. */
class StatementFailed extends Schema.TaggedError<StatementFailed>()("StatementFailed", {
  why: Schema.String
}) {}

/** One call of the ledger as it was done: what, when by the database's clock, and what it answered. */
export interface TapeEntry {
  readonly operation: string
  readonly at: number
  readonly input: ReadonlyArray<unknown>
  readonly exit: Exit.Exit<unknown, LedgerUnavailable>
}

interface Statement<A> {
  readonly operation: string
  readonly process: Process
  readonly done: Effect.Effect<A, LedgerUnavailable>
  readonly input: ReadonlyArray<unknown>
}

/**
 * The database of a history: the storage in memory, which is held against the real PostgreSQL on the same tapes,
 * behind connections on which statements and answers get lost.
 */
export class Database {
  readonly store: Store
  /** Every statement in the order in which it was done; only when somebody wants it. */
  readonly tape: Array<TapeEntry> = []
  readonly #world: World
  readonly #laws: Laws
  readonly #party: Party
  readonly #ledger: Ledger
  readonly #outbox: Outbox["Service"]
  readonly #refunds: Refunding
  readonly #taping: boolean
  #downUntil = 0
  #fullUntil = 0
  /** Rises with every immediate stop: what was under way then is cut off. */
  #life = 0

  constructor(world: World, store: Store, laws: Laws, taping: boolean) {
    this.#world = world
    this.store = store
    this.#laws = laws
    this.#taping = taping
    this.#party = new Party(world, "database")
    const services = Effect.runSync(
      Layer.build(Layer.mergeAll(MemoryLedger.layer, MemoryOutbox.layer, MemoryRefundLedger.layer)).pipe(
        Effect.provideService(MemoryStore, store),
        Effect.scoped
      )
    )
    this.#ledger = Context.get(services, PaymentLedger)
    this.#outbox = Context.get(services, Outbox)
    this.#refunds = Context.get(services, RefundLedger)
  }

  /** How far the database's clock is off. */
  get skew(): number {
    return this.#party.skew
  }

  jump(millis: number): void {
    this.#party.skew += millis
  }

  get now(): number {
    return beginning + this.#world.now + this.#party.skew
  }

  /** An immediate stop: whatever is under way is cut off, done or not. */
  stop(millis: number): void {
    this.#life += 1
    this.#downUntil = this.#world.now + millis
  }

  fill(millis: number): void {
    this.#fullUntil = this.#world.now + millis
  }

  /** An operator's statement. */
  change(mid: string, change: Partial<MerchantAccount>): void {
    edit(this.store, mid, change)
    if (this.#taping)
      this.tape.push({ operation: "edit", at: this.now, input: [mid, change], exit: Exit.void })
  }

  heal(): void {
    this.#downUntil = 0
    this.#fullUntil = 0
  }

  /** The ledger as a process has it: over a connection. */
  ledger(process: Process): Ledger {
    const ledger = this.#ledger
    const through = this.#through(process)
    return {
      declare: through("declare", ledger.declare),
      declaredBefore: through("declaredBefore", ledger.declaredBefore),
      // A process remembers declarations, as the layer on PostgreSQL does.
      declaration: ledger.declaration,
      session: through("session", ledger.session),
      attempts: through("attempts", ledger.attempts),
      open: through("open", ledger.open),
      record: through("record", ledger.record),
      cancel: through("cancel", ledger.cancel),
      expireDue: through("expireDue", ledger.expireDue),
      takeOver: through("takeOver", ledger.takeOver),
      claimUnresolved: through("claimUnresolved", ledger.claimUnresolved),
      claimFulfilment: through("claimFulfilment", ledger.claimFulfilment)
    }
  }

  #through(process: Process) {
    return <Input extends ReadonlyArray<unknown>, A>(
      operation: string,
      call: (...input: Input) => Effect.Effect<A, LedgerUnavailable>
    ) =>
      (...input: Input): Effect.Effect<A, LedgerUnavailable> =>
        this.#call({ operation, process, done: call(...input), input })
  }

  /** The ledger of refunds, over the same connections. */
  refunds(process: Process): Refunding {
    const refunds = this.#refunds
    const through = this.#through(process)
    return {
      ofSession: through("returns_of_session", refunds.ofSession),
      refundable: through("refundable", refunds.refundable),
      open: through("open_refund", refunds.open),
      record: through("record_refund", refunds.record),
      takeOver: through("take_over_refunds", refunds.takeOver),
      claimUnresolved: through("claim_unresolved_refunds", refunds.claimUnresolved),
      find: through("find_refund", refunds.find),
      recordReturn: through("record_return", refunds.recordReturn),
      compareReturned: through("compare_returned", refunds.compareReturned),
      claimMissing: refunds.claimMissing,
      recordDispute: refunds.recordDispute
    }
  }

  outbox(process: Process): Outbox["Service"] {
    return {
      claim: (limit, lease) =>
        this.#call({
          operation: "claim",
          process,
          done: this.#outbox.claim(limit, lease),
          input: [limit, lease]
        }),
      markDelivered: (ids) =>
        this.#call({
          operation: "markDelivered",
          process,
          done: this.#outbox.markDelivered(ids),
          input: [ids]
        })
    }
  }

  #call<A>(statement: Statement<A>): Effect.Effect<A, LedgerUnavailable> {
    const sent = Effect.callback<A, StatementFailed | LedgerUnavailable>((resume) =>
      this.#send(statement, (answer) => resume(answer))
    )
    return answered(statement.operation)(sent)
  }

  /** A statement goes out, is done, and its answer comes back; or not. */
  #send<A>(
    statement: Statement<A>,
    answer: (what: Effect.Effect<A, StatementFailed | LedgerUnavailable>) => void
  ): void {
    const { operation, process } = statement
    const { party } = process
    const { draws } = this.#world
    const step = stepOf(statement)
    const isRecord = step === charge.record
    const isWork = step === undefined && workOperations.has(operation)
    const fails = (why: string, after: number) =>
      party.later(after, () => {
        this.#world.say(process.name, () => `${titleOf(statement)} fails: ${why}`)
        answer(Effect.fail(new StatementFailed({ why })))
      })

    if (step !== undefined && this.#dies(process, step.killsBefore)) return
    if (isWork && this.#dies(process, "K of a worker")) return
    if (step?.pausesBefore !== undefined && draws.fires(step.pausesBefore))
      process.standStill("with the answer in hand")

    if (isRecord && draws.fires("database stops at C")) {
      this.#world.say("database", () => "stops at once")
      this.stop(draws.between("database stops at C for", 1_000, 25_000))
    }
    const cut = this.#cut(step)
    if (cut !== undefined) return fails(cut, draws.between("a failure takes", 1, 50))
    const wait = draws.fires("pool exhausted") ? draws.between("pool exhausted for", 500, 11_000) : 0
    const delay = draws.fires("statement delayed") ? draws.between("statement delayed for", 1_000, 60_000) : 0

    party.later(wait, () => {
      const life = this.#life
      this.#world.after(draws.between("statement takes", 1, 5) + delay, () => {
        const out = this.#world.now < this.#downUntil || life !== this.#life
        if (out) return fails("the database went away", 1)
        if (this.#world.now < this.#fullUntil && writes(operation)) return fails("no space left", 1)
        const exit = this.#do(statement)
        if (step?.killsOnItsWay !== undefined && this.#dies(process, step.killsOnItsWay)) return
        if (step !== undefined && draws.fires(step.losesAck)) return fails("the connection was lost", 5)
        if (draws.fires("database silent")) return
        const back = draws.between("answer takes", 0, 3)
        this.#world.after(back, () => {
          if (life !== this.#life) return fails("the connection was lost", 1)
          party.run(() => {
            if (isRecord && this.#dies(process, "K after C")) return
            if (step?.pausesAfter !== undefined && draws.fires(step.pausesAfter)) {
              process.standStill("with the permit in hand")
              return party.run(() => answer(exit))
            }
            answer(exit)
          })
        })
      })
    })
  }

  #do<A>(statement: Statement<A>): Exit.Exit<A, LedgerUnavailable> {
    const exit = Effect.runSyncExit(Effect.provideService(statement.done, Clock.Clock, this.#clock))
    if (this.#taping) {
      const { operation, input } = statement
      this.tape.push({ operation, at: this.now, input, exit })
    }
    this.#world.say("database", () => `${titleOf(statement)} ${told(exit)}`)
    this.#laws.records.onRefusal(titleOf(statement), exit)
    this.#laws.records.afterStatement(this.store)
    this.#laws.refunds.afterStatement(this.store)
    return exit
  }

  readonly #clock: Clock.Clock = {
    ...Effect.runSync(Clock.Clock),
    currentTimeMillisUnsafe: () => this.now,
    currentTimeMillis: Effect.sync(() => this.now)
  }

  #dies(process: Process, fault: FaultName): boolean {
    if (!this.#world.draws.fires(fault)) return false
    process.kill(fault)
    return true
  }

  #cut(step: Step | undefined): string | undefined {
    const { draws } = this.#world
    if (step === undefined) return draws.fires("other statement lost") ? "the statement was lost" : undefined
    if (step === charge.record && draws.fires("deadlock at C")) return "deadlock detected"
    return draws.fires(step.loses) ? "the statement was lost" : undefined
  }
}

/** What goes wrong at a write-ahead, or at a record by whoever sent. */
interface Step {
  readonly killsBefore: FaultName
  readonly pausesBefore?: FaultName
  readonly loses: FaultName
  readonly killsOnItsWay?: FaultName
  readonly losesAck: FaultName
  readonly pausesAfter?: FaultName
}

const charge = {
  permit: {
    killsBefore: "K before P",
    loses: "P lost",
    killsOnItsWay: "K with P on its way",
    losesAck: "ack of P lost",
    pausesAfter: "pause between P and S"
  },
  record: {
    killsBefore: "K between A and C",
    pausesBefore: "pause between A and C",
    loses: "C lost",
    killsOnItsWay: "K with C on its way",
    losesAck: "ack of C lost"
  }
} satisfies Readonly<Record<string, Step>>

const refund = {
  permit: {
    killsBefore: "K before P of a refund",
    loses: "P of a refund lost",
    losesAck: "ack of a refund's P lost",
    pausesAfter: "pause between P and R"
  },
  record: {
    killsBefore: "K between R's answer and C",
    pausesBefore: "pause between R's answer and C",
    loses: "C of a refund lost",
    losesAck: "ack of a refund's C lost"
  }
} satisfies Readonly<Record<string, Step>>

const stepOf = (statement: Statement<unknown>): Step | undefined => {
  const { operation } = statement
  if (operation === "open") return charge.permit
  if (operation === "open_refund") return refund.permit
  if (sourceOf(statement) !== "driver") return undefined
  return operation === "record" ? charge.record : operation === "record_refund" ? refund.record : undefined
}

/** What a process does besides charging: K in it leaves work half done. */
const workOperations: ReadonlySet<string> = new Set([
  "record",
  "takeOver",
  "claimUnresolved",
  "expireDue",
  "claim",
  "markDelivered",
  "record_refund",
  "record_return",
  "take_over_refunds",
  "claim_unresolved_refunds"
])

const sourceOf = ({ input: [evidence] }: Statement<unknown>): unknown =>
  typeof evidence === "object" && evidence !== null && "source" in evidence ? evidence.source : undefined

const reads: ReadonlySet<string> = new Set([
  "declaration",
  "declaredBefore",
  "session",
  "attempts",
  "returns_of_session",
  "refundable",
  "find_refund"
])

const writes = (operation: string): boolean => !reads.has(operation)

const letters: Readonly<Record<string, string>> = {
  open: "P",
  record: "C",
  open_refund: "P",
  record_refund: "C"
}

const titleOf = ({ operation, input }: Pick<Statement<unknown>, "operation" | "input">): string => {
  const [first] = input
  const letter = letters[operation]
  const what = letter === undefined ? operation : `${letter} (${operation})`
  if (
    (operation !== "record" && operation !== "record_refund") ||
    typeof first !== "object" ||
    first === null
  )
    return what
  const of = new Map<string, unknown>(Object.entries(first))
  return `${what} of ${String(of.get("attempt") ?? of.get("refund")).slice(-3)}, ${nameOf(of.get("outcome"))} by ${String(of.get("source"))}`
}

const nameOf = (value: unknown): string => {
  if (typeof value === "object" && value !== null && "_tag" in value) return String(value._tag)
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

const told = (exit: Exit.Exit<unknown, LedgerUnavailable>): string => {
  if (exit._tag === "Failure") return `is refused: ${String(exit.cause)}`
  const answer = exit.value
  if (typeof answer !== "object" || answer === null) return `answers ${String(answer)}`
  if ("_tag" in answer) return `answers ${String(answer._tag)}`
  if (answer instanceof Refund) return `answers ${answer.state}`
  const shown = Object.entries(answer).flatMap(([name, value]) =>
    typeof value === "string" || typeof value === "boolean" ? [`${name} ${String(value)}`] : []
  )
  return `answers ${Array.isArray(answer) ? `${answer.length} rows` : shown.join(", ")}`
}

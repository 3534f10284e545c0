import { Effect } from "effect"
import { Captured, Declined } from "../../src/kernel/cascade/Disposition.ts"
import { attemptId, Principal, SessionId } from "../../src/kernel/ids.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import type { Constraint } from "../../src/layers/memory/constraints.ts"
import { isOpen } from "../../src/layers/memory/refunds/sums.ts"
import type { AttemptRow, RefundRow, Store } from "../../src/layers/memory/Store.ts"
import { deliver, deliveryDefaults } from "../../src/workers/delivery.ts"
import { Books, type Charge, isLie } from "./Books.ts"
import { Customer } from "./customer.ts"
import { Database, type TapeEntry } from "./Database.ts"
import { Draws } from "./Draws.ts"
import type { FarSide } from "./FarSide.ts"
import { Laws } from "./laws.ts"
import { Refunder } from "./Refunder.ts"
import { refundWebhooks } from "./refundWebhooks.ts"
import { Party } from "./Party.ts"
import type { Services, Surroundings } from "./Process.ts"
import { Replica } from "./Replica.ts"
import { company, drawScene, otherCompany } from "./scene.ts"
import { Violation, World } from "./World.ts"

export interface HistoryOptions {
  /** The faults that may happen, each as `name#n`; absent, all that the seed draws. */
  readonly only?: ReadonlySet<string>
  readonly tracing?: boolean
  readonly taping?: boolean
  /** Whether money may go back in it; it does in some. */
  readonly givesBack?: boolean
  /** Prohibitions of the database that are switched off. */
  readonly dropped?: ReadonlyArray<Constraint>
}

/** What came of one history. */
export interface History {
  readonly seed: number
  readonly broken: { readonly law: string; readonly message: string } | undefined
  readonly fired: ReadonlyArray<string>
  /** Those of them that came where they could change nothing. */
  readonly vain: ReadonlySet<string>
  readonly steps: number
  readonly charges: number
  readonly captures: number
  /** How often a gateway was asked to give money back. */
  readonly refunds: number
  readonly sessions: ReadonlyArray<string>
  readonly trace: ReadonlyArray<string>
  readonly tape: ReadonlyArray<TapeEntry>
}

/** Plays one history: what a seed draws, on the shipped services, from the first order to the last doubt resolved. */
export const playHistory = (seed: number, options: HistoryOptions = {}): History => {
  const draws = new Draws(seed, options.only)
  const world = new World(draws, options.tracing ?? false)
  const history = new Play(world, options)
  let broken: History["broken"]
  try {
    history.play()
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    broken = { law: error.law, message: error.message }
    world.say("BROKEN", () => `${error.law}: ${error.message}`)
  }
  return { seed, broken, ...history.result() }
}

const takesRefundsOver = Effect.flatMap(RefundReconciler, ({ takeOver }) => takeOver)
const reconcilesRefunds = Effect.flatMap(RefundReconciler, ({ pass }) => pass)
const takesOver = Effect.flatMap(Reconciler, ({ takeOver }) => takeOver)
const reconciles = Effect.flatMap(Reconciler, ({ pass }) => pass)
const expires = Effect.flatMap(PaymentLedger, (ledger) => ledger.expireDue(100))
const delivers = deliver(deliveryDefaults)

class Play {
  readonly #world: World
  readonly #books = new Books()
  readonly #store: Store
  readonly #laws: Laws
  readonly #database: Database
  readonly #outside: Party
  readonly #replicas: readonly [Replica, Replica]
  readonly #customer: Customer
  readonly #refunder: Refunder | undefined
  readonly #hearsOfRefund: FarSide["refundWebhook"]
  readonly #lifetime: number

  constructor(world: World, { taping = false, givesBack = true, dropped = [] }: HistoryOptions) {
    this.#world = world
    const { draws } = world
    this.#store = drawScene(draws)
    for (const name of dropped) this.#store.dropped.add(name)
    this.#laws = new Laws(world, this.#books, this.#store, () => this.#database.now)
    this.#database = new Database(world, this.#store, this.#laws, taping)
    this.#outside = new Party(world, "outside")
    this.#lifetime = draws.fires("confirmed late") ? draws.between("lifetime", 50, 3_000) : 1_800_000
    const refunds = givesBack && draws.chance("money goes back", 0.6)
    const far: FarSide = {
      world,
      books: this.#books,
      laws: this.#laws,
      givesBack: refunds,
      webhook: (charge, after) => this.#webhook(charge, after),
      refundWebhook: (back, after, said) => this.#hearsOfRefund(back, after, said)
    }
    const around: Surroundings = { database: this.#database, far, lifetime: this.#lifetime }
    this.#replicas = [
      new Replica("replica 1", around, this.#outside),
      new Replica("replica 2", around, this.#outside)
    ]
    this.#hearsOfRefund = refundWebhooks(world, this.#outside, this.#replicas)
    this.#refunder = refunds ? new Refunder(world, this.#laws, this.#replicas) : undefined
    this.#customer = new Customer(world, this.#laws, this.#replicas, this.#refunder)
  }

  play(): void {
    this.#misfortunes()
    this.#operators()
    for (const replica of this.#replicas) this.#works(replica)
    this.#outside.fork(this.#customer.buys("order_1"))
    if (this.#world.draws.chance("two orders", 0.1)) this.#outside.fork(this.#customer.buys("order_2"))
    this.#world.run()
    this.#heals()
    this.#laws.healing.afterHealing(this.#world.draws.fired)
  }

  result(): Omit<History, "seed" | "broken"> {
    const { charges } = this.#books
    return {
      fired: this.#world.draws.fired,
      vain: this.#world.draws.vain,
      steps: this.#world.steps,
      charges: charges.length,
      refunds: this.#books.givenBack.length,
      captures: charges.filter(({ movesAt }) => movesAt !== undefined).length,
      sessions: [...this.#store.sessions.keys()],
      trace: this.#world.trace,
      tape: this.#database.tape
    }
  }

  /** What happens at a moment of nobody's choosing, while the first charges are under way. */
  #misfortunes(): void {
    const { draws } = this.#world
    const sometime = (happens: () => void) => this.#world.after(draws.between("sometime", 0, 4_000), happens)
    // Who is dead or stands still already is not struck.
    const strikes = (strike: () => boolean) => {
      const fault = draws.inVain()
      sometime(() => void (strike() && draws.vain.delete(fault)))
    }
    for (const replica of this.#replicas) {
      if (draws.fires("K at any time")) strikes(() => replica.process.kill("K"))
      if (draws.fires("SIGTERM at any time")) strikes(() => replica.process.terminate())
      if (draws.fires("pause at any time")) strikes(() => replica.process.standStill("for no reason"))
      if (draws.fires("clock off by an hour")) replica.setClock(draws.pick("skew", [3_600_000, -3_600_000]))
    }
    if (draws.fires("database stops")) {
      sometime(() => {
        this.#world.say("database", () => "stops at once")
        this.#database.stop(draws.between("database away for", 100, 20_000))
      })
    }
    if (draws.fires("database full"))
      sometime(() => this.#database.fill(draws.between("database full for", 500, 20_000)))
    if (draws.fires("database's clock goes back"))
      sometime(() => this.#database.jump(-draws.between("clock goes back", 1_000, 120_000)))
  }

  /** Operators change what may be charged, in the database and at once. */
  #operators(): void {
    const { draws } = this.#world
    const soon = (change: () => void) => this.#world.after(draws.between("soon", 0, 1_500), change)
    const mid = () => draws.pick("which account", ["mid_1", "mid_2", "mid_3"])
    // Of three accounts a company has one to three.
    const known = (account: string) => {
      if (!this.#store.accounts.values().some(({ id }) => id === account)) draws.inVain()
      return account
    }
    if (draws.fires("kill switch")) {
      const stopped = known(mid())
      soon(() => {
        this.#world.say("operator", () => `stops ${stopped}`)
        this.#database.change(stopped, { killSwitch: true })
      })
    }
    if (draws.fires("underwriting revoked")) {
      const revoked = known(mid())
      soon(() => {
        this.#world.say("operator", () => `takes ${revoked} away`)
        const moves = draws.chance("account moves", 0.5) && !this.#wasTried(revoked)
        this.#database.change(revoked, moves ? { entity: otherCompany } : { underwrittenFor: [] })
      })
    }
    if (draws.fires("policy swapped")) {
      soon(() => {
        for (const { id, entity, priority } of this.#store.accounts.values()) {
          if (entity === company) this.#database.change(id, { priority: 10 - priority })
        }
      })
    }
  }

  /** An account with attempts stays with its company: PostgreSQL lets no one move it. */
  #wasTried(mid: string): boolean {
    return this.#store.sessions
      .values()
      .some(({ attempts }) => attempts.some((attempt) => attempt.mid === mid))
  }

  /** The workers' passes, now and then. One that would find nothing is left out. */
  #works(replica: Replica): void {
    const { draws } = this.#world
    let at = 0
    for (let pass = 0; pass < 4; pass++) {
      at += draws.pick("pass after", [700, 3_000, 9_000, 30_000, 120_000, 600_000])
      this.#world.after(at, () => {
        this.#reconciles(replica)
        if (this.#store.events.some(({ delivered }) => !delivered)) replica.work(delivers)
      })
    }
    this.#world.after(this.#lifetime + draws.between("expiry pass", -20, 200), () => {
      if (this.#isExpirable()) replica.work(expires)
    })
  }

  /** One pass of the reconciler, as far as it would find something. */
  #reconciles(replica: Replica): void {
    const now = this.#database.now
    if (this.#hasAttempt(({ state, leaseUntil }) => state === "in_flight" && leaseUntil <= now)) {
      replica.work(takesOver)
    }
    if (this.#hasAttempt(({ state, nextCheckAt }) => state === "indeterminate" && nextCheckAt <= now)) {
      replica.work(reconciles)
    }
    if (this.#hasRefund(({ state, leaseUntil }) => state === "in_flight" && leaseUntil <= now)) {
      replica.work(takesRefundsOver)
    }
    if (this.#hasRefund(({ state, nextCheckAt }) => state === "indeterminate" && nextCheckAt <= now)) {
      replica.work(reconcilesRefunds)
    }
  }

  #hasRefund(wanted: (refund: RefundRow) => boolean): boolean {
    for (const { refunds } of this.#store.sessions.values()) if (refunds.some(wanted)) return true
    return false
  }

  #hasAttempt(wanted: (attempt: AttemptRow) => boolean): boolean {
    for (const { attempts } of this.#store.sessions.values()) if (attempts.some(wanted)) return true
    return false
  }

  #isExpirable(): boolean {
    for (const { state } of this.#store.sessions.values()) {
      if (state !== "settled" && state !== "failed" && state !== "cancelled" && state !== "expired")
        return true
    }
    return false
  }

  #isUnresolved(): boolean {
    return (
      this.#hasAttempt(({ state }) => state === "in_flight" || state === "indeterminate") ||
      this.#hasRefund(({ state }) => isOpen(state))
    )
  }

  /** A webhook is delivered until it is taken. */
  #webhook(charge: Charge, after: number): void {
    const { draws } = this.#world
    this.#world.after(after, () => {
      this.#world.say(
        charge.gateway,
        () => `W: attempt ${charge.ordinal} ${charge.movesAt === undefined ? "declined" : "captured"}`
      )
      const twice = draws.fires("W twice")
      for (const replica of twice ? this.#replicas : [draws.pick("replica of W", this.#replicas)]) {
        this.#outside.fork(
          replica.ask(takes(charge)).pipe(
            Effect.matchEffect({
              onFailure: () =>
                Effect.sync(() => this.#webhook(charge, draws.between("W again after", 5_000, 120_000))),
              onSuccess: () =>
                Effect.sync(() => {
                  if (isLate(charge)) this.#lateCapture(charge)
                  if (draws.fires("ack of W lost"))
                    this.#webhook(charge, draws.between("W again after", 5_000, 120_000))
                })
            })
          )
        )
      }
    })
  }

  /** The app heard that money moved after all, and gives it back. */
  #lateCapture({ session, reference }: Charge): void {
    const { draws } = this.#world
    const refunder = this.#refunder
    if (refunder === undefined || !draws.fires("refund against a late capture")) return
    this.#world.after(draws.between("late capture goes back after", 0, 3_000), () =>
      this.#outside.fork(refunder.givesBackLate(session, reference))
    )
  }

  /** All faults are over: processes run, the database answers, and everything that can be found out is. */
  #heals(): void {
    const world = this.#world
    world.say("", () => "everything heals")
    world.draws.heal()
    this.#database.heal()
    for (const { process } of this.#replicas) process.party.resume()
    world.run()
    const [first, second] = this.#replicas
    for (let pass = 0; pass < 60 && this.#isUnresolved() && !this.#isForPeople(); pass++) {
      world.after(this.#untilNextCheck(), () => this.#reconciles(pass % 2 === 0 ? first : second))
      world.run()
    }
    // Whoever has given a charge up, or believes its decline, does not ask again: only the gateway can tell.
    for (const charge of this.#books.charges) {
      if (charge.movesAt !== undefined && !this.#laws.records.isOpen(charge)) this.#webhook(charge, 0)
    }
    // Nor does who believes a refusal of a refund, or that it arrived; what was given back by hand nobody asked for.
    for (const back of this.#books.givenBack) {
      if (!this.#laws.refunds.isRecorded(back) && !this.#laws.refunds.isAskedFor(back))
        this.#hearsOfRefund(
          back,
          Math.max(0, (back.failsAt ?? back.movesAt ?? 0) - world.now),
          back.failsAt === undefined ? undefined : "failed"
        )
    }
    world.run()
    world.after(120_000, () => first.work(this.#isExpirable() ? Effect.andThen(expires, delivers) : delivers))
    world.run()
    for (const session of this.#customer.sessions) this.#outside.fork(this.#customer.asksAtLast(session))
    world.run()
  }

  /** Only attempts are left that wait for a person. */
  #isForPeople(): boolean {
    for (const { attempts, refunds, incidents } of this.#store.sessions.values()) {
      const forPeople = new Set(incidents.map(({ attempt }) => attempt))
      const open = attempts.filter(({ state }) => state === "in_flight" || state === "indeterminate")
      if (open.some(({ attempt }) => !forPeople.has(attempt))) return false
      if (refunds.some(({ state }) => isOpen(state))) return false
    }
    return true
  }

  #untilNextCheck(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { attempts, refunds } of this.#store.sessions.values()) {
      for (const { state, nextCheckAt, leaseUntil } of refunds) {
        if (state === "in_flight") next = Math.min(next, leaseUntil)
        if (state === "indeterminate") next = Math.min(next, nextCheckAt)
      }
      for (const { state, nextCheckAt, claimedUntil, leaseUntil } of attempts) {
        if (state === "in_flight") next = Math.min(next, leaseUntil)
        if (state === "indeterminate") next = Math.min(next, Math.max(nextCheckAt, claimedUntil))
      }
    }
    return Number.isFinite(next) ? Math.max(0, next - this.#database.now) : 0
  }
}

/** The session was decided otherwise, or may have been. */
const isLate = (charge: Charge): boolean =>
  isLie(charge) || (charge.movesAt ?? 0) - charge.arrivedAt > 900_000

const gateway = Principal.make("webhook")

/** What takes a webhook in: the same step of the ledger that a driver's and a lookup's evidence goes through. */
const takes = ({
  session,
  ordinal,
  verdict,
  movesAt,
  reference,
  amount,
  asked,
  code
}: Charge): Effect.Effect<unknown, unknown, Services> =>
  Effect.flatMap(PaymentLedger, (ledger) =>
    ledger.record({
      attempt: attemptId(SessionId.make(session), ordinal),
      fence: 0,
      outcome:
        verdict === "declined" && movesAt === undefined
          ? new Declined({
              kind: code === "stolen_card" ? "hard" : "soft",
              evidence: { code, message: "declined" }
            })
          : new Captured({
              processorReference: reference,
              amount,
              currency: asked.currency,
              evidence: { code: "approved", message: "captured" }
            }),
      source: "webhook",
      next: [],
      by: gateway
    })
  )

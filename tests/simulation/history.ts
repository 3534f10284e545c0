import { Effect } from "effect"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import type { Constraint } from "../../src/layers/memory/constraints.ts"
import type { Store } from "../../src/layers/memory/Store.ts"
import { deliver, deliveryDefaults } from "../../src/workers/delivery.ts"
import { Books } from "./Books.ts"
import { chargeWebhooks } from "./chargeWebhooks.ts"
import { Customer } from "./customer.ts"
import { Database, type TapeEntry } from "./Database.ts"
import { Draws } from "./Draws.ts"
import type { FarSide } from "./FarSide.ts"
import { Laws } from "./laws.ts"
import { misfortunes, operators } from "./misfortunes.ts"
import { Party } from "./Party.ts"
import type { Surroundings } from "./Process.ts"
import { Refunder } from "./Refunder.ts"
import { refundWebhooks } from "./refundWebhooks.ts"
import { Replica } from "./Replica.ts"
import { drawScene } from "./scene.ts"
import { hasAttempt, hasRefund, isExpirable, isForPeople, isUnresolved, nextCheckOf } from "./unresolved.ts"
import { Violation, World } from "./World.ts"

export interface HistoryOptions {
  /** The faults that may happen, each as `name#n`; absent, all that the seed draws. */
  readonly only?: ReadonlySet<string>
  readonly tracing?: boolean
  readonly taping?: boolean
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
  readonly #hears: FarSide["webhook"]
  readonly #hearsOfRefund: FarSide["refundWebhook"]
  readonly #lifetime: number

  constructor(world: World, { taping = false, dropped = [] }: HistoryOptions) {
    this.#world = world
    const { draws } = world
    this.#store = drawScene(draws)
    for (const name of dropped) this.#store.dropped.add(name)
    this.#laws = new Laws(world, this.#books, this.#store, () => this.#database.now)
    this.#database = new Database(world, this.#store, this.#laws, taping)
    this.#outside = new Party(world, "outside")
    this.#lifetime = draws.fires("confirmed late") ? draws.between("lifetime", 50, 3_000) : 1_800_000
    const refunds = draws.chance("money goes back", 0.6)
    const far: FarSide = {
      world,
      books: this.#books,
      laws: this.#laws,
      givesBack: refunds,
      webhook: (charge, after) => this.#hears(charge, after),
      refundWebhook: (back, after, said) => this.#hearsOfRefund(back, after, said)
    }
    const around: Surroundings = { database: this.#database, far, lifetime: this.#lifetime }
    this.#replicas = [
      new Replica("replica 1", around, this.#outside),
      new Replica("replica 2", around, this.#outside)
    ]
    this.#hearsOfRefund = refundWebhooks(world, this.#outside, this.#replicas)
    const refunder = refunds ? new Refunder(world, this.#laws, this.#replicas) : undefined
    this.#customer = new Customer(world, this.#laws, this.#replicas, refunder)
    this.#hears = chargeWebhooks(world, this.#outside, this.#replicas, refunder)
  }

  play(): void {
    misfortunes(this.#world, this.#database, this.#replicas)
    operators(this.#world, this.#database)
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
      if (isExpirable(this.#store)) replica.work(expires)
    })
  }

  /** One pass of the reconciler, as far as it would find something. */
  #reconciles(replica: Replica): void {
    const now = this.#database.now
    if (hasAttempt(this.#store, ({ state, leaseUntil }) => state === "in_flight" && leaseUntil <= now)) {
      replica.work(takesOver)
    }
    if (
      hasAttempt(this.#store, ({ state, nextCheckAt }) => state === "indeterminate" && nextCheckAt <= now)
    ) {
      replica.work(reconciles)
    }
    if (hasRefund(this.#store, ({ state, leaseUntil }) => state === "in_flight" && leaseUntil <= now)) {
      replica.work(takesRefundsOver)
    }
    if (hasRefund(this.#store, ({ state, nextCheckAt }) => state === "indeterminate" && nextCheckAt <= now)) {
      replica.work(reconcilesRefunds)
    }
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
    for (let pass = 0; pass < 60 && isUnresolved(this.#store) && !isForPeople(this.#store); pass++) {
      world.after(this.#untilNextCheck(), () => this.#reconciles(pass % 2 === 0 ? first : second))
      world.run()
    }
    // Whoever has given a charge up, or believes its decline, does not ask again: only the gateway can tell.
    for (const charge of this.#books.charges) {
      if (charge.movesAt !== undefined && !this.#laws.records.isOpen(charge)) this.#hears(charge, 0)
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
    world.after(120_000, () =>
      first.work(isExpirable(this.#store) ? Effect.andThen(expires, delivers) : delivers)
    )
    world.run()
    for (const session of this.#customer.sessions) this.#outside.fork(this.#customer.asksAtLast(session))
    world.run()
  }

  #untilNextCheck(): number {
    const next = nextCheckOf(this.#store)
    return Number.isFinite(next) ? Math.max(0, next - this.#database.now) : 0
  }
}

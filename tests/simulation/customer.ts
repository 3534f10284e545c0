import { Effect, Result } from "effect"
import { FulfilmentGate } from "../../src/kernel/FulfilmentGate.ts"
import { type ConfirmOutcome, PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import { PaymentSessions } from "../../src/kernel/PaymentSessions.ts"
import type { SessionState } from "../../src/kernel/PaymentSession.ts"
import type { Laws } from "./laws.ts"
import type { Refunder } from "./Refunder.ts"
import type { Replica } from "./Replica.ts"
import { app, brand, category, company, price } from "./scene.ts"
import type { World } from "./World.ts"

const cards = [
  "tok_captured",
  "tok_captured",
  "tok_captured",
  "tok_declined_at_stub_a",
  "tok_declined_at_stub_a",
  "tok_soft_decline",
  "tok_hard_decline"
] as const

/** The app's workers that fulfil; each claims under a key of its own. */
const workers = ["worker_1", "worker_2", "worker_3"] as const

/** An app and its customer: they know a few replicas and what those answer, and nothing else. */
export class Customer {
  readonly #world: World
  readonly #laws: Laws
  readonly #replicas: readonly [Replica, ...ReadonlyArray<Replica>]
  readonly #refunder: Refunder | undefined
  /** How many confirmations of each session may be under way; a caller who hung up does not know of his. */
  readonly #underWay = new Map<string, number>()
  /** Everything that was declared. */
  readonly sessions: Array<string> = []
  #keys = 0

  constructor(
    world: World,
    laws: Laws,
    replicas: readonly [Replica, ...ReadonlyArray<Replica>],
    refunder: Refunder | undefined
  ) {
    this.#world = world
    this.#laws = laws
    this.#replicas = replicas
    this.#refunder = refunder
  }

  /** The whole story of one order, with whatever a customer does at the wrong moment. */
  readonly buys = Effect.fnUntraced(function* (this: Customer, order: string): Effect.fn.Return<void> {
    const session = yield* this.#declares(order)
    if (session === undefined) return
    const { draws } = this.#world
    const deeds: Array<Effect.Effect<void>> = [this.#paysUntilDone(session)]
    if (draws.fires("confirmed twice"))
      deeds.push(this.#after("second tab", 400, this.#paysUntilDone(session)))
    if (draws.fires("cancelled")) deeds.push(this.#after("cancels", 1_500, this.#cancels(session)))
    if (draws.fires("claimed early")) {
      deeds.push(this.#after("claims early", 1_500, Effect.asVoid(this.#claims(session, workers[2]))))
    }
    if (this.#refunder !== undefined) deeds.push(this.#refunder.givesBack(session))
    if (draws.fires("declared twice")) deeds.push(this.#after("orders again", 8_000, this.buysAgain(order)))
    if (draws.fires("ordered anew")) deeds.push(this.#anew(session, order))
    yield* Effect.all(deeds, { concurrency: "unbounded", discard: true })
  })

  readonly buysAgain = Effect.fnUntraced(function* (this: Customer, order: string): Effect.fn.Return<void> {
    const session = yield* this.#declares(order)
    if (session !== undefined) yield* this.#paysUntilDone(session)
  })

  readonly #anew = Effect.fnUntraced(function* (
    this: Customer,
    session: string,
    order: string
  ): Effect.fn.Return<void> {
    yield* this.#after("gives it up", 3_000, this.#cancels(session))
    yield* this.#after("orders anew", 8_000, this.buysAgain(order))
  })

  #after(name: string, most: number, deed: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.delay(deed, this.#world.draws.between(name, 0, most))
  }

  #anyReplica(): Replica {
    return this.#world.draws.pick("replica", this.#replicas)
  }

  #newKey(): string | undefined {
    this.#keys += 1
    return this.#world.draws.chance("without a key", 0.1) ? undefined : `key_${this.#keys}`
  }

  readonly #declares = Effect.fnUntraced(function* (
    this: Customer,
    orderReference: string
  ): Effect.fn.Return<string | undefined> {
    const key = `order_${(this.#keys += 1)}`
    const body = {
      customer: "customer_1",
      brand,
      entity: company,
      product: category,
      mode: "hosted",
      intent: { type: "amount", amountCents: price, currency: "USD" },
      orderReference
    }
    for (let tries = 0; tries < 6; tries++) {
      const asked = yield* this.#anyReplica()
        .ask(
          Effect.flatMap(PaymentSessions, (sessions) =>
            sessions.create({ by: app, idempotencyKey: key, body })
          )
        )
        .pipe(Effect.result)
      if (Result.isSuccess(asked)) {
        const { id } = asked.success
        this.#world.say("customer", () => `declared ${id.slice(-4)}`)
        if (!this.sessions.includes(id)) this.sessions.push(id)
        return id
      }
      if (asked.failure._tag !== "Lost" && asked.failure._tag !== "LedgerUnavailable") {
        this.#world.say("customer", () => `is refused: ${asked.failure._tag}`)
        return undefined
      }
      yield* Effect.sleep(this.#world.draws.between("tries again after", 100, 3_000))
    }
    return undefined
  })

  /** Pays, with another card when one is declined, and has it fulfilled when it is settled. */
  readonly #paysUntilDone = Effect.fnUntraced(function* (
    this: Customer,
    session: string
  ): Effect.fn.Return<void> {
    const { draws } = this.#world
    for (let card = 0; card < 3; card++) {
      const token = draws.pick("card", cards)
      const key = this.#newKey()
      const told = draws.fires("key repeated")
        ? (yield* Effect.all([this.#pays(session, key, token), this.#pays(session, key, token)], {
            concurrency: 2
          }))[0]
        : yield* this.#pays(session, key, token)
      if (draws.fires("key with another card")) yield* this.#pays(session, key, "tok_captured_gb")
      if (told === "settled") return yield* this.#fulfils(session)
      if (told !== "declined" || draws.chance("gives up", 0.4)) return
    }
  })

  /** One confirmation, asked again under its key until it is answered. */
  readonly #pays = Effect.fnUntraced(function* (
    this: Customer,
    session: string,
    key: string | undefined,
    tokenRef: string
  ): Effect.fn.Return<ConfirmOutcome | undefined> {
    const request = { by: app, idempotencyKey: key, body: { vaultToken: { vaultId: "stub", tokenRef } } }
    for (let tries = 0; tries < 4; tries++) {
      const replica = this.#anyReplica()
      const aloneBefore = this.#begin(session)
      this.#laws.answers.onAsked(session, key ?? `without a key ${(this.#keys += 1)}`)
      const asked = yield* replica
        .ask(Effect.flatMap(PaymentOrchestrator, ({ confirm }) => confirm(session, request)))
        .pipe(Effect.result)
      if (Result.isSuccess(asked)) {
        const { outcome, state } = asked.success
        const alone = aloneBefore && this.#end(session)
        this.#world.say("customer", () => `is told ${outcome} by ${replica.name}`)
        this.#laws.answers.onTold({ session, state, outcome, alone, key, tokenRef })
        return outcome
      }
      const { failure } = asked
      this.#world.say("customer", () => `hears ${failure._tag} from ${replica.name}`)
      if (failure._tag === "SessionNotPayable") {
        this.#end(session)
        this.#laws.answers.onTold({ session, state: failure.state, alone: false })
        return failure.state === "settled" ? "settled" : undefined
      }
      if (failure._tag !== "Lost" && failure._tag !== "LedgerUnavailable") {
        this.#end(session)
        return undefined
      }
      yield* Effect.sleep(this.#world.draws.between("tries again after", 100, 5_000))
    }
    return undefined
  })

  #begin(session: string): boolean {
    const others = this.#underWay.get(session) ?? 0
    this.#underWay.set(session, others + 1)
    return others === 0
  }

  #end(session: string): boolean {
    const others = (this.#underWay.get(session) ?? 1) - 1
    this.#underWay.set(session, others)
    return others === 0
  }

  readonly #cancels = Effect.fnUntraced(function* (this: Customer, session: string): Effect.fn.Return<void> {
    const asked = yield* this.#anyReplica()
      .ask(Effect.flatMap(PaymentSessions, (sessions) => sessions.cancel(session, app)))
      .pipe(Effect.result)
    this.#world.say(
      "customer",
      () => `cancels: ${Result.isSuccess(asked) ? "cancelled" : asked.failure._tag}`
    )
    if (Result.isSuccess(asked))
      this.#laws.answers.onTold({ session, state: asked.success.state, alone: true })
  })

  readonly #fulfils = Effect.fnUntraced(function* (this: Customer, session: string): Effect.fn.Return<void> {
    const claims = [this.#claims(session, workers[0])]
    if (this.#world.draws.fires("claimed twice")) claims.push(this.#claims(session, workers[1]))
    yield* Effect.all(claims, { concurrency: "unbounded", discard: true })
  })

  readonly #claims = Effect.fnUntraced(function* (
    this: Customer,
    session: string,
    key: string
  ): Effect.fn.Return<boolean> {
    const { claim } = gateOf(this.#laws)
    const asked = yield* this.#anyReplica().ask(claim(session, key)).pipe(Effect.result)
    this.#world.say(
      "app",
      () => `claims: ${Result.isSuccess(asked) ? asked.success.fulfilment : asked.failure._tag}`
    )
    return Result.isSuccess(asked)
  })

  /** When everything runs again: looks where the session stands, and claims what is settled. */
  readonly asksAtLast = Effect.fnUntraced(function* (
    this: Customer,
    session: string
  ): Effect.fn.Return<SessionState | undefined> {
    const asked = yield* this.#anyReplica()
      .ask(Effect.flatMap(PaymentSessions, ({ get }) => get(session)))
      .pipe(Effect.result)
    if (Result.isFailure(asked)) return undefined
    const { state } = asked.success
    this.#laws.answers.onTold({ session, state, alone: (this.#underWay.get(session) ?? 0) === 0 })
    if (state !== "settled") return state
    // Whoever was answered does not ask again; each asks until one of them knows that the claim is its own.
    for (const key of workers) if (!this.#laws.answers.isOwned(session)) yield* this.#claims(session, key)
    return state
  })
}

/** The gate as it is, and what it gives out is noted before it is under way to anybody. */
const gateOf = (laws: Laws) => ({
  claim: (session: string, key: string) =>
    Effect.tap(
      Effect.flatMap(FulfilmentGate, (gate) => gate.claim(session, app, key)),
      ({ fulfilment, ownClaim }) => Effect.sync(() => laws.answers.onClaim(session, fulfilment, ownClaim))
    )
})

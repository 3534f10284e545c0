import { Effect, Result } from "effect"
import { Refunds } from "../../src/kernel/refunds/Refunds.ts"
import type { Laws } from "./laws.ts"
import type { Replica } from "./Replica.ts"
import { app, price } from "./scene.ts"
import type { World } from "./World.ts"

/** All that is left, all, most of it, and parts. */
const amounts = [undefined, undefined, price, price - 1, 2_450, 1_000] as const

interface Wish {
  readonly session: string
  readonly key: string | undefined
  readonly amount: number | undefined
  readonly processorReference?: string
}

/** An app that gives its customers their money back: it knows what it was answered, and nothing else. */
export class Refunder {
  readonly #world: World
  readonly #laws: Laws
  readonly #replicas: readonly [Replica, ...ReadonlyArray<Replica>]
  #keys = 0

  constructor(world: World, laws: Laws, replicas: readonly [Replica, ...ReadonlyArray<Replica>]) {
    this.#world = world
    this.#laws = laws
    this.#replicas = replicas
  }

  /** Some of a session's money, or all of it, some time after it was paid, and sometimes before. */
  readonly givesBack = Effect.fnUntraced(function* (this: Refunder, session: string): Effect.fn.Return<void> {
    const { draws } = this.#world
    const deeds: Array<Effect.Effect<void>> = [this.#inParts(session)]
    if (draws.fires("refund before the charge is known")) {
      // Unless it is refused for that.
      const fault = draws.inVain()
      const asks = Effect.tap(this.#asks({ session, key: this.#newKey(), amount: undefined }), (told) =>
        Effect.sync(() => void (told === "RefundBlocked" && draws.vain.delete(fault)))
      )
      deeds.push(Effect.delay(asks, draws.between("asks back early", 0, 1_500)))
    }
    yield* Effect.all(deeds, { concurrency: "unbounded", discard: true })
  })

  /** A capture that came after its decline, by its gateway's name for it. */
  readonly givesBackLate = Effect.fnUntraced(function* (
    this: Refunder,
    session: string,
    processorReference: string
  ): Effect.fn.Return<void> {
    yield* this.#asks({ session, key: this.#newKey(), amount: undefined, processorReference })
  })

  readonly #inParts = Effect.fnUntraced(function* (this: Refunder, session: string): Effect.fn.Return<void> {
    const { draws } = this.#world
    const times = draws.pick("refunds", [1, 1, 2, 3])
    const asked: Array<Effect.Effect<string>> = []
    for (let time = 0; time < times; time++) {
      yield* Effect.sleep(draws.pick("asks back after", [1_500, 4_000, 15_000, 60_000, 900_000]))
      const asks = this.#once(session)
      asked.push(asks)
      const twice = draws.fires("refund key repeated") ? [asks] : []
      const another = draws.fires("refunds at once") ? [this.#once(session)] : []
      yield* Effect.all([asks, ...twice, ...another], { concurrency: "unbounded", discard: true })
    }
    // Whoever forgot what came of one asks for it again, under its key.
    const [first] = asked
    if (first !== undefined && draws.chance("asks again what came of it", 0.3)) yield* first
  })

  #once(session: string): Effect.Effect<string> {
    const amount = this.#world.draws.pick("amount back", amounts)
    return this.#asks({ session, key: this.#newKey(), amount })
  }

  #newKey(): string | undefined {
    this.#keys += 1
    return this.#world.draws.chance("gives back without a key", 0.1) ? undefined : `back_${this.#keys}`
  }

  /** One refund, asked for again under its key until it is answered; answers its state, or why it was refused. */
  readonly #asks: (wish: Wish) => Effect.Effect<string> = Effect.fnUntraced(function* (
    this: Refunder,
    { session, key, amount, processorReference }: Wish
  ): Effect.fn.Return<string> {
    const { draws } = this.#world
    const body = {
      reason: "it came back",
      ...(amount === undefined ? {} : { amount }),
      ...(processorReference === undefined ? {} : { processorReference })
    }
    for (let tries = 0; tries < 4; tries++) {
      const replica = draws.pick("replica that gives back", this.#replicas)
      this.#laws.refunds.onAsked(session, key ?? `without a key ${(this.#keys += 1)}`)
      const asked = yield* replica
        .ask(Effect.flatMap(Refunds, ({ refund }) => refund(session, { by: app, idempotencyKey: key, body })))
        .pipe(Effect.result)
      if (Result.isSuccess(asked)) {
        const refund = asked.success
        this.#world.say("app", () => `is told ${refund.id.slice(-3)} ${refund.state} by ${replica.name}`)
        this.#laws.refunds.onTold(refund, key)
        return refund.state
      }
      const { failure } = asked
      this.#world.say(
        "app",
        () => `asks ${amount ?? "all"} back and hears ${failure._tag} from ${replica.name}`
      )
      if (failure._tag === "NothingToRefund" && processorReference === undefined) {
        // Of several captures one has to be named.
        const [first, ...others] = failure.captures
        if (first === undefined || others.length === 0) return failure._tag
        const named = draws.pick("which capture", [first, ...others])
        return yield* this.#asks({ session, key: this.#newKey(), amount, processorReference: named })
      }
      if (!isWorthAsking.has(failure._tag)) return failure._tag
      yield* Effect.sleep(draws.between("asks back again after", 100, 5_000))
    }
    return "nobody answered"
  })
}

const isWorthAsking: ReadonlySet<string> = new Set(["Lost", "LedgerUnavailable", "ProcessorUnavailable"])

import { Context, Duration, Effect, Exit, type Fiber, Layer, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { EntityRegistry, type RegistrySnapshot } from "../../src/kernel/EntityRegistry.ts"
import { FulfilmentGate } from "../../src/kernel/FulfilmentGate.ts"
import { Outbox } from "../../src/kernel/Outbox.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import { ProviderNames, Providers, providersOf } from "../../src/kernel/PaymentProvider.ts"
import { PaymentSessions } from "../../src/kernel/PaymentSessions.ts"
import { PriceCatalogue } from "../../src/kernel/PriceCatalogue.ts"
import { Reconciler } from "../../src/kernel/Reconciler.ts"
import { RefundLedger } from "../../src/kernel/refunds/RefundLedger.ts"
import type { RefundNews } from "../../src/kernel/refunds/RefundNews.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { Refunds } from "../../src/kernel/refunds/Refunds.ts"
import { Vaults, vaultsOf } from "../../src/kernel/TokenVault.ts"
import * as MemoryRegistry from "../../src/layers/memory/EntityRegistry.ts"
import { MemoryStore } from "../../src/layers/memory/Store.ts"
import { makeStubVault } from "../../src/layers/vault/stub/StubVault.ts"
import { EventConsumers } from "../../src/workers/EventConsumers.ts"
import type { Database } from "./Database.ts"
import type { FarSide } from "./FarSide.ts"
import { driverTo } from "./Gateway.ts"
import { Party } from "./Party.ts"

/** What runs in one process: the shipped services over the simulated database and gateways. */
export type Services =
  | PaymentSessions
  | PaymentOrchestrator
  | FulfilmentGate
  | Reconciler
  | PaymentLedger
  | Refunds
  | RefundReconciler
  | RefundNews
  | Outbox
  | EventConsumers

/** What the processes of a history share. */
export interface Surroundings {
  readonly database: Database
  readonly far: FarSide
  /** How long a session may be paid, in milliseconds. */
  readonly lifetime: number
}

const gatewayNames = ["stub_a", "stub_b"] as const
const vaults = vaultsOf([makeStubVault()])
/** What is sold is a bare amount. */
const noPrices: PriceCatalogue["Service"] = {
  prices: () => Effect.succeed(new Map()),
  plan: () => Effect.succeed(undefined)
}

/** How long a process that was told to end may take before it is killed. */
const longestDrain = 45_000

/** How long processes stand still: within a permit's life, about it, beyond it, beyond a lease, for 25 minutes. */
const stills = [300, 1_900, 2_200, 20_000, 1_500_000] as const

/** One life of a server, from its start to its end. */
export class Process {
  readonly name: string
  readonly party: Party
  readonly services: Context.Context<Services>
  /** Called when it dies: whoever waits for an answer notices that the line is cut. */
  readonly callers = new Set<() => void>()
  readonly #around: Surroundings
  readonly #scope: Scope.Closeable
  readonly #onEnd: () => void
  #draining = false

  constructor(name: string, around: Surroundings, skew: number, onEnd: () => void) {
    this.name = name
    this.#around = around
    this.#onEnd = onEnd
    this.party = new Party(around.far.world, name)
    this.party.skew = skew
    this.#scope = Scope.makeUnsafe()
    this.services = Effect.runSyncWith(this.party.context)(Layer.buildWithScope(this.#layer(), this.#scope))
  }

  /** It takes requests. */
  get open(): boolean {
    return this.party.alive && !this.#draining
  }

  /** Runs something in it, and tells how it ended, unless it dies before. */
  run<A, E>(
    effect: Effect.Effect<A, E, Services>,
    ended: (exit: Exit.Exit<A, E>) => void
  ): Fiber.Fiber<A, E> {
    const fiber = this.party.fork(Effect.provideContext(effect, this.services))
    fiber.addObserver(ended)
    return fiber
  }

  /** kill -9. False for who is dead already. */
  kill(why: string): boolean {
    if (!this.party.alive) return false
    this.#around.far.world.say(this.name, () => why)
    this.#end()
    return true
  }

  /** SIGTERM: takes no more requests, waits for its charges, and ends. False for who was told before. */
  terminate(): boolean {
    if (!this.open) return false
    const { world } = this.#around.far
    world.say(this.name, () => "SIGTERM: drains")
    this.#draining = true
    this.party.run(() => {
      this.party.fork(Scope.close(this.#scope, Exit.void)).addObserver(() => {
        if (!this.party.alive) return
        world.say(this.name, () => "has drained and ends")
        this.#end()
      })
    })
    world.after(longestDrain, () => this.kill("K: it did not drain in time"))
    return true
  }

  /** SIGSTOP, and SIGCONT after a drawn while. False for who stands still already, or is dead. */
  standStill(where: string): boolean {
    if (!this.party.alive || this.party.paused) return false
    const { world } = this.#around.far
    const millis = world.draws.pick("stands still for", stills)
    world.say(this.name, () => `stands still ${where} for ${millis} ms`)
    this.party.pause()
    world.after(millis, () => {
      if (this.party.alive && this.party.paused) world.say(this.name, () => "goes on")
      this.party.resume()
    })
    return true
  }

  #end(): void {
    this.party.kill()
    for (const cut of this.callers) cut()
    this.callers.clear()
    this.#onEnd()
  }

  #layer(): Layer.Layer<Services> {
    const { database, far, lifetime } = this.#around
    const { draws } = far.world
    // One layer for all that is ready: a history starts a few processes, and a million histories many.
    const ports = Layer.succeedContext(
      Context.make(PaymentLedger, database.ledger(this)).pipe(
        Context.add(Outbox, database.outbox(this)),
        Context.add(RefundLedger, database.refunds(this)),
        Context.add(PriceCatalogue, noPrices),
        Context.add(Providers, providersOf(gatewayNames.map((name) => driverTo(far, name, this)))),
        Context.add(Vaults, vaults),
        Context.add(MemoryStore, database.store),
        Context.add(
          SecureRandom.SecureRandom,
          SecureRandom.make((size) =>
            Uint8Array.from({ length: size }, () => draws.between("random byte", 0, 255))
          )
        ),
        Context.add(EventConsumers, {
          consume: ({ session, type }) => Effect.sync(() => far.laws.answers.onEvent(session, type))
        })
      )
    )
    return Layer.mergeAll(
      PaymentSessions.layer({ lifetime: Duration.millis(lifetime) }),
      PaymentOrchestrator.layer,
      FulfilmentGate.layer,
      Reconciler.layer,
      Refunds.layer,
      RefundReconciler.layer
    ).pipe(Layer.provideMerge(this.#registry()), Layer.provideMerge(ports))
  }

  /** The registry, which a replica may not hear of for a while. */
  #registry(): Layer.Layer<EntityRegistry, never, Providers | MemoryStore> {
    const { far, database } = this.#around
    const { world } = far
    return Layer.effect(
      EntityRegistry,
      Effect.map(EntityRegistry, (fresh) => {
        let stale:
          | { readonly snapshot: RegistrySnapshot; readonly until: number; readonly fault: string }
          | undefined
        const snapshot = Effect.suspend(() => {
          if (stale !== undefined && world.now < stale.until) {
            if (stale.snapshot.policy.version !== database.store.policyVersion)
              world.draws.vain.delete(stale.fault)
            return Effect.succeed(stale.snapshot)
          }
          return Effect.tap(fresh.snapshot, (taken) =>
            Effect.sync(() => {
              stale = world.draws.fires("registry stale")
                ? {
                    snapshot: taken,
                    // Until something was changed of which it does not hear.
                    fault: world.draws.inVain(),
                    until: world.now + world.draws.between("stale for", 100, 10_000)
                  }
                : undefined
            })
          )
        })
        return { ...fresh, snapshot }
      })
    ).pipe(Layer.provide(MemoryRegistry.layer), Layer.provide(ProviderNames.layer))
  }
}

/** The line was cut before an answer came; what was asked for may have been done. */
export class Lost {
  readonly _tag = "Lost"
}

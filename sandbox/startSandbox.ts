import { Effect, Schema, type Scope } from "effect"
import type { Server } from "node:http"
import { join } from "node:path"
import { makeBasisTheory } from "./basis-theory/BasisTheory.ts"
import { makeNmi } from "./nmi/Nmi.ts"
import type { Settings } from "./nmi/records.ts"
import { configure, setWebhook } from "./nmi/world.ts"
import { type Bench, type CardSeconds, makeBench } from "./plumbing/Bench.ts"
import type { BooksSnapshot } from "./plumbing/Books.ts"
import { makeClock } from "./plumbing/Clock.ts"
import type { Rule } from "./plumbing/Fault.ts"
import { type Gateway, serve } from "./plumbing/serve.ts"
import { Store } from "./plumbing/Store.ts"
import type { Delivery } from "./plumbing/Webhooks.ts"
import { forgetMoved, oneEndpoint } from "./stripe/accounts.ts"
import { makeStripe } from "./stripe/Stripe.ts"

/** An address that cannot be listened on. */
export class SandboxCannotListen extends Schema.TaggedError<SandboxCannotListen>()("SandboxCannotListen", {
  gateway: Schema.String,
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `the sandbox cannot listen on ${this.host}:${this.port} for ${this.gateway}; another port, or 0, may do`
  }
}

export interface SandboxOptions {
  /** 127.0.0.1 unless told otherwise: whoever reaches it may do everything. */
  readonly host?: string
  /** 0, the default, is any free one. */
  readonly ports?: { readonly stripe?: number; readonly nmi?: number; readonly basisTheory?: number }
  /** Where books and state are kept, so that they survive a restart and a kill -9; in memory without it. */
  readonly folder?: string
  /** Milliseconds after which the proxy gives a destination up; 25 000 as the real one. */
  readonly proxyTimeout?: number
  /** Seconds until Stripe's search finds a new object; 60 unless told otherwise. */
  readonly searchDelay?: number
  /** How long the magic cards take. */
  readonly seconds?: Partial<CardSeconds>
}

/** What all emulators have. */
export interface Emulator {
  readonly origin: string
  /** What really moved. */
  readonly books: () => BooksSnapshot
  readonly faults: {
    readonly add: (rule: Rule) => void
    readonly clear: () => void
    readonly list: () => ReadonlyArray<Rule & { readonly struck: number }>
  }
}

interface Notifies {
  /** Every event and what became of its delivery. */
  readonly deliveries: () => ReadonlyArray<Delivery>
  /** Once no delivery is under way that was due by now. */
  readonly quiet: Effect.Effect<void>
}

export interface Sandbox {
  readonly stripe: Emulator &
    Notifies & {
      /**
       * Sends the events of `sk_test_sandbox_<name>` somewhere; answers the secret that signs them. `moved`: whoever
       * listens there listened elsewhere before, at the same path, and does not any more.
       */
      readonly listen: (
        name: string,
        url: string,
        options?: {
          readonly events?: ReadonlyArray<string>
          readonly secret?: string
          readonly moved?: boolean
        }
      ) => string
    }
  readonly nmi: Emulator &
    Notifies & {
      /** Sends the events of `security_key=sandbox_<name>` somewhere; answers the key that signs them. */
      readonly listen: (name: string, url: string, options?: { readonly key?: string }) => string
      readonly configure: (name: string, change: Partial<Settings>) => void
    }
  readonly basisTheory: Emulator
  /** One clock for all three. */
  readonly clock: {
    readonly now: () => number
    /** Moves it ahead by milliseconds; what falls due is done before this returns. */
    readonly advance: (milliseconds: number) => void
  }
}

const seconds: CardSeconds = { slow: 2, late: 45, lateMoney: 8, blind: 20, webhook: 30 }

const stopServer = (server: Server) =>
  Effect.promise(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )

const open = (gateway: Gateway, host: string, port: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.tryPromise({
        try: () => serve(gateway, host, port),
        catch: (cause) => new SandboxCannotListen({ gateway: gateway.bench.name, host, port, cause })
      }),
      ({ server }) => stopServer(server)
    ),
    (opened) => `http://${host.includes(":") ? `[${host}]` : host}:${opened.port}`
  )

const emulator = ({ books, faults }: Bench, origin: string): Emulator => ({
  origin,
  books: () => books.snapshot(),
  faults: {
    add: (rule) => faults.add(rule),
    clear: () => faults.clear(),
    list: () => faults.list()
  }
})

const clockRow = Schema.Struct({ ahead: Schema.Finite })

/** Starts the three emulators. They stop with the scope, and what is under way is as if they had been killed. */
export const startSandbox = Effect.fnUntraced(function* (
  options: SandboxOptions = {}
): Effect.fn.Return<Sandbox, SandboxCannotListen, Scope.Scope> {
  const { folder, host = "127.0.0.1", ports = {} } = options
  const kept = new Store(folder === undefined ? undefined : join(folder, "clock.jsonl"))
  const rows = kept.collection("clock", clockRow)
  const clock = makeClock((ahead) => rows.put("clock", { ahead }), rows.get("clock")?.ahead)
  const bench = (name: string) => makeBench(name, clock, { ...seconds, ...options.seconds }, folder)
  const benches = { stripe: bench("stripe"), nmi: bench("nmi"), basisTheory: bench("basis-theory") }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      clock.stop()
      for (const { store } of Object.values(benches)) store.close()
      kept.close()
    })
  )

  let stripeOrigin = ""
  const stripe = makeStripe(benches.stripe, {
    searchDelay: options.searchDelay ?? 60,
    origin: () => stripeOrigin
  })
  const nmi = makeNmi(benches.nmi)
  const basisTheory = makeBasisTheory(benches.basisTheory, { proxyTimeout: options.proxyTimeout ?? 25_000 })
  stripeOrigin = yield* open(stripe.gateway, host, ports.stripe ?? 0)
  const nmiOrigin = yield* open(nmi.gateway, host, ports.nmi ?? 0)
  const basisTheoryOrigin = yield* open(basisTheory.gateway, host, ports.basisTheory ?? 0)
  for (const { tasks } of Object.values(benches)) tasks.resume()

  return {
    stripe: {
      ...emulator(benches.stripe, stripeOrigin),
      deliveries: () => stripe.world.webhooks.list(),
      quiet: Effect.promise(() => stripe.world.webhooks.quiet()),
      listen: (name, url, { events = ["*"], secret, moved = false } = {}) => {
        const account = `acct_sandbox_${name}`
        if (moved) forgetMoved(stripe.world, account, url)
        return oneEndpoint(stripe.world, account, url, events, secret).secret
      }
    },
    nmi: {
      ...emulator(benches.nmi, nmiOrigin),
      deliveries: () => nmi.world.webhooks.list(),
      quiet: Effect.promise(() => nmi.world.webhooks.quiet()),
      listen: (name, url, { key } = {}) => setWebhook(nmi.world, name, url, key),
      configure: (name, change) => void configure(nmi.world, name, change)
    },
    basisTheory: emulator(benches.basisTheory, basisTheoryOrigin),
    clock: { now: () => clock.now(), advance: (milliseconds) => clock.advance(milliseconds) }
  }
})

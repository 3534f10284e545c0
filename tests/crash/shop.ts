import { Effect, FiberSet, type Scope } from "effect"
import type { Client } from "./Client.ts"
import { insist, type Shop, visit } from "./customer.ts"
import { type Exchange, type SessionState, sessionOf } from "./exchanges.ts"
import type { Tally } from "./kinds.ts"
import { planOf } from "./plans.ts"
import type { Server } from "./Servers.ts"

/** How many customers are asking something at any moment; those that only wait for an end are not counted. */
const mostAsking = 20

/** How many may wait beside them, so that a service that resolves nothing is not flooded. */
const mostVisitors = 400

/** The workload: customers that come one after the other, each with a plan drawn from the seed. */
export const openShop = Effect.fnUntraced(function* (options: {
  readonly seed: number
  readonly client: Client
  readonly servers: readonly [Server, Server]
  readonly tally: Tally
}): Effect.fn.Return<
  {
    /** Customers come for as long as this runs. */
    readonly open: Effect.Effect<never>
    /** Waits until the last one has left. */
    readonly emptied: Effect.Effect<void>
    /** Sends those away that are still there. */
    readonly close: Effect.Effect<void>
    /** Asks once more for every session that was ever declared. */
    readonly standings: Effect.Effect<ReadonlyMap<string, SessionState>>
  },
  never,
  Scope.Scope
> {
  const visitors = yield* FiberSet.make<void>()
  const { client, seed } = options
  let asking = 0
  const shop: Shop = {
    ...options,
    busy: (effect) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          asking += 1
        }),
        () => effect,
        () =>
          Effect.sync(() => {
            asking -= 1
          })
      )
  }
  let customers = 0
  const nextCustomer = Effect.gen(function* () {
    if (asking < mostAsking && (yield* FiberSet.size(visitors)) < mostVisitors) {
      const nr = ++customers
      yield* FiberSet.run(visitors, visit(shop, planOf(seed, nr), `customer-${nr}`))
    }
    yield* Effect.sleep("20 millis")
  })
  const asker = planOf(seed, 0)
  const standing = (session: string) =>
    Effect.map(
      insist(shop, asker, { ask: "read", session }),
      (answer): ReadonlyArray<readonly [string, SessionState]> =>
        answer.is === "standing" ? [[session, answer.state]] : []
    )

  return {
    open: Effect.forever(nextCustomer),
    emptied: FiberSet.awaitEmpty(visitors),
    close: FiberSet.clear(visitors),
    standings: Effect.suspend(() =>
      Effect.map(
        Effect.forEach(declared(client.exchanges()), standing, { concurrency: 8 }),
        (found) => new Map(found.flat())
      )
    )
  }
})

const declared = (exchanges: ReadonlyArray<Exchange>): ReadonlyArray<string> => [
  ...new Set(exchanges.flatMap((exchange) => sessionOf(exchange) ?? []))
]

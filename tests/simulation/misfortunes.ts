import type { Store } from "../../src/layers/memory/Store.ts"
import type { Database } from "./Database.ts"
import type { Replica } from "./Replica.ts"
import { company, otherCompany } from "./scene.ts"
import type { World } from "./World.ts"

/** What happens at a moment of nobody's choosing, while the first charges are under way. */
export const misfortunes = (world: World, database: Database, replicas: ReadonlyArray<Replica>): void => {
  const { draws } = world
  const sometime = (happens: () => void) => world.after(draws.between("sometime", 0, 4_000), happens)
  // Who is dead or stands still already is not struck.
  const strikes = (strike: () => boolean) => {
    const fault = draws.inVain()
    sometime(() => void (strike() && draws.vain.delete(fault)))
  }
  for (const replica of replicas) {
    if (draws.fires("K at any time")) strikes(() => replica.process.kill("K"))
    if (draws.fires("SIGTERM at any time")) strikes(() => replica.process.terminate())
    if (draws.fires("pause at any time")) strikes(() => replica.process.standStill("for no reason"))
    if (draws.fires("clock off by an hour")) replica.setClock(draws.pick("skew", [3_600_000, -3_600_000]))
  }
  if (draws.fires("database stops")) {
    sometime(() => {
      world.say("database", () => "stops at once")
      database.stop(draws.between("database away for", 100, 20_000))
    })
  }
  if (draws.fires("database full"))
    sometime(() => database.fill(draws.between("database full for", 500, 20_000)))
  if (draws.fires("database's clock goes back"))
    sometime(() => database.jump(-draws.between("clock goes back", 1_000, 120_000)))
}

/** Operators change what may be charged, in the database and at once. */
export const operators = (world: World, database: Database): void => {
  const { draws } = world
  const { store } = database
  const soon = (change: () => void) => world.after(draws.between("soon", 0, 1_500), change)
  const mid = () => draws.pick("which account", ["mid_1", "mid_2", "mid_3"])
  // Of three accounts a company has one to three.
  const known = (account: string) => {
    if (!store.accounts.values().some(({ id }) => id === account)) draws.inVain()
    return account
  }
  if (draws.fires("kill switch")) {
    const stopped = known(mid())
    soon(() => {
      world.say("operator", () => `stops ${stopped}`)
      database.change(stopped, { killSwitch: true })
    })
  }
  if (draws.fires("underwriting revoked")) {
    const revoked = known(mid())
    soon(() => {
      world.say("operator", () => `takes ${revoked} away`)
      const moves = draws.chance("account moves", 0.5) && !wasTried(store, revoked)
      database.change(revoked, moves ? { entity: otherCompany } : { underwrittenFor: [] })
    })
  }
  if (draws.fires("policy swapped")) {
    soon(() => {
      for (const { id, entity, priority } of store.accounts.values()) {
        if (entity === company) database.change(id, { priority: 10 - priority })
      }
    })
  }
}

/** An account with attempts stays with its company: PostgreSQL lets no one move it. */
const wasTried = (store: Store, mid: string): boolean =>
  store.sessions.values().some(({ attempts }) => attempts.some((attempt) => attempt.mid === mid))

// How a run begins and ends.
import { accounts } from "../expected/facts.ts"
import type { Request } from "../expected/requests.ts"
import { unresolvedIn } from "../expected/standing.ts"
import { emptyWorld } from "../expected/world.ts"
import { type Model, model as rightModel } from "../model.ts"
import { ask } from "../service/client.ts"
import type { Opened } from "../service/openService.ts"
import type { Coverage } from "../telling/Coverage.ts"
import { checkEnd } from "../telling/invariants.ts"
import { waits } from "../telling/recipes.ts"
import { Tale } from "../telling/Tale.ts"
import { type Real, tell } from "./Real.ts"

let runs = 0

/** A service that is at rest, and a tale that begins. */
export const begin = async (opened: Opened, coverage: Coverage, model: Model = rightModel): Promise<Tale> => {
  const { hand, run, stage } = opened
  stage.free()
  await stage.idle()
  for (const { mid } of await run(hand.sweep)) await ask(opened, { kind: "switch", mid, on: false })
  return new Tale(model, coverage, `run${++runs}`)
}

/** Passes in which everything that is unknown is found out: the lookups lie twice, and money moves late. */
const mostPasses = 6

/**
 * Lets everything come to its end: what is unknown is found out, what is pending expires, stopped accounts are
 * resumed. Each step is held against the model like any other; then the books are compared.
 */
export const finish = async (tale: Tale, real: Real): Promise<void> => {
  const asks = (request: Request) => tell(tale, real, request)
  for (
    let pass = 0;
    pass < mostPasses && tale.worlds.some((world) => unresolvedIn(world).length > 0);
    pass++
  ) {
    await asks({ kind: "timePasses", ms: waits[1] })
    await asks({ kind: "takeOver" })
    await asks({ kind: "reconcile" })
  }
  for (const session of tale.sessions) {
    await asks({ kind: "read", door: "rest", by: "shop", session, whole: false })
    await asks({ kind: "read", door: "graphql", by: "kiosk", session, whole: true })
  }
  const pending = tale.sessions.filter((session) => tale.worlds[0]?.sessions[session]?.state === "pending")
  await asks({ kind: "timePasses", ms: waits[2] })
  await asks({ kind: "expire" })
  for (const session of pending) await asks({ kind: "read", door: "rest", by: "shop", session, whole: false })
  const [world = emptyWorld] = tale.worlds
  for (const { mid } of accounts)
    if (world.stopped.includes(mid)) await asks({ kind: "switch", mid, on: false })
  await checkEnd(tale, real.opened)
}

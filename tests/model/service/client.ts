// A client: asks the service through a door, or a worker, and tells in the words of the model what was answered.
import type { Answer, Request } from "../expected/requests.ts"
import type { Place } from "../stage.ts"
import { graphqlAnswer, graphqlRequest } from "./graphql.ts"
import type { Opened } from "./openService.ts"
import { restAnswer, restRequest } from "./rest.ts"
import { send } from "./wire.ts"

let requests = 0
export const newRequestId = (): string => `model-${++requests}`

export interface Asking {
  readonly id?: string
  readonly label?: string
  /** Where the client hangs up, if its call comes there. */
  readonly hangsUpAt?: Place
  readonly hangUp?: AbortController
  /** Where it lets others have many turns first. */
  readonly dawdlesAt?: Place
}

/** Asks, and tells what was answered; nothing when the client hung up. */
export const ask = async (
  opened: Opened,
  request: Request,
  {
    id = newRequestId(),
    label = request.kind,
    hangsUpAt,
    dawdlesAt,
    hangUp = new AbortController()
  }: Asking = {}
): Promise<Answer | undefined> => {
  opened.stage.comes(id, label, {
    ...(hangsUpAt === undefined ? {} : { hangsUpAt }),
    ...(dawdlesAt === undefined ? {} : { dawdlesAt }),
    hangUp: () => hangUp.abort()
  })
  try {
    return await answer(opened, request, id, hangUp.signal)
  } catch (error) {
    if (hangUp.signal.aborted) return undefined
    throw error
  }
}

const answer = async (opened: Opened, request: Request, id: string, signal: AbortSignal): Promise<Answer> => {
  const { reconcile, takeOver, expire } = opened.workers(id)
  switch (request.kind) {
    case "reconcile":
      return { is: "done", counts: await reconcile() }
    case "takeOver":
      return { is: "done", counts: { takenOver: await takeOver() } }
    case "expire":
      return { is: "done", counts: { expired: await expire() } }
    case "timePasses":
      await opened.run(opened.hand.timePasses(request.ms))
      return { is: "done", counts: {} }
    case "processPauses":
      opened.processPauses(request.ms)
      return { is: "done", counts: {} }
    case "switch":
      // That takes two persons, and the model has one: its hand signs for both.
      if (!request.on) {
        await opened.resume(request.mid)
        return { is: "switched", on: false }
      }
      return graphqlAnswer(request, await send(opened, id, graphqlRequest(request), signal))
    default:
      return request.door === "rest"
        ? restAnswer(request, await send(opened, id, restRequest(request), signal))
        : graphqlAnswer(request, await send(opened, id, graphqlRequest(request), signal))
  }
}

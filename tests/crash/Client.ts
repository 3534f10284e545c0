import { Clock, Effect, Option } from "effect"
import { answerOf, requestOf } from "./doors.ts"
import type { Answer, Door, Exchange, Question } from "./exchanges.ts"
import type { Server } from "./Servers.ts"
import { patience } from "./timings.ts"

/** A request that waits for its answer. */
export type Underway = Omit<Exchange, "heardAt" | "answer">

/** All customers of a run: they know HTTP and where the servers are, and write down what they ask and hear. */
export interface Client {
  /** Asks once; hangs up after so many milliseconds. Nothing is asked where nobody listens. */
  readonly ask: (
    server: Server,
    door: Door,
    question: Question,
    hangUpAfter?: number
  ) => Effect.Effect<Answer>
  readonly underway: ReadonlySet<Underway>
  /** Everything so far, in the order heard; what still waits for its answer stands last, as lost. */
  readonly exchanges: () => ReadonlyArray<Exchange>
}

export const makeClient = (): Client => {
  const heard: Array<Exchange> = []
  const underway = new Set<Underway>()
  const lost = (why: string): Answer => ({ is: "lost", why })
  let asked = 0

  const ask = Effect.fnUntraced(function* (
    server: Server,
    door: Door,
    question: Question,
    hangUpAfter = patience
  ) {
    const origin = server.origin()
    if (origin === undefined) return lost("nobody listens")
    const id = `crash-${++asked}`
    const request: Underway = {
      id,
      question,
      door,
      replica: server.number,
      askedAt: yield* Clock.currentTimeMillis
    }
    underway.add(request)
    let answer = lost("the run ended")
    return yield* send(origin, door, id, question).pipe(
      Effect.timeoutOption(hangUpAfter),
      Effect.map((found) => (answer = Option.getOrElse(found, () => lost("hung up")))),
      Effect.ensuring(
        Effect.map(Clock.currentTimeMillis, (heardAt) => {
          underway.delete(request)
          // Nobody took the call, so nothing was asked.
          if (answer.is === "lost" && answer.why === "ECONNREFUSED") return
          heard.push({ ...request, heardAt, answer })
        })
      )
    )
  })

  return {
    ask,
    underway,
    exchanges: () => [
      ...heard,
      ...[...underway].map((request) => ({
        ...request,
        heardAt: Number.POSITIVE_INFINITY,
        answer: lost("still under way")
      }))
    ]
  }
}

const send = (origin: string, door: Door, id: string, question: Question): Effect.Effect<Answer> => {
  const { path, ...request } = requestOf(door, id, question)
  return Effect.tryPromise(async (signal) => {
    const response = await fetch(`${origin}${path}`, { ...request, body: request.body ?? null, signal })
    return answerOf(door, response.status, await response.text())
  }).pipe(
    Effect.catch((error): Effect.Effect<Answer> => Effect.succeed({ is: "lost", why: reasonOf(error.cause) }))
  )
}

/** `fetch failed` says nothing; its cause does. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : String(cause)
}

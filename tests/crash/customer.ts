import { Effect } from "effect"
import type { Client } from "./Client.ts"
import { type Answer, finalStates, isAnswered, type Question, type SessionState } from "./exchanges.ts"
import type { CustomerKind, Tally } from "./kinds.ts"
import type { Plan } from "./plans.ts"
import type { Server } from "./Servers.ts"

export interface Shop {
  readonly client: Client
  readonly servers: readonly [Server, Server]
  readonly tally: Tally
  /** Marks the time in which a customer asks and is not just waiting for an end. */
  readonly busy: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * One customer from the first question to the last: declares, confirms, tries another card or cancels, waits until
 * the session has ended, and claims the fulfilment. Whoever is not answered asks again, under the same key.
 */
export const visit = (shop: Shop, plan: Plan, name: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { draw } = plan
    const session = yield* shop.busy(declare(shop, plan, name))
    let state: SessionState = "pending"
    for (let round = 1; state === "pending"; round++) {
      yield* shop.busy(confirm(shop, plan, session, `${name}-${round}`))
      state = yield* whenStill(shop, plan, session)
      if (state !== "pending") break
      const next = plan.afterDecline()
      if (next === "cancel") yield* shop.busy(insist(shop, plan, { ask: "cancel", session }))
      if (next !== "another card") break
    }
    // What is left alone expires.
    while (!finalStates.has(state)) {
      yield* Effect.sleep(draw.between(1_500, 3_000))
      state = yield* read(shop, plan, session)
    }
    if (state === "settled") yield* shop.busy(claim(shop, plan, session, name))
  })

const declare = (shop: Shop, plan: Plan, name: string): Effect.Effect<string> =>
  insist(shop, plan, { ask: "declare", order: plan.order, key: name }).pipe(
    Effect.flatMap((answer) =>
      answer.is === "declared"
        ? Effect.succeed(answer.session)
        : Effect.die(`a declaration was answered: ${JSON.stringify(answer)}`)
    )
  )

/** One of the two, and the other one. */
const eitherOf = ({ servers: [one, other] }: Shop, { draw }: Plan): readonly [Server, Server] =>
  draw.chance(0.5) ? [one, other] : [other, one]

/** Asks until somebody answers: one server, then the other. */
export const insist = (shop: Shop, plan: Plan, question: Question, first?: Server): Effect.Effect<Answer> =>
  Effect.gen(function* () {
    let [server, other] = eitherOf(shop, plan)
    if (first !== undefined && first !== server) [server, other] = [other, server]
    while (true) {
      const answer = yield* shop.client.ask(server, plan.door, question)
      if (isAnswered(answer)) return answer
      ;[server, other] = [other, server]
      yield* Effect.sleep(plan.draw.between(20, 200))
    }
  })

const read = (shop: Shop, plan: Plan, session: string): Effect.Effect<SessionState> =>
  Effect.map(insist(shop, plan, { ask: "read", session }), (answer) =>
    answer.is === "standing" ? answer.state : "in_review"
  )

/** Waits until nothing is on its way any more. */
const whenStill = (shop: Shop, plan: Plan, session: string): Effect.Effect<SessionState> =>
  Effect.gen(function* () {
    for (let looked = 1; ; looked++) {
      const state = yield* read(shop, plan, session)
      if (state !== "processing" && state !== "in_review") return state
      yield* Effect.sleep(plan.draw.between(500, 1_000) * Math.min(looked, 3))
    }
  })

const confirm = (shop: Shop, plan: Plan, session: string, key: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { draw, door } = plan
    const { client, tally } = shop
    const [here, there] = eitherOf(shop, plan)
    const question: Question = { ask: "confirm", session, tokenRef: plan.cards(), key }
    /** Counts what was only tried where the answer had come before. */
    const counted = (kind: CustomerKind, answer: Answer) => {
      if (answer.is === "lost" && answer.why === "hung up") tally.count(kind)
    }
    switch (plan.style) {
      case "patient":
        yield* insist(shop, plan, question, here)
        return
      case "hangs up and asks the other": {
        const answer = yield* client.ask(here, door, question, draw.between(10, 900))
        counted("hung up in mid-charge", answer)
        counted("hung up, and asked the other server at once under the same key", answer)
        if (!isAnswered(answer)) yield* insist(shop, plan, question, there)
        return
      }
      case "hangs up and looks later":
        counted("hung up in mid-charge", yield* client.ask(here, door, question, draw.between(10, 900)))
        return
      case "same twice":
        yield* bothAtOnce(shop, "the same confirmation at both servers at once", [
          insist(shop, plan, question, here),
          insist(shop, plan, question, there)
        ])
        return
      case "two at once":
        yield* bothAtOnce(shop, "two confirmations at once, at two servers", [
          insist(shop, plan, question, here),
          insist(shop, plan, { ...question, tokenRef: plan.cards(), key: `${key}-again` }, there)
        ])
        return
      case "cancels meanwhile": {
        const pause = draw.between(0, 600)
        const cancel = Effect.gen(function* () {
          yield* Effect.sleep(pause)
          if ([...client.underway].some((one) => one.question === question))
            tally.count("cancelled in mid-charge")
          yield* insist(shop, plan, { ask: "cancel", session }, there)
        })
        yield* Effect.all([insist(shop, plan, question, here), cancel], { concurrency: 2 })
        return
      }
    }
  })

/** Counted where both servers answer at that moment; else it is two questions in a row. */
const bothAtOnce = (
  { servers, tally }: Shop,
  kind: CustomerKind,
  questions: readonly [Effect.Effect<Answer>, Effect.Effect<Answer>]
) =>
  Effect.suspend(() => {
    if (servers.every((server) => server.origin() !== undefined)) tally.count(kind)
    return Effect.all(questions, { concurrency: 2 })
  })

/** Each worker has a key of its own and asks until it is answered; some hang up on their first try. */
const claim = (shop: Shop, plan: Plan, session: string, name: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    const [here, there] = eitherOf(shop, plan)
    const worker = (nr: number, server: Server, hasty: boolean) =>
      Effect.gen(function* () {
        const question: Question = { ask: "claim", session, key: `worker-${nr}-${name}` }
        if (hasty) {
          const answer = yield* shop.client.ask(server, plan.door, question, plan.draw.between(1, 20))
          if (isAnswered(answer)) return answer
        }
        return yield* insist(shop, plan, question, server)
      })
    const one = worker(1, here, plan.draw.chance(0.2))
    if (plan.workers === 1) yield* one
    else {
      const other = worker(2, there, plan.draw.chance(0.2))
      yield* bothAtOnce(shop, "two workers claim at once, at two servers", [one, other])
    }
  })

import { Deferred, Effect, type Scope } from "effect"
import { connect, createServer, type Server, type Socket } from "node:net"
import { isStep, type Message, messages, type Step, stepReader } from "./wire.ts"

/** When a step is caught: as it is asked for, or when PostgreSQL has committed it and answers. */
export type Moment = "asked" | "answered"

/** A step that was caught on its way. Nobody hears more of it until it is let go. */
export interface Caught {
  /** Goes on as if nothing had happened. */
  readonly pass: Effect.Effect<void>
  /** The connection is cut: what was caught never arrives. */
  readonly cut: Effect.Effect<void>
}

/** The line of one server to its database, over a proxy on loopback that can do to it what networks do. */
export interface Line {
  readonly port: number
  /** Waits for the next step of that kind and holds it; gives up after so many milliseconds. */
  readonly seize: (step: Step, moment: Moment, patience: number) => Effect.Effect<Caught | undefined>
  /** All connections are cut. New ones work. */
  readonly cut: Effect.Effect<void>
  /** Nothing arrives in either direction, on old connections and new ones, for so long; then all of it does. */
  readonly stall: (milliseconds: number) => Effect.Effect<void>
}

interface Trap {
  readonly step: Step
  readonly moment: Moment
  readonly spring: (caught: Caught) => void
}

/** A line to the PostgreSQL behind a socket. It outlives that PostgreSQL: connections made in between are cut. */
export const openLine = (socketPath: string): Effect.Effect<Line, never, Scope.Scope> =>
  Effect.gen(function* () {
    const traps = new Set<Trap>()
    const connections = new Set<Connection>()
    let stalled = false

    const take = (step: Step, moment: Moment): Trap | undefined => {
      const trap = [...traps].find((one) => isStep(step, one.step) && one.moment === moment)
      if (trap !== undefined) traps.delete(trap)
      return trap
    }

    const server = yield* Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const listening = createServer({ noDelay: true }, (client) => {
          const connection = join(client, connect(socketPath), take)
          connections.add(connection)
          client.once("close", () => connections.delete(connection))
          if (stalled) connection.pause()
        })
        listening.listen(0, "127.0.0.1", () => resume(Effect.succeed(listening)))
      }),
      (listening) =>
        Effect.callback<void>((resume) => {
          for (const connection of connections) connection.destroy()
          listening.close(() => resume(Effect.void))
        })
    )
    const address = server.address()

    return {
      port: typeof address === "object" && address !== null ? address.port : 0,
      seize: (step, moment, patience) =>
        Effect.gen(function* () {
          const sprung = yield* Deferred.make<void>()
          let caught: Caught | undefined
          const trap: Trap = {
            step,
            moment,
            spring: (one) => {
              caught = one
              Deferred.doneUnsafe(sprung, Effect.void)
            }
          }
          traps.add(trap)
          yield* Deferred.await(sprung).pipe(
            Effect.timeoutOption(patience),
            Effect.ensuring(Effect.sync(() => traps.delete(trap)))
          )
          // Asked only now: it may have sprung while the patience ended.
          return caught
        }),
      cut: Effect.sync(() => {
        for (const connection of connections) connection.destroy()
      }),
      stall: (milliseconds) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            stalled = true
            for (const connection of connections) connection.pause()
          }),
          () => Effect.sleep(milliseconds),
          () =>
            Effect.sync(() => {
              stalled = false
              for (const connection of connections) connection.resume()
            })
        )
    }
  })

interface Connection {
  readonly destroy: () => void
  readonly pause: () => void
  readonly resume: () => void
}

/** Joins a client with its PostgreSQL, message by message. */
const join = (
  client: Socket,
  postgres: Socket,
  take: (step: Step, moment: Moment) => Trap | undefined
): Connection => {
  const fromClient = messages(false)
  const fromPostgres = messages(true)
  const stepAsked = stepReader()
  /** The step whose answer is awaited. */
  let underway: Step | undefined
  /** What is held back, in each direction; nothing while all of it passes. */
  let questions: Array<Buffer> | undefined
  let answers: Array<Buffer> | undefined
  let answerTrap: Trap | undefined

  const destroy = () => {
    client.destroy()
    postgres.destroy()
  }
  const letQuestionsGo = () => {
    for (const bytes of questions ?? []) postgres.write(bytes)
    questions = undefined
  }
  const letAnswersGo = () => {
    for (const bytes of answers ?? []) client.write(bytes)
    answers = undefined
  }
  const caught = (letGo: () => void): Caught => ({ pass: Effect.sync(letGo), cut: Effect.sync(destroy) })

  const ask = (message: Message) => {
    const step = stepAsked(message)
    if (step !== undefined) underway = step
    const trap = step === undefined || questions !== undefined ? undefined : take(step, "asked")
    if (trap !== undefined) questions = []
    if (questions === undefined) postgres.write(message.bytes)
    else questions.push(message.bytes)
    trap?.spring(caught(letQuestionsGo))
  }

  const answer = ({ type, bytes }: Message) => {
    if (answers === undefined && underway !== undefined) {
      answerTrap = take(underway, "answered")
      if (answerTrap !== undefined) answers = []
    }
    if (answers === undefined) client.write(bytes)
    else answers.push(bytes)
    // "Ready": the step is committed, and its answer is complete.
    if (type !== "Z") return
    underway = undefined
    const trap = answerTrap
    answerTrap = undefined
    trap?.spring(caught(letAnswersGo))
  }

  client.on("data", (bytes) => fromClient(bytes).forEach(ask))
  postgres.on("data", (bytes) => fromPostgres(bytes).forEach(answer))
  for (const socket of [client, postgres]) {
    socket.on("error", destroy)
    socket.on("close", destroy)
  }
  return {
    destroy,
    pause: () => {
      client.pause()
      postgres.pause()
    },
    resume: () => {
      client.resume()
      postgres.resume()
    }
  }
}

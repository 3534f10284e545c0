import { Clock, Effect, Option, type Scope } from "effect"
import type { Client, Underway } from "./Client.ts"
import type { Databases } from "./Databases.ts"
import type { Fault } from "./faults.ts"
import type { FaultKind, Tally } from "./kinds.ts"
import type { Caught, Moment } from "./Line.ts"
import type { OddEnd, Server } from "./Servers.ts"
import { longerThanLease, longerThanPermit, longestPause } from "./timings.ts"
import type { Step } from "./wire.ts"

/** A blow that was struck, and the confirmations that were under way at the servers that it hit. */
export interface Blow {
  readonly kind: FaultKind
  readonly at: number
  readonly victims: ReadonlyArray<Underway>
}

export interface Stage {
  readonly servers: readonly [Server, Server]
  readonly databases: Databases
  readonly client: Client
  readonly tally: Tally
  readonly odd: (end: OddEnd) => void
}

/** Counts of what was really done. */
export interface Inflicted {
  kills: number
  stops: number
  readonly blows: Array<Blow>
}

/** What a fault waits for, so that it strikes there. */
const targets: Readonly<Record<Exclude<Fault["aim"], "anywhere">, readonly [Step, Moment]>> = {
  "before P": ["open", "asked"],
  "P without S": ["open", "answered"],
  "between S and A": ["open", "answered"],
  "between A and C": ["record", "asked"],
  "after C": ["record", "answered"]
}

/** How long a fault waits for a step to strike at; then it strikes where it can. Milliseconds. */
const aimPatience = 1_500
const lossPatience = 5_000

/** How long a server that was told to stop may take: the charges under way, and their records. */
const drainPatience = "60 seconds"

/** Strikes faults one after the other; what takes long goes on beside the others. */
export const makeInflict = Effect.fnUntraced(function* (stage: Stage): Effect.fn.Return<
  {
    /** Tries the faults until each has struck; what cannot be done now waits for its turn. */
    readonly all: (faults: ReadonlyArray<Fault>) => Effect.Effect<void, unknown>
    /** Waits until nothing is being done any more. */
    readonly still: Effect.Effect<void>
    readonly done: Inflicted
  },
  never,
  Scope.Scope
> {
  const scope = yield* Effect.scope
  const { client, databases, servers, tally } = stage
  const done: Inflicted = { kills: 0, stops: 0, blows: [] }
  /** Servers that something is being done to for longer: nobody else touches them. */
  const taken = new Set<Server>()
  let paused = 0

  const meanwhile = (held: ReadonlyArray<Server>, act: Effect.Effect<void>) =>
    Effect.gen(function* () {
      for (const server of held) taken.add(server)
      yield* Effect.forkIn(
        Effect.ensuring(
          act,
          Effect.sync(() => {
            for (const server of held) taken.delete(server)
          })
        ),
        scope
      )
    })

  /** Waits for the moment to strike. What was caught is in the blow's hand. */
  const aimed = Effect.fnUntraced(function* ({ aim, delay }: Fault, server: Server) {
    if (aim === "anywhere") {
      yield* Effect.sleep(delay)
      return undefined
    }
    const [step, moment] = targets[aim]
    const caught = yield* server.line.seize(step, moment, aimPatience)
    if (aim !== "between S and A" || caught === undefined) return caught
    yield* caught.pass
    yield* Effect.sleep(delay)
    return undefined
  })

  const note = (kind: FaultKind, hit: ReadonlyArray<Server>) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      tally.count(kind)
      const victims = [...client.underway].filter(
        ({ question, replica }) => question.ask === "confirm" && hit.some(({ number }) => number === replica)
      )
      done.blows.push({ kind, at, victims })
    })

  const charging = ({ number }: Server) =>
    [...client.underway].some(({ question, replica }) => question.ask === "confirm" && replica === number)

  const kill = (fault: Fault, hit: ReadonlyArray<Server>, server: Server) =>
    Effect.gen(function* () {
      const caught = yield* aimed(fault, server)
      const killed = hit.filter((one) => one.signal("SIGKILL"))
      done.kills += killed.length
      if (killed.length === hit.length) yield* note(fault.kind, hit)
      yield* caught?.cut ?? Effect.void
      return killed.length === hit.length
    })

  const pause = (fault: Fault, server: Server, milliseconds: number) =>
    Effect.gen(function* () {
      const caught = yield* aimed(fault, server)
      if (!server.signal("SIGSTOP")) return yield* missed(caught)
      yield* note(fault.kind, [server])
      paused += 1
      // Its record is held until it has woken up, and comes under an old fence; all else waits in front of its door.
      const late = fault.aim === "between A and C" ? caught : undefined
      if (late === undefined) yield* caught?.pass ?? Effect.void
      const began = yield* Clock.currentTimeMillis
      const wake = Effect.map(Clock.currentTimeMillis, (now) => {
        // On a machine that overslept, what the server was about to send could come after the horizon: it never wakes.
        server.signal(now - began > longestPause ? "SIGKILL" : "SIGCONT")
      })
      yield* meanwhile(
        [server],
        Effect.sleep(milliseconds).pipe(
          Effect.ensuring(wake),
          Effect.andThen(late?.pass ?? Effect.void),
          // Two pauses in a row would be one that is too long.
          Effect.andThen(Effect.sleep(longerThanPermit)),
          Effect.ensuring(Effect.sync(() => (paused -= 1)))
        )
      )
      return true
    })

  const missed = (caught: Caught | undefined) => Effect.as(caught?.pass ?? Effect.void, false)

  const terminate = (fault: Fault, server: Server) =>
    Effect.gen(function* () {
      const caught = yield* aimed(fault, server)
      if (!charging(server) || !server.signal("SIGTERM")) return yield* missed(caught)
      yield* note(fault.kind, [server])
      yield* caught?.pass ?? Effect.void
      const odd = (words: string) =>
        Effect.map(Clock.currentTimeMillis, (at) =>
          stage.odd({ server: server.number, at, words: `server ${server.number} ${words}` })
        )
      const drained = server.ended.pipe(
        Effect.timeoutOption(drainPatience),
        Effect.flatMap(
          Option.match({
            onNone: () =>
              Effect.map(odd(`did not end within ${drainPatience} of SIGTERM`), () =>
                server.signal("SIGKILL")
              ),
            onSome: (code) =>
              code === 0 ? Effect.void : odd(`was to stop, and ended with ${code ?? "a signal"}`)
          })
        )
      )
      yield* meanwhile([server], Effect.asVoid(drained))
      return true
    })

  const stop = (fault: Fault, server: Server) =>
    Effect.gen(function* () {
      const caught = yield* aimed(fault, server)
      yield* note(fault.kind, servers)
      yield* databases.stopImmediately
      yield* caught?.cut ?? Effect.void
      done.stops += 1
      yield* Effect.sleep(fault.pause)
      yield* databases.startAgain
      return true
    }).pipe(Effect.uninterruptible)

  const endConnections = (fault: Fault, server: Server) =>
    Effect.gen(function* () {
      const caught = yield* aimed(fault, server)
      const ended = yield* databases.endConnections
      if (ended > 0) yield* note(fault.kind, servers)
      yield* caught?.pass ?? Effect.void
      return ended > 0
    })

  const cut = (fault: Fault, server: Server) =>
    Effect.gen(function* () {
      const caught = yield* aimed(fault, server)
      yield* note(fault.kind, [server])
      yield* server.line.cut
      yield* caught?.cut ?? Effect.void
      return true
    })

  const stall = (fault: Fault, server: Server) =>
    Effect.gen(function* () {
      const caught = yield* aimed(fault, server)
      yield* note(fault.kind, [server])
      yield* meanwhile(
        [],
        caught === undefined
          ? server.line.stall(longerThanPermit)
          : Effect.andThen(Effect.sleep(longerThanPermit), caught.pass)
      )
      return true
    })

  const lose = (fault: Fault, server: Server, step: Step) =>
    Effect.gen(function* () {
      const caught = yield* server.line.seize(step, "answered", lossPatience)
      if (caught === undefined) return false
      yield* note(fault.kind, [server])
      yield* caught.cut
      return true
    })

  const strike = (fault: Fault, server: Server): Effect.Effect<boolean, unknown> => {
    switch (fault.kind) {
      case "kill -9 of one server":
        return kill(fault, [server], server)
      case "kill -9 of both servers":
        return kill(fault, servers, server)
      case "SIGTERM in mid-charge":
        return terminate(fault, server)
      case "paused longer than a permit lives":
        return pause(fault, server, longerThanPermit)
      case "paused longer than the lease":
        return pause(fault, server, longerThanLease)
      case "immediate stop of the database":
        return stop(fault, server)
      case "connections ended by the database":
        return endConnections(fault, server)
      case "lines to the database cut":
        return cut(fault, server)
      case "lines to the database stalled":
        return stall(fault, server)
      case "acknowledgement of P lost":
        return lose(fault, server, "open")
      case "acknowledgement of C lost":
        return lose(fault, server, "record")
      case "acknowledgement of a claim lost":
        return lose(fault, server, "claim")
    }
  }

  /** The server that the fault is aimed at, or the other one where that cannot be had; nothing while neither can. */
  const target = ({ kind, server }: Fault): Server | undefined => {
    const free = [servers[server], ...servers].filter((one) => !taken.has(one) && one.origin() !== undefined)
    if (kind.startsWith("paused") && paused > 0) return undefined
    if (kind === "kill -9 of both servers" && new Set(free).size < servers.length) return undefined
    return free[0]
  }

  const all = Effect.fnUntraced(function* (faults: ReadonlyArray<Fault>) {
    const waiting = [...faults]
    while (waiting.length > 0) {
      const next = waiting.findIndex((fault) => target(fault) !== undefined)
      const fault = waiting[next]
      if (fault === undefined) {
        yield* Effect.sleep("20 millis")
        continue
      }
      waiting.splice(next, 1)
      yield* Effect.sleep(fault.pause)
      const server = target(fault)
      // What did not strike has its turn again, later and on the other server.
      if (server === undefined || !(yield* strike(fault, server)))
        waiting.push({ ...fault, server: fault.server === 0 ? 1 : 0 })
    }
  })

  const still = Effect.gen(function* () {
    while (taken.size > 0) yield* Effect.sleep("50 millis")
  })

  return { all, still, done }
})

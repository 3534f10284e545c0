// The dashboard's page over a million attempts: requests a second, how long they take, and what they cost PostgreSQL.
import { Effect, Redacted, Schedule, Schema } from "effect"
import { markdownTable } from "../../scripts/markdownTable.ts"
import { tap, type Wire } from "../../tests/db/support/Wire.ts"
import { bars } from "../report/chart.ts"
import type { Found } from "../report/document.ts"
import { figure, spread } from "../report/text.ts"
import { contender } from "../support/contenders.ts"
import { cpuOf } from "../support/cpuOf.ts"
import type { Options } from "../support/options.ts"
import { asking, type Postgres } from "../support/postgres.ts"
import { progressBar } from "../support/progress.ts"
import { seeded } from "../support/seeded.ts"
import { server } from "../support/server.ts"
import { play, ratioOver, type Rounds, spreadOver } from "../support/turns.ts"
import { type Kind, kinds, type Request, requests, send } from "./asked.ts"
import { theirReferences } from "./page.ts"

const limit = "one query by hand, plain HTTP"
const ours = "this service"
const theirs = "PostGraphile 5"
const names = [limit, ours, theirs] as const

const connections = 16

const decodeDone = Schema.decodeUnknownSync(
  Schema.Struct({ count: Schema.Int, seconds: Schema.Finite, p50: Schema.Finite, p99: Schema.Finite })
)
type Done = ReturnType<typeof decodeDone> & { readonly cpuSeconds: number }
const speed = ({ count, seconds }: Done) => count / seconds
const decodePort = Schema.decodeUnknownSync(Schema.Int)

/** Everybody who answers, over one database. */
const answering = Effect.fnUntraced(function* (database: string) {
  const file = (name: string) => new URL(`../peers/${name}.ts`, import.meta.url)
  const environment = { BENCH_URL: database, NODE_ENV: "production", GRAPHILE_ENV: "production" }
  const service = yield* server(database)
  const hand = yield* contender(file("handWritten"), environment)
  const postgraphile = yield* contender(file("postgraphile"), environment)
  const port = async (of: typeof hand) => decodePort(await of.order({}))
  const ports = {
    [ours]: service.port,
    [limit]: yield* Effect.promise(() => port(hand)),
    [theirs]: yield* Effect.promise(() => port(postgraphile))
  }
  const asked = yield* requests(database, { service: ports[ours], postgraphile: ports[theirs] })
  return {
    ports,
    pids: { [ours]: service.pid, [limit]: hand.pid, [theirs]: postgraphile.pid },
    requests: { [ours]: asked.service, [limit]: asked.hand, [theirs]: asked.postgraphile }
  }
})

export const reads = Effect.fn("reads")(function* (postgres: Postgres, options: Options) {
  const progress = progressBar("reads", kinds.length * names.length * (options.rounds + 1))
  const database = yield* postgres.payments("reads")
  yield* seeded(database, options.attempts, progress)
  for (const reference of theirReferences) yield* asking(database, reference)
  const load = yield* contender(new URL("load.ts", import.meta.url))
  const all = yield* answering(database)
  // What was seeded in review is looked into once there is a server; a page stands still when that is over.
  yield* Effect.tryPromise(() => agree(all.ports, all.requests)).pipe(
    Effect.retry({ schedule: Schedule.spaced("1 second"), times: 60 }),
    Effect.orDie
  )

  const turnOf = async (name: (typeof names)[number], kind: Kind, seconds: number): Promise<Done> => {
    const before = cpuOf(all.pids[name])
    const order = { ...all.requests[name][kind], port: all.ports[name], connections, seconds }
    const done = decodeDone(await load.order(order))
    return { ...done, cpuSeconds: cpuOf(all.pids[name]) - before }
  }
  const played = new Map<Kind, Rounds<Done>>()
  yield* Effect.promise(async () => {
    for (const kind of kinds) {
      for (const name of names) {
        progress.tell(`the ${kind} page: warming up ${name}`)
        await turnOf(name, kind, options.turnSeconds)
        progress.step()
      }
      const contenders = names.map((name) => ({ name, turn: () => turnOf(name, kind, options.turnSeconds) }))
      played.set(kind, await play(contenders, options.rounds, progress, `the ${kind} page`))
    }
  })
  progress.end()
  return report(options, played, yield* Effect.scoped(statements(database)))
})

/** Who answers something else is compared for nothing. */
const agree = async (
  ports: Readonly<Record<(typeof names)[number], number>>,
  asked: Readonly<Record<(typeof names)[number], Readonly<Record<Kind, Request>>>>
): Promise<void> => {
  for (const kind of kinds) {
    const whole = decodeNodes(await send(ports[ours], asked[ours][kind])).data.sessions.nodes
    const byHand = decodeByHand(await send(ports[limit], asked[limit][kind])).nodes
    if (JSON.stringify(whole) !== JSON.stringify(byHand))
      throw new Error(`${limit} answers another ${kind} page`)
    const others = decodeNodes(await send(ports[theirs], asked[theirs][kind])).data.sessions.nodes
    if (JSON.stringify(shapeOf(whole)) !== JSON.stringify(shapeOf(others)))
      throw new Error(`${theirs} answers another ${kind} page`)
  }
}

const decodeByHand = Schema.decodeUnknownSync(Schema.Struct({ nodes: Schema.Array(Schema.Unknown) }))
const decodeNodes = Schema.decodeUnknownSync(
  Schema.Struct({ data: Schema.Struct({ sessions: Schema.Struct({ nodes: Schema.Array(Schema.Unknown) }) }) })
)

/** What of a page is the same, whatever its fields are called: the texts that name rows. */
const shapeOf = (nodes: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  JSON.stringify(nodes).match(/(ps|at)_[0-9A-Z]{26}(_\d+)?|"payment\.[a-z_.]+v1"/g) ?? []

const times = 20

/** The statements of one request, read on the wire; what comes up less than once a request is somebody else's. */
const statements = Effect.fnUntraced(function* (database: string) {
  const found = new Map<string, number>()
  for (const name of names) {
    const wire: Wire = yield* tap(Redacted.make(database))
    const all = yield* answering(Redacted.value(wire.url))
    for (const kind of kinds) {
      const ask = () => send(all.ports[name], all.requests[name][kind])
      yield* Effect.promise(ask)
      yield* wire.take
      for (let time = 0; time < times; time++) yield* Effect.promise(ask)
      const { statements: seen } = yield* wire.take
      const counts = [...Map.groupBy(seen, (text) => text).values()].map(({ length }) =>
        Math.floor(length / times)
      )
      found.set(
        `${name} ${kind}`,
        counts.reduce((sum, count) => sum + count, 0)
      )
    }
  }
  return found
})

const report = (
  options: Options,
  played: ReadonlyMap<Kind, Rounds<Done>>,
  statementsOf: ReadonlyMap<string, number>
): Found => {
  const none: Rounds<Done> = new Map()
  const rows = kinds.flatMap((kind) =>
    names.map((name) => {
      const rounds = played.get(kind) ?? none
      const median = (of: (done: Done) => number) => figure(spreadOver(rounds, name, of).median)
      return [
        kind,
        name,
        spread(spreadOver(rounds, name, speed)),
        spread(ratioOver(rounds, name, limit, speed)),
        spread(ratioOver(rounds, name, theirs, speed)),
        median(({ p50 }) => p50),
        median(({ p99 }) => p99),
        median(({ count, cpuSeconds }) => (cpuSeconds / count) * 1e6),
        String(statementsOf.get(`${name} ${kind}`) ?? "-")
      ]
    })
  )
  const chart = bars(
    `The dashboard's page over ${options.attempts.toLocaleString("en-US")} attempts`,
    { label: "requests per second, 16 connections" },
    kinds.map((kind) => `the ${kind} page`),
    names.map((name) => ({
      name,
      bars: kinds.map((kind) => {
        const { median, low, high } = spreadOver(played.get(kind) ?? none, name, speed)
        return { value: median, low, high }
      })
    }))
  )
  const head = ["page", "contender", "requests/s", "of the limit", "times PostGraphile", "p50 ms", "p99 ms"]
  return {
    markdown: `${options.attempts.toLocaleString("en-US")} attempts, ${connections} connections:\n\n${markdownTable(
      [[...head, "server CPU, us", "SQL"], ...rows]
    )}\n\n![Dashboard pages](performance/reads.svg)`,
    pictures: { "reads.svg": chart }
  }
}

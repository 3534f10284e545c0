// Charges per second, from the write-ahead to the recorded outcome: the service, the limit, and what else one may use.
import { Effect, Schema } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { markdownTable } from "../../scripts/markdownTable.ts"
import { declare, tables } from "../peers/plainTables.ts"
import { bars } from "../report/chart.ts"
import type { Found } from "../report/document.ts"
import { figure, spread } from "../report/text.ts"
import { contender } from "../support/contenders.ts"
import type { Options } from "../support/options.ts"
import { asking, type Postgres } from "../support/postgres.ts"
import { progressBar } from "../support/progress.ts"
import { play, ratioOver, type Rounds, spreadOver } from "../support/turns.ts"
import { declareSessions } from "./declareSessions.ts"
import { pgbench, pgbenchMissing, type Statement } from "./pgbench.ts"
import type { Order, Path } from "./stage.ts"

const limit = "pgbench, the same statements"
const ours = "this service"
const names = [limit, ours, "plain pg script", "DBOS Transact"] as const

const decodeDone = Schema.decodeUnknownSync(
  Schema.Struct({
    count: Schema.Int,
    seconds: Schema.Finite,
    cpuSeconds: Schema.optionalKey(Schema.Finite),
    flushes: Schema.optionalKey(Schema.Finite),
    asked: Schema.optionalKey(Schema.Int),
    statements: Schema.optionalKey(
      Schema.Array(Schema.Struct({ statement: Schema.String, parameter: Schema.String }))
    )
  })
)
type Done = ReturnType<typeof decodeDone>

const speed = ({ count, seconds }: Done) => count / seconds
const cpu = ({ count, cpuSeconds = Number.NaN }: Done) => (cpuSeconds / count) * 1e6

/** Over all rounds together: PostgreSQL tells of the last second of a turn when the next one begins. */
const flushes = (rounds: Rounds<Done>, name: string): number => {
  const all = rounds.get(name) ?? []
  const sum = (of: (done: Done) => number | undefined) =>
    all.reduce((total, done) => total + (of(done) ?? 0), 0)
  return sum(({ flushes: made }) => made) / sum(({ asked }) => asked)
}

class ProgramMissing extends Schema.TaggedError<ProgramMissing>()("ProgramMissing", {
  problem: Schema.String
}) {
  override get message(): string {
    return this.problem
  }
}

/** As many as the service remembers declarations of, and a turn of some seconds. */
const mostCharges = 8000

export const charges = Effect.fn("charges")(function* (postgres: Postgres, options: Options) {
  const missing = pgbenchMissing()
  if (missing !== undefined) return yield* new ProgramMissing({ problem: missing })
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "bench-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const payments = yield* postgres.payments("charges")
  const plain = yield* postgres.empty("plain")
  const workflows = yield* postgres.empty("workflows")
  const workflowSystem = yield* postgres.empty("workflow_system")
  for (const address of [plain, workflows]) {
    for (const statement of tables.split(";").filter((one) => one.trim() !== ""))
      yield* asking(address, statement)
  }
  const connections = String(options.connections)
  const file = (name: string) => new URL(name, import.meta.url)
  const service = yield* contender(file("ours.ts"), { BENCH_URL: payments, BENCH_CONNECTIONS: connections })
  const script = yield* contender(file("../peers/plainScript.ts"), {
    BENCH_URL: plain,
    BENCH_CONNECTIONS: connections
  })
  const dbos = yield* contender(file("../peers/dbos.ts"), {
    BENCH_URL: workflows,
    BENCH_SYSTEM_URL: workflowSystem,
    BENCH_CONNECTIONS: connections
  })

  const promised = Effect.runPromiseWith(yield* Effect.context<never>())
  let next = 1
  const take = (count: number) => {
    const first = next
    next += count
    return first
  }
  const declared = (count: number) =>
    Effect.gen(function* () {
      const first = take(count)
      yield* declareSessions(payments, first, count)
      return first
    })
  const declaredPlainly = (address: string, count: number) => {
    const first = take(count)
    return Effect.as(asking(address, declare, [String(first), String(first + count - 1)]), first)
  }

  const learn = Effect.fnUntraced(function* (path: Path) {
    const first = yield* declared(1)
    const order = { path, parallel: 1, first, count: 1, overhear: true }
    const { statements = [] } = decodeDone(yield* Effect.promise(() => service.order(order)))
    return {
      of: first,
      statements: statements.filter(({ statement }) => !statement.includes("session_json"))
    }
  })
  const learnt: Record<Path, { readonly of: number; readonly statements: ReadonlyArray<Statement> }> = {
    captured: yield* learn("captured"),
    failovers: yield* learn("failovers")
  }

  const flushed = asking<{ readonly n: string }>(
    postgres.url("postgres"),
    "select sum(fsyncs)::text as n from pg_stat_io where object = 'wal'"
  ).pipe(Effect.map(([row]) => Number(row?.n ?? 0)))

  /** One turn of one contender. */
  const turnOf = (name: string, path: Path, parallel: number, count: number): Promise<Done> =>
    promised(
      Effect.gen(function* () {
        const first =
          name === limit || name === ours
            ? yield* declared(count)
            : yield* declaredPlainly(name === "DBOS Transact" ? workflows : plain, count)
        const order: Order = { path, parallel, first, count }
        const before = yield* flushed
        const done = yield* Effect.promise(async () => {
          if (name === limit) {
            const { of, statements } = learnt[path]
            const wish = {
              socketDirectory: postgres.socketDirectory,
              database: "charges",
              folder,
              name: path
            }
            return pgbench({ ...wish, role: "payments_app", searchPath: "payments" }, statements, of, order)
          }
          const playing = name === ours ? service : name === "DBOS Transact" ? dbos : script
          return decodeDone(await playing.order(order))
        })
        return { ...done, asked: count, flushes: (yield* flushed) - before }
      })
    )

  const cells = options.paths.flatMap((path) => options.parallel.map((parallel) => ({ path, parallel })))
  const progress = progressBar("charges", cells.length * names.length * (options.rounds + 1))
  const played = new Map<string, Rounds<Done>>()
  yield* Effect.promise(async () => {
    for (const { path, parallel } of cells) {
      const what = `${path}, ${parallel} at once`
      const counts = new Map<string, number>()
      // How many fill a turn, after some that warm up.
      for (const name of names) {
        progress.tell(`${what}: warming up ${name}`)
        const warm = Math.max(40, parallel * 24)
        if (name !== limit) await turnOf(name, path, parallel, warm)
        const found = speed(await turnOf(name, path, parallel, warm))
        const wanted = Math.max(parallel * 24, Math.round(found * options.turnSeconds))
        counts.set(name, Math.floor(Math.min(mostCharges, wanted) / parallel) * parallel)
        progress.step()
      }
      const contenders = names.map((name) => ({
        name,
        turn: () => turnOf(name, path, parallel, counts.get(name) ?? parallel)
      }))
      played.set(`${path} ${parallel}`, await play(contenders, options.rounds, progress, what))
    }
  })
  progress.end()
  return report(options, played)
})

const titles: Record<Path, string> = {
  captured: "captured at once",
  failovers: "captured by the third account, after two failovers"
}

const report = (options: Options, played: ReadonlyMap<string, Rounds<Done>>): Found => {
  const none: Rounds<Done> = new Map()
  const pictures: Record<string, string> = {}
  const parts = options.paths.map((path) => {
    const of = (parallel: number) => played.get(`${path} ${parallel}`) ?? none
    const rows = options.parallel.flatMap((parallel) =>
      names.map((name) => [
        String(parallel),
        name,
        spread(spreadOver(of(parallel), name, speed)),
        spread(ratioOver(of(parallel), name, limit, speed)),
        figure(flushes(of(parallel), name)),
        figure(spreadOver(of(parallel), name, cpu).median)
      ])
    )
    pictures[`charges-${path}.svg`] = bars(
      `Charges ${titles[path]}`,
      { label: "charges per second, by how many are under way at once" },
      options.parallel.map((parallel) => `${parallel} at once`),
      names.map((name) => ({
        name,
        bars: options.parallel.map((parallel) => {
          const { median, low, high } = spreadOver(of(parallel), name, speed)
          return { value: median, low, high }
        })
      }))
    )
    return `Charges ${titles[path]}:\n\n${markdownTable([
      ["at once", "contender", "charges/s", "of the limit", "flushes a charge", "client CPU, us a charge"],
      ...rows
    ])}\n\n![Charges ${titles[path]}](performance/charges-${path}.svg)`
  })
  return { markdown: parts.join("\n\n"), pictures }
}

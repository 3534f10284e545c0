// `npm run soak`: the whole service under mixed load for ten minutes, and whether it stays as it was.
// `npm run soak -- --minutes 60 --callers 8`; `--write` puts the figures and pictures into docs/performance.md.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Schema } from "effect"
import { parseArgs } from "node:util"
import { write } from "./report/document.ts"
import { callers, type Kind, kinds, webhookSecret } from "./soak/callers.ts"
import { poolWaits } from "./soak/metrics.ts"
import { report, type Sample } from "./soak/report.ts"
import { machine } from "./support/options.ts"
import { asking, postgres } from "./support/postgres.ts"
import { progressBar } from "./support/progress.ts"
import { freePort, server } from "./support/server.ts"
import { quantile } from "./support/statistics.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    callers: { type: "string", default: "4" },
    write: { type: "boolean", default: false }
  }
})
const minutes = Number(values.minutes)
const sales = Number(values.callers)
if (!(minutes > 0) || !(sales > 0)) {
  console.error("usage: npm run soak -- [--minutes 10] [--callers 4] [--write]")
  process.exit(2)
}

const decodeInside = Schema.decodeUnknownSync(
  Schema.Struct({
    rss: Schema.Finite,
    heap: Schema.Finite,
    late: Schema.Struct({ p99: Schema.Finite, max: Schema.Finite }),
    resources: Schema.Int
  })
)

/** Sixty moments of a run, and never closer than two seconds. */
const pause = Math.max(2, minutes)

const program = Effect.gen(function* () {
  const running = yield* postgres()
  const database = yield* running.payments("soak")
  const metricsPort = yield* Effect.promise(freePort)
  const watch = new URL("soak/watch.ts", import.meta.url).href
  const serving = yield* server(
    database,
    { STUB_WEBHOOK_SECRET: webhookSecret, METRICS_PORT: String(metricsPort) },
    ["--expose-gc", "--import", watch]
  )
  const connections = asking<{ readonly n: string }>(
    database,
    "select count(*)::text as n from pg_stat_activity where application_name like 'payments%'"
  ).pipe(Effect.map(([row]) => Number(row?.n)))
  const run = Effect.runPromiseWith(yield* Effect.context<never>())

  const samples: Array<Sample> = []
  const times = new Map<Kind, { readonly millis: Array<number>; wrong: number }>()
  const timesOf = (kind: Kind) => {
    const found = times.get(kind) ?? { millis: [], wrong: 0 }
    times.set(kind, found)
    return found
  }
  const { sale, look, listen } = callers({
    origin: `http://127.0.0.1:${serving.port}`,
    noted: (kind, millis, right) => {
      const entry = timesOf(kind)
      entry.millis.push(millis)
      if (!right) entry.wrong++
    }
  })

  const began = performance.now()
  const until = began + minutes * 60_000
  const repeat = async (work: () => Promise<void>) => {
    while (performance.now() < until) await work()
  }
  const wait = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000))
  const bar = progressBar("soak", Math.floor((minutes * 60) / pause))

  const sampling = async () => {
    let before = new Map<string, { readonly count: number; readonly seconds: number }>()
    while (performance.now() < until) {
      await wait(pause)
      const { rss, heap, late, resources } = decodeInside(await serving.ask("how are you"))
      const waited = poolWaits(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text())
      const waits = [...waited].map(([pool, { count, seconds }]) => {
        const earlier = before.get(pool) ?? { count: 0, seconds: 0 }
        const asked = count - earlier.count
        return [pool, asked === 0 ? 0 : ((seconds - earlier.seconds) / asked) * 1000] as const
      })
      before = new Map(waited)
      const answeredOf = (kind: Kind) => {
        const { millis, wrong } = timesOf(kind)
        times.delete(kind)
        return { count: millis.length, wrong, p99: millis.length === 0 ? 0 : quantile(millis, 0.99) }
      }
      samples.push({
        minute: (performance.now() - began) / 60_000,
        rss,
        heap,
        late,
        resources,
        connections: await run(connections),
        answered: {
          create: answeredOf("create"),
          confirm: answeredOf("confirm"),
          refund: answeredOf("refund"),
          webhook: answeredOf("webhook"),
          dashboard: answeredOf("dashboard"),
          subscribe: answeredOf("subscribe")
        },
        waits: Object.fromEntries(waits)
      })
      bar.tell(`${samples.length} moments looked at`)
      bar.step()
    }
  }
  const listening = Math.min(20, minutes * 10)
  yield* Effect.promise(() =>
    Promise.all([
      sampling(),
      ...Array.from({ length: sales }, () => repeat(sale)),
      // A person looks, and then thinks.
      ...Array.from({ length: 2 }, () => repeat(() => look().then(() => wait(0.2)))),
      ...Array.from({ length: 4 }, () => repeat(() => listen(listening)))
    ])
  )
  bar.end()

  const found = report(samples, minutes)
  const wrong = kinds.filter((kind) => samples.some(({ answered }) => answered[kind].wrong > 0))
  yield* Console.log(
    `\n${found.markdown}\n\n${found.held ? "It stays as it was." : "It does not stay as it was."}`
  )
  if (wrong.length > 0) yield* Console.log(`Answered wrongly: ${wrong.join(", ")}`)
  if (values.write) {
    write("soak", { ...found, markdown: `${machine()}, PostgreSQL 18, fsync on.\n\n${found.markdown}` })
  }
  if (!found.held) process.exitCode = 1
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)

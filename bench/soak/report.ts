import { markdownTable } from "../../scripts/markdownTable.ts"
import { lines } from "../report/chart.ts"
import type { Found } from "../report/document.ts"
import { figure } from "../report/text.ts"
import { quantile, slope } from "../support/statistics.ts"
import { type Kind, kinds } from "./callers.ts"

/** How it was at one moment, and since the one before. */
export interface Sample {
  readonly minute: number
  readonly rss: number
  readonly heap: number
  readonly late: { readonly p99: number; readonly max: number }
  readonly resources: number
  readonly connections: number
  readonly answered: Readonly<
    Record<Kind, { readonly count: number; readonly wrong: number; readonly p99: number }>
  >
  /** Milliseconds that a statement waited for a connection on average, by pool. */
  readonly waits: Readonly<Record<string, number>>
}

const megabyte = 1024 * 1024

/** What may grow by how much in an hour, by the slope of the second half: caches fill and code is compiled before. */
const bounds = [
  {
    name: "heap after a collection",
    unit: "MB",
    of: ({ heap }: Sample) => heap / megabyte,
    most: 0.1,
    least: 8
  },
  { name: "resident memory", unit: "MB", of: ({ rss }: Sample) => rss / megabyte, most: 0.2, least: 40 },
  {
    name: "connections to PostgreSQL",
    unit: "",
    of: ({ connections }: Sample) => connections,
    most: 0.05,
    least: 3
  },
  {
    name: "sockets, timers and other resources",
    unit: "",
    of: ({ resources }: Sample) => resources,
    most: 0.25,
    least: 25
  }
]

export const report = (
  samples: ReadonlyArray<Sample>,
  minutes: number
): Found & { readonly held: boolean } => {
  const half = samples.slice(Math.floor(samples.length / 2))
  const judged = bounds.map(({ name, unit, of, most, least }) => {
    const values = half.map(of)
    const grows = slope(half.map((sample) => [sample.minute, of(sample)])) * (minutes / 2)
    const median = quantile(values, 0.5)
    return { name, unit, median, grows, held: grows <= Math.max(median * most, least) }
  })
  const wrong = kinds.filter((kind) => samples.some(({ answered }) => answered[kind].wrong > 0))
  const verdict = judged.map(({ name, unit, median, grows, held }) => [
    name,
    `${figure(median)} ${unit}`.trim(),
    `${grows > 0 ? "+" : ""}${figure(grows)} ${unit}`.trim(),
    held ? "flat" : "**grows**"
  ])
  const calls = kinds.map((kind) => {
    const all = samples.map(({ answered }) => answered[kind])
    const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0)
    const p99 = all.filter(({ count }) => count > 0).map((one) => one.p99)
    return [
      kind,
      figure(sum(({ count }) => count)),
      figure(quantile(p99, 0.5)),
      figure(Math.max(...p99)),
      figure(sum((one) => one.wrong))
    ]
  })
  const over = (name: string, of: (sample: Sample) => number) => ({
    name,
    points: samples.map((sample) => [sample.minute, of(sample)] as const)
  })
  const time = { label: "minutes" }
  const pools = ["money", "reads", "events", "live"]
  return {
    held: judged.every(({ held }) => held) && wrong.length === 0,
    markdown: `${figure(minutes)} minutes of creations, confirmations, refunds, webhooks, dashboards and subscriptions at once. Growth is that over the second half, from its slope.

${markdownTable([["what", "median", "growth", "so it is"], ...verdict])}

${markdownTable([["calls", "answered", "p99 ms, median", "p99 ms, worst", "answered wrongly"], ...calls])}

![Memory](performance/soak-memory.svg)

![Event loop](performance/soak-loop.svg)

![Answers](performance/soak-p99.svg)

![Pools](performance/soak-pools.svg)`,
    pictures: {
      "soak-memory.svg": lines("Memory of the server", time, { label: "megabytes" }, [
        over("resident", ({ rss }) => rss / megabyte),
        over("heap after a collection", ({ heap }) => heap / megabyte)
      ]),
      "soak-loop.svg": lines("How late the event loop was", time, { label: "milliseconds" }, [
        over("p99", ({ late }) => late.p99),
        over("worst", ({ late }) => late.max)
      ]),
      "soak-p99.svg": lines(
        "p99 of each kind of call",
        time,
        { label: "milliseconds" },
        kinds.map((kind) => over(kind, ({ answered }) => answered[kind].p99))
      ),
      "soak-pools.svg": lines(
        "Waiting for a connection",
        time,
        { label: "milliseconds a statement, on average" },
        pools.map((pool) => over(pool, ({ waits }) => waits[pool] ?? 0))
      )
    }
  }
}

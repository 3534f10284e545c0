// How the cost of a charge and of a page grows with what is in the database, and that of a decision with the accounts.
import { Effect, Schema } from "effect"
import { markdownTable } from "../../scripts/markdownTable.ts"
import { declareSessions } from "../charges/declareSessions.ts"
import { type Kind, requests } from "../reads/asked.ts"
import { lines } from "../report/chart.ts"
import type { Found } from "../report/document.ts"
import { figure, spread } from "../report/text.ts"
import { contender } from "../support/contenders.ts"
import type { Options } from "../support/options.ts"
import type { Postgres } from "../support/postgres.ts"
import { type Progress, progressBar } from "../support/progress.ts"
import { seeded } from "../support/seeded.ts"
import { server } from "../support/server.ts"
import { growthOf, spreadOf } from "../support/statistics.ts"
import { play, ratioOver, type Rounds, spreadOver } from "../support/turns.ts"

const decodeDone = Schema.decodeUnknownSync(Schema.Struct({ count: Schema.Int, seconds: Schema.Finite }))

/** Milliseconds that one of them took, of all that were under way. */
const costOf = ({ count, seconds }: ReturnType<typeof decodeDone>): number => (seconds / count) * 1000

const parallel = 8
const kinds: ReadonlyArray<Kind> = ["first", "deep", "filtered"]
const what = ["a charge", ...kinds.map((kind) => `the ${kind} page`)]

/** A cost that is to be flat may grow by so much for ten times the data; more, in nine rounds of ten, is a defect. */
const mostFlat = Math.log10(1.15)
/** A decision looks at every account once and sorts those that it may choose. */
const mostLinear = 1.15

export const growth = Effect.fn("growth")(function* (postgres: Postgres, options: Options) {
  const progress = progressBar(
    "growth",
    options.sizes.length * what.length * (options.rounds + 1) + 2 * 4 * options.rounds
  )
  const places = yield* Effect.forEach(options.sizes, (size) => placeOf(postgres, options, size, progress))
  const data = new Map<string, Rounds<number>>()
  yield* Effect.promise(async () => {
    for (const one of what) {
      for (const { turn, size } of places) {
        progress.tell(`${one} at ${size}: warming up`)
        await turn(one)
        progress.step()
      }
      const contenders = places.map(({ size, turn }) => ({ name: String(size), turn: () => turn(one) }))
      data.set(one, await play(contenders, options.rounds, progress, one))
    }
  })
  const routing = yield* decisions(options, progress)
  progress.end()
  return report(options, data, routing)
})

/** A database of one size, with a process that charges and one that serves pages. */
const placeOf = Effect.fnUntraced(function* (
  postgres: Postgres,
  options: Options,
  size: number,
  progress: Progress
) {
  const database = yield* postgres.payments(`growth_${size}`)
  yield* seeded(database, size, progress)
  const charging = yield* contender(new URL("../charges/ours.ts", import.meta.url), { BENCH_URL: database })
  const { port } = yield* server(database)
  const load = yield* contender(new URL("../reads/load.ts", import.meta.url))
  const { service } = yield* requests(database, { service: port })
  const run = Effect.runPromiseWith(yield* Effect.context<never>())
  let next = 1
  const charge = async () => {
    const count = options.quick ? 100 : 1000
    const first = next
    next += count
    await run(declareSessions(database, first, count))
    return charging.order({ path: "captured", parallel, first, count })
  }
  const turn = async (one: string): Promise<number> => {
    const kind = kinds.find((name) => one === `the ${name} page`)
    const done =
      kind === undefined
        ? await charge()
        : await load.order({ ...service[kind], port, connections: 4, seconds: options.turnSeconds / 2 })
    return costOf(decodeDone(done))
  }
  return { size, turn }
})

const accounts = [10, 100, 1000, 10_000]
const choices = ["decision", "with its explanation"]

const decisions = Effect.fnUntraced(function* (options: Options, progress: Progress) {
  const ours = yield* contender(new URL("../routing/ours.ts", import.meta.url))
  const found = new Map<string, Rounds<number>>()
  yield* Effect.promise(async () => {
    for (const name of choices) {
      const contenders = accounts.map((count) => ({
        name: String(count),
        turn: async () =>
          costOf(decodeDone(await ours.order({ accounts: count, name, seconds: options.turnSeconds / 4 }))) *
          1000
      }))
      // The first round compiles.
      await play(contenders, 1, { ...progress, step: () => undefined }, name)
      found.set(name, await play(contenders, options.rounds, progress, name))
    }
  })
  return found
})

const identity = (cost: number): number => cost

const report = (
  options: Options,
  data: ReadonlyMap<string, Rounds<number>>,
  routing: ReadonlyMap<string, Rounds<number>>
): Found => {
  const row = (
    name: string,
    rounds: Rounds<number>,
    sizes: ReadonlyArray<number>,
    unit: string,
    most: number
  ) => {
    const [first = 0, last = 0] = [sizes[0], sizes.at(-1)]
    // Within each round: the slope over all sizes.
    const slopes = spreadOf(
      Array.from({ length: options.rounds }, (_, round) =>
        growthOf(sizes.map((size) => [size, rounds.get(String(size))?.[round] ?? Number.NaN]))
      )
    )
    return [
      name,
      `${sizes.map((size) => figure(spreadOver(rounds, String(size), identity).median)).join(", ")} ${unit}`,
      spread(ratioOver(rounds, String(last), String(first), identity)),
      spread(slopes),
      slopes.low > most ? "**grows: a defect**" : most < 1 ? "flat" : "as the accounts do"
    ]
  }
  const none: Rounds<number> = new Map()
  const rows = [
    ...what.map((one) => row(one, data.get(one) ?? none, options.sizes, "ms", mostFlat)),
    ...choices.map((one) => row(`${one}, by accounts`, routing.get(one) ?? none, accounts, "us", mostLinear))
  ]
  const chart = (
    title: string,
    x: string,
    y: string,
    names: ReadonlyArray<string>,
    of: ReadonlyMap<string, Rounds<number>>,
    sizes: ReadonlyArray<number>
  ) =>
    lines(
      title,
      { label: x, logarithmic: true },
      { label: y, logarithmic: true },
      names.map((name) => ({
        name,
        points: sizes.map(
          (size) => [size, spreadOver(of.get(name) ?? none, String(size), identity).median] as const
        )
      }))
    )
  const sizes = options.sizes.map((size) => size.toLocaleString("en-US")).join(", ")
  return {
    markdown: `At ${sizes} attempts, and 10, 100, 1,000 and 10,000 accounts. The slope is that of the line through all sizes with both axes as logarithms: 0 is flat, 1 grows as the size does.

${markdownTable([["what", "costs", "largest to smallest", "slope", "so it is"], ...rows])}

![Growth with the data](performance/growth.svg)

![Growth with the accounts](performance/growth-routing.svg)`,
    pictures: {
      "growth.svg": chart(
        "What the size costs",
        "attempts in the database",
        "ms each",
        what,
        data,
        options.sizes
      ),
      "growth-routing.svg": chart(
        "What accounts cost",
        "accounts",
        "microseconds a decision",
        choices,
        routing,
        accounts
      )
    }
  }
}

import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import type { Path } from "../charges/stage.ts"

export const parts = ["charges", "reads", "routing", "growth"] as const
export type Part = (typeof parts)[number]

/** How much of it to run. */
export interface Options {
  readonly only: ReadonlyArray<Part>
  readonly rounds: number
  readonly turnSeconds: number
  readonly parallel: ReadonlyArray<number>
  readonly paths: ReadonlyArray<Path>
  /** Of the pool of whoever has one; the service's own default. */
  readonly connections: number
  readonly attempts: number
  readonly sizes: ReadonlyArray<number>
  readonly accounts: ReadonlyArray<number>
  readonly quick: boolean
}

const help = `Measures the service beside other ways to do the same and beside the limit, in one run, and writes the figures and
pictures into docs/performance.md. It takes an hour; pgbench has to be there (apt-get install postgresql-contrib).

  npm run bench                              everything
  npm run bench -- --only charges,routing    some parts of ${parts.join(", ")}; what others found stays
  npm run bench -- --quick                   small sizes and few rounds: shows that it runs, and writes nothing
  npm run bench -- --quick --write           the same, written down

  --rounds 9             rounds, each contender once in each
  --seconds 3            about as long as a turn takes
  --parallel 1,8,32,128  charges under way at once
  --connections 16       connections of every pool
  --attempts 1000000     attempts behind the dashboard's page
  --sizes 1000,10000,100000,1000000   attempts in the databases whose cost is compared
  --accounts 10,200,2000 accounts of the company that routing chooses among`

const numbers = (text: string): ReadonlyArray<number> => text.split(",").map(Number)

export const readOptions = (): Options & { readonly write: boolean } => {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: parts.join() },
      quick: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      rounds: { type: "string" },
      seconds: { type: "string" },
      parallel: { type: "string" },
      connections: { type: "string", default: "16" },
      attempts: { type: "string" },
      sizes: { type: "string" },
      accounts: { type: "string" },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) {
    console.log(help)
    process.exit(0)
  }
  const { quick } = values
  const wanted = values.only.split(",").map((name) => name.trim())
  const only = parts.filter((part) => wanted.includes(part))
  const options: Options = {
    only,
    quick,
    rounds: Number(values.rounds ?? (quick ? 3 : 9)),
    turnSeconds: Number(values.seconds ?? (quick ? 0.7 : 3)),
    parallel: numbers(values.parallel ?? (quick ? "8" : "1,8,32,128")),
    paths: ["captured", "failovers"],
    connections: Number(values.connections),
    attempts: Number(values.attempts ?? (quick ? 4000 : 1_000_000)),
    sizes: numbers(values.sizes ?? (quick ? "300,1000,3000" : "1000,10000,100000,1000000")),
    accounts: numbers(values.accounts ?? "10,200,2000")
  }
  const { rounds, connections, attempts, parallel, sizes, accounts } = options
  const figures = [rounds, connections, attempts, ...parallel, ...sizes, ...accounts]
  const wrong = figures.some((one) => !Number.isSafeInteger(one) || one < 1) || !(options.turnSeconds > 0)
  if (wrong || only.length !== wanted.length) {
    console.error(help)
    process.exit(2)
  }
  return { ...options, write: values.write || !quick }
}

export const machine = (): string =>
  `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, Node ${process.versions.node}`

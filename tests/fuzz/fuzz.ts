// Sends generated documents, valid and broken, to the whole service in this process, and judges every answer: nothing
// breaks, nothing leaks, no money moves that nobody asked for who may, and the memory does not grow.
//
//   npm run fuzz -- --documents 1000000
//   npm run fuzz -- --seed 7 --only 4711      one of them again, with what was answered
import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { asking, wholeService } from "../../scripts/support/wholeService.ts"
import { schema } from "../../src/graphql/schema.ts"
import { keyWith } from "../access/support.ts"
import { count, progress, readOptions, wholeNumber, writeReport } from "../support/commandLine.ts"
import { booksQuery, type Entry, moneyMoved } from "./books.ts"
import { fuzz, type Run } from "./run.ts"

const options = readOptions(["documents", "seed", "only"])
const seed = wholeNumber("seed", options.seed, 1)
const documents = options.only === undefined ? wholeNumber("documents", options.documents, 100_000) : 1
const from = wholeNumber("only", options.only, 0)

/** More than this is a leak: caches are full long before the first half is over. */
const mostGrowth = 64 * 1024 * 1024

setFlagsFromString("--expose-gc")
const collect: unknown = runInNewContext("gc")

const heap = (): number => {
  if (typeof collect === "function") collect()
  return process.memoryUsage().heapUsed
}

const declare = async (origin: string, key: string): Promise<string> => {
  const response = await fetch(`${origin}/v1/payment-sessions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({
      customer: "loop_user_1",
      brand: "loop-bio",
      entity: "loop_bio_labs",
      mode: "hosted",
      intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 2 }] }
    })
  })
  const made: unknown = await response.json()
  if (typeof made === "object" && made !== null && "id" in made) return String(made.id)
  throw new Error(`no session could be declared: ${JSON.stringify(made)}`)
}

const program = Effect.gen(function* () {
  const broke: Array<string> = []
  const { origin, url } = yield* wholeService({
    given: (database) =>
      asking(
        database,
        "payments_owner",
        ...keyWith("sk_fuzz_reader", { operations: ["sessions:read", "registry:read"] }),
        ...keyWith("sk_fuzz_all", {})
      ),
    onLog: (line) => {
      if (/broke|TypeError|RangeError|Defect/.test(line)) broke.push(line.slice(0, 500))
    }
  })
  const sessions = yield* Effect.promise(async () =>
    Promise.all(Array.from({ length: 20 }, async () => declare(origin, "sk_fuzz_all")))
  )
  const began = performance.now()
  const rate = (done: number) => count(Math.round((done * 1000) / (performance.now() - began)))
  const run: Omit<Run, "from" | "documents"> = {
    origin,
    schema,
    seed,
    sessions,
    keys: { reader: "sk_fuzz_reader", all: "sk_fuzz_all" }
  }
  const half = Math.floor(documents / 2)
  const told = (before: number) => (done: number, faults: number) =>
    progress(
      before + done,
      documents,
      `${count(before + done)} documents, ${rate(before + done)} a second, ${faults} faults`
    )
  const first = yield* Effect.promise(async () => fuzz({ ...run, from, documents: half, told: told(0) }))
  const before = heap()
  const second = yield* Effect.promise(async () =>
    fuzz({ ...run, from: from + half, documents: documents - half, told: told(half) })
  )
  const growth = heap() - before
  const books = yield* asking<Entry>(url, "payments_stub", booksQuery)
  const asks = {
    charge: new Set([...first.asked.charge, ...second.asked.charge]),
    refund: new Set([...first.asked.refund, ...second.asked.refund])
  }
  const problems = [
    ...moneyMoved(books, asks),
    ...broke.map((line) => `the log says: ${line}`),
    ...(growth > mostGrowth ? [`the memory grew by ${count(growth)} bytes in the second half`] : []),
    ...[...first.faults, ...second.faults].map(
      ({ nr, fault, sent }) => `${fault}\n  --seed ${seed} --only ${nr}: ${JSON.stringify(sent)}`
    )
  ]
  console.log(`\n${problems.join("\n")}`)
  console.log(
    `${count(documents)} documents (seed ${seed}) in ${((performance.now() - began) / 1000).toFixed(0)} s: ${count(first.answered + second.answered)} answered, ${count(first.refused + second.refused)} refused, ${first.closedLines + second.closedLines} found a kept line closed and were sent over a new one, ${problems.length} problems; ${asks.charge.size} of ${sessions.length} sessions were asked to be charged, the gateways were asked ${books.length} times; memory ${growth < 0 ? "" : "+"}${(growth / 1_048_576).toFixed(1)} MB in the second half.`
  )
  if (options.only !== undefined) console.log(JSON.stringify([...first.faults, ...second.faults], null, 2))
  writeReport(options.report, {
    figures: [
      { figure: "generated documents", value: count(documents), aim: "1,000,000 with one command" },
      { figure: "crashes, leaks, money moved", value: String(problems.length), aim: "0" }
    ]
  })
  return problems.length
}).pipe(Effect.scoped)

process.exitCode = (await Effect.runPromise(program)) === 0 ? 0 : 1

// Asks the dearest documents that the limits allow, and the cheapest, on months of payments, and shows their times:
// `node scripts/worstQuery.ts --attempts 100000`, with `write` into docs/security.md.
import { Clock, Effect, Layer, type Redacted } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Database from "../src/db/Database.ts"
import * as EntityRegistryPg from "../src/db/EntityRegistryPg.ts"
import { accounts, developmentKey } from "../src/db/seedData.ts"
import { limits } from "../src/graphql/limits/limits.ts"
import { schema } from "../src/graphql/schema.ts"
import { EntityRegistry } from "../src/kernel/EntityRegistry.ts"
import { ProviderName } from "../src/kernel/ids.ts"
import { ProviderNames } from "../src/kernel/PaymentProvider.ts"
import { markdownTable } from "./markdownTable.ts"
import { seedAttempts } from "./seed/seedAttempts.ts"
import { wholeService } from "./support/wholeService.ts"
import { type Dear, dearDocuments, heavyDocuments } from "./worst/documents.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { attempts: { type: "string", default: "100000" } }
})
const attempts = Number(values.attempts)

/** Cheaper ones are not near to the limit. */
const dearEnough = limits.cost / 2

const past = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const providers = Layer.succeed(
    ProviderNames,
    new Set(accounts.map(({ provider }) => ProviderName.make(provider)))
  )
  const registry = yield* Effect.flatMap(EntityRegistry, ({ snapshot }) => snapshot).pipe(
    Effect.provide(
      EntityRegistryPg.layer.pipe(
        Layer.provide([providers, Database.layer({ url, role: "payments_app", maxConnections: 2 })])
      ),
      { local: true }
    )
  )
  const now = yield* Clock.currentTimeMillis
  yield* seedAttempts({ attempts, months: 6, registry, now, run: 1 }).pipe(
    Effect.provide(Database.layer({ url, role: "payments_owner", maxConnections: 1 }), { local: true })
  )
})

const timed = async (origin: string, query: string) => {
  const times: Array<number> = []
  let bytes = 0
  // The first one reads what the others find in memory.
  for (let nr = 0; nr < 4; nr++) {
    const began = performance.now()
    const response = await fetch(`${origin}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${developmentKey.key}`, "content-type": "application/json" },
      body: JSON.stringify({ query })
    })
    const text = await response.text()
    if (/"(errors|refused)"/.test(text)) throw new Error(`${query}: ${text.slice(0, 500)}`)
    bytes = text.length
    if (nr > 0) times.push(performance.now() - began)
  }
  return { milliseconds: times.toSorted((a, b) => a - b)[1] ?? 0, bytes }
}

const program = Effect.gen(function* () {
  const { origin } = yield* wholeService({ given: past })
  const now = yield* Clock.currentTimeMillis
  const cheapest: Dear = { shape: "the cheapest: `__typename`", query: "{ __typename }", cost: 0 }
  const page: Dear = {
    shape: "a page of 50 sessions",
    query: "{ sessions(first: 50) { nodes { id state } } }",
    cost: 52
  }
  const dear = [...dearDocuments(schema), ...heavyDocuments(schema, now)].filter(
    ({ cost }) => cost >= dearEnough
  )
  // What was compiled and connected while the server was new is not what a query costs.
  for (let nr = 0; nr < 20; nr++) yield* Effect.promise(async () => timed(origin, page.query))
  const rows = []
  for (const one of [cheapest, page, ...dear]) {
    const { milliseconds, bytes } = yield* Effect.promise(async () => timed(origin, one.query))
    console.error(`${milliseconds.toFixed(1)} ms  ${one.shape}`)
    rows.push({ ...one, milliseconds, bytes })
  }
  const [first, second, ...others] = rows
  const dearest = others.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 8)
  return [first, second, ...dearest].flatMap((row) =>
    row === undefined
      ? []
      : [
          [
            row.shape,
            row.cost.toLocaleString("en-US"),
            `${row.milliseconds.toFixed(1)} ms`,
            `${Math.ceil(row.bytes / 1024).toLocaleString("en-US")} kB`
          ]
        ]
  )
}).pipe(Effect.scoped)

const table = markdownTable([["document", "cost", "time", "answer"], ...(await Effect.runPromise(program))])
console.log(table)
if (positionals[0] === "write") {
  const file = join(import.meta.dirname, "../docs/security.md")
  const text = readFileSync(file, "utf8")
  const said = `On ${attempts.toLocaleString("en-US")} attempts, one asking at a time, the median of three:\n\n${table}`
  writeFileSync(
    file,
    text.replace(
      /(<!-- generated: worst -->\n)[^]*?(<!-- end -->)/,
      (_, begin: string, end: string) => `${begin}\n${said}\n\n${end}`
    )
  )
}

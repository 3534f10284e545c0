// Prints the GraphQL schema, sorted, into schema.graphql: `npm run schema`. With `--check` it writes nothing and
// fails when the file in the repository is not what the code says.
import { readFile, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { lexicographicSortSchema, printSchema } from "graphql"
import { schema } from "../src/graphql/schema.ts"

const root = join(import.meta.dirname, "..")
const path = join(root, "schema.graphql")
const name = relative(root, path)
const printed = `${printSchema(lexicographicSortSchema(schema))}\n`

if (process.argv.includes("--check")) {
  const there = await readFile(path, "utf8").catch(() => "")
  if (there !== printed) {
    const line = firstDifference(there.split("\n"), printed.split("\n"))
    console.error(
      `${name} is stale: line ${line + 1} is ${show(there, line)} and the code says ${show(printed, line)}.\n` +
        `Run \`npm run schema\` and review the diff: it is what clients see.`
    )
    process.exitCode = 1
  }
} else {
  await writeFile(path, printed)
  console.log(`wrote ${name}`)
}

function firstDifference(before: ReadonlyArray<string>, now: ReadonlyArray<string>): number {
  const at = now.findIndex((line, index) => line !== before[index])
  return at === -1 ? now.length : at
}

function show(text: string, line: number): string {
  return JSON.stringify(text.split("\n")[line] ?? "(missing)")
}

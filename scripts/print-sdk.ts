// Prints what the SDK has from the doors into packages/sdk/src/generated: `npm run sdk:generate`. With `--check` it
// writes nothing and fails when a file there is not what the code says.
import { OpenApi } from "effect/http-api"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { Api } from "../src/http/api/Api.ts"
import { schema } from "../src/graphql/schema.ts"
import { operationTypes } from "./sdk/operationTypes.ts"
import { type OpenApiDocument, restTypes } from "./sdk/restTypes.ts"

const root = join(import.meta.dirname, "..")
const sdk = join(root, "packages", "sdk")

const document: OpenApiDocument = JSON.parse(JSON.stringify(OpenApi.fromApi(Api)))
const operations = await readFile(join(sdk, "operations", "operations.graphql"), "utf8")
const generated = join(sdk, "src", "generated")
const files: ReadonlyArray<readonly [path: string, text: string]> = [
  [join(generated, "rest.ts"), restTypes(document)],
  [join(generated, "operations.ts"), operationTypes(schema, operations)]
]

for (const [path, text] of files) {
  const name = relative(root, path)
  if (process.argv.includes("--check")) {
    const there = await readFile(path, "utf8").catch(() => "")
    if (there === text) continue
    console.error(`${name} is not what the doors say. Run \`npm run sdk:generate\` and review the diff.`)
    process.exitCode = 1
  } else {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    console.log(`wrote ${name}`)
  }
}

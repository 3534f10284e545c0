// What the documents say of settings, queries and refusals, held against the code.
import { buildSchema, parse, validate } from "graphql"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ConfirmAnswer } from "../src/http/api/answers.ts"
import { codeOf } from "../src/http/errorBody.ts"
import { statusOf } from "../src/http/refusals.ts"

const root = join(import.meta.dirname, "..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")

describe("the table of settings in the README", () => {
  it("is the one that the settings themselves print", () => {
    const print = join(root, "scripts/print-settings.ts")
    expect(spawnSync(process.execPath, [print, "--check"], { encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: ""
    })
  })

  it("leaves out nothing that the code reads: a config is made of a setting, with its words", () => {
    const readers = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) =>
        /\bConfig\.(?!Config\b|all\b|map\b)\w+\(|process\.env\b/.test(
          file.endsWith(".ts") ? read(join("src", file)) : ""
        )
      )
      .toSorted()
    // The first reads the secrets that accounts name, the second looks at the names alone.
    expect(readers).toEqual(["layers/environmentSecrets.ts", "main.ts", "settings/setting.ts"])
  })
})

describe("the documents", () => {
  it("show queries that the schema knows", () => {
    const schema = buildSchema(read("schema.graphql"))
    const queries = [
      "README.md",
      "docs/guides/operating.md",
      "docs/guides/events.md",
      "docs/guides/two-persons.md"
    ].flatMap((file) => [...read(file).matchAll(/```graphql\n([^]*?)```/g)].map(([, query = ""]) => query))
    expect(queries).toHaveLength(16)
    for (const query of queries) expect(validate(schema, parse(query))).toEqual([])
  })

  it("say what each outcome of a confirmation means", () => {
    const listed = [...read("docs/guides/for-apps.md").matchAll(/^\| `(\w+)` +\|/gm)].map(
      ([, outcome]) => outcome
    )
    expect(listed.toSorted()).toEqual([...ConfirmAnswer.fields.outcome.literals].toSorted())
  })

  it("list each refusal under its status", () => {
    const rows = [...read("docs/guides/for-apps.md").matchAll(/^\| (\d{3}) +\|(.*)\|$/gm)]
    const listed = rows.flatMap(([, status, codes = ""]) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => `${status} ${code}`)
    )
    const known = Object.entries(statusOf).map(([tag, status]) => `${status} ${codeOf(tag)}`)
    expect(listed.toSorted()).toEqual(known.toSorted())
  })
})

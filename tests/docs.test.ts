// What the documents say of settings, queries and refusals, held against the code.
import { ConfigProvider, Effect } from "effect"
import { buildSchema, parse, validate } from "graphql"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { settings } from "../src/config.ts"
import { ConfirmAnswer } from "../src/http/api/answers.ts"
import { codeOf } from "../src/http/errorBody.ts"
import { statusOf } from "../src/http/refusals.ts"
import { stubTimings } from "../src/layers/providers/stub/config.ts"

const root = join(import.meta.dirname, "..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")
const readme = read("README.md")

/** The rows of the table of settings: the variable, and its default where it is one value. */
const documented = [...readme.matchAll(/^\| `([A-Z][A-Z0-9_]*)` +\| ([^|]*)\|/gm)].map(
  ([, name = "", standard = ""]) => ({ name, standard: /^`([^`]*)`$/.exec(standard.trim())?.[1] })
)

/** Every variable that a file under src/ reads, through Effect's Config. */
const readInCode = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => [...read(join("src", file)).matchAll(/\bConfig\.\w+\([^()]*?"([A-Z][A-Z0-9_]*)"\s*\)/g)])
  .map(([, name = ""]) => name)

const withEnvironment = (env: Record<string, string>) =>
  Effect.runSync(
    Effect.all([settings, stubTimings]).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
    )
  )

describe("the README", () => {
  it("lists every setting that the code reads, and no other", () => {
    expect(readInCode.length).toBeGreaterThan(9)
    expect(documented.map(({ name }) => name).toSorted()).toEqual([...new Set(readInCode)].toSorted())
  })

  it("names the defaults that the code has", () => {
    const defaults = documented.flatMap(({ name, standard }) =>
      standard === undefined ? [] : [[name, standard]]
    )
    expect(defaults.length).toBeGreaterThan(9)
    expect(withEnvironment(Object.fromEntries(defaults))).toEqual(withEnvironment({}))
    for (const [name = ""] of defaults) {
      // A variable that is not read would agree with every default.
      expect(withEnvironment({ [name]: another(name) }), name).not.toEqual(withEnvironment({}))
    }
  })
})

describe("the documents", () => {
  it("show queries that the schema knows", () => {
    const schema = buildSchema(read("schema.graphql"))
    const queries = ["README.md", "docs/guides/operating.md"].flatMap((file) =>
      [...read(file).matchAll(/```graphql\n([^]*?)```/g)].map(([, query = ""]) => query)
    )
    expect(queries).toHaveLength(10)
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

/** A value of the variable's kind that is nobody's default. */
const another = (name: string): string =>
  ({
    HOST: "0.0.0.0",
    PORT: "4999",
    DATA_DIRECTORY: "elsewhere",
    DATABASE_CONNECTIONS: "3",
    DATABASE_READ_CONNECTIONS: "3",
    SANDBOX: "true",
    LOG_LEVEL: "debug",
    LOG_FORMAT: "json"
  })[name] ?? "7 minutes"

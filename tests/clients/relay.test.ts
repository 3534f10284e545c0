import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"

// Relay's own compiler on the schema that clients are given, with the documents of a dashboard.

const root = join(import.meta.dirname, "../..")
const folder = mkdtempSync(join(tmpdir(), "relay-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const documents: Readonly<Record<string, string>> = {
  // A list that loads more, by itself.
  SessionsList_query: `fragment SessionsList_query on Query
    @refetchable(queryName: "SessionsListPaginationQuery")
    @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    sessions(first: $count, after: $cursor) @connection(key: "SessionsList_sessions") {
      edges { node { id state money { amount currency } entity { name } } }
    }
  }`,
  SessionsQuery: `query SessionsQuery { ...SessionsList_query }`,
  // A page within a thing, which is fetched again by its global id.
  SessionAttempts_session: `fragment SessionAttempts_session on PaymentSession
    @refetchable(queryName: "SessionAttemptsPaginationQuery")
    @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" }) {
    attempts(first: $count, after: $cursor) @connection(key: "SessionAttempts_attempts") {
      edges { node { id state decision { policyVersion } merchantAccount { id name } } }
    }
  }`,
  SessionHead_session: `fragment SessionHead_session on PaymentSession @refetchable(queryName: "SessionHeadRefetchQuery") {
    id state updatedAt
  }`,
  SessionQuery: `query SessionQuery($id: ID!) {
    node(id: $id) { __typename ... on PaymentSession { ...SessionHead_session @alias ...SessionAttempts_session @alias } }
  }`,
  CancelMutation: `mutation CancelMutation($session: ID!) {
    cancelPaymentSession(session: $session) {
      __typename
      ... on CancelPaymentSessionPayload { session { ...SessionHead_session } }
      ... on Refusal { code message }
    }
  }`,
  FollowSubscription: `subscription FollowSubscription($session: ID!) {
    sessionChanged(session: $session) { ...SessionHead_session }
  }`
}

const compiled = (more: Readonly<Record<string, string>> = {}) => {
  const src = join(folder, "src")
  rmSync(src, { recursive: true, force: true })
  mkdirSync(src)
  cpSync(join(root, "schema.graphql"), join(folder, "schema.graphql"))
  writeFileSync(
    join(folder, "relay.config.json"),
    JSON.stringify({ src: "./src", schema: "./schema.graphql", language: "typescript", eagerEsModules: true })
  )
  for (const [name, document] of Object.entries({ ...documents, ...more })) {
    // Relay wants the names of operations to begin with their module's, and takes several of one.
    const module = name.replace(/_.*$|(Query|Mutation|Subscription)$/, "")
    writeFileSync(
      join(src, `${module}.${name}.ts`),
      `import { graphql } from "relay-runtime"\ngraphql\`${document}\`\n`
    )
  }
  const run = spawnSync(
    process.execPath,
    [join(root, "node_modules/relay-compiler/cli.js"), "relay.config.json"],
    {
      cwd: folder,
      encoding: "utf8"
    }
  )
  const made = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.includes("__generated__/")
  )
  return { ok: run.status === 0, said: run.stdout + run.stderr, made }
}

describe("Relay's compiler", () => {
  it("takes the schema, with lists that load more, things that are fetched again and subscriptions", () => {
    const { ok, said, made } = compiled()
    expect(ok, said).toBe(true)
    for (const name of [
      ...Object.keys(documents),
      "SessionsListPaginationQuery",
      "SessionHeadRefetchQuery"
    ]) {
      expect(
        made.some((file) => file.endsWith(`/${name}.graphql.ts`)),
        name
      ).toBe(true)
    }
  })

  it("would say what it does not take", () => {
    const { ok, said } = compiled({
      WrongQuery: "query WrongQuery { sessions(first: 1) { edges { node { nothing } } } }"
    })
    expect(ok).toBe(false)
    expect(said).toContain("nothing")
  })
})

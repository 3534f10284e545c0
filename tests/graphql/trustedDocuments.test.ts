import { assert, it } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Session } from "../../packages/sdk/src/graphql.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { documentsIn, hashOf } from "../../src/graphql/trusted/TrustedDocuments.ts"
import { trustedBy } from "../../src/settings/trustedBy.ts"
import { asOwner, keyWith } from "../access/support.ts"
import { at, Doors, house, openDoors } from "./support.ts"

const known = "query Known($first: Int) { entities(first: $first) { nodes { entityId } } }"
const other = "{ __typename }"
const trusted = { byHash: new Map([[hashOf(known), known]]), only: new Set(["kiosk"]) }

const bound = "sk_trusted_alone"

const send = (body: object, key: string = developmentKey.key) =>
  Effect.flatMap(Doors, ({ fetch }) =>
    fetch("/graphql", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
  )

const codeOf = (answer: unknown) => at(answer, "json", "errors", 0, "extensions", "code")

it.layer(openDoors({ trusted }).pipe(Layer.provideMerge(house)), { excludeTestServices: true })(
  "a trusted document",
  (it) => {
    it.effect("is named by its hash alone, in each of the ways that clients have, with its variables", () =>
      Effect.gen(function* () {
        const hash = hashOf(known)
        const variables = { first: 1 }
        const whole = yield* send({ query: known, variables })
        assert.strictEqual(at(whole.json, "data", "entities", "nodes", "length"), 1)
        for (const named of [
          { documentId: hash },
          { documentId: `sha256:${hash}` },
          { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } },
          { documentId: hash, query: known }
        ]) {
          assert.deepStrictEqual(
            (yield* send({ ...named, variables })).json,
            whole.json,
            JSON.stringify(named)
          )
        }
        const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: hash } })
        const { fetch } = yield* Doors
        for (const search of [`documentId=${hash}`, `extensions=${encodeURIComponent(extensions)}`]) {
          const byAddress = yield* fetch(
            `/graphql?${search}&variables=${encodeURIComponent('{"first":1}')}`,
            {
              headers: { authorization: `Bearer ${developmentKey.key}` }
            }
          )
          assert.deepStrictEqual(byAddress.json, whole.json, search)
        }
      })
    )

    it.effect("is never another one: a hash that nobody knows, or of another text, runs nothing", () =>
      Effect.gen(function* () {
        assert.strictEqual(codeOf(yield* send({ documentId: hashOf(other) })), "PERSISTED_QUERY_NOT_FOUND")
        assert.strictEqual(codeOf(yield* send({ documentId: "toString" })), "PERSISTED_QUERY_NOT_FOUND")
        const wrong = { documentId: hashOf(known), query: other }
        assert.strictEqual(codeOf(yield* send(wrong)), "PERSISTED_QUERY_MISMATCH")
        // What somebody sends with its hash is not trusted from then on.
        assert.isDefined(at((yield* send({ documentId: hashOf(other), query: other })).json, "data"))
        assert.strictEqual(codeOf(yield* send({ documentId: hashOf(other) })), "PERSISTED_QUERY_NOT_FOUND")
      })
    )

    it.effect("is all that some keys may send, however they send it", () =>
      Effect.gen(function* () {
        yield* asOwner(...keyWith(bound, { principal: "kiosk" }))
        for (const body of [{ documentId: hashOf(known) }, { query: known }]) {
          assert.isDefined(at((yield* send(body, bound)).json, "data", "entities"))
        }
        for (const body of [
          { query: other },
          { query: `${known} ` },
          { documentId: hashOf(other), query: other },
          {}
        ]) {
          const refused = yield* send(body, bound)
          assert.strictEqual(refused.status, 403, JSON.stringify(body))
          assert.strictEqual(codeOf(refused), "UNTRUSTED_DOCUMENT")
        }
        const { fetch } = yield* Doors
        const byAddress = yield* fetch(`/graphql?query=${encodeURIComponent(other)}`, {
          headers: { authorization: `Bearer ${bound}` }
        })
        assert.strictEqual(byAddress.status, 403)
        // REST has no documents: there the key asks what it was given for.
        const rest = yield* fetch("/v1/payment-sessions/ps_nowhere", {
          headers: { authorization: `Bearer ${bound}` }
        })
        assert.strictEqual(at(rest.json, "error", "code"), "unknown_session")
        assert.isDefined(at((yield* send({ query: other })).json, "data"))
      })
    )
  }
)

it("the manifest of the script has what the SDK sends, and every file that it is given", () => {
  const folder = mkdtempSync(join(tmpdir(), "documents-"))
  try {
    const file = join(folder, "mine.graphql")
    writeFileSync(file, known)
    const script = join(import.meta.dirname, "../../scripts/trustedDocuments.ts")
    const { stdout } = spawnSync(process.execPath, [script, file], { encoding: "utf8" })
    const documents = Result.getOrThrow(documentsIn(stdout))
    assert.strictEqual(documents.get(hashOf(known)), known)
    assert.strictEqual(documents.get(hashOf(Session.text)), Session.text)
    const manifest = join(folder, "trusted.json")
    writeFileSync(manifest, stdout)
    const read = trustedBy({ trustedDocuments: manifest, trustedDocumentsOnly: "shop, kiosk" })
    assert.deepStrictEqual(Result.getOrThrow(read).only, new Set(["shop", "kiosk"]))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it("a manifest that is not what it says is refused before anything is served by it", () => {
  const problem = (manifest: string) => {
    const read = documentsIn(manifest)
    return Result.isFailure(read) ? read.failure : "taken"
  }
  assert.strictEqual(problem("{}"), "taken")
  for (const wrong of ["", "[]", "null", '"x"']) assert.include(problem(wrong), "no object of JSON")
  for (const wrong of [{ [hashOf(known)]: other }, { [hashOf(known)]: 1 }]) {
    assert.include(problem(JSON.stringify(wrong)), "is not the SHA-256 of its document")
  }
  const given = (trustedDocuments: string | undefined) =>
    Result.isFailure(trustedBy({ trustedDocuments, trustedDocumentsOnly: "*" }))
  assert.isTrue(given(undefined))
  assert.isTrue(given("/nowhere/at/all.json"))
})

import { request } from "node:http"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { at, type Answer, Doors, doors } from "./support.ts"

const authorization = `Bearer ${developmentKey.key}`
const body = JSON.stringify({ query: "{ __typename }" })

const post = Effect.fnUntraced(function* (headers: Readonly<Record<string, string>>, sent: string = body) {
  return yield* (yield* Doors).fetch("/graphql", {
    method: "POST",
    headers: { authorization, ...headers },
    body: sent
  })
})

const refusedAs = (answer: Answer, status: number, code: string) => {
  assert.strictEqual(answer.status, status, answer.text)
  assert.deepStrictEqual(Object.keys(Object(answer.json)), ["errors"])
  assert.strictEqual(at(answer.json, "errors", 0, "extensions", "code"), code)
  assert.isString(at(answer.json, "errors", 0, "extensions", "requestId"))
}

/** Sends a method that `fetch` does not know how to send; answers the status. */
const traced = (origin: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${origin}/graphql`, { method: "TRACE", headers: { authorization } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on("error", reject)
      .end()
  })

it.layer(doors, { excludeTestServices: true })("a request to the GraphQL door", (it) => {
  it.effect("is JSON in UTF-8 and nothing else", () =>
    Effect.gen(function* () {
      const taken = [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"'
      ]
      for (const type of taken) {
        const answer = yield* post({ "content-type": type })
        assert.deepStrictEqual([answer.status, answer.json], [200, { data: { __typename: "Query" } }], type)
      }
      const others = [
        "application/x-www-form-urlencoded",
        "application/graphql",
        "application/graphql+json",
        "text/plain",
        "text/plain; application/json",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "application/jsonp",
        "application/json, text/plain",
        "image/png"
      ]
      for (const type of others)
        refusedAs(yield* post({ "content-type": type }), 415, "UNSUPPORTED_MEDIA_TYPE")
      const packed = { "content-type": "application/json", "content-encoding": "gzip" }
      refusedAs(yield* post(packed), 415, "UNSUPPORTED_MEDIA_TYPE")
      const form = yield* post({ "content-type": "application/x-www-form-urlencoded" }, "query={__typename}")
      refusedAs(form, 415, "UNSUPPORTED_MEDIA_TYPE")
    })
  )

  it.effect("accepts JSON, and is no larger than it may be", () =>
    Effect.gen(function* () {
      const json = { "content-type": "application/json" }
      refusedAs(yield* post({ ...json, accept: "image/png" }), 406, "NOT_ACCEPTABLE")
      const spoken = yield* post({ ...json, accept: "application/graphql-response+json" })
      assert.strictEqual(spoken.status, 200)
      refusedAs(yield* post(json, `{"query":"${"x".repeat(70_000)}"}`), 413, "BODY_TOO_LARGE")
      const { fetch } = yield* Doors
      const elsewhere = yield* fetch("/v1/payment_sessions", {
        method: "POST",
        headers: { ...json, authorization },
        body: "x".repeat(70_000)
      })
      assert.strictEqual(at(elsewhere.json, "error", "code"), "body_too_large")
    })
  )

  it.effect("has a method that asks something", () =>
    Effect.gen(function* () {
      const { fetch, log, origin } = yield* Doors
      for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH"]) {
        const answer = yield* fetch("/graphql", { method, headers: { authorization } })
        refusedAs(answer, 405, "METHOD_NOT_ALLOWED")
        assert.strictEqual(answer.headers.get("allow"), "GET, POST")
      }
      assert.strictEqual(yield* Effect.promise(() => traced(origin)), 405)
      assert.notMatch(log.join("\n"), /broke|TypeError/)
    })
  )
})

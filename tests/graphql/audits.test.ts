import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { serverAudits } from "graphql-http"
import { developmentKey } from "../../src/db/seedData.ts"
import { Doors, doors } from "./support.ts"

// The audits of GraphQL over HTTP by its reference implementation, asked with a key as every request is.

/** Those of the package, none of them left out here. */
const audits = 61

it.layer(doors, { excludeTestServices: true })("GraphQL over HTTP", (it) => {
  it.effect(`passes all ${audits} audits of graphql-http: what must be, what should be and what may be`, () =>
    Effect.gen(function* () {
      const { origin } = yield* Doors
      const withKey: typeof fetch = (input, init) => {
        const headers = new Headers(init?.headers)
        headers.set("authorization", `Bearer ${developmentKey.key}`)
        return fetch(input, { ...init, headers })
      }
      const all = serverAudits({ url: `${origin}/graphql`, fetchFn: withKey })
      assert.strictEqual(all.length, audits)
      assert.strictEqual(new Set(all.map(({ id }) => id)).size, audits)
      const failed: Array<string> = []
      for (const audit of all) {
        const result = yield* Effect.promise(async () => audit.fn())
        if (result.status !== "ok") failed.push(`${result.id} ${result.name}: ${result.reason}`)
      }
      assert.deepStrictEqual(failed, [])
    })
  )
})

import { assert, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { examples } from "../../src/graphql/examples.ts"
import { at, Doors, doors } from "./support.ts"

/** What differs from run to run gets a name that does not. */
const steady = (text: string): string =>
  text
    .replaceAll(/(ps_|at_)[0-9A-HJKMNP-TV-Z]{26}/g, (_, prefix) => `${prefix}01J`)
    .replaceAll(/\/pay\/(ps_01J)\/[\w-]+/g, "/pay/$1/(a secret)")
    .replaceAll(/"endCursor": "[^"]+"/g, '"endCursor": "(a cursor)"')

/**
 * Each query of the README (it is in `src/graphql/examples.ts`) with its result and the SQL that it ran, to be
 * reviewed in the diff. Write them anew with `npx vitest run tests/graphql/golden.test.ts --update`.
 */
const golden = Effect.fnUntraced(function* (name: keyof typeof examples, variables: object = {}) {
  const { ask, statements } = yield* Doors
  const before = statements().length
  const answer = yield* ask(examples[name], { variables: { ...variables } })
  const sql = statements()
    .slice(before)
    .map((text) => `${text.replaceAll(/\s+/g, " ").trim()};\n`)
  const file = (kind: string) => `golden/${name}.${kind}`
  yield* Effect.promise(async () => {
    await expect(steady(`${JSON.stringify(answer.json, null, 2)}\n`)).toMatchFileSnapshot(file("json"))
    await expect(sql.join("") || "-- none\n").toMatchFileSnapshot(file("sql"))
  })
  return answer.json
})

it.layer(doors, { excludeTestServices: true })("the queries of the README", (it) => {
  it.effect("answer what their golden files say", () =>
    Effect.gen(function* () {
      yield* golden("preview")
      const declared = yield* golden("declare")
      const session = at(declared, "data", "createPaymentSession", "session", "sessionId")
      const confirmed = yield* golden("confirm", { session })
      assert.strictEqual(at(confirmed, "data", "confirmPaymentSession", "outcome"), "settled")
      yield* golden("history")
    })
  )
})

// A key that is wider than the asking one opens nothing until somebody who has all of it signs.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { allBut, keyWith } from "../access/support.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, Doors } from "../graphql/support.ts"
import { house } from "../reviews/support.ts"
import { giveKey } from "../support/apiKeys.ts"
import { approve, as, audited, codeOf, reject, second, set } from "./support.ts"

const ask = (by: string, args: string) =>
  as(
    by,
    `mutation { requestApiKey(${args}, reason: "the shop refunds now") {
      ... on RequestApiKeyPayload { key changeRequest { changeId wanted } } ... on Refusal { code field } } }`
  )

const works = (key: string, query = "{ __typename }") =>
  Effect.map(as(key, query), (answer) => codeOf(answer) === undefined)

it.layer(house, { excludeTestServices: true, timeout: 60_000 })("a wider key", (it) => {
  it.effect(
    "opens nothing before it is signed by another person who has all of it, and is kept in no clear",
    () =>
      Effect.gen(function* () {
        yield* set(
          ...keyWith("sk_narrow", { operations: allBut("refunds:write"), principal: "narrow" }),
          ...keyWith("sk_narrower", { operations: allBut("refunds:write"), principal: "narrower" }),
          giveKey("sk_narrow_home", "narrow, at home", { operator: true, person: "narrow" })
        )
        const asked = yield* ask("sk_narrow", `principal: "shop", operations: [refunds_write, sessions_read]`)
        const key = String(at(asked, "key"))
        const id = String(at(asked, "changeRequest", "changeId"))
        assert.match(key, /^sk_[0-9a-z]{16}_/)
        assert.isFalse(yield* works(key))
        assert.strictEqual(codeOf(yield* approve("sk_narrow", id)), "second_person_needed")
        assert.strictEqual(codeOf(yield* approve("sk_narrow_home", id)), "second_person_needed")
        // Two who have it not do not make it.
        assert.strictEqual(codeOf(yield* approve("sk_narrower", id)), "wider_than_own")
        assert.isFalse(yield* works(key))
        assert.strictEqual(at(yield* approve(second, id), "changeRequest", "state"), "approved")
        assert.isTrue(yield* works(key))
        assert.strictEqual(codeOf(yield* as(key, "{ entities { nodes { name } } }")), "forbidden")
        assert.deepStrictEqual(yield* audited("principal:shop"), [
          "change.requested narrow",
          "change.approved development_second",
          "key.given development_second"
        ])
        const owner = yield* Owner
        const secret = key.slice(20)
        const rows = yield* owner<{ readonly row: string }>`
        select to_jsonb(c)::text as row from change_requests c union all select to_jsonb(a)::text from audit a`
        for (const { row } of rows) assert.notInclude(row, secret)
        const [hash] = yield* owner<{
          readonly mac: string
        }>`select mac from api_keys where principal = 'shop'`
        const told = yield* (yield* Doors).ask("{ changeRequests { nodes { wanted before } } }")
        assert.notInclude(told.text, hash?.mac ?? "")
      })
  )

  it.effect("that is rejected never opens anything; none is in another operator's name", () =>
    Effect.gen(function* () {
      const asked = yield* ask("sk_narrow", `principal: "kiosk", operations: [refunds_write]`)
      yield* reject(second, String(at(asked, "changeRequest", "changeId")), "no shop of ours")
      assert.isFalse(yield* works(String(at(asked, "key"))))
      const other = yield* ask("sk_narrow", `principal: "development_second", operations: [refunds_write]`)
      assert.strictEqual(codeOf(other), "wider_than_own")
      // Who becomes an operator meanwhile is another one as well.
      const late = yield* ask("sk_narrow", `principal: "late", operations: [refunds_write]`)
      yield* set("insert into principals values ('late', null, true)")
      const id = String(at(late, "changeRequest", "changeId"))
      assert.strictEqual(codeOf(yield* approve(second, id)), "changed_since")
      assert.strictEqual(
        codeOf(yield* ask("sk_narrow", `principal: "a b", operations: [refunds_write]`)),
        "invalid_input"
      )
    })
  )
})

// More than one person may give back: it waits, is judged anew when it is signed, and goes out once.
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { allBut, keyWith, within } from "../access/support.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, type Doors } from "../graphql/support.ts"
import { house } from "../reviews/support.ts"
import { books, paidSession, refund, rest, standing } from "../refunds/support.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { approve, as, audited, codeOf, first, reject, second, set, waits, withdraw } from "./support.ts"

const limit = (key: string, amount: number, currency = "USD", entity = "loop_goods") =>
  as(
    key,
    `mutation ($entity: ID!, $currency: String!, $amount: MinorUnits!) {
      setRefundLimit(entity: $entity, currency: $currency, amount: $amount, reason: "as the owners said") {
        ... on SetRefundLimitPayload { entity { refundLimits { amount currency } } }
        ... on NeedsApproval { changeId changeRequest { wanted before } }
        ... on Refusal { code field message } } }`,
    { entity, currency, amount }
  )

/** What an app hears of a refund that takes two: through GraphQL. */
const heard = (session: string, amount?: number, key?: string, by = first) =>
  as(
    by,
    `mutation ($input: RefundPaymentInput!, $key: String) {
      refundPayment(input: $input, idempotencyKey: $key) {
        ... on RefundPaymentPayload { refund { refundId state money { amount } } }
        ... on NeedsApproval { changeId }
        ... on RefundNotApproved { state changeId } ... on RefundTooLarge { refundable }
        ... on Refusal { code field message } } }`,
    { input: { session, amount, reason: "it came back" }, key }
  )

/** Done by hand, around what guards requests. */
const owned = (statement: string) =>
  set(
    "alter table change_requests disable trigger user",
    statement,
    "alter table change_requests enable trigger user"
  )

const sends = (session: string) => Effect.map(books(session), (all) => [all.gateway, all.sends])

it.layer(house, { excludeTestServices: true, timeout: 60_000 })("a refund over the limit", (it) => {
  it.effect("has a limit that one person sets and lowers, and two raise", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(9000)
      assert.strictEqual(at(yield* heard(id, 8000), "refund", "state"), "refunded")
      const done = yield* limit(first, 5000)
      assert.deepStrictEqual(at(done, "entity", "refundLimits"), [{ amount: 5000, currency: "USD" }])
      yield* limit(second, 2000)
      const raising = yield* limit(first, 3000)
      assert.deepStrictEqual(at(raising, "changeRequest", "before"), { amount: 2000 })
      // Lower at once, although more is asked for; what was asked for is against what stood there before.
      yield* limit(first, 1000)
      assert.strictEqual(codeOf(yield* approve(second, waits(raising))), "changed_since")
      yield* reject(second, waits(raising), "another one stands there")
      const again = waits(yield* limit(first, 3000))
      assert.strictEqual(codeOf(yield* approve(first, again)), "second_person_needed")
      assert.strictEqual(at(yield* approve(second, again), "changeRequest", "state"), "approved")
      const entity = yield* as(first, `{ entity(id: "loop_goods") { refundLimits { amount currency } } }`)
      assert.deepStrictEqual(at(entity, "refundLimits"), [{ amount: 3000, currency: "USD" }])
      const lines = yield* audited("entity:loop_goods")
      assert.deepStrictEqual(
        lines.filter((line) => line.startsWith("entity.")),
        [
          "entity.refund_limit development",
          "entity.refund_limit development_second",
          "entity.refund_limit development",
          "entity.refund_limit development_second"
        ]
      )
      assert.strictEqual(codeOf(yield* limit(first, 1, "XXX")), "invalid_input")
      assert.strictEqual(codeOf(yield* limit(first, 1.5)), "invalid_input")
      assert.strictEqual(codeOf(yield* limit(first, 1, "USD", "loop_nobody")), "unknown_entity")
    })
  )

  it.effect("never goes out before it is signed, and once after; the same key is told so", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(9000)
      const body = { amount: 4000, reason: "it came back" }
      const key = { "idempotency-key": `wide_${id}` }
      const asked = yield* rest(id, body, key)
      assert.strictEqual(asked.status, 202, asked.text)
      const waiting = String(at(asked.json, "error", "details", "change", "id"))
      assert.strictEqual(waits(yield* heard(id, 4000, `wide_${id}`)), waiting)
      // Without the key the same is asked for of the same charge; something else is refused meanwhile.
      assert.strictEqual(waits(yield* heard(id, 4000)), waiting)
      assert.strictEqual(codeOf(yield* heard(id, 4001)), "change_open_already")
      assert.strictEqual(codeOf(yield* heard(id, 4001, `wide_${id}`)), "idempotency_key_reused")
      assert.deepStrictEqual(yield* sends(id), [0, 0])
      assert.strictEqual(codeOf(yield* approve(first, waiting)), "second_person_needed")
      // Some of them ask the processor while the money of the first is on its way: twice is once all the same.
      const approved = yield* Effect.all(
        Array.from({ length: 8 }, () => approve(second, waiting)),
        { concurrency: "unbounded" }
      )
      for (const one of approved) assert.strictEqual(at(one, "changeRequest", "state"), "approved")
      assert.deepStrictEqual(yield* sends(id), [4000, 1])
      const told = yield* rest(id, body, key)
      assert.deepStrictEqual([told.status, at(told.json, "state")], [201, "refunded"])
      const done = yield* as(first, `{ changeRequest(id: "${waiting}") { done } }`)
      assert.strictEqual(at(done, "done"), at(told.json, "id"))
      assert.deepStrictEqual(yield* sends(id), [4000, 1])
      const lines = yield* audited(id)
      assert.deepStrictEqual(
        lines.filter((line) => /^(change|refund)\./.test(line)),
        [
          `change.requested ${developmentKey.principal}`,
          "change.approved development_second",
          `refund.opened ${developmentKey.principal}`,
          "refund.refunded development_second"
        ]
      )
    })
  )

  it.effect("has its key for itself, also if another session gives back under it in the same instant", () =>
    Effect.gen(function* () {
      for (let round = 0; round < 8; round++) {
        const [narrow, wide] = yield* Effect.all([paidSession(9000), paidSession(9000)])
        const key = `both_${narrow.id}`
        const [direct, asked] = yield* Effect.all([heard(narrow.id, 1000, key), heard(wide.id, 4000, key)], {
          concurrency: "unbounded"
        })
        const isDirect = at(direct, "refund", "state") === "refunded"
        const lost = isDirect ? asked : direct
        assert.strictEqual(codeOf(lost), "idempotency_key_reused")
        if (!isDirect) {
          assert.strictEqual(at(yield* approve(second, waits(asked)), "changeRequest", "state"), "approved")
        }
        assert.deepStrictEqual(yield* sends(narrow.id), isDirect ? [1000, 1] : [0, 0])
        assert.deepStrictEqual(yield* sends(wide.id), isDirect ? [0, 0] : [4000, 1])
      }
    })
  )

  it.effect("is not split into parts that pass one by one; what was signed does not count", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(20_000)
      assert.strictEqual(at(yield* heard(id, 2000), "refund", "state"), "refunded")
      const wide = waits(yield* heard(id, 1001))
      yield* approve(second, wide)
      assert.strictEqual(at(yield* heard(id, 1000), "refund", "state"), "refunded")
      assert.strictEqual(codeOf(yield* heard(id, 1)), "needs_approval")
      assert.deepStrictEqual(yield* sends(id), [4001, 3])
      // Of a company that has limits, no other currency goes back on one word.
      yield* set(`insert into refund_limits values ('loop_bio_labs', 'EUR', 100)`)
    })
  )

  it.effect(
    "is judged anew when it is signed: what is gone meanwhile is not given back, and nothing is signed",
    () =>
      Effect.gen(function* () {
        const { id } = yield* paidSession(5000)
        const wide = waits(yield* heard(id, 4000))
        // It holds nothing back: a smaller one goes out meanwhile.
        assert.strictEqual(at(yield* heard(id, 2000), "refund", "state"), "refunded")
        const refused = yield* approve(second, wide)
        assert.strictEqual(codeOf(refused), "refund_too_large")
        assert.deepStrictEqual(yield* sends(id), [2000, 1])
        assert.strictEqual(
          at(yield* as(first, `{ changeRequest(id: "${wide}") { state } }`), "state"),
          "open"
        )
        const ended = yield* withdraw(first, wide, "the rest is gone")
        assert.strictEqual(at(ended, "changeRequest", "state"), "withdrawn")
        assert.deepStrictEqual((yield* standing(id)).left, 3000)
      })
  )

  it.effect("that nobody signed is told under its key, and asked for anew under another one", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(5000)
      const wide = waits(yield* heard(id, 4000, `no_${id}`))
      yield* reject(second, wide, "the customer has it already")
      const told = yield* heard(id, 4000, `no_${id}`)
      assert.deepInclude(Object(told), { code: "refund_not_approved", state: "rejected", changeId: wide })
      const overRest = yield* rest(
        id,
        { amount: 4000, reason: "it came back" },
        { "idempotency-key": `no_${id}` }
      )
      assert.deepStrictEqual(
        [overRest.status, at(overRest.json, "error", "code")],
        [409, "refund_not_approved"]
      )
      const anew = waits(yield* heard(id, 4000, `yes_${id}`))
      assert.notStrictEqual(anew, wide)
      assert.strictEqual(at(yield* approve(second, anew), "changeRequest", "state"), "approved")
      assert.deepStrictEqual(yield* sends(id), [4000, 1])
    })
  )

  it.effect("keeps every key that was told of it: once it is signed, none of them gives back again", () =>
    Effect.gen(function* () {
      yield* set(...keyWith("sk_till", { ...within({ entities: ["loop_goods"] }), principal: "till_2" }))
      const { id } = yield* paidSession(9000)
      const wide = waits(yield* heard(id, 4000, `one_${id}`))
      assert.strictEqual(waits(yield* heard(id, 4000, `two_${id}`)), wide)
      assert.strictEqual(waits(yield* heard(id, 4000, `one_${id}`, "sk_till")), wide)
      assert.strictEqual(codeOf(yield* heard(id, 4001, `two_${id}`)), "idempotency_key_reused")
      assert.strictEqual(at(yield* approve(second, wide), "changeRequest", "state"), "approved")
      const first_ = at(yield* heard(id, 4000, `one_${id}`), "refund", "refundId")
      for (const [key, by] of [
        [`two_${id}`, first],
        [`one_${id}`, "sk_till"]
      ] as const) {
        const told = yield* heard(id, 4000, key, by)
        assert.deepStrictEqual(
          [at(told, "refund", "refundId"), at(told, "refund", "state")],
          [first_, "refunded"]
        )
        const other = yield* paidSession(5000)
        assert.strictEqual(codeOf(yield* heard(other.id, 4000, key, by)), "idempotency_key_reused")
        assert.strictEqual(codeOf(yield* heard(other.id, 1, key, by)), "idempotency_key_reused")
      }
      assert.deepStrictEqual(yield* sends(id), [4000, 1])
    })
  )

  it.effect("tells every such key what became of it, and asks for nothing anew under it", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(9000)
      const ended: ReadonlyArray<
        readonly [state: string, end: (wide: string) => Effect.Effect<unknown, unknown, Owner | Doors>]
      > = [
        ["rejected", (wide) => reject(second, wide, "they have it")],
        ["withdrawn", (wide) => withdraw(first, wide, "a mistake")],
        ["expired", () => owned("update change_requests set expires_at = now() where state = 'open'")]
      ]
      for (const [state, end] of ended) {
        const wide = waits(yield* heard(id, 4000, `${state} one`))
        assert.strictEqual(waits(yield* heard(id, 4000, `${state} two`)), wide)
        yield* end(wide)
        for (const key of ["one", "two"]) {
          const told = yield* heard(id, 4000, `${state} ${key}`)
          assert.deepInclude(Object(told), { code: "refund_not_approved", state, changeId: wide })
        }
      }
      assert.deepStrictEqual(yield* sends(id), [0, 0])
    })
  )

  it.effect("of two sessions under one key at once is one of them: the other hears of its own key", () =>
    Effect.gen(function* () {
      const [a, b] = [yield* paidSession(5000), yield* paidSession(5000)]
      const owner = yield* Owner
      const key = `both_${a.id}`
      const asking = JSON.stringify({
        session: a.id,
        mid: a.mid,
        processorReference: a.charge,
        amount: 4000,
        kind: "refund",
        reason: "it came back",
        tag: a.mid,
        leaseMs: 1000,
        approvalMs: 60_000,
        by: developmentKey.principal,
        key,
        body: { session: a.id, amount: 4000, reason: "it came back" }
      })
      const other = yield* owner.withTransaction(
        Effect.gen(function* () {
          const [opened] = yield* owner<{
            readonly tag: string
          }>`select open_refund(${asking}::text::jsonb) ->> '_tag' as tag`
          assert.strictEqual(opened?.tag, "ApprovalAsked")
          const asked = yield* Effect.forkDetach(heard(b.id, 4000, key))
          yield* owner<{
            readonly waiting: number
          }>`select count(*)::int as waiting from pg_locks where not granted`.pipe(
            Effect.repeat({ until: ([row]) => (row?.waiting ?? 0) > 0 })
          )
          return asked
        })
      )
      assert.strictEqual(codeOf(yield* Fiber.join(other)), "idempotency_key_reused")
      waits(yield* heard(a.id, 4000, key))
      assert.deepStrictEqual(yield* owner`select * from change_requests where chain = ${b.id}`, [])
    })
  )

  it.effect(
    "is an app's to ask for and an operator's to sign; a key of other companies sees no session",
    () =>
      Effect.gen(function* () {
        yield* set(
          ...keyWith("sk_shop", { ...within({ entities: ["loop_goods"] }), principal: "shop" }),
          "update principals set operator = false where principal = 'shop'",
          ...keyWith("sk_bio", { ...within({ entities: ["loop_bio_labs"] }), principal: "bio" }),
          ...keyWith("sk_unsigning", { operations: allBut("changes:approve"), principal: "unsigning" })
        )
        const { id } = yield* paidSession(5000)
        assert.strictEqual(codeOf(yield* heard(id, 4000, undefined, "sk_bio")), "unknown_session")
        const wide = waits(yield* heard(id, 4000, `shop_${id}`, "sk_shop"))
        assert.strictEqual(codeOf(yield* approve("sk_unsigning", wide)), "forbidden")
        assert.strictEqual(at(yield* approve(second, wide), "changeRequest", "state"), "approved")
        const told = yield* heard(id, 4000, `shop_${id}`, "sk_shop")
        assert.strictEqual(at(told, "refund", "state"), "refunded")
        // Of a key that is gone meanwhile nothing is signed.
        const other = yield* paidSession(5000)
        const late = waits(yield* heard(other.id, 4000, undefined, "sk_shop"))
        yield* set("update api_keys set revoked_at = now() where principal = 'shop'")
        assert.strictEqual(codeOf(yield* approve(second, late)), "asked_by_no_operator")
        assert.deepStrictEqual(yield* sends(other.id), [0, 0])
      })
  )

  it.effect("is refused by the database whatever the code does", () =>
    Effect.gen(function* () {
      const { id } = yield* paidSession(5000)
      yield* refund(id, 100)
      const owner = yield* Owner
      const tried = yield* Effect.result(
        owner`insert into refunds select (r).* from (select jsonb_populate_record(f, jsonb_build_object('refund_id', refund_id || '0',
          'ordinal', 10, 'amount', 4000, 'idempotency_key', 'by hand', 'state', 'in_flight', 'refund_reference', null,
          'evidence', null, 'resolved_at', null)) as r from refunds f where session_id = ${id}) x`
      )
      assert.strictEqual(tried._tag, "Failure")
      assert.include(JSON.stringify(Object(tried)), "SqlError")
    })
  )

  it.effect("is not signed by whoever gave out a key of the name that asked, in another name either", () =>
    Effect.gen(function* () {
      yield* set(
        ...keyWith("sk_clerk", { principal: "clerk" }),
        ...keyWith("sk_clerk_home", { principal: "clerk_home" }),
        "update principals set person = 'clerk' where principal = 'clerk_home'"
      )
      const given = yield* as(
        "sk_clerk",
        `mutation { createApiKey(principal: "till", operations: [refunds_write]) {
          ... on CreateApiKeyPayload { key apiKey { id: keyId } } ... on Refusal { code } } }`
      )
      const { id } = yield* paidSession(5000)
      const wide = waits(yield* heard(id, 4000, undefined, String(at(given, "key"))))
      for (const key of ["sk_clerk", "sk_clerk_home"])
        assert.strictEqual(codeOf(yield* approve(key, wide)), "second_person_needed")
      // To take it away, or to exchange it, makes nobody forget it.
      const rotated = yield* as(
        second,
        `mutation { rotateApiKey(key: "${String(at(given, "apiKey", "id"))}", overlapSeconds: 0) {
          ... on RotateApiKeyPayload { key } ... on Refusal { code } } }`
      )
      assert.strictEqual(codeOf(yield* approve("sk_clerk", wide)), "second_person_needed")
      assert.deepStrictEqual(yield* sends(id), [0, 0])
      assert.strictEqual(at(yield* approve(second, wide), "changeRequest", "state"), "approved")
      // What is asked for with the new one is between others.
      const other = yield* paidSession(5000)
      const later = waits(yield* heard(other.id, 4000, undefined, String(at(rotated, "key"))))
      assert.strictEqual(codeOf(yield* approve(second, later)), "second_person_needed")
      assert.strictEqual(at(yield* approve("sk_clerk", later), "changeRequest", "state"), "approved")
    })
  )

  it.effect("has no limit in a further currency that one person sets: so far nothing goes back in it", () =>
    Effect.gen(function* () {
      const further = yield* limit(first, 999_999, "EUR")
      assert.deepStrictEqual(at(further, "changeRequest", "before"), { amount: 0 })
      assert.strictEqual(at(yield* approve(second, waits(further)), "changeRequest", "state"), "approved")
      assert.isUndefined(codeOf(yield* limit(second, 5, "EUR")))
    })
  )
})

// Caps, underwriting and routing: what tightens is one person's at once, what loosens is signed by a second one.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Owner } from "../db/support/pgStorage.ts"
import { at, confirm, Doors, newSession } from "../graphql/support.ts"
import { paidSession } from "../refunds/support.ts"
import { house } from "../reviews/support.ts"
import { approve, as, audited, codeOf, first, second, waits } from "./support.ts"

const refusal = "... on Refusal { code field message } ... on NeedsApproval { changeId }"

const cap = (key: string, amount: number | null, currency = "USD", mid = "mid_goods_2") =>
  as(
    key,
    `mutation ($mid: ID!, $cap: MonthlyCapChange) { setMonthlyCap(mid: $mid, cap: $cap, reason: "as they wrote") {
      ... on SetMonthlyCapPayload { merchantAccount { monthlyCap { approved { amount currency } } } } ${refusal} } }`,
    { mid, cap: amount === null ? null : { amount, currency } }
  )

const capOf = (answer: unknown) => at(answer, "merchantAccount", "monthlyCap", "approved", "amount")

const underwrite = (key: string, entity: string, mid: string | null, category: string, allowed: boolean) =>
  as(
    key,
    `mutation ($entity: ID!, $mid: ID, $category: ProductCategory!, $allowed: Boolean!) {
      setUnderwriting(entity: $entity, mid: $mid, category: $category, allowed: $allowed, reason: "as they wrote") {
      ... on SetUnderwritingPayload { entity { underwrittenFor merchantAccounts { nodes { midId underwrittenFor } } } }
      ${refusal} } }`,
    { entity, mid, category, allowed }
  )

const route = (key: string, changes: ReadonlyArray<object>) =>
  as(
    key,
    `mutation ($changes: [AccountChange!]!) { changeRouting(changes: $changes, reason: "cheaper") {
      ... on ChangeRoutingPayload { changeRequest { changeId wanted before state } }
      ... on Refusal { code field message } } }`,
    { changes }
  )

const account = (mid: string) =>
  as(first, `{ merchantAccount(id: "${mid}") { priority weight accepts { maximumAmount currencies } } }`)

it.layer(house, { excludeTestServices: true, timeout: 60_000 })("the registry", (it) => {
  it.effect("lowers a cap on one word, and raises it, takes it away or changes its currency on two", () =>
    Effect.gen(function* () {
      assert.strictEqual(capOf(yield* cap(first, 5000)), 5000)
      assert.strictEqual(capOf(yield* cap(second, 4000)), 4000)
      assert.strictEqual(capOf(yield* cap(second, 4000)), 4000)
      const id = waits(yield* cap(first, 6000))
      for (const other of [cap(first, null), cap(first, 1, "EUR"), cap(first, 7000)])
        assert.strictEqual(codeOf(yield* other), "change_open_already")
      assert.strictEqual(codeOf(yield* approve(first, id)), "second_person_needed")
      assert.strictEqual(at(yield* approve(second, id), "changeRequest", "state"), "approved")
      const read = `{ merchantAccount(id: "mid_goods_2") { monthlyCap { approved { amount } } } }`
      assert.strictEqual(at(yield* as(first, read), "monthlyCap", "approved", "amount"), 6000)
      yield* approve(second, waits(yield* cap(first, null)))
      assert.isNull(at(yield* as(first, read), "monthlyCap"))
      assert.deepStrictEqual(
        (yield* audited("mid:mid_goods_2")).filter((line) => line.startsWith("mid.")),
        [
          "mid.monthly_cap development",
          "mid.monthly_cap development_second",
          "mid.monthly_cap development_second",
          "mid.monthly_cap development_second"
        ]
      )
      assert.strictEqual(codeOf(yield* cap(first, -1)), "invalid_input")
      assert.strictEqual(codeOf(yield* cap(first, 1, "USD", "mid_gold")), "unknown_mid")
    })
  )

  it.effect(
    "takes a category away on one word, and allows it on two: to the company, then to an account",
    () =>
      Effect.gen(function* () {
        const session = yield* newSession()
        const sells = yield* underwrite(first, "loop_goods", null, "merchandise", true)
        assert.deepStrictEqual(at(sells, "entity", "underwrittenFor"), ["merchandise"])
        const none = yield* underwrite(first, "loop_bio_labs", "mid_bio_1", "merchandise", true)
        assert.deepStrictEqual([codeOf(none), at(none, "field")], ["invalid_input", "category"])
        for (const mid of ["mid_bio_1", "mid_bio_2", "mid_bio_3"])
          assert.isUndefined(codeOf(yield* underwrite(first, "loop_bio_labs", mid, "ruo_compounds", false)))
        assert.strictEqual(codeOf(yield* confirm(session, "tok_captured")), "no_eligible_merchant_account")
        const id = waits(yield* underwrite(first, "loop_bio_labs", "mid_bio_1", "ruo_compounds", true))
        assert.strictEqual(codeOf(yield* confirm(session, "tok_captured")), "no_eligible_merchant_account")
        yield* approve(second, id)
        assert.strictEqual(at(yield* confirm(session, "tok_captured"), "outcome"), "settled")
        // A company that sells something else as well.
        const company = waits(yield* underwrite(first, "loop_goods", null, "supplements", true))
        yield* approve(second, company)
        const one = waits(yield* underwrite(first, "loop_goods", "mid_goods_1", "supplements", true))
        // What its company is not allowed any more, nobody allows an account.
        yield* underwrite(second, "loop_goods", null, "supplements", false)
        assert.strictEqual(codeOf(yield* approve(second, one)), "changed_since")
        const other = yield* underwrite(first, "loop_goods", "mid_bio_1", "merchandise", true)
        assert.deepStrictEqual([codeOf(other), at(other, "field")], ["invalid_input", "mid"])
      })
  )

  it.effect(
    "routes otherwise on the word of two, whatever the direction, and shows both what would come of it",
    () =>
      Effect.gen(function* () {
        const before = yield* account("mid_goods_1")
        yield* paidSession()
        const owner = yield* Owner
        const [days] = yield* owner<{ readonly window: string }>`select format('{ from: "%s", until: "%s" }',
        (now() at time zone 'utc')::date, (now() at time zone 'utc')::date + 1) as window`
        const window = days?.window ?? ""
        const asked = yield* route(first, [
          { mid: "mid_goods_1", priority: 9, accepts: { maximumAmount: 4000 } },
          { mid: "mid_goods_3", weight: 7 }
        ])
        const request = at(asked, "changeRequest")
        assert.deepInclude(at(request, "wanted", "accounts"), { mid_goods_3: { weight: 7 } })
        assert.strictEqual(at(request, "wanted", "accounts", "mid_goods_1", "accepts", "maximumAmount"), 4000)
        assert.deepStrictEqual(yield* account("mid_goods_1"), before)
        const id = String(at(request, "changeId"))
        const replayed = yield* as(
          second,
          `{ changeRequest(id: "${id}") { policyReplay(window: ${window}) {
          ... on PolicyReplayPayload { decisions different } ... on Refusal { code message } } } }`
        )
        const { decisions, different } = Object(at(replayed, "policyReplay"))
        assert.isAbove(decisions, 0, JSON.stringify(replayed))
        assert.isAbove(different, 0)
        const tooMany = yield* (yield* Doors).ask(
          `{ changeRequests(first: 10) { nodes { policyReplay(window: ${window}) { __typename } } } }`
        )
        assert.match(tooMany.text, /the query has/)
        assert.strictEqual(at(yield* approve(second, id), "changeRequest", "state"), "approved")
        assert.deepStrictEqual(yield* account("mid_goods_1"), {
          priority: 9,
          weight: at(before, "weight"),
          accepts: { maximumAmount: 4000, currencies: at(before, "accepts", "currencies") }
        })
        // Against what it was asked, and nothing else.
        const late = String(
          at(yield* route(first, [{ mid: "mid_goods_1", priority: 3 }]), "changeRequest", "changeId")
        )
        const sooner = yield* route(second, [
          { mid: "mid_goods_1", priority: 4 },
          { mid: "mid_goods_3", priority: 4 }
        ])
        yield* approve(first, String(at(sooner, "changeRequest", "changeId")))
        const refused = yield* approve(second, late)
        assert.deepStrictEqual(at(refused, "differences"), [
          { field: "accounts.mid_goods_1.priority", before: "9", now: "4" }
        ])
        assert.includeMembers([...(yield* audited("routing"))], ["routing.changed development_second"])
      })
  )

  it.effect("is asked for nothing that makes no sense, and says what is wrong where", () =>
    Effect.gen(function* () {
      for (const [changes, field] of [
        [[], "changes"],
        [[{ mid: "mid_goods_1", killSwitch: false }], "changes[0].killSwitch"],
        [[{ mid: "mid_goods_1", monthlyCap: null }], "changes[0].monthlyCap"],
        [[{ mid: "mid_goods_1", weight: 0 }], "changes[0].weight"],
        [[{ mid: "mid_goods_1", accepts: { currencies: [] } }], "changes[0].accepts.currencies"],
        [
          [{ mid: "mid_goods_1", accepts: { minimumAmount: 5, maximumAmount: 4 } }],
          "changes[0].accepts.minimumAmount"
        ],
        [[{ mid: "mid_goods_1" }], "changes[0]"],
        [
          [
            { mid: "mid_goods_1", priority: 77 },
            { mid: "mid_goods_1", priority: 78 }
          ],
          "changes[1].mid"
        ]
      ] as const) {
        const refused = yield* route(first, changes)
        assert.deepStrictEqual(
          [codeOf(refused), at(refused, "field")],
          ["invalid_input", field],
          JSON.stringify(refused)
        )
      }
      const owner = yield* Owner
      assert.deepStrictEqual(yield* owner`select * from audit_faults()`, [])
    })
  )
})

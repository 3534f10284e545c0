import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestDatabase } from "../support/TestDatabase.ts"
import { at, confirm, declared, doors, field, newSession } from "./support.ts"

/** Two companies charge money from now on: all their accounts are live and have their gates. */
const goLive = Effect.gen(function* () {
  const { connect } = yield* TestDatabase
  yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`update merchant_accounts set live = true where entity_id in ('loop_bio_labs', 'leo_research')`
    yield* sql`insert into passed_gates (mid_id, gate, passed_by, evidence)
      select mid_id, gate, case gate when 'banking' then 'a banker' else 'an officer' end, 'a letter' from merchant_accounts,
        unnest(array['counsel', 'banking', 'credentials', 'contract_run']) gate
      where live on conflict do nothing`
  }).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
})

const refusalQuery = `mutation ($input: ConfirmPaymentSessionInput!) {
  confirmPaymentSession(input: $input) {
    __typename
    ... on NoEligibleMerchantAccount { message passedOver { midId reason } }
  }
}`

it.layer(doors, { excludeTestServices: true })("trying a card again", (it) => {
  it.effect("is refused for every account of the company when its issuer said never", () =>
    Effect.gen(function* () {
      yield* goLive
      const first = yield* confirm(yield* newSession(), "tok_hard_decline")
      assert.strictEqual(at(first, "outcome"), "declined")
      const session = yield* newSession()
      const second = yield* field(refusalQuery, "confirmPaymentSession", {
        input: { session, vaultToken: { vaultId: "stub", tokenRef: "tok_hard_decline" } }
      })
      assert.deepStrictEqual(second, {
        __typename: "NoEligibleMerchantAccount",
        message:
          "no merchant account of loop_bio_labs may serve this charge (mid_bio_1: retry forbidden; mid_bio_2: retry forbidden; mid_bio_3: retry forbidden)",
        passedOver: ["mid_bio_1", "mid_bio_2", "mid_bio_3"].map((midId) => ({
          midId,
          reason: "retry_forbidden"
        }))
      })
      // Nothing was written: the session is as payable as before, with another card.
      assert.strictEqual(at(yield* confirm(session, "tok_captured"), "outcome"), "settled")
    })
  )

  it.effect("is another company's own affair", () =>
    Effect.gen(function* () {
      yield* goLive
      const session = yield* newSession({
        ...declared,
        brand: "leo-research",
        entity: "leo_research",
        redirects: null
      })
      const confirmed = yield* confirm(session, "tok_hard_decline")
      assert.strictEqual(at(confirmed, "outcome"), "declined")
    })
  )
})

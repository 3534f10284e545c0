import * as s from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// Money that moved is booked where it moved, and once.

const charging = [s.declare(2), s.open(2)]

const otherDimensions: ReadonlyArray<readonly [column: string, value: string]> = [
  ["session_id", s.session(3)],
  ["mid_id", "mid_goods_2"],
  ["entity_id", "loop_nutrition"],
  ["provider", "stub_b"],
  ["category", "supplements"],
  ["brand_id", "loop-health"]
]

export const money: ReadonlyArray<Prohibition> = [
  ...otherDimensions.flatMap(([column, value]): ReadonlyArray<Prohibition> => [
    {
      by: "captures.capture_of_attempt",
      what: `a capture with another ${column} than its attempt`,
      given: [...charging, s.declare(3)],
      tries: s.insert("captures", s.captureRow(2, 1, { [column]: value }))
    },
    {
      by: "postings.posting_of_attempt",
      what: `a posting with another ${column} than its attempt`,
      given: [...charging, s.declare(3)],
      tries: s.insert("postings", s.postingRow(2, 1, { [column]: value }))
    }
  ]),
  {
    by: "captures.captures_pkey",
    what: "one processor reference of two attempts",
    given: [...charging, s.record(2, 1, s.captured("ref_1")), s.declare(3), s.open(3)],
    tries: s.insert("captures", s.captureRow(3, 1, { processor_reference: "ref_1" }))
  },
  {
    by: "postings.posting_moves",
    what: "a posting from an account to itself",
    given: charging,
    tries: s.insert("postings", s.postingRow(2, 1, { credit_account: "processor_receivable" }))
  },
  {
    by: "postings.postings_amount_check",
    what: "a posting of nothing",
    given: charging,
    tries: s.insert("postings", s.postingRow(2, 1, { amount: 0 }))
  },
  {
    by: "mid_underwriting.mid_underwriting_mid_id_entity_id_provider_fkey",
    what: "an account that is moved to another company",
    given: [],
    tries: "update merchant_accounts set entity_id = 'loop_nutrition' where mid_id = 'mid_goods_1'"
  },
  {
    by: "attempts.attempt_on_own_account",
    what: "underwriting that attempts were made on and that is deleted instead of revoked",
    given: charging,
    tries: "delete from mid_underwriting where mid_id = 'mid_goods_1'"
  },
  {
    by: "mid_underwriting.mid_underwriting_entity_id_category_fkey",
    what: "an account underwritten for a category that its company is not underwritten for",
    given: [],
    tries: `insert into mid_underwriting (mid_id, entity_id, provider, category)
      values ('mid_goods_1', 'loop_goods', 'stub_a', 'telehealth')`
  },
  {
    by: "idempotency_keys.idempotency_keys_pkey",
    what: "an idempotency key that is taken twice",
    given: [s.declare(2, { key: "key_2" }), s.declare(3)],
    tries: s.insert("idempotency_keys", {
      principal: "test",
      operation: "create",
      key: "key_2",
      session_id: s.session(3),
      request: {},
      created_at: "now"
    })
  }
]

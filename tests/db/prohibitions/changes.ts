import * as c from "../support/changeScene.ts"
import * as r from "../support/refundScene.ts"
import { insert, withoutTriggers } from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// What takes two persons.

const mid = "mid_goods_3"
const other = "mid_goods_2"

const given: ReadonlyArray<string> = [
  ...c.asked(mid),
  ...c.asked(other),
  c.decide(other, "rejected"),
  "insert into principals values ('an app', null, false), ('asks again', 'development', true)",
  `insert into api_keys (key_id, principal, development, operations)
    select repeat(nr::text, 64), who, true, api_operations() from (values (1, 'an app'), (2, 'asks again')) x (nr, who)`
]

const row = (fields: Readonly<Record<string, unknown>> = {}, of = "mid_goods_1"): string =>
  insert("change_requests", c.changeRow(of, { change_nr: 1_000_000, ...fields }))

const setting = (constraint: string, change: string): Prohibition => ({
  by: `change_requests.${constraint}`,
  what: `change_requests set ${change}`,
  given: [...given, withoutTriggers("change_requests")],
  tries: `update change_requests set ${change} where ${c.of(mid)}`
})

const refused = (by: string, change: string, about = mid): Prohibition => ({
  by,
  what: `change_requests set ${change} of ${about}`,
  given,
  tries: `update change_requests set ${change} where ${c.of(about)}`
})

const decided = (state: string, by: string): string =>
  `state = '${state}', decided_by = '${by}', decided_at = now()`

export const changes: ReadonlyArray<Prohibition> = [
  setting("change_requests_kind_check", "kind = 'go_home'"),
  setting("change_requests_reason_check", "reason = ''"),
  setting("change_requests_reason_check", "reason = repeat('a', 501)"),
  setting("change_requests_state_check", decided("lost", "a")),
  setting("change_decided_by_somebody", "state = 'rejected', decided_at = now()"),
  setting("change_decided_by_somebody", "state = 'rejected', decided_by = 'a'"),
  setting("change_decided_by_somebody", "decided_by = 'a', decided_at = now()"),
  setting(
    "change_approved_in_time",
    `${decided("approved", c.signs.by)}, expires_at = now() - interval '1 second'`
  ),
  {
    by: "change_requests.change_requests_pkey",
    what: "the same change request twice",
    given: [...given, withoutTriggers("change_requests")],
    tries:
      "insert into change_requests overriding system value select * from change_requests where state = 'rejected'"
  },
  {
    by: "change_requests.one_open_change",
    what: "two open requests for one thing",
    given: [...given, row()],
    tries: row({ change_nr: 1_000_001 })
  },
  {
    by: "change_begins_open",
    what: "a request that nobody was asked for",
    given,
    tries: row({ state: "approved", decided_by: c.signs.by, decided_at: "now" })
  },
  { by: "change_by_right", what: "a request by an app", given, tries: row({ requested_by: "an app" }) },
  refused("change_by_right", decided("approved", "an app")),
  refused("change_by_right", decided("rejected", "an app")),
  {
    by: "change_by_right",
    what: "a change that was asked for with a right that is gone",
    given: [...given, `update api_keys set revoked_at = now() where principal = '${c.asks.by}'`],
    tries: `update change_requests set ${decided("approved", c.signs.by)} where ${c.of(mid)}`
  },
  refused("change_second_person", decided("approved", c.asks.by)),
  refused("change_second_person", decided("approved", "asks again")),
  {
    by: "change_second_person",
    what: "a change that is signed by whoever gave out a key of the name that asked",
    given: [
      ...given,
      withoutTriggers("api_keys"),
      `insert into api_keys (key_id, principal, development, operations, created_at, given_by)
        values (repeat('3', 64), '${c.asks.by}', true, '{}', '2026-01-01', '${c.signs.by}')`
    ],
    tries: `update change_requests set ${decided("approved", c.signs.by)} where ${c.of(mid)}`
  },
  refused("change_withdrawn_by_own", decided("withdrawn", c.signs.by)),
  refused("change_unchanged", `wanted = '{"mid": "mid_bio_1"}'`),
  refused("change_unchanged", `base = '{"killSwitch": true}'`),
  refused("change_unchanged", "about = 'mid_bio_1'"),
  refused("change_unchanged", "chain = 'mid:mid_bio_1'"),
  refused("change_unchanged", "reason = 'another one'"),
  refused("change_unchanged", "expires_at = 'infinity'"),
  refused("change_unchanged", `requested_by = '${c.signs.by}'`),
  refused("change_decided_once", decided("approved", c.signs.by), other),
  {
    by: "change_requests.no_delete",
    what: "a change request forgotten",
    given,
    tries: "delete from change_requests"
  },
  {
    by: "change_requests.no_truncate",
    what: "change_requests emptied",
    given,
    tries: "truncate change_requests, change_keys"
  },
  {
    by: "change_keys.change_asked_once",
    what: "two requests under one key of one app",
    given: [...given, c.keyRow(mid, "one")],
    tries: c.keyRow(other, "one")
  },
  {
    by: "change_keys.change_keys_change_nr_fkey",
    what: "a key of no request",
    given,
    tries: "insert into change_keys values ('an app', 'one', 1000000, '{}')"
  },
  ...["update change_keys set change_nr = change_nr", "delete from change_keys"].map((tries) => ({
    by: "change_keys.append_only",
    what: `a key that is forgotten by ${tries}`,
    given: [...given, c.keyRow(mid, "one")],
    tries
  })),
  { by: "change_keys.no_truncate", what: "change_keys emptied", given, tries: "truncate change_keys" },
  refused("change_unchanged", "asked_key = 'another'"),
  ...[
    "monthly_cap_amount = 11",
    "monthly_cap_currency = 'EUR'",
    "monthly_cap_amount = null, monthly_cap_currency = null"
  ].map((change) => ({
    by: "cap_raised_by_two",
    what: `an account set ${change}`,
    given: [
      "insert into merchant_accounts (mid_id, entity_id, provider, name, status, accepts, priority, weight, monthly_cap_amount, monthly_cap_currency) select 'capped', entity_id, provider, name, status, accepts, priority, weight, 10, 'USD' from merchant_accounts where mid_id = 'mid_goods_1'"
    ],
    tries: `update merchant_accounts set ${change} where mid_id = 'capped'`
  })),
  ...["priority = 99", "weight = 99", `accepts = '{"currencies": []}'`].map((change) => ({
    by: "routing_changed_by_two",
    what: `an account set ${change}`,
    given,
    tries: `update merchant_accounts set ${change} where mid_id = '${mid}'`
  })),
  ...["entity_underwriting", "mid_underwriting"].map((table) => ({
    by: "allowed_by_two",
    what: `what was taken away from ${table} and comes back`,
    given: [`update ${table} set revoked_at = now() where entity_id = 'loop_goods'`],
    tries: `update ${table} set revoked_at = null where entity_id = 'loop_goods'`
  })),
  {
    by: "refund_signed_by_two",
    what: "more than one person gives back",
    given: [...r.paid(2), "insert into refund_limits values ('loop_goods', 'USD', 99)"],
    tries: insert("refunds", r.refundRow(2, 1))
  },
  {
    by: "refund_signed_by_two",
    what: "a sum in parts that each are less than the limit",
    given: [
      ...r.paid(2),
      "insert into refund_limits values ('loop_goods', 'USD', 150)",
      r.openRefund(2, { amount: 100 }),
      r.recordRefund(2, 1, r.refunded("re_2", 100))
    ],
    tries: insert("refunds", r.refundRow(2, 2))
  },
  {
    by: "refund_signed_by_two",
    what: "another currency of a company that has limits",
    given: [...r.paid(2), "insert into refund_limits values ('loop_goods', 'EUR', 9999)"],
    tries: insert("refunds", r.refundRow(2, 1))
  },
  ...["amount = 100", "entity_id = 'loop_nutrition'", "currency = 'EUR'"].map((change) => ({
    by: "refund_limit_raised_by_two",
    what: `a limit set ${change}`,
    given: ["insert into refund_limits values ('loop_goods', 'USD', 99)"],
    tries: `update refund_limits set ${change}`
  })),
  {
    by: "refund_limit_raised_by_two",
    what: "a limit of a further currency",
    given: ["insert into refund_limits values ('loop_goods', 'USD', 99)"],
    tries: "insert into refund_limits values ('loop_goods', 'EUR', 1)"
  },
  {
    by: "refund_limit_raised_by_two",
    what: "a limit taken away",
    given: ["insert into refund_limits values ('loop_goods', 'USD', 99)"],
    tries: "delete from refund_limits"
  },
  ...[
    ["entity_id_fkey", "'nobody', 'USD', 1"],
    ["currency_check", "'loop_goods', 'usd', 1"],
    ["amount_check", "'loop_goods', 'USD', -1"],
    ["amount_check", "'loop_goods', 'USD', 1000000000000"],
    ["pkey", "'loop_nutrition', 'USD', 1"]
  ].map(([constraint, values]) => ({
    by: `refund_limits.refund_limits_${constraint}`,
    what: `a limit of ${values}`,
    given: ["insert into refund_limits values ('loop_nutrition', 'USD', 2)"],
    tries: `insert into refund_limits values (${values})`
  })),
  {
    by: "resumed_by_two",
    what: "an account that one person lets send again",
    given,
    tries: `update merchant_accounts set kill_switch = false where mid_id = '${mid}'`
  },
  {
    by: "resumed_by_two",
    what: "an account let go on the signature of another one",
    given: [...given, `update change_requests set ${decided("approved", c.signs.by)} where ${c.of(mid)}`],
    tries: `update merchant_accounts set kill_switch = false where mid_id = '${other}'`
  }
]

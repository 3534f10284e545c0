import * as v from "../../support/changeScene.ts"
import * as r from "../../support/refundScene.ts"
import { insert } from "../../support/scene.ts"
import { apps, atMostOne, none, owners, type Race, stillThere } from "../Race.ts"
import * as scenes from "../scenes.ts"
import { drop, inTable } from "./twoPersons.ts"

// What takes two persons: asked for by one who may, signed once, by another who may, for what it was asked for.

const mid = (nr: number): string => `mid_${nr}`
const of = (nr: number): string => v.of(mid(nr))

/** An account of a company of its own that is stopped, and what is asked for of it. */
const stopped: Race["given"] = (nr) => [...scenes.company(nr), v.stop(mid(nr))]
const asked: Race["given"] = (nr) => [...stopped(nr), v.requestResume(mid(nr))]

const row = (nr: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  insert("change_requests", v.changeRow(mid(nr), { change_nr: 1_000_000 + nr, ...fields }))

const { format, deciding } = inTable({ table: "change_requests", of, row, written: stopped, asked })

const decided = (state: string, by: string): string =>
  `state = '${state}', decided_by = ${by}, decided_at = now()`
const signs = `'${v.signs.by}'`

const letGo = (nr: number): string =>
  `update merchant_accounts set kill_switch = false where mid_id = '${mid(nr)}'`

export const changes: ReadonlyArray<Race> = [
  ...(["trigger change_requests.guard_change", "refusal guard_change.change_unchanged"] as const).map(
    (what) =>
      deciding(what, "what was asked for is what is signed", "reason = 'another'", "reason = 'another'")
  ),
  deciding(
    "refusal guard_change.change_second_person",
    "nobody signs what they asked for",
    decided("approved", `'${v.asks.by}'`),
    "state = 'approved'"
  ),
  deciding(
    "refusal guard_change.change_second_person",
    "nobody signs what they asked for under another key",
    decided("approved", "'key ' || change_nr"),
    "state = 'approved'",
    (nr) => [
      ...asked(nr),
      `insert into principals (principal, operator, person)
        select 'key ' || change_nr, true, '${v.asks.by}' from change_requests where ${of(nr)}`,
      `insert into api_keys (key_id, principal, development, operations)
        select encode(sha256(('key ' || change_nr)::bytea), 'hex'), 'key ' || change_nr, true, api_operations()
        from change_requests where ${of(nr)}`
    ]
  ),
  deciding(
    "refusal guard_change.change_withdrawn_by_own",
    "who asked withdraws",
    decided("withdrawn", signs),
    "state = 'withdrawn'"
  ),
  deciding(
    "constraint change_requests.change_approved_in_time",
    "what was asked for long ago is not signed",
    `state = 'approved', decided_by = ${signs}, decided_at = now() + interval '1 year'`,
    "decided_at > expires_at"
  ),
  deciding(
    "constraint change_requests.change_decided_by_somebody",
    "a decision is somebody's",
    `state = 'rejected', decided_by = ${signs}`,
    "state = 'rejected' and decided_at is null"
  ),
  deciding(
    "refusal guard_change.change_by_right",
    "only who may signs",
    decided("approved", "'an app'"),
    "decided_by = 'an app'"
  ),
  deciding(
    "refusal guard_change.change_decided_once",
    "what was rejected is not signed",
    decided("approved", signs),
    "state = 'approved'",
    (nr) => [...asked(nr), v.decide(mid(nr), "rejected")]
  ),
  deciding(
    "constraint change_requests.change_requests_state_check",
    "a request is in a state that the service knows",
    decided("lost", signs),
    "state = 'lost'"
  ),
  drop("refusal guard_change.change_begins_open", {
    law: "a change is asked for before it is signed",
    given: stopped,
    workers: (nr) =>
      owners(2, () => row(nr, { state: "approved", decided_by: v.signs.by, decided_at: "now" })),
    broken: (nr) => none(`change_requests where ${of(nr)} and state = 'approved'`)
  }),
  drop("index one_open_change", {
    law: "one request for a thing is open",
    given: stopped,
    workers: (nr) => owners(4, (at) => row(nr, { change_nr: 2_000_000 + nr * 10 + at })),
    broken: (nr) => atMostOne(`change_requests where ${of(nr)}`)
  }),
  drop("constraint change_requests.change_requests_pkey", {
    law: "a request has a number of its own",
    given: stopped,
    workers: (nr) => owners(4, (at) => row(nr, { change_nr: 3_000_000 + nr, about: `${mid(nr)}_${at}` })),
    broken: (nr) => atMostOne(`change_requests where change_nr = ${3_000_000 + nr}`)
  }),
  format(
    "change_requests_kind_check",
    "what is asked for is something that the service can do",
    { kind: "go_home" },
    "kind = 'go_home'"
  ),
  format("change_requests_reason_check", "who asks says why", { reason: "" }, "reason = ''"),
  drop("trigger change_requests.no_delete", {
    law: "what was signed is kept",
    given: asked,
    workers: (nr) => owners(2, () => `delete from change_requests where ${of(nr)}`),
    broken: (nr) => stillThere(`change_requests where ${of(nr)}`)
  }),
  {
    drops: ["trigger change_requests.no_truncate", "trigger change_keys.no_truncate"],
    because: "keys refer to requests, so that both are emptied or neither is",
    law: "change_requests is not emptied",
    given: asked,
    workers: () => owners(2, () => "truncate change_requests, change_keys"),
    broken: () => "select (not exists (select from change_requests))::int as broken"
  },
  drop("right payments_app change_requests", {
    law: "who asks for a change is written down",
    given: stopped,
    workers: (nr) => apps(2, () => row(nr)),
    broken: (nr) =>
      none(`change_requests c where ${of(nr)} and not exists (
        select from audit a where a.chain = c.chain and action = 'change.requested')`)
  }),
  drop("refusal guard_account_loosened.cap_raised_by_two", {
    law: "no account captures more on the word of one",
    given: (nr) => [
      ...scenes.company(nr),
      scenes.account(nr, `cap_${nr}`, { monthly_cap_amount: 10, monthly_cap_currency: "USD" })
    ],
    workers: (nr) =>
      owners(2, () => `update merchant_accounts set monthly_cap_amount = 11 where mid_id = 'cap_${nr}'`),
    broken: (nr) => none(`merchant_accounts where mid_id = 'cap_${nr}' and monthly_cap_amount = 11`)
  }),
  drop("refusal guard_account_loosened.routing_changed_by_two", {
    law: "nobody routes otherwise alone",
    given: scenes.company,
    workers: (nr) =>
      owners(2, () => `update merchant_accounts set priority = 77 where mid_id = '${mid(nr)}'`),
    broken: (nr) => none(`merchant_accounts where mid_id = '${mid(nr)}' and priority = 77`)
  }),
  ...(
    [
      ["trigger entity_underwriting.guard_underwriting", "entity_underwriting", "entity_id = 'co_"],
      ["trigger mid_underwriting.guard_underwriting", "mid_underwriting", "mid_id = 'mid_"],
      ["refusal guard_underwriting.allowed_by_two", "mid_underwriting", "mid_id = 'mid_"]
    ] as const
  ).map(([what, table, whose]) =>
    drop(what, {
      law: `what was taken away from ${table} comes back on the word of two`,
      given: (nr) => [...scenes.company(nr), `update ${table} set revoked_at = now() where ${whose}${nr}'`],
      workers: (nr) => owners(2, () => `update ${table} set revoked_at = null where ${whose}${nr}'`),
      broken: (nr) => none(`${table} where ${whose}${nr}' and revoked_at is null`)
    })
  ),
  drop("constraint change_keys.change_asked_once", {
    law: "an app asks once under a key",
    given: asked,
    workers: (nr) => owners(4, () => v.keyRow(mid(nr), `key ${nr}`)),
    broken: (nr) => atMostOne(`change_keys where asked_key = 'key ${nr}'`)
  }),
  drop("constraint change_keys.change_keys_change_nr_fkey", {
    law: "a key asked for a request that is there",
    given: () => [],
    workers: (nr) =>
      owners(2, (at) => `insert into change_keys values ('nobody', '${nr}_${at}', ${9_000_000 + nr}, '{}')`),
    broken: () => none("change_keys where asked_by = 'nobody'")
  }),
  ...["update change_keys set asked_key = 'another' where", "delete from change_keys where"].map((does) =>
    drop("trigger change_keys.append_only", {
      law: `what a key asked for stays: ${does}`,
      given: (nr) => [...asked(nr), v.keyRow(mid(nr), `kept ${nr}`)],
      workers: (nr) => owners(2, () => `${does} asked_key = 'kept ${nr}'`),
      broken: (nr) => stillThere(`change_keys where asked_key = 'kept ${nr}'`)
    })
  ),
  drop("trigger change_keys.no_truncate", {
    law: "change_keys is not emptied",
    given: (nr) => [...asked(nr), v.keyRow(mid(nr), `kept ${nr}`)],
    workers: () => owners(2, () => "truncate change_keys"),
    broken: () => "select (not exists (select from change_keys))::int as broken"
  }),
  drop("right payments_app change_keys", {
    law: "a key is taken by who asks",
    given: (nr) => [...stopped(nr), row(nr, { change_nr: 5_000_000 + nr })],
    workers: (nr) =>
      apps(
        2,
        (at) => `insert into change_keys values ('an app', 'taken ${nr} ${at}', ${5_000_000 + nr}, '{}')`
      ),
    broken: (nr) => none(`change_keys where asked_by = 'an app' and asked_key like 'taken ${nr} %'`)
  }),
  ...(
    ["trigger refunds.guard_refund_signed", "refusal guard_refund_signed.refund_signed_by_two"] as const
  ).map((what) =>
    drop(what, {
      law: "no more than the limit goes back on the word of one",
      given: (nr) => [
        ...r.paid(nr),
        "insert into refund_limits values ('loop_goods', 'USD', 99) on conflict do nothing"
      ],
      workers: (nr) => owners(2, () => insert("refunds", r.refundRow(nr, 1))),
      broken: (nr) => none(`refunds where refund_id = '${r.refund(nr)}'`)
    })
  ),
  ...(
    [
      "trigger refund_limits.guard_refund_limit",
      "refusal guard_refund_limit.refund_limit_raised_by_two"
    ] as const
  ).map((what) =>
    drop(what, {
      law: "nobody raises a limit alone",
      given: (nr) => [...scenes.company(nr), `insert into refund_limits values ('co_${nr}', 'USD', 1)`],
      workers: (nr) => owners(2, () => `update refund_limits set amount = 2 where entity_id = 'co_${nr}'`),
      broken: (nr) => none(`refund_limits where entity_id = 'co_${nr}' and amount = 2`)
    })
  ),
  ...(
    [
      "trigger merchant_accounts.guard_account_loosened",
      "refusal guard_account_loosened.resumed_by_two"
    ] as const
  ).map((what) =>
    drop(what, {
      law: "no account sends again on the word of one",
      given: asked,
      workers: (nr) => owners(2, () => letGo(nr)),
      broken: (nr) => none(`merchant_accounts where mid_id = '${mid(nr)}' and not kill_switch`)
    })
  )
]

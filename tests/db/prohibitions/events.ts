import * as e from "../support/eventScene.ts"
import { everyTable, withoutTriggers } from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// Events on their way out.

const id = (nr: number): string => `subscription_id = '${e.subscription(nr)}'`

/** Two subscriptions that nothing refers to yet but their secrets, and those of every table. */
const given: ReadonlyArray<string> = [
  ...everyTable,
  ...e.everyEventTable,
  e.subscribe(2),
  e.subscribe(3),
  e.rotate(3)
]

const setting = (table: string, constraint: string, change: string): Prohibition => ({
  by: `${table}.${constraint}`,
  what: `${table} set ${change}`,
  given: [...given, withoutTriggers(table)],
  tries: `update ${table} set ${change}`
})

const changes: ReadonlyArray<readonly [table: string, constraint: string, change: string]> = [
  [
    "event_subscriptions",
    "event_subscriptions_subscription_id_check",
    `subscription_id = 'es_1' where ${id(2)}`
  ],
  ["event_subscriptions", "event_subscriptions_event_types_check", "event_types = '{}'"],
  ["event_subscriptions", "event_subscriptions_state_check", "state = 'asleep'"],
  [
    "event_subscriptions",
    "event_subscriptions_disabled_reason_check",
    "state = 'disabled', disabled_reason = 'tired', disabled_at = now()"
  ],
  ["event_subscriptions", "disabled_has_reason", "state = 'disabled', disabled_at = now()"],
  ["event_subscriptions", "disabled_has_reason", "state = 'disabled', disabled_reason = 'gone'"],
  ["event_subscriptions", "disabled_has_reason", "disabled_reason = 'gone', disabled_at = now()"],
  ["event_subscriptions", "event_subscriptions_entity_id_fkey", "entity_id = 'nobody'"],
  ["event_subscriptions", "event_subscriptions_brand_id_fkey", "brand_id = 'brand-of-nobody'"],
  ["event_subscriptions", "event_subscriptions_key_id_fkey", "key_id = 'nobody'"],
  ["event_secrets", "event_secrets_subscription_id_fkey", `subscription_id = 'es_of_nobody' where ${id(2)}`],
  ["event_deliveries", "event_deliveries_subscription_id_fkey", "subscription_id = 'es_of_nobody'"],
  ["event_deliveries", "event_deliveries_event_nr_fkey", "event_nr = 1000000"],
  ["event_deliveries", "event_deliveries_state_check", "state = 'lost', next_try_at = null"],
  ["event_deliveries", "event_deliveries_last_answer_check", "last_answer = repeat('a', 501)"],
  ["event_deliveries", "pending_has_next_try", "next_try_at = null"],
  ["event_deliveries", "pending_has_next_try", "state = 'exhausted'"],
  ["event_deliveries", "delivered_has_time", "state = 'delivered', next_try_at = null"],
  ["event_deliveries", "delivered_has_time", "delivered_at = now()"]
]

const twice = ["event_subscriptions", "event_secrets", "event_deliveries", "event_fan_out"].map(
  (table): Prohibition => ({
    by: `${table}.${table}_pkey`,
    what: `the same row of ${table} twice`,
    given: [...given, withoutTriggers(table)],
    tries: `insert into ${table} select * from ${table} limit 1`
  })
)

const copy = (table: string, change: Readonly<Record<string, unknown>>, where: string): string =>
  `insert into ${table} select (jsonb_populate_record(r, '${JSON.stringify(change)}')).* from ${table} r where ${where}`

const unchanged = [
  "principal = 'somebody else'",
  "url = 'https://elsewhere.example/'",
  "event_types = '{a}'"
].map((change): Prohibition => ({
  by: "subscription_unchanged",
  what: `event_subscriptions set ${change}`,
  given,
  tries: `update event_subscriptions set ${change} where ${id(2)}`
}))

export const events: ReadonlyArray<Prohibition> = [
  ...changes.map((row) => setting(...row)),
  ...twice,
  ...unchanged,
  {
    by: "event_subscriptions.one_subscription_per_address",
    what: "an address that is subscribed twice",
    given,
    tries: copy("event_subscriptions", { subscription_id: e.subscription(4) }, id(2))
  },
  {
    by: "event_secrets.one_current_secret",
    what: "two secrets that are both the current one",
    given,
    tries: copy("event_secrets", { generation: 9 }, `${id(2)} and expires_at is null`)
  },
  {
    by: "removed_is_final",
    what: "a subscription that was removed and is back",
    given: [...given, e.setState(2, "removed")],
    tries: `update event_subscriptions set state = 'active' where ${id(2)}`
  }
]

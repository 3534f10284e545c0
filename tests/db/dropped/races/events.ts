import * as e from "../../support/eventScene.ts"
import * as s from "../../support/scene.ts"
import { apps, atMostOne, none, owners, type Prohibition, type Race } from "../Race.ts"
import * as scenes from "../scenes.ts"

// Events on their way out: who is told, under which secret, how often.

const id = (nr: number): string => `'${e.subscription(nr)}'`
const ours = (nr: number): string => `subscription_id between ${id(nr)} and ${id(nr + 9)}`

/** A subscription that was told of one payment. */
const told = (nr: number): ReadonlyArray<string> => [e.subscribe(nr), ...scenes.settled(nr), e.fanOut()]

const row = (nr: number, at: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  s.insert("event_subscriptions", {
    subscription_id: e.subscription(nr + at),
    principal: "app",
    url: `https://shop.example/${nr + at}`,
    state: "active",
    created_at: "now",
    ...fields
  })

const subscriptionFormat = (
  check: string,
  law: string,
  fields: (nr: number, at: number) => Readonly<Record<string, unknown>>,
  wrong: string
): Race => ({
  drops: [`constraint event_subscriptions.${check}`],
  law,
  given: () => [],
  workers: (nr) => owners(2, (at) => row(nr, at, fields(nr, at))),
  broken: () => none(`event_subscriptions where ${wrong}`)
})

const deliveryFormat = (check: string, law: string, change: string, wrong: string): Race => ({
  drops: [`constraint event_deliveries.${check}`],
  law,
  given: told,
  workers: (nr) => owners(2, () => `update event_deliveries set ${change} where subscription_id = ${id(nr)}`),
  broken: (nr) => none(`event_deliveries where ${ours(nr)} and ${wrong}`)
})

const drop = (what: Prohibition, race: Omit<Race, "drops">): Race => ({ drops: [what], ...race })

const right = (
  table: string,
  law: string,
  given: Race["given"],
  does: (nr: number, at: number) => string,
  wrong: (nr: number) => string
): Race => ({
  drops: [`right payments_app ${table}`],
  law,
  given,
  workers: (nr) => apps(4, (at) => does(nr, at)),
  broken: (nr) => none(wrong(nr))
})

const rights: ReadonlyArray<Race> = [
  right(
    "event_subscriptions",
    "who subscribes is written down",
    () => [],
    (nr, at) => row(nr, at),
    (nr) => `event_subscriptions where ${ours(nr)} and not exists (
      select from audit where chain = 'subscription:' || subscription_id and action = 'subscription.created')`
  ),
  right(
    "event_secrets",
    "who exchanges a secret is written down",
    (nr) => [e.subscribe(nr)],
    (nr, at) => `insert into event_secrets (subscription_id, generation, sealed, expires_at)
      values (${id(nr)}, ${at + 1}, 'of my own', 'infinity')`,
    (nr) => `event_secrets where ${ours(nr)} and generation > 1 and not exists (
      select from audit where chain = 'subscription:' || subscription_id and action = 'subscription.secret_rotated')`
  ),
  right(
    "event_deliveries",
    "an app is told of what it subscribed",
    (nr) => [e.subscribe(nr, { eventTypes: ["payment.failed.v1"] }), ...scenes.settled(nr)],
    (nr) => `insert into event_deliveries (subscription_id, event_nr, next_try_at)
      select ${id(nr)}, max(event_nr), now() from outbox`,
    (
      nr
    ) => `event_deliveries d join outbox o using (event_nr) join event_subscriptions s using (subscription_id)
      where ${ours(nr)} and not event_wanted(s, o)`
  ),
  right(
    "event_fan_out",
    "what is told of happened",
    () => [],
    (nr, at) => `insert into event_fan_out values (${1_000_000_000 + nr * 10 + at})`,
    () => "event_fan_out where event_nr not in (select event_nr from outbox)"
  )
]

const sentElsewhere: Omit<Race, "drops"> = {
  law: "what an app subscribed is not sent elsewhere",
  given: (nr) => [e.subscribe(nr)],
  workers: (nr) =>
    owners(
      2,
      () =>
        `update event_subscriptions set url = 'https://elsewhere.example/${nr}' where subscription_id = ${id(nr)}`
    ),
  broken: (nr) => none(`event_subscriptions where subscription_id = ${id(nr)} and url like '%elsewhere%'`)
}

export const events: ReadonlyArray<Race> = [
  ...rights,
  ...["event_secrets", "event_deliveries"].map((table) =>
    drop(`constraint ${table}.${table}_subscription_id_fkey`, {
      law: `${table} are of a subscription`,
      given: told,
      workers: (nr) =>
        owners(2, () =>
          table === "event_secrets"
            ? `insert into event_secrets (subscription_id, generation, sealed) values ('es_of_nobody_${nr}', 1, 'sealed')`
            : `insert into event_deliveries (subscription_id, event_nr, next_try_at)
                select 'es_of_nobody_${nr}', max(event_nr), now() from outbox`
        ),
      broken: () => none(`${table} where subscription_id like 'es_of_nobody%'`)
    })
  ),
  drop("constraint event_deliveries.event_deliveries_event_nr_fkey", {
    law: "what is delivered is an event",
    given: told,
    workers: (nr) =>
      owners(
        2,
        (at) => `insert into event_deliveries (subscription_id, event_nr, next_try_at)
        values (${id(nr)}, ${1_000_000_000 + nr * 10 + at}, now())`
      ),
    broken: () => none("event_deliveries where event_nr not in (select event_nr from outbox)")
  }),
  drop("constraint event_deliveries.event_deliveries_pkey", {
    law: "an event is delivered to a subscription once",
    given: told,
    workers: (nr) =>
      owners(
        4,
        () => `insert into event_deliveries (subscription_id, event_nr, next_try_at)
        select subscription_id, event_nr, now() from event_deliveries where subscription_id = ${id(nr)} limit 1`
      ),
    broken: (nr) => atMostOne(`event_deliveries where subscription_id = ${id(nr)}`)
  }),
  drop("constraint event_subscriptions.event_subscriptions_pkey", {
    law: "a subscription is one app's",
    given: () => [],
    workers: (nr) => owners(4, (at) => row(nr, 0, { principal: `app ${at}` })),
    broken: (nr) => atMostOne(`event_subscriptions where subscription_id = ${id(nr)}`)
  }),
  drop("index one_subscription_per_address", {
    law: "an address is subscribed once, however often an app asks",
    given: () => [],
    workers: (nr) => owners(4, (at) => row(nr, at, { url: `https://shop.example/${nr}` })),
    broken: (nr) => atMostOne(`event_subscriptions where url = 'https://shop.example/${nr}'`)
  }),
  drop("constraint event_secrets.event_secrets_pkey", {
    law: "a secret has a number of its own, by which it is known which is newer",
    given: (nr) => [e.subscribe(nr)],
    workers: (nr) =>
      owners(
        4,
        (at) => `insert into event_secrets (subscription_id, generation, sealed, expires_at)
        values (${id(nr)}, 2, 'sealed ${at}', now())`
      ),
    broken: (nr) => atMostOne(`event_secrets where subscription_id = ${id(nr)} and generation = 2`)
  }),
  drop("index one_current_secret", {
    law: "one secret is the current one",
    given: (nr) => [e.subscribe(nr)],
    workers: (nr) =>
      owners(
        4,
        (at) =>
          `insert into event_secrets (subscription_id, generation, sealed) values (${id(nr)}, ${at + 1}, 'sealed')`
      ),
    broken: (nr) => atMostOne(`event_secrets where subscription_id = ${id(nr)} and expires_at is null`)
  }),
  drop("constraint event_fan_out.event_fan_out_pkey", {
    law: "an event is told of once",
    given: (nr) => [e.subscribe(nr), ...scenes.settled(nr)],
    workers: () => owners(4, () => "insert into event_fan_out select max(event_nr) from outbox"),
    broken: () => none("(select from event_fan_out group by event_nr having count(*) > 1) x")
  }),
  drop("trigger outbox.queue_fan_out", {
    law: "what happens is told to who subscribed",
    given: (nr) => [e.subscribe(nr), ...scenes.charging(nr)],
    workers: (nr) => apps(2, () => s.record(nr, 1, s.captured(`ref_${nr}`))),
    broken: (nr) =>
      none(
        `outbox o where session_id = ${scenes.session(nr)} and not exists (select from event_fan_out f where f.event_nr = o.event_nr)`
      )
  }),
  drop("trigger event_subscriptions.guard_subscription", sentElsewhere),
  drop("refusal guard_subscription.subscription_unchanged", sentElsewhere),
  drop("refusal guard_subscription.removed_is_final", {
    law: "what was removed is told nothing any more",
    given: (nr) => [e.subscribe(nr), e.setState(nr, "removed")],
    workers: (nr) =>
      owners(2, () => `update event_subscriptions set state = 'active' where subscription_id = ${id(nr)}`),
    broken: (nr) => none(`event_subscriptions where subscription_id = ${id(nr)} and state = 'active'`)
  }),
  subscriptionFormat(
    "event_subscriptions_subscription_id_check",
    "a subscription's id can be told from every other kind",
    (nr, at) => ({ subscription_id: `es_${nr}_${at}` }),
    "length(subscription_id) < 29"
  ),
  subscriptionFormat(
    "event_subscriptions_event_types_check",
    "who subscribes is told of something",
    () => ({ event_types: [] }),
    "event_types = '{}'"
  ),
  subscriptionFormat(
    "event_subscriptions_state_check",
    "a subscription is active or is not",
    () => ({ state: "asleep" }),
    "state = 'asleep'"
  ),
  subscriptionFormat(
    "event_subscriptions_disabled_reason_check",
    "a subscription is disabled for a reason that apps know",
    () => ({ state: "disabled", disabled_reason: "tired", disabled_at: "now" }),
    "disabled_reason = 'tired'"
  ),
  subscriptionFormat(
    "disabled_has_reason",
    "a subscription that is disabled says why",
    () => ({ state: "disabled" }),
    "state = 'disabled' and disabled_reason is null"
  ),
  subscriptionFormat(
    "event_subscriptions_entity_id_fkey",
    "who wants a company's events names a company",
    () => ({ entity_id: "nobody" }),
    "entity_id = 'nobody'"
  ),
  subscriptionFormat(
    "event_subscriptions_brand_id_fkey",
    "who wants a brand's events names a brand",
    () => ({ brand_id: "nobody" }),
    "brand_id = 'nobody'"
  ),
  subscriptionFormat(
    "event_subscriptions_key_id_fkey",
    "a subscription hangs on a key that there is",
    () => ({ key_id: "nobody" }),
    "key_id = 'nobody'"
  ),
  deliveryFormat(
    "event_deliveries_state_check",
    "a delivery is in a state that the service knows",
    "state = 'lost', next_try_at = null",
    "state = 'lost'"
  ),
  deliveryFormat(
    "event_deliveries_last_answer_check",
    "of an endless answer the beginning is kept",
    "last_answer = repeat('a', 501)",
    "length(last_answer) > 500"
  ),
  deliveryFormat(
    "pending_has_next_try",
    "what is to be sent again has its time",
    "next_try_at = null",
    "state = 'pending' and next_try_at is null"
  ),
  deliveryFormat(
    "delivered_has_time",
    "what was received was received at some time",
    "state = 'delivered', next_try_at = null",
    "state = 'delivered' and delivered_at is null"
  )
]

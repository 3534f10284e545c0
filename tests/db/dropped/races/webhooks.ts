import { insert } from "../../support/scene.ts"
import * as h from "../../support/webhookScene.ts"
import { apps, atMostOne, none, owners, type Prohibition, type Race, stillThere } from "../Race.ts"

// Webhooks that came in: each once, as it came, until it is known what it was about.

const row = (nr: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  insert("webhook_inbox", {
    webhook_nr: 1_000_000 + nr,
    provider: "stub_a",
    mid_id: "mid_goods_1",
    entity_id: "loop_goods",
    event_id: `msg_${nr}`,
    type: "charge.updated",
    subjects: [],
    state: "pending",
    tries: 0,
    step: 0,
    claim: 0,
    next_try_at: "now",
    received_at: "now",
    ...fields
  })

const of = (nr: number): string => `event_id = 'msg_${nr}'`

const drop = (what: Prohibition, race: Omit<Race, "drops">): Race => ({ drops: [what], ...race })

const format = (constraint: string, law: string, change: string, wrong: string): Race =>
  drop(`constraint webhook_inbox.${constraint}`, {
    law,
    given: (nr) => [h.take(nr)],
    workers: (nr) => owners(2, () => `update webhook_inbox set ${change} where ${of(nr)}`),
    broken: (nr) => none(`webhook_inbox where ${of(nr)} and ${wrong}`)
  })

const renamed: Omit<Race, "drops"> = {
  law: "an event that was received keeps its id",
  given: (nr) => [h.take(nr)],
  workers: (nr) =>
    owners(2, () => `update webhook_inbox set event_id = 'msg_of_nobody_${nr}' where ${of(nr)}`),
  broken: (nr) => stillThere(`webhook_inbox where ${of(nr)}`)
}

export const webhooks: ReadonlyArray<Race> = [
  drop("constraint webhook_inbox.webhook_once", {
    law: "an event of an account is taken in once, whatever redelivers it and to which server",
    given: () => [],
    workers: (nr) => apps(4, () => h.take(nr)),
    broken: (nr) => atMostOne(`webhook_inbox where ${of(nr)}`)
  }),
  drop("constraint webhook_inbox.webhook_inbox_pkey", {
    law: "a webhook has a number of its own",
    given: () => [],
    workers: (nr) => owners(4, (at) => row(nr, { event_id: `msg_${nr}_${at}` })),
    broken: (nr) => atMostOne(`webhook_inbox where webhook_nr = ${1_000_000 + nr}`)
  }),
  drop("constraint webhook_inbox.webhook_of_account", {
    law: "a webhook is of an account, at its provider and of its company",
    given: () => [],
    workers: (nr) => owners(2, (at) => row(nr + at, { entity_id: "loop_health" })),
    broken: () => none("webhook_inbox where entity_id = 'loop_health'")
  }),
  format(
    "webhook_inbox_state_check",
    "a webhook is in a state that the service knows",
    "state = 'lost', next_try_at = null",
    "state = 'lost'"
  ),
  format(
    "webhook_inbox_released_check",
    "why a webhook holds nobody up any more is something that the service knows",
    "released = 'forgotten'",
    "released = 'forgotten'"
  ),
  format(
    "webhook_inbox_trouble_check",
    "what is wrong with a webhook is something that operators know",
    "trouble = 'tired'",
    "trouble = 'tired'"
  ),
  format(
    "pending_webhook_is_due",
    "a webhook that waits is tried again at some time",
    "next_try_at = null",
    "state = 'pending' and next_try_at is null"
  ),
  format(
    "dead_letter_says_why",
    "a dead letter says why",
    "state = 'dead_letter', next_try_at = null",
    "state = 'dead_letter' and trouble is null"
  ),
  format("body_of_unreadable_only", "no body is kept of what was read", "raw = '{}'", "raw is not null"),
  drop("trigger webhook_inbox.guard_webhook", renamed),
  drop("refusal guard_webhook.webhook_unchanged", renamed),
  drop("refusal guard_webhook.processed_is_final", {
    law: "what was processed is not processed again",
    given: (nr) => [h.take(nr), h.processed(nr)],
    workers: (nr) =>
      owners(2, () => `update webhook_inbox set state = 'pending', next_try_at = now() where ${of(nr)}`),
    broken: (nr) => none(`webhook_inbox where ${of(nr)} and state = 'pending'`)
  }),
  drop("trigger webhook_inbox.no_delete", {
    law: "an event id is not forgotten",
    given: (nr) => [h.take(nr)],
    workers: (nr) => owners(2, () => `delete from webhook_inbox where ${of(nr)}`),
    broken: (nr) => stillThere(`webhook_inbox where ${of(nr)}`)
  }),
  drop("trigger webhook_inbox.no_truncate", {
    law: "webhook_inbox is not emptied",
    given: (nr) => [h.take(nr)],
    workers: () => owners(2, () => "truncate webhook_inbox"),
    broken: () => "select (not exists (select from webhook_inbox))::int as broken"
  }),
  drop("right payments_app webhook_inbox", {
    law: "what was processed was tried",
    given: () => [],
    workers: (nr) => apps(2, (at) => row(nr + at, { state: "processed", next_try_at: null })),
    broken: () =>
      none(
        "webhook_inbox where state = 'processed' and type = 'charge.updated' and claim = 0 and webhook_nr > 1000000"
      )
  })
]

import { everyTable, withoutTriggers } from "../support/scene.ts"
import * as h from "../support/webhookScene.ts"
import type { Prohibition } from "./Prohibition.ts"

// Webhooks that came in.

const given = [...everyTable, h.take(1), h.unreadable(2), h.take(3), h.processed(3)]

const setting = (constraint: string, change: string): Prohibition => ({
  by: `webhook_inbox.${constraint}`,
  what: `webhook_inbox set ${change}`,
  given: [...given, withoutTriggers("webhook_inbox")],
  tries: `update webhook_inbox set ${change}`
})

const refused = (by: string, change: string): Prohibition => ({
  by,
  what: `webhook_inbox set ${change}`,
  given,
  tries: `update webhook_inbox set ${change}`
})

export const webhooks: ReadonlyArray<Prohibition> = [
  ...["webhook_nr = default", "webhook_nr = default where event_id = 'msg_1'"].map((change) =>
    refused("webhook_unchanged", change)
  ),
  refused("webhook_unchanged", "event_id = 'msg_4' where event_id = 'msg_1'"),
  refused("webhook_unchanged", "received_at = received_at - interval '1 day' where event_id = 'msg_1'"),
  refused("processed_is_final", "state = 'pending', next_try_at = now() where event_id = 'msg_3'"),
  // Not even one that persons closed, if it were to hold somebody up again.
  {
    ...refused(
      "processed_is_final",
      "state = 'pending', released = null, next_try_at = now() where event_id = 'msg_5'"
    ),
    given: [...given, h.take(5), h.signed(5)]
  },
  setting("webhook_inbox_released_check", "released = 'forgotten' where event_id = 'msg_1'"),
  setting("webhook_inbox_state_check", "state = 'lost', next_try_at = null where event_id = 'msg_1'"),
  setting("webhook_inbox_trouble_check", "trouble = 'tired' where event_id = 'msg_1'"),
  setting("webhook_once", "event_id = 'msg_1' where event_id = 'msg_2'"),
  setting("webhook_of_account", "entity_id = 'loop_health'"),
  setting("webhook_of_account", "provider = 'stub_b'"),
  setting("pending_webhook_is_due", "next_try_at = null where event_id = 'msg_1'"),
  setting("pending_webhook_is_due", "next_try_at = now() where event_id = 'msg_3'"),
  setting(
    "dead_letter_says_why",
    "state = 'dead_letter', next_try_at = null, trouble = null where event_id = 'msg_1'"
  ),
  setting("body_of_unreadable_only", "raw = '{}' where event_id = 'msg_1'"),
  setting("body_of_unreadable_only", "raw = '{}' where event_id = 'msg_3'"),
  setting("body_of_unreadable_only", "trouble = 'failed' where event_id = 'msg_2'"),
  {
    by: "webhook_inbox.webhook_inbox_pkey",
    what: "the same number twice",
    given: [...given, withoutTriggers("webhook_inbox")],
    tries: `insert into webhook_inbox overriding system value
      select (jsonb_populate_record(w, '{"event_id": "msg_9"}')).* from webhook_inbox w limit 1`
  },
  {
    by: "webhook_inbox.no_delete",
    what: "an event id that is forgotten",
    given,
    tries: "delete from webhook_inbox"
  },
  {
    by: "webhook_inbox.no_truncate",
    what: "all event ids that are forgotten",
    given,
    tries: "truncate webhook_inbox"
  }
]

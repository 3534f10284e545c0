import { due, raise, refundDue, unheardCapture } from "../support/pageScene.ts"
import { everyTable, withoutTriggers } from "../support/scene.ts"
import type { Prohibition } from "./Prohibition.ts"

// Calls for a person.

const given = [...everyTable, ...due(2), ...refundDue(4), ...refundDue(5), ...unheardCapture(6), raise(-1)]

const setting = (constraint: string, change: string): Prohibition => ({
  by: `pages.${constraint}`,
  what: `pages set ${change}`,
  given: [...given, withoutTriggers("pages")],
  tries: `update pages set ${change}`
})

export const pages: ReadonlyArray<Prohibition> = [
  setting("pages_kind_check", "kind = 'weather', incident_id = null"),
  setting("pages_attempt_id_fkey", "attempt_id = 'at_of_nobody' || page_nr"),
  setting("pages_incident_id_fkey", "incident_id = 1000000 + page_nr where kind = 'incident'"),
  setting("page_of_incident", "incident_id = null where kind = 'incident'"),
  setting("page_of_incident", "kind = 'in_review' where kind = 'incident'"),
  setting("pages_refund_id_fkey", "refund_id = 're_of_nobody' || page_nr where kind = 'refund_in_review'"),
  setting("page_of_refund", "refund_id = null where kind = 'refund_in_review'"),
  setting("page_of_refund", "kind = 'in_review' where kind = 'refund_in_review'"),
  setting(
    "one_page_per_refund",
    "refund_id = (select min(refund_id) from pages) where kind = 'refund_in_review'"
  ),
  setting(
    "one_page_per_incident",
    "incident_id = (select min(incident_id) from pages) where kind = 'incident'"
  ),
  {
    by: "pages.one_page_per_review",
    what: "a second page of one review",
    given,
    tries:
      "insert into pages (kind, attempt_id) select kind, attempt_id from pages where kind = 'in_review' limit 1"
  },
  {
    by: "pages.one_page_per_unheard_capture",
    what: "a second page of one capture that nobody heard",
    given,
    tries:
      "insert into pages (kind, attempt_id) select kind, attempt_id from pages where kind = 'capture_unheard' limit 1"
  },
  {
    by: "pages.pages_pkey",
    what: "the same page twice",
    given,
    tries: "insert into pages overriding system value select * from pages limit 1"
  },
  {
    by: "pages.append_only",
    what: "another call than was made",
    given,
    tries: "update pages set raised_at = now()"
  },
  { by: "pages.append_only", what: "a call that was not made", given, tries: "delete from pages" },
  { by: "pages.no_truncate", what: "calls that were not made", given, tries: "truncate pages" }
]

import { due, raise, refundDue, unheardCapture } from "../../support/pageScene.ts"
import { refund } from "../../support/refundScene.ts"
import { attempt, insert } from "../../support/scene.ts"
import { apps, atMostOne, none, owners, type Prohibition, type Race, stillThere } from "../Race.ts"

// Calls for a person: each once, and kept.

const of = (nr: number): string => `attempt_id = '${attempt(nr)}'`
const raised = (nr: number): ReadonlyArray<string> => [...due(nr), raise(-1)]

const drop = (what: Prohibition, race: Omit<Race, "drops">): Race => ({ drops: [what], ...race })

const row = (nr: number, at: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  insert("pages", {
    page_nr: 1_000_000 + nr * 10 + at,
    kind: "in_review",
    attempt_id: attempt(nr),
    raised_at: "now",
    ...fields
  })

export const pages: ReadonlyArray<Race> = [
  drop("index one_page_per_review", {
    law: "an operator is called once for one attempt, whatever server finds it first",
    given: due,
    workers: () => apps(4, () => raise(-1)),
    broken: (nr) => atMostOne(`pages where ${of(nr)}`)
  }),
  drop("index one_page_per_unheard_capture", {
    law: "an operator is called once for one capture that nobody heard, whatever server finds it first",
    given: unheardCapture,
    workers: () => apps(4, () => raise(-1)),
    broken: (nr) => atMostOne(`pages where ${of(nr)}`)
  }),
  drop("constraint pages.one_page_per_incident", {
    law: "an operator is called once for one incident, whatever server finds it first",
    given: due,
    workers: () => apps(4, () => raise(3_600_000)),
    broken: (nr) => atMostOne(`pages where ${of(nr + 1)}`)
  }),
  drop("constraint pages.one_page_per_refund", {
    law: "an operator is called once for one refund, whatever server finds it first",
    given: refundDue,
    workers: () => apps(4, () => raise(-1)),
    broken: (nr) => atMostOne(`pages where refund_id = '${refund(nr)}'`)
  }),
  drop("constraint pages.page_of_refund", {
    law: "who is called for a refund is told which",
    given: refundDue,
    workers: (nr) => owners(2, (at) => row(nr, at, { kind: "refund_in_review" })),
    broken: (nr) => none(`pages where ${of(nr)} and kind = 'refund_in_review' and refund_id is null`)
  }),
  drop("constraint pages.pages_refund_id_fkey", {
    law: "an operator is called for a refund that there is",
    given: due,
    workers: (nr) =>
      owners(2, (at) => row(nr, at, { kind: "refund_in_review", refund_id: `re_of_nobody_${nr}_${at}` })),
    broken: (nr) => none(`pages where ${of(nr)} and refund_id like 're_of_nobody%'`)
  }),
  drop("constraint pages.pages_pkey", {
    law: "a page has a number of its own",
    given: (nr) => [0, 2, 4, 6].flatMap((at) => due(nr + at)),
    workers: (nr) => owners(4, (at) => row(nr + 2 * (at - 1), 0, { page_nr: 2_000_000 + nr })),
    broken: (nr) => atMostOne(`pages where page_nr = ${2_000_000 + nr}`)
  }),
  drop("constraint pages.pages_kind_check", {
    law: "an operator is called for a reason that they know",
    given: due,
    workers: (nr) => owners(2, (at) => row(nr, at, { kind: "weather" })),
    broken: (nr) => none(`pages where ${of(nr)} and kind = 'weather'`)
  }),
  drop("constraint pages.page_of_incident", {
    law: "who is called for an incident is told which",
    given: due,
    workers: (nr) => owners(2, (at) => row(nr, at, { kind: "incident" })),
    broken: (nr) => none(`pages where ${of(nr)} and kind = 'incident'`)
  }),
  drop("constraint pages.pages_attempt_id_fkey", {
    law: "an operator is called for an attempt that there is",
    given: () => [],
    workers: (nr) => owners(2, (at) => row(nr, at, { attempt_id: `at_of_nobody_${nr}_${at}` })),
    broken: () => none("pages where attempt_id like 'at_of_nobody%'")
  }),
  drop("constraint pages.pages_incident_id_fkey", {
    law: "an operator is called for an incident that there is",
    given: due,
    workers: (nr) =>
      owners(2, (at) => row(nr, at, { kind: "incident", incident_id: 1_000_000 + nr * 10 + at })),
    broken: (nr) => none(`pages where ${of(nr)} and incident_id > 1000000`)
  }),
  drop("trigger pages.append_only", {
    law: "that somebody was called, and when, stays on record",
    given: raised,
    workers: (nr) => owners(2, () => `delete from pages where ${of(nr)}`),
    broken: (nr) => stillThere(`pages where ${of(nr)}`)
  }),
  drop("trigger pages.no_truncate", {
    law: "pages is not emptied",
    given: raised,
    workers: () => owners(2, () => "truncate pages"),
    broken: () => "select (not exists (select from pages))::int as broken"
  }),
  drop("right payments_app pages", {
    law: "who is called is told by an event as well",
    given: due,
    workers: (nr) => apps(2, (at) => row(nr, at)),
    broken: (nr) =>
      none(`pages p join attempts a using (attempt_id) where ${of(nr)} and not exists (
        select from outbox o where o.session_id = a.session_id and o.type = 'operations.page.v1')`)
  })
]

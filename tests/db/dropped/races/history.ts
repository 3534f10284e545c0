import * as s from "../../support/scene.ts"
import { atMostOne, none, owners, type Prohibition, type Race, stillThere } from "../Race.ts"
import * as scenes from "../scenes.ts"

// What was written stays as it was written.

const { attempt, session } = scenes

/** A session that left a row in every table, as `everyTable` does. */
const everything = (nr: number): ReadonlyArray<string> => [
  s.declare(nr, { key: `key_${nr}` }),
  s.open(nr),
  s.record(nr, 1, s.outcome.declined, ["mid_goods_2"]),
  s.record(nr, 2, s.captured(`ref_${nr}`)),
  s.record(nr, 1, s.captured(`late_${nr}`)),
  `insert into merchant_accounts select (jsonb_populate_record(m, '{"mid_id": "mid_gate_${nr}"}')).*
    from merchant_accounts m where mid_id = 'mid_goods_3'`,
  `insert into passed_gates values ('mid_gate_${nr}', 'banking', 'an officer', 'a letter')`
]

const faults = (nr: number): string => none(`audit_faults(${session(nr)})`)

/** A row that somebody changes or takes away, and the question whether it is there as it was. */
const stays = (
  law: string,
  drops: ReadonlyArray<Prohibition>,
  does: (nr: number, worker: number) => string,
  row: (nr: number) => string,
  given: Race["given"] = everything
): ReadonlyArray<Race> =>
  drops.map((dropped) => ({
    drops: [dropped],
    law,
    given,
    workers: (nr) => owners(4, (at) => does(nr, at)),
    broken: (nr) => stillThere(row(nr))
  }))

const appendOnly = (
  table: string,
  law: string,
  change: string,
  where: (nr: number) => string,
  asItWas: string
): ReadonlyArray<Race> => {
  const row = (nr: number) => `${table} where ${where(nr)} and ${asItWas}`
  return [
    ...stays(
      law,
      [`trigger ${table}.append_only`],
      (nr) => `update ${table} set ${change} where ${where(nr)}`,
      row
    ),
    ...stays(
      `${law}, and is kept`,
      [`trigger ${table}.append_only`],
      (nr) => `delete from ${table} where ${where(nr)}`,
      row
    )
  ]
}

const firstOf = (nr: number): string => `attempt_id = ${attempt(nr)}`
const eventOf = (nr: number): string => `session_id = ${session(nr)} and type = 'payment.charged.v1'`
const roundOf = (nr: number): string => `session_id = ${session(nr)} and round = 1`

const truncated = [
  "attempt_evidence",
  "audit",
  "audit_heads",
  "fulfilments",
  "idempotency_keys",
  "outbox",
  "passed_gates",
  "postings"
].map((table): Race => ({
  drops: [`trigger ${table}.no_truncate`],
  law: `${table} is not emptied`,
  given: everything,
  // What refers to the outbox goes with it; nothing refers to the others.
  workers: () => owners(2, () => `truncate ${table} cascade`),
  broken: () => `select (not exists (select from ${table}))::int as broken`
}))

const chained = (drops: Prohibition): Race => ({
  drops: [drops],
  law: "the end of a chain is where its last row is",
  given: everything,
  workers: (nr) =>
    owners(4, () => `update audit_heads set position = position - 1 where chain = ${session(nr)}`),
  broken: faults
})

export const history: ReadonlyArray<Race> = [
  ...truncated,
  ...stays(
    "a gate is passed on what it was passed on",
    ["trigger passed_gates.guard_gate", "refusal guard_gate.gate_unchanged"],
    (nr) => `update passed_gates set evidence = 'another letter' where mid_id = 'mid_gate_${nr}'`,
    (nr) => `passed_gates where mid_id = 'mid_gate_${nr}' and evidence = 'a letter'`
  ),
  ...stays(
    "a gate that was passed is kept",
    ["trigger passed_gates.no_delete"],
    (nr) => `delete from passed_gates where mid_id = 'mid_gate_${nr}'`,
    (nr) => `passed_gates where mid_id = 'mid_gate_${nr}'`
  ),
  {
    drops: ["index one_standing_gate"],
    law: "a gate stands once, so that whoever revokes it has revoked it",
    given: everything,
    workers: (nr) =>
      owners(
        4,
        () => `insert into passed_gates values ('mid_gate_${nr}', 'counsel', 'an officer', 'a letter')`
      ),
    broken: (nr) => atMostOne(`passed_gates where mid_id = 'mid_gate_${nr}' and gate = 'counsel'`)
  },
  {
    drops: ["constraint passed_gates.revoked_by_somebody"],
    law: "a gate is revoked by somebody, for a reason",
    given: everything,
    workers: (nr) =>
      owners(2, () => `update passed_gates set revoked_at = now() where mid_id = 'mid_gate_${nr}'`),
    broken: (nr) =>
      none(`passed_gates where mid_id = 'mid_gate_${nr}' and revoked_at is not null and revoked_by is null`)
  },
  ...appendOnly(
    "captures",
    "money that moved is booked as it moved",
    "amount = 1",
    (nr) => `processor_reference = 'late_${nr}'`,
    "amount = 3500"
  ),
  ...appendOnly(
    "postings",
    "what was posted stays",
    "debit_account = 'nowhere'",
    (nr) => `processor_reference = 'late_${nr}'`,
    "debit_account = 'processor_receivable'"
  ),
  ...appendOnly(
    "attempt_evidence",
    "what was heard of an attempt stays",
    "outcome = 'Absent'",
    (nr) => `${firstOf(nr)} and nr = 1`,
    "outcome = 'Declined'"
  ),
  {
    drops: ["trigger audit.append_only"],
    law: "who did it stays written",
    given: everything,
    workers: (nr) =>
      owners(4, () => `update audit set actor = 'nobody' where chain = ${session(nr)} and position = 2`),
    broken: faults
  },
  {
    drops: ["trigger audit.append_only"],
    law: "that it was done stays written",
    given: everything,
    workers: (nr) => owners(4, () => `delete from audit where chain = ${session(nr)} and position = 2`),
    broken: faults
  },
  chained("refusal guard_audit_head.audit_chain_grows"),
  chained("trigger audit_heads.guard_audit_head"),
  {
    drops: ["trigger audit_heads.no_delete"],
    law: "the end of a chain is known",
    given: everything,
    workers: (nr) => owners(4, () => `delete from audit_heads where chain = ${session(nr)}`),
    broken: faults
  },
  {
    drops: ["constraint audit_heads.audit_heads_pkey"],
    law: "a chain has one end",
    given: () => [],
    workers: (nr) =>
      owners(4, (at) => `insert into audit_heads (chain, position, hash) values ('chain ${nr}', ${at}, '')`),
    broken: (nr) =>
      `select greatest(count(*) - 1, 0)::int as broken from audit_heads where chain = 'chain ${nr}'`
  },
  {
    drops: ["trigger audit.chain_audit_row"],
    law: "a row of the audit follows from the row before it, whoever writes it",
    given: () => [],
    workers: (nr) =>
      owners(
        4,
        (at) => `insert into audit (chain, position, at, actor, action, detail, previous_hash, hash)
        values ('chain ${nr}', ${at}, now(), 'worker ${at}', 'something', '{}', '', 'made up')`
      ),
    broken: (nr) => none(`audit_faults('chain ${nr}')`)
  },
  {
    drops: ["lock chain_audit_row"],
    law: "of those who write into one chain at once each is heard",
    given: everything,
    workers: (nr) =>
      owners(4, (at) => `select write_audit(${session(nr)}, 'worker ${at}', 'something', '{}')`),
    broken: (nr) =>
      `select 4 - count(*)::int as broken from audit where chain = ${session(nr)} and action = 'something'`
  },
  ...stays(
    "what the world was told stays",
    ["refusal guard_event.event_unchanged", "trigger outbox.guard_event"],
    (nr) => `update outbox set payload = '{"amount": 1}' where ${eventOf(nr)}`,
    (nr) => `outbox where ${eventOf(nr)} and payload -> 'amount' = '3500'`
  ),
  ...stays(
    "an event that was delivered is not delivered again",
    ["refusal guard_event.event_unchanged"],
    (nr) => `update outbox set delivered_at = null where ${eventOf(nr)}`,
    (nr) => `outbox where ${eventOf(nr)} and delivered_at is not null`,
    (nr) => [...everything(nr), `update outbox set delivered_at = now() where ${eventOf(nr)}`]
  ),
  ...stays(
    "an event is kept until it is delivered, and after",
    ["trigger outbox.no_delete"],
    (nr) => `delete from outbox where ${eventOf(nr)}`,
    (nr) => `outbox where ${eventOf(nr)}`
  ),
  ...stays(
    "an incident is about what it was opened for",
    ["refusal guard_incident.incident_unchanged", "trigger incidents.guard_incident"],
    (nr, at) => `update incidents set detail = '{"worker": ${at}}' where ${firstOf(nr)}`,
    (nr) => `incidents where ${firstOf(nr)} and detail ->> 'processorReference' = 'late_${nr}'`
  ),
  ...stays(
    "an incident that was closed stays closed",
    ["refusal guard_incident.incident_unchanged"],
    (nr) => `update incidents set closed_at = null where ${firstOf(nr)}`,
    (nr) => `incidents where ${firstOf(nr)} and closed_at is not null`,
    (nr) => [...everything(nr), `update incidents set closed_at = now() where ${firstOf(nr)}`]
  ),
  ...stays(
    "an incident does not vanish",
    ["trigger incidents.no_delete"],
    (nr) => `delete from incidents where ${firstOf(nr)}`,
    (nr) => `incidents where ${firstOf(nr)}`
  ),
  ...stays(
    "why an account was chosen stays",
    ["refusal guard_decision.decision_unchanged", "trigger routing_decisions.guard_decision"],
    (nr) => `update routing_decisions set chosen = '["mid_goods_3"]' where ${roundOf(nr)}`,
    (nr) => `routing_decisions where ${roundOf(nr)} and chosen = '["mid_goods_1"]'`
  ),
  ...stays(
    "an account that was passed over stays so",
    ["refusal guard_decision.decision_unchanged"],
    (nr) => `update routing_decisions set passed_over = '[]' where ${roundOf(nr)}`,
    (nr) => `routing_decisions where ${roundOf(nr)} and passed_over <> '[]'`,
    (nr) => [
      ...everything(nr),
      `update routing_decisions set passed_over = '[{"mid": "mid_goods_3"}]' where ${roundOf(nr)}`
    ]
  ),
  ...stays(
    "why an account was chosen is kept, though nothing was sent",
    ["trigger routing_decisions.no_delete"],
    (nr) => `delete from routing_decisions where ${roundOf(nr)}`,
    (nr) => `routing_decisions where ${roundOf(nr)}`,
    (nr) => [s.declare(nr), scenes.decide(nr)]
  )
]

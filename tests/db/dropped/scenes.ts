import * as s from "../support/scene.ts"

// What the races find: statements of the owner, beside those of `scene.ts`.

const quoted = (value: string): string => `'${value}'`
export const session = (nr: number): string => quoted(s.session(nr))
export const attempt = (nr: number, ordinal = 1): string => quoted(s.attempt(nr, ordinal))

/** The sessions of one run of a race. */
export const ours = (nr: number): string => `session_id between ${session(nr)} and ${session(nr + 9)}`

/** A routing decision by hand. */
export const decide = (nr: number, round = 1): string =>
  `insert into routing_decisions (session_id, round, policy_version, inputs, chosen, left_out)
    values (${session(nr)}, ${round}, 1, '{}', '[]', '[]')`

/** A session that a worker calls processing, with no attempt. */
export const processing = (nr: number, declared = s.declare(nr)): ReadonlyArray<string> => [
  declared,
  `update payment_sessions set state = 'processing', fence = 1, round = 1 where session_id = ${session(nr)}`,
  decide(nr)
]

/** A session with an attempt in flight. */
export const charging = (nr: number): ReadonlyArray<string> => [s.declare(nr), s.open(nr)]

/** A session whose first attempt was declined and which a worker calls processing under the next fence. */
export const readyForTheSecond = (nr: number): ReadonlyArray<string> => [
  ...charging(nr),
  s.record(nr, 1, s.outcome.declined),
  `update payment_sessions set state = 'processing', fence = 2 where session_id = ${session(nr)}`
]

/** A session that is paid and has its fulfilment. */
export const settled = (nr: number): ReadonlyArray<string> => [
  ...charging(nr),
  s.record(nr, 1, s.captured(`ref_${nr}`))
]

/** A session of which the processor said no, and then that money moved. */
export const capturedLate = (nr: number): ReadonlyArray<string> => [
  ...charging(nr),
  s.record(nr, 1, s.outcome.declined),
  s.record(nr, 1, s.captured(`late_${nr}`))
]

export const become = (nr: number, state: string): string =>
  `update payment_sessions set state = '${state}' where session_id = ${session(nr)}`

/** A company with a brand and an account of its own, underwritten for merchandise. */
export const company = (nr: number): ReadonlyArray<string> => [
  `insert into entities values ('co_${nr}', 'A company', true, true, true)`,
  `insert into entity_underwriting (entity_id, category) values ('co_${nr}', 'merchandise')`,
  `insert into brands (brand_id, name) values ('co-${nr}', 'A brand')`,
  `insert into brand_entities values ('co-${nr}', 'co_${nr}')`,
  account(nr, `mid_${nr}`),
  `insert into mid_underwriting (mid_id, entity_id, provider, category)
    values ('mid_${nr}', 'co_${nr}', 'stub_b', 'merchandise')`
]

/** An account of a company, by hand. */
export const account = (nr: number, mid: string, change: Readonly<Record<string, unknown>> = {}): string =>
  s.insert("merchant_accounts", {
    mid_id: mid,
    entity_id: `co_${nr}`,
    provider: "stub_b",
    settings: {},
    live: false,
    name: "An account",
    status: "active",
    kill_switch: false,
    accepts: { currencies: ["USD"] },
    priority: 1,
    weight: 1,
    ...change
  })

/** A pending session of that company. */
export const declaredByCompany = (nr: number): string =>
  s.declare(nr, { entity: `co_${nr}`, brand: `co-${nr}` })

/** A session by hand, of that company. */
export const sessionOfCompany = (nr: number, at: number): string =>
  s.insert("payment_sessions", s.sessionRow(at, { entity_id: `co_${nr}`, brand_id: `co-${nr}` }))

/** An attempt by hand, of that company on its account. */
export const attemptOfCompany = (nr: number, ordinal: number): string =>
  s.insert(
    "attempts",
    s.attemptRow(nr, ordinal, {
      entity_id: `co_${nr}`,
      brand_id: `co-${nr}`,
      mid_id: `mid_${nr}`,
      provider: "stub_b"
    })
  )

/** Writes down what the world is told. */
export const tell = (nr: number, what: string): string => `insert into told values (${nr}, '${what}')`

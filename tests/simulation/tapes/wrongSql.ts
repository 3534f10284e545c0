import { Effect } from "effect"
import { Postgres } from "./Postgres.ts"

// Mistakes in what the database does, made in the test's own copy of it: a replay has to find each.

export interface WrongSql {
  readonly mistake: string
  /** The function of the schema `payments`, what stands in it once, and what is put there instead. */
  readonly in: string
  readonly find: string
  readonly put: string
  /** The first seed whose tapes are tried: most mistakes are seen by any, some by few. */
  readonly near?: number
}

export const wrongSql: ReadonlyArray<WrongSql> = [
  {
    mistake: "what is looked up in vain is asked again later than it should be",
    in: "record_outcome",
    find: "power(2, least(checks, 20))",
    put: "power(3, least(checks, 20))",
    near: 6
  },
  {
    mistake: "an attempt is its driver's for one moment longer than its lease",
    in: "take_over",
    find: "from attempts where state = 'in_flight' and lease_until <= now()",
    put: "from attempts where state = 'in_flight' and lease_until < now()"
  },
  {
    mistake: "a session may be paid at the very moment at which it expires",
    in: "judge_opening",
    find: "s.expires_at <= now()",
    put: "s.expires_at < now()",
    near: 19
  },
  {
    mistake: "a lookup's decline goes on to the next account",
    in: "record_outcome",
    find: "and p ->> 'source' = 'driver' and",
    put: "and"
  },
  {
    mistake: "a capture of another amount settles",
    in: "record_outcome",
    find: "if (o ->> 'amount')::bigint <> a.amount or",
    put: "if"
  },
  {
    mistake: "an order is charged although a session of it that ended holds money",
    in: "judge_opening",
    find: "order_paid(s) or",
    put: ""
  },
  {
    mistake: "a no that comes after a capture was heard counts",
    in: "record_outcome",
    find: "kind in ('Declined', 'Absent') and capture_heard",
    put: "false",
    near: 8
  },
  {
    mistake: "whoever asks gets what another one is asking for",
    in: "claim_unresolved",
    find: "set next_check_at = now() + (p ->> 'leaseMs')::float8 * interval '1 millisecond'",
    put: "set checks = checks"
  },
  {
    mistake: "an event is given out while somebody delivers it",
    in: "claim_events",
    find: "(claimed_until is null or claimed_until <= now())",
    put: "true"
  },
  {
    mistake: "a repeated confirmation for another card is taken for the first one",
    in: "confirmed_before",
    find: "and earlier_body = body",
    put: ""
  },
  {
    mistake: "a second claim is told that it is the first",
    in: "claim_fulfilment",
    find: "'fulfilment', 'duplicate'",
    put: "'fulfilment', 'first'",
    near: 14
  },
  {
    mistake: "a stopped account is charged by the next attempt",
    in: "permit_refusal",
    find: "when m.kill_switch then 'kill_switch_on'",
    put: "",
    near: 25
  },
  {
    mistake: "a late capture opens no incident",
    in: "record_outcome",
    find: "else\n        incident := 'late_capture';",
    put: "else"
  }
]

/** Does something while the database makes a mistake. */
export const mistaken = <A, E, R>(
  { in: name, find, put }: WrongSql,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | Postgres> =>
  Effect.gen(function* () {
    const { owner } = yield* Postgres
    const [found] = yield* Effect.orDie(
      owner<{ readonly source: string }>`
        select pg_get_functiondef(${`payments.${name}`}::regproc) as source`
    )
    const parts = (found?.source ?? "").split(find)
    if (parts.length !== 2)
      return yield* Effect.die(`${name} has ${parts.length - 1} times, not once: ${find}`)
    const define = (source: string) => Effect.orDie(owner.unsafe(source))
    return yield* Effect.acquireUseRelease(
      define(parts.join(put)),
      () => effect,
      () => define(parts.join(find))
    )
  })

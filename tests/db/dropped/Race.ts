import type { Role } from "../../../src/db/Database.ts"

/**
 * The name of something in the database that forbids, as its catalogue has it:
 * - `constraint attempts.attempts_pkey`: a key, a reference or a check;
 * - `index one_live_attempt_per_session`: a unique index that is no constraint;
 * - `trigger attempts.guard_attempt`: a trigger as a whole;
 * - `refusal guard_attempt.attempt_move`: one refusal of a trigger's function;
 * - `reason permit_refusal.kill_switch_on`: one reason why an account, or a card on it, may not be sent to;
 * - `lock guard_attempt`: the lock under which a function looks;
 * - `right payments_app attempts`: that a role may not write into a table. It is dropped by granting it.
 */
export type Prohibition =
  `${"constraint" | "index" | "trigger" | "refusal" | "reason" | "lock" | "right"} ${string}`

/** What one worker does, in one transaction on a connection of its own. */
export interface Worker {
  readonly role: Role
  readonly does: ReadonlyArray<string>
}

/**
 * Several workers that do something wrong at the same time, and the law that holds nevertheless as long as one of
 * `drops` stands. A race is run more than once in a database: `nr` is the first of ten numbers that are its own.
 */
export interface Race {
  /** What carries the law: one, or where several carry the same law, all of them. */
  readonly drops: ReadonlyArray<Prohibition>
  readonly law: string
  /** Why more than one carries the law. */
  readonly because?: string
  /** Constraints that cannot stand without the one that is dropped: the references to a key. */
  readonly takesAlong?: ReadonlyArray<string>
  readonly given: (nr: number) => ReadonlyArray<string>
  readonly workers: (nr: number) => ReadonlyArray<Worker>
  /** A query that counts how often the law is broken, as `broken`. */
  readonly broken: (nr: number) => string
}

/** Workers who each do the same in their own way, as the owner of everything: nobody who serves can do more. */
export const owners = (
  count: number,
  does: (worker: number) => string | ReadonlyArray<string>
): ReadonlyArray<Worker> => workers("payments_owner", count, does)

/** Workers under the app's own role, which can do nothing but call the money steps. */
export const apps = (
  count: number,
  does: (worker: number) => string | ReadonlyArray<string>
): ReadonlyArray<Worker> => workers("payments_app", count, does)

/** Workers under the role of the simulated gateways. */
export const gateways = (
  count: number,
  does: (worker: number) => string | ReadonlyArray<string>
): ReadonlyArray<Worker> => workers("payments_stub", count, does)

const workers = (role: Role, count: number, does: (worker: number) => string | ReadonlyArray<string>) =>
  Array.from({ length: count }, (_, at): Worker => ({ role, does: [does(at + 1)].flat() }))

/** Counts the rows that there should not be. */
export const none = (from: string): string => `select count(*)::int as broken from ${from}`

/** Counts the rows beyond the first. */
export const atMostOne = (from: string): string =>
  `select greatest(count(*) - 1, 0)::int as broken from ${from}`

/** Counts the rows that are gone, of one. */
export const stillThere = (from: string): string =>
  `select greatest(1 - count(*), 0)::int as broken from ${from}`

// What is done to the service, by name. A run in which one of these never happened proves nothing.

/** What is done to servers, database and lines. */
export const faultKinds = [
  "kill -9 of one server",
  "kill -9 of both servers",
  "SIGTERM in mid-charge",
  "paused longer than a permit lives",
  "paused longer than the lease",
  "immediate stop of the database",
  "connections ended by the database",
  "lines to the database cut",
  "lines to the database stalled",
  "acknowledgement of P lost",
  "acknowledgement of C lost",
  "acknowledgement of a claim lost"
] as const
export type FaultKind = (typeof faultKinds)[number]

/** What customers do. */
export const customerKinds = [
  "hung up in mid-charge",
  "hung up, and asked the other server at once under the same key",
  "the same confirmation at both servers at once",
  "two confirmations at once, at two servers",
  "cancelled in mid-charge",
  "two workers claim at once, at two servers"
] as const
export type CustomerKind = (typeof customerKinds)[number]

/** Where in a charge a fault struck, in the catalogue's words: P written, S sent, A answered, C recorded. */
export const crashPoints = [
  "before P",
  "P without S",
  "between S and A",
  "between A and C",
  "after C"
] as const
export type CrashPoint = (typeof crashPoints)[number]

export type Kind = FaultKind | CustomerKind | CrashPoint

/** How often each of them happened. */
export interface Tally {
  readonly count: (kind: Kind) => void
  readonly of: (kind: Kind) => number
}

export const makeTally = (): Tally => {
  const counts = new Map<Kind, number>()
  return {
    count: (kind) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
    of: (kind) => counts.get(kind) ?? 0
  }
}

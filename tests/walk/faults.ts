// The faults of the catalogue in docs/safety.md that can be expressed on the pure machine, by their numbers. The
// letters are the catalogue's too: P the attempt's row is committed, S bytes sent, T money moves, A answer, C outcome
// committed, K kill -9, Q query at the processor, W webhook, H halted.

/** Each takes one of the faults that a history may have. */
export const placed = {
  "1": "K before P",
  "2": "P, K before S",
  "3": "S, K before A",
  "4": "A, K before C",
  "5": "C applied, its ack lost",
  "6": "C lost, recorded again",
  "7": "P applied, its ack lost",
  "8": "P unacknowledged, it lands after its caller gave up",
  "11": "serialization failure after A, recorded again",
  "12": "no connection at C, given up",
  "13": "P fails",
  "15": "abort before P",
  "18": "timeout and A in the same tick",
  "20": "timeout, T later",
  "21": "Q says not found although the processor has it",
  "22": "a reset, or an answer that proves nothing",
  "25": "captured after it declined",
  "26": "captured another amount",
  "29": "captured under the reference of another charge",
  "39": "P, a pause, the permit is stale or the zombie sends",
  "40": "S, a pause, the zombie hears and records late",
  "42": "a reconciler keeps its answer while another asks",
  "53": "the request arrives when the horizon has passed",
  "57": "kill switch between selection and P",
  "58": "underwriting revoked between selection and P",
  "60": "K after C, before anybody is told"
} as const

/** These are no faults but orders of things: every one of them is walked, as often as it can happen. */
export const met = {
  "30": "W before A or C",
  "31": "the same W again (37: because its ack was lost)",
  "38": "two replicas drive one session",
  "41": "the reconciler against a driver that lives",
  "50": "cancel against P",
  "52": "expiry between P and A"
} as const

export type Placed = keyof typeof placed
export type Met = keyof typeof met
export type Fault = Placed | Met

const named: ReadonlyMap<string, string> = new Map(Object.entries({ ...placed, ...met }))

/** Every number, in the catalogue's order. */
export const numbers: ReadonlyArray<string> = [...named.keys()].toSorted((a, b) => Number(a) - Number(b))

/** A fault in a report: `39 P, a pause, ...`. */
export const nameOf = (nr: string): string => `${nr} ${named.get(nr) ?? ""}`

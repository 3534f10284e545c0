import type { Violation } from "./auditor.ts"
import type { Dose } from "./faults.ts"
import type { Kind } from "./kinds.ts"
import type { OddEnd } from "./Servers.ts"

/** What a run came to, beside what the auditor says. */
export interface Reached {
  readonly violations: ReadonlyArray<Violation>
  /** Servers that ended although nobody told them to, or did not although somebody did. */
  readonly oddEnds: ReadonlyArray<OddEnd>
  /** What the service's own audit chain says of its rows. */
  readonly chainFaults: ReadonlyArray<unknown>
  readonly fired: ReadonlyArray<readonly [Kind, number]>
  readonly settled: number
  /** Kills that hit a charge between its write-ahead and its record. */
  readonly killedInFlight: number
  /** Charges under way at SIGTERM that their own server recorded before it ended. */
  readonly drained: number
}

/** Everything that makes a run fail, in sentences. A run in which little happened proves little, and fails as well. */
export const shortcomings = (reached: Reached, dose: Dose): ReadonlyArray<string> => [
  ...reached.violations.map(
    ({ law, session, words }) =>
      `VIOLATION of “${law}”${session === undefined ? "" : ` in ${session}`}: ${words}`
  ),
  ...reached.oddEnds.map(({ words }) => `A SERVER: ${words}`),
  ...reached.chainFaults.map((fault) => `THE AUDIT CHAIN: ${JSON.stringify(fault)}`),
  ...reached.fired.flatMap(([kind, times]) => (times === 0 ? [`NEVER HAPPENED: ${kind}`] : [])),
  ...tooFew("sessions were settled", reached.settled, dose.kills),
  ...tooFew("charges were killed in mid-flight", reached.killedInFlight, Math.ceil(dose.kills / 4)),
  ...tooFew("charges were recorded by a server that had to stop", reached.drained, 1)
]

const tooFew = (what: string, found: number, wanted: number): ReadonlyArray<string> =>
  found < wanted ? [`TOO LITTLE: ${found} ${what}, and at least ${wanted} are wanted`] : []

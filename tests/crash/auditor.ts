import { casesOf, type Evidence } from "./evidence.ts"
import { laws } from "./laws.ts"

// The auditor knows the gateways' books and what the customers heard. It shares no code with the service and has
// no way into its database.

export interface Violation {
  readonly law: string
  /** What it is about; a violation of the sums is about no session. */
  readonly session: string | undefined
  readonly words: string
}

/** Every breach of every law, in the order of the laws. */
export const audit = (evidence: Evidence): ReadonlyArray<Violation> => {
  const cases = casesOf(evidence)
  return laws.flatMap(({ name, breaches }) =>
    breaches({ ...evidence, cases }).map(({ session, words }) => ({ law: name, session, words }))
  )
}

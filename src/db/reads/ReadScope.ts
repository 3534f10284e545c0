/**
 * What a caller may read: only what is of these companies, and of these brands. An absent list restricts nothing. It is
 * a condition of every statement, so that what is out of scope is not there rather than refused.
 */
export interface ReadScope {
  readonly entities?: ReadonlyArray<string> | undefined
  readonly brands?: ReadonlyArray<string> | undefined
}

/** Whoever holds a key of today. */
export const everything: ReadScope = {}

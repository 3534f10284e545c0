import type { DateTime } from "effect"

/**
 * A record as PostgreSQL tells it as JSON: instants are text, and what is absent is null. Rows of lists stay as they were
 * told: what the columns may hold is a matter of the database's constraints, and tests hold every list against the
 * schema of its record.
 */
export type RowOf<Record> = {
  readonly [Name in keyof Record]: Told<Record[Name]> | ({} extends Pick<Record, Name> ? null : never)
}

type Told<Value> = Value extends DateTime.Utc ? string : Value

/** Microseconds since 1970 of an instant as PostgreSQL tells it: they have more digits than a `Date` keeps. */
export const microsOf = (instant: string): string => {
  const [, seconds = "", fraction = ""] = /^(.{19})(?:\.(\d{1,6}))?/.exec(instant) ?? []
  return `${Date.parse(`${seconds}Z`) / 1000}${fraction.padEnd(6, "0")}`
}

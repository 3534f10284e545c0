import { none, owners, type Prohibition, type Race } from "../Race.ts"

// What one person asks for and another decides is written down in tables of one shape, and broken in the same ways.

/** A race against one prohibition. */
export const drop = (what: Prohibition, race: Omit<Race, "drops">): Race => ({ drops: [what], ...race })

interface Table {
  readonly table: string
  /** Finds the row of a number. */
  readonly of: (nr: number) => string
  /** A row that is written by hand. */
  readonly row: (nr: number, fields: Readonly<Record<string, unknown>>) => string
  /** What a row may be written about. */
  readonly written: Race["given"]
  /** A row that waits for its decision. */
  readonly asked: Race["given"]
}

/** The races of such a table. */
export const inTable = ({ table, of, row, written, asked }: Table) => ({
  /** A row that is written by hand in a shape that none has. */
  format: (constraint: string, law: string, fields: Readonly<Record<string, unknown>>, wrong: string): Race =>
    drop(`constraint ${table}.${constraint}`, {
      law,
      given: written,
      workers: (nr) => owners(2, () => row(nr, fields)),
      broken: (nr) => none(`${table} where ${of(nr)} and ${wrong}`)
    }),

  /** A decision that is written by hand. */
  deciding: (
    what: Prohibition,
    law: string,
    change: string,
    wrong: string,
    given: Race["given"] = asked
  ): Race =>
    drop(what, {
      law,
      given,
      workers: (nr) => owners(2, () => `update ${table} set ${change} where ${of(nr)}`),
      broken: (nr) => none(`${table} where ${of(nr)} and ${wrong}`)
    })
})

/** Something that the database forbids whatever the code does, with somebody who tries it as the owner. */
export interface Prohibition {
  /** What refuses: `table.constraint`, or the name that a trigger gives its refusal. */
  readonly by: string
  readonly what: string
  readonly given: ReadonlyArray<string>
  readonly tries: string
}

import { Effect } from "effect"
import type { Below, Wanted } from "../db/reads/listing.ts"
import { type Page, pageOf, type Slice } from "../db/reads/Page.ts"
import { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { child } from "./children.ts"
import type { GraphqlContext } from "./context.ts"
import { connectionOf, type CursorKind, type PageArguments, sliceOf } from "./pages.ts"

type Reads = PaymentReads["Service"]

/** Reads with what the caller may see. */
export const reading = <A, E>(
  { run }: GraphqlContext,
  read: (reads: Reads) => Effect.Effect<A, E | LedgerUnavailable>
) => run(PaymentReads.pipe(Effect.flatMap(read), adviseOnLedger("read")))

interface OfParents<Parent extends object, Id extends string> {
  readonly field: `${string}.${string}`
  readonly of: (value: object) => value is Parent
  /** What a parent is found by below. */
  readonly id: (parent: Parent) => Id
}

/** A connection below a row: the same slice of each parent's own list. */
export const pagesBelow = <Parent extends object, Id extends string, Row extends object>({
  field,
  of,
  id,
  kind,
  read,
  below
}: OfParents<Parent, Id> & {
  readonly kind: CursorKind
  readonly read: (
    reads: Reads,
    scope: GraphqlContext["scope"],
    ids: ReadonlyArray<Id>,
    slice: Slice
  ) => Effect.Effect<ReadonlyMap<string, Page<Row>>, LedgerUnavailable>
  /** The same list as part of the statement that reads the parents. */
  readonly below?: (reads: Reads, scope: ReadScope, slice: Slice, wanted: Wanted) => Below
}) =>
  child({
    field,
    of,
    read: async (context, parents, page) => {
      // A cursor is one parent's; the others refuse it, each in its place.
      const slices = parents.map((parent) => resultOf(() => sliceOf(kind, page, id(parent))))
      const slice = slices.find((one) => !(one instanceof Error))
      if (slice === undefined || slice instanceof Error) return slices.filter((one) => one instanceof Error)
      const ids = [...new Set(parents.filter((_, nr) => !(slices[nr] instanceof Error)).map(id))]
      const found = await reading(context, (reads) => read(reads, context.scope, ids, slice))
      return parents.map((parent, nr) => {
        const own = slices[nr]
        if (own instanceof Error) return own
        return connectionOf(kind, found.get(id(parent)) ?? pageOf<Row>(slice, []), id(parent))
      })
    },
    rows: ({ edges }) => edges.map(({ node }) => node),
    ...(below === undefined
      ? {}
      : {
          within: {
            below: (reads: Reads, scope: ReadScope, page: PageArguments, wanted: Wanted) => {
              // A cursor is one parent's; and what is wrong with a slice, each field says in its place.
              if (typeof page.after === "string" || typeof page.before === "string") return undefined
              const slice = resultOf(() => sliceOf(kind, page))
              return slice instanceof Error ? undefined : below(reads, scope, slice, wanted)
            },
            valueOf: (page: Page<Row>, parent: Parent) => connectionOf(kind, page, id(parent))
          }
        })
  })

/** A value, or why there is none. */
export const resultOf = <Value>(make: () => Value): Value | Error => {
  try {
    return make()
  } catch (error) {
    return error instanceof Error ? error : new Error("a value cannot be read", { cause: error })
  }
}

/** What is referred to is there: nothing is ever deleted. */
export const there = <Value>(found: Value | undefined, what: string): Value => {
  if (found === undefined) throw new Error(`${what} is referred to, and is not there`)
  return found
}

/** What one statement finds for each parent below a level; `pick` says what of it is the parent's. */
export const valuesBelow = <Parent extends object, Id extends string, Found, Value>({
  field,
  of,
  id,
  read,
  pick,
  rows = () => []
}: OfParents<Parent, Id> & {
  readonly read: (
    reads: Reads,
    scope: GraphqlContext["scope"],
    ids: ReadonlyArray<Id>
  ) => Effect.Effect<ReadonlyMap<string, Found>, LedgerUnavailable>
  readonly pick: (found: Found | undefined, parent: Parent) => Value
  readonly rows?: (value: Value) => ReadonlyArray<object>
}) => {
  const resolve = child({
    field,
    of,
    read: async (context, parents) => {
      const ids = [...new Set(parents.map(id))]
      const found = await reading(context, (reads) => read(reads, context.scope, ids))
      return parents.map((parent) => resultOf(() => pick(found.get(id(parent)), parent)))
    },
    rows
  })
  return (parent: Parent, context: GraphqlContext) => resolve(parent, {}, context)
}

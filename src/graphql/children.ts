import DataLoader from "dataloader"
import type { Below, Wanted } from "../db/reads/listing.ts"
import type { Page } from "../db/reads/Page.ts"
import type { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import type { GraphqlContext } from "./context.ts"
import type { PageArguments } from "./pages.ts"

// What is below a row is read for all the rows of its level at once. A page that knows what is asked of its rows reads
// it with them in one statement, or else before they are resolved (`lookAhead.ts`), and the fields below find it without
// waiting. A row that came alone gathers with those that are resolved in the same moment.

/** What one field reads for many parents: for each of them, in their order, its value or why it has none. */
type ReadAll<Parent, Value> = (
  context: GraphqlContext,
  parents: ReadonlyArray<Parent>,
  page: PageArguments
) => Promise<ReadonlyArray<Value | Error>>

type BelowOf = (
  reads: PaymentReads["Service"],
  scope: ReadScope,
  page: PageArguments,
  wanted: Wanted
) => Below | undefined

interface Options<Parent extends object, Value> {
  /** `PaymentSession.attempts`: the type and its field. */
  readonly field: `${string}.${string}`
  readonly of: (value: object) => value is Parent
  readonly read: ReadAll<Parent, Value>
  /** The rows in a value, which have fields of their own. */
  readonly rows: (value: Value) => ReadonlyArray<object>
  /** How the rows of a parent are read with the parent itself. */
  readonly within?: {
    /** The list below, if a slice of it may be read for every parent alike. */
    readonly below: BelowOf
    readonly valueOf: (page: Page<never>, parent: Parent) => Value
  }
}

export interface Child {
  /** Reads a level; answers the rows of the next one. */
  readonly ahead: (
    context: GraphqlContext,
    parents: ReadonlyArray<object>,
    page: PageArguments
  ) => Promise<ReadonlyArray<object>>
  readonly below: BelowOf | undefined
  /** Takes what was read with the parents of a request. */
  readonly keep: (context: GraphqlContext) => (parent: object, name: string, page: Page<never>) => void
}

const registered = new Map<string, Child>()

/** By their fields, for whoever looks ahead. */
export const children: ReadonlyMap<string, Child> = registered

/** One slice of one field has one name, however the query calls it. */
export const nameOf = ({ first, last, after, before }: PageArguments): string =>
  `${first ?? ""} ${last ?? ""} ${after ?? ""} ${before ?? ""}`

/** What was read with a row, one slice after the other. */
interface Kept<Value> {
  readonly name: string
  readonly value: Value
  readonly next: Kept<Value> | undefined
}

/** Makes the resolver of a field that reads for many parents at once. */
export const child = <Parent extends object, Value>(options: Options<Parent, Value>) => {
  const { field, of, read, rows, within } = options
  /** What was read with the rows of a request. A weak entry for each row would be dear to collect. */
  const kept = new WeakMap<object, Map<object, Kept<Value>>>()
  const known = new WeakMap<object, WeakMap<Parent, Map<string, Value | Error>>>()
  const gathering = new WeakMap<object, Map<string, DataLoader<Parent, Value>>>()

  const readAll: ReadAll<Parent, Value> = async (context, parents, page) => {
    try {
      return await read(context, parents, page)
    } catch (error) {
      // Each field says it in its own place.
      const cause = error instanceof Error ? error : new Error("a read failed", { cause: error })
      return parents.map(() => cause)
    }
  }

  registered.set(field, {
    ahead: async (context, parents, page) => {
      const own = parents.filter(of)
      const found = await readAll(context, own, page)
      const ofRequest = entry(known, context.request, () => new WeakMap())
      for (const [index, parent] of own.entries()) {
        const value = found[index]
        if (value !== undefined) entry(ofRequest, parent, () => new Map()).set(nameOf(page), value)
      }
      return found.flatMap((value) => (value instanceof Error ? [] : rows(value)))
    },
    below: within?.below,
    keep: (context) => {
      if (within === undefined) return () => {}
      const ofRequest = entry(kept, context.request, () => new Map())
      return (parent, name, page) => {
        if (!of(parent)) return
        ofRequest.set(parent, { name, value: within.valueOf(page, parent), next: ofRequest.get(parent) })
      }
    }
  })

  return (parent: Parent, page: PageArguments, context: GraphqlContext): Value | Promise<Value> => {
    const name = nameOf(page)
    for (let one = kept.get(context.request)?.get(parent); one !== undefined; one = one.next) {
      if (one.name === name) return one.value
    }
    const value = known.get(context.request)?.get(parent)?.get(name)
    if (value instanceof Error) throw value
    if (value !== undefined) return value
    const ofRequest = entry(gathering, context.request, () => new Map())
    const load = entry(
      ofRequest,
      name,
      () => new DataLoader<Parent, Value>((parents) => readAll(context, parents, page), { cache: false })
    )
    return load.load(parent)
  }
}

interface Store<Key, Value> {
  readonly get: (key: Key) => Value | undefined
  readonly set: (key: Key, value: Value) => unknown
}

const entry = <Key, Value>(store: Store<Key, Value>, key: Key, make: () => Value): Value => {
  const found = store.get(key)
  if (found !== undefined) return found
  const made = make()
  store.set(key, made)
  return made
}

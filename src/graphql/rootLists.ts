import { Effect } from "effect"
import type { GraphQLResolveInfo } from "graphql"
import type { Wanted } from "../db/reads/listing.ts"
import type { Page, Slice } from "../db/reads/Page.ts"
import type { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import type { AmountRange } from "../db/reads/where.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import type { GraphqlContext, GraphqlServices } from "./context.ts"
import { type OrderName, orderOf } from "./filters.ts"
import { reading } from "./levels.ts"
import { lookAhead, settle } from "./lookAhead.ts"
import { connectionOf, type CursorKind, type PageArguments, sliceOf, withEstimate } from "./pages.ts"

type Reads = PaymentReads["Service"]
type Read<A> = Effect.Effect<A, LedgerUnavailable>

/** What a list at the root is asked with. */
type ListArguments<Filter> = PageArguments & { readonly filter?: Filter | null | undefined }

/** One page of a list, and in one go all that the query asks beneath its rows. */
const pageOfRoot = async <Row extends object>(
  kind: CursorKind,
  about: unknown,
  page: PageArguments,
  context: GraphqlContext,
  info: GraphQLResolveInfo,
  read: (reads: Reads, scope: ReadScope, slice: Slice, wanted: Wanted) => Read<Page<Row>>
) => {
  const slice = sliceOf(kind, page, about)
  const { found, asked } = await reading(context, (reads) => {
    const looking = lookAhead(info, reads, context.scope)
    const rowsRead = read(reads, context.scope, slice, looking.wanted)
    return Effect.map(rowsRead, (rows) => ({ found: rows, asked: looking }))
  })
  await settle(context, found.rows, asked)
  return connectionOf(kind, found, about)
}

/** The resolver of a list that knows one order, newest first. */
export const rootList =
  <Filter, Asked, Row extends object>({
    kind,
    asked: askedOf,
    read
  }: {
    readonly kind: CursorKind
    readonly asked: (filter: Filter | null | undefined) => Asked
    readonly read: (
      reads: Reads,
      scope: ReadScope,
      asked: Asked,
      slice: Slice,
      wanted: Wanted
    ) => Read<Page<Row>>
  }) =>
  (
    _root: unknown,
    { filter, ...page }: ListArguments<Filter>,
    context: GraphqlContext,
    info: GraphQLResolveInfo
  ) => {
    const asked = askedOf(filter)
    return pageOfRoot(kind, asked, page, context, info, (reads, scope, slice, wanted) =>
      read(reads, scope, asked, slice, wanted)
    )
  }

/** The resolver of a list that comes in several orders and can tell about how long it is. */
export const orderedRootList =
  <Filter, Asked extends { readonly amount: AmountRange | undefined }, E, Row extends object>({
    kind,
    asked: askedOf,
    read,
    estimate
  }: {
    readonly kind: CursorKind
    readonly asked: (filter: Filter | null | undefined) => Effect.Effect<Asked, E, GraphqlServices>
    readonly read: (
      reads: Reads,
      scope: ReadScope,
      asked: Asked,
      order: OrderName,
      slice: Slice,
      wanted: Wanted
    ) => Read<Page<Row>>
    readonly estimate: (reads: Reads, scope: ReadScope, asked: Asked) => Read<number>
  }) =>
  async (
    _root: unknown,
    { filter, orderBy, ...page }: ListArguments<Filter> & { readonly orderBy?: OrderName | null | undefined },
    context: GraphqlContext,
    info: GraphQLResolveInfo
  ) => {
    const asked = await context.run(askedOf(filter))
    const order = await context.run(orderOf(orderBy, asked.amount))
    const connection = await pageOfRoot(
      kind,
      [asked, order],
      page,
      context,
      info,
      (reads, scope, slice, wanted) => read(reads, scope, asked, order, slice, wanted)
    )
    return withEstimate(connection, () => reading(context, (reads) => estimate(reads, context.scope, asked)))
  }

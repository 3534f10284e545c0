import { Effect } from "effect"
import type { GraphQLResolveInfo } from "graphql"
import type { Wanted } from "../db/reads/listing.ts"
import type { Page, Slice } from "../db/reads/Page.ts"
import { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import type { AmountRange } from "../db/reads/where.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import type { InvalidInput } from "../kernel/refusals.ts"
import type { GraphqlContext, GraphqlServices } from "./context.ts"
import { ToldConnection } from "./execution/ToldConnection.ts"
import { type OrderName, orderOf } from "./filters.ts"
import { reading, resultOf } from "./levels.ts"
import { lookAhead, settle } from "./lookAhead.ts"
import {
  connectionOf,
  cursorsBegin,
  type CursorKind,
  type PageArguments,
  sliceOf,
  withEstimate
} from "./pages.ts"
import { tellingOf } from "./telling.ts"

type Reads = PaymentReads["Service"]
type Read<A> = Effect.Effect<A, LedgerUnavailable>

/** What a list at the root is asked with. */
type ListArguments<Filter> = PageArguments & { readonly filter?: Filter | null | undefined }

/** What a list is asked for: whose cursors it takes, and how a slice of it is read. */
interface Question<Row> {
  readonly about: unknown
  readonly read: (reads: Reads, scope: ReadScope, slice: Slice, wanted: Wanted) => Read<Page<Row>>
}

/** One page of a list, and in one go all that the query asks beneath its rows. */
const pageOfRoot = async <Row extends object, Asked extends Question<Row>, E>(
  kind: CursorKind,
  page: PageArguments,
  context: GraphqlContext,
  info: GraphQLResolveInfo,
  asking: Effect.Effect<Asked, E, GraphqlServices>
) => {
  const read = await context.run(
    Effect.gen(function* () {
      const asked = yield* asking
      const slice = resultOf(() => sliceOf(kind, page, asked.about))
      if (slice instanceof Error) return slice
      const reads = yield* PaymentReads
      const { scope, registry } = context
      const telling = context.takesTexts === true ? tellingOf(info, { reads, scope, registry }) : undefined
      if (telling !== undefined) {
        const told = { ...telling, cursorsBegin: cursorsBegin(kind, asked.about) }
        const { text } = yield* adviseOnLedger("read")(asked.read(reads, scope, slice, { below: [], told }))
        // A value that should be there and is not: which one, the other way finds out.
        if (text !== undefined) return new ToldConnection(text)
      }
      const ahead = lookAhead(info, reads, scope)
      const rows = asked.read(reads, scope, slice, ahead.wanted)
      return { question: asked, looking: ahead, listed: yield* adviseOnLedger("read")(rows) }
    })
  )
  if (read instanceof Error) throw read
  if (read instanceof ToldConnection) return { question: undefined, connection: read }
  const { question, looking, listed } = read
  await settle(context, listed.rows, looking)
  return { question, connection: connectionOf(kind, listed, question.about) }
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
  async (
    _root: unknown,
    { filter, ...page }: ListArguments<Filter>,
    context: GraphqlContext,
    info: GraphQLResolveInfo
  ) => {
    const about = askedOf(filter)
    const question: Question<Row> = {
      about,
      read: (reads, scope, slice, wanted) => read(reads, scope, about, slice, wanted)
    }
    const { connection } = await pageOfRoot<Row, Question<Row>, never>(
      kind,
      page,
      context,
      info,
      Effect.succeed(question)
    )
    return connection
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
    const asking = Effect.gen(function* () {
      const asked = yield* askedOf(filter)
      const order = yield* orderOf(orderBy, asked.amount)
      const question: Question<Row> & { readonly asked: Asked } = {
        asked,
        about: [asked, order],
        read: (reads, scope, slice, wanted) => read(reads, scope, asked, order, slice, wanted)
      }
      return question
    })
    const { question, connection } = await pageOfRoot<
      Row,
      Question<Row> & { readonly asked: Asked },
      E | InvalidInput
    >(kind, page, context, info, asking)
    if (question === undefined) return connection
    return withEstimate(connection, () =>
      reading(context, (reads) => estimate(reads, context.scope, question.asked))
    )
  }

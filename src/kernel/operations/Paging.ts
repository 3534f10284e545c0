import { Context, type Duration, Effect, Layer } from "effect"
import type { Principal } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { OperatorsOnly } from "./operatorRefusals.ts"
import type { Page } from "./Page.ts"

/** A part of the list of pages, the newest first; positions are numbers of pages. */
export interface PageSlice {
  readonly size: number
  readonly from: "start" | "end"
  readonly after?: string | undefined
  readonly before?: string | undefined
}

/** The port to calls for a person. */
export class PageRecord extends Context.Service<
  PageRecord,
  {
    /** Writes the pages that are due, each once, and the event that tells of it in the same commit. */
    readonly raise: (
      limit: number,
      patience: Duration.Duration
    ) => Effect.Effect<ReadonlyArray<Page>, LedgerUnavailable>
    /** Up to one more than asked for, counted from the end that was asked for. */
    readonly list: (
      by: Principal,
      slice: PageSlice
    ) => Effect.Effect<ReadonlyArray<Page>, OperatorsOnly | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/operations/Paging/PageRecord") {}

/** How many one pass raises. */
const batch = 50

/**
 * Calls for a person: when nobody could find out for `patience` what became of an attempt or a refund, and when an incident was
 * opened (money moved late, of another amount, under another charge's name). Each call is made once, as an event to
 * operators and as a line of the log.
 */
export class Paging extends Context.Service<
  Paging,
  {
    /** Raises what is due; answers how many. */
    readonly pass: Effect.Effect<number, LedgerUnavailable>
  }
>()("payment-orchestration/kernel/operations/Paging") {
  static readonly layer = (settings: {
    readonly patience: Duration.Duration
  }): Layer.Layer<Paging, never, PageRecord> =>
    Layer.effect(
      Paging,
      Effect.map(PageRecord, (record) => ({
        pass: Effect.gen(function* () {
          const raised = yield* record.raise(batch, settings.patience)
          for (const { id, kind, incidentKind, ...about } of raised) {
            yield* Effect.logError("a person is needed").pipe(
              Effect.annotateLogs({
                page: id,
                kind: incidentKind ?? kind,
                attempt: about.attempt,
                session: about.session,
                ...(about.refund === undefined ? {} : { refund: about.refund }),
                mid: about.mid,
                provider: about.provider
              })
            )
          }
          return raised.length
        }).pipe(Effect.withSpan("Paging.pass"))
      }))
    )
}

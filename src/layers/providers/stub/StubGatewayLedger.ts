import { Clock, Context, Effect, Layer, Schema } from "effect"
import { left, type StubEntry, type StubTotals, totalsOf } from "./StubEntry.ts"

/** The gateways' books cannot be read or written now. What they hold is unknown, not empty. */
export class StubLedgerUnavailable extends Schema.TaggedError<StubLedgerUnavailable>()(
  "StubLedgerUnavailable",
  { cause: Schema.Defect() }
) {
  override get message(): string {
    return "the books of the simulated gateways do not answer"
  }
}

/** What came of writing an entry. */
export type Writing =
  | { readonly _tag: "Written" }
  /** The key has done this operation before; this is the first entry, and the new one was not written. */
  | { readonly _tag: "AlreadyWritten"; readonly first: StubEntry }
  /** It would give back more than is left of the charge; it was not written. */
  | { readonly _tag: "TooMuch"; readonly left: number }

/**
 * The books of all simulated gateways: what really moved at the far end of the wire, whatever our own records
 * say. They keep two promises by themselves: one key does one operation once, and no more goes back than came.
 */
export class StubGatewayLedger extends Context.Service<
  StubGatewayLedger,
  {
    readonly write: (entry: StubEntry) => Effect.Effect<Writing, StubLedgerUnavailable>
    /** All entries under one key of one gateway. */
    readonly byKey: (
      gateway: string,
      idempotencyKey: string
    ) => Effect.Effect<ReadonlyArray<StubEntry>, StubLedgerUnavailable>
    /** A charge of an account and everything that was done to it. */
    readonly byCharge: (
      gateway: string,
      mid: string,
      chargeReference: string
    ) => Effect.Effect<ReadonlyArray<StubEntry>, StubLedgerUnavailable>
    /** Everything, in the order of writing. */
    readonly entries: Effect.Effect<ReadonlyArray<StubEntry>, StubLedgerUnavailable>
    readonly totals: Effect.Effect<StubTotals, StubLedgerUnavailable>
  }
>()("payment-orchestration/layers/providers/stub/StubGatewayLedger") {
  /** Books that end with the process. */
  static readonly layerMemory: Layer.Layer<StubGatewayLedger> = Layer.sync(StubGatewayLedger, () => {
    const lines: Array<StubEntry> = []
    const byCharge = (gateway: string, mid: string, chargeReference: string) =>
      lines.filter(
        (line) => line.gateway === gateway && line.mid === mid && line.chargeReference === chargeReference
      )
    const byKey = (gateway: string, idempotencyKey: string) =>
      lines.filter((line) => line.gateway === gateway && line.idempotencyKey === idempotencyKey)

    const write = (entry: StubEntry): Writing => {
      const first = byKey(entry.gateway, entry.idempotencyKey).find(
        ({ operation }) => operation === entry.operation
      )
      if (first !== undefined) return { _tag: "AlreadyWritten", first }
      if (entry.kind === "refunded" || entry.kind === "voided") {
        const rest = left(entry, byCharge(entry.gateway, entry.mid, entry.chargeReference))
        if (entry.amount > rest) return { _tag: "TooMuch", left: rest }
      }
      lines.push(entry)
      return { _tag: "Written" }
    }

    return {
      write: (entry) => Effect.sync(() => write(entry)),
      byKey: (gateway, key) => Effect.sync(() => byKey(gateway, key)),
      byCharge: (gateway, mid, reference) => Effect.sync(() => byCharge(gateway, mid, reference)),
      entries: Effect.sync(() => [...lines]),
      totals: Effect.map(Clock.currentTimeMillis, (now) => totalsOf(lines, now))
    }
  })
}

import { Clock, Duration, Effect } from "effect"
import { hash32 } from "../../../kernel/hash.ts"
import { voidReference } from "../../../kernel/refunds/giveBack.ts"
import { type Behaviour, behaviourOf } from "./behaviours.ts"
import type { StubTimings } from "./config.ts"
import { movedCharge, StubEntry, wentBack } from "./StubEntry.ts"
import type { StubGatewayLedger, StubLedgerUnavailable } from "./StubGatewayLedger.ts"
import type { Tell } from "./teller.ts"
import { testCardOfToken, undocumentedTokenPrefix } from "./testCards.ts"
import type { Delivery, Gateway, StubAnswer, StubRequest } from "./wire.ts"

type Asking<Tag extends StubRequest["_tag"]> = Extract<StubRequest, { readonly _tag: Tag }>

/** What the gateway says to each of its codes. */
const messages: Readonly<Record<string, string>> = {
  approved: "captured",
  do_not_honor: "the issuer declined the card",
  stolen_card: "the card was reported stolen",
  insufficient_funds: "the account does not hold that much",
  invalid_token: "no card of that token",
  duplicate_transaction: "a transaction like this was seen before",
  pending: "the charge is still being processed",
  not_found: "no charge under that key",
  key_reused: "the key was used before, for something else",
  refunded: "refunded",
  refund_exceeds_captured: "that is more than is left of the charge",
  wrong_currency: "the charge is in another currency",
  refund_declined: "the card takes no money back",
  refund_returned: "the refund did not arrive",
  not_settled: "the charge is not settled yet: void it",
  refund_not_found: "no refund under that key",
  charge_unknown: "no such charge on this account",
  charge_found: "the charge",
  voided: "voided",
  already_settled: "the charge is settled",
  not_voidable: "some of the charge went back already"
}

const say = (code: string, rest: Omit<StubAnswer, "code" | "message"> = {}): StubAnswer => ({
  code,
  message: messages[code] ?? code,
  ...rest
})

/** The far end: a gateway with books of its own, driven by the documented cards and amounts. */
export const makeStubGateway = ({
  name,
  ledger,
  timings,
  tell: tellOf
}: {
  readonly name: string
  readonly ledger: StubGatewayLedger["Service"]
  readonly timings: StubTimings
  readonly tell?: Tell
}): Gateway => {
  const denials = new Map<string, number>()

  const reference = (prefix: string, { mid, idempotencyKey }: { mid: string; idempotencyKey: string }) =>
    `${prefix}_${[0, 1, 2].map((seed) => hash32(`${name} ${mid} ${idempotencyKey}`, seed).toString(36)).join("")}`

  /** What an entry answers now, to the one who wrote it and to all who ask again. */
  const tell = (entry: StubEntry, now: number): StubAnswer => {
    if (entry.kind === "declined") return say(entry.code)
    if (entry.movesAt > now) return say("pending")
    const { amount, currency } = entry
    return say(entry.code, { reference: entry.processorReference, amount, currency })
  }

  const charge = Effect.fnUntraced(function* (asked: Asking<"Charge">) {
    const now = yield* Clock.currentTimeMillis
    const { tokenRef, behaviour } = chargedCard(asked, name)
    if (behaviour.writes === "nothing") return delivered(say(behaviour.code), behaviour, timings)
    const own = reference("ch", asked)
    const entry = new StubEntry({
      gateway: name,
      mid: asked.mid,
      idempotencyKey: asked.idempotencyKey,
      operation: "charge",
      kind: behaviour.writes,
      code: behaviour.code,
      processorReference: own,
      chargeReference: own,
      amount: asked.amount,
      currency: asked.currency,
      tokenRef,
      movesAt: behaviour.late === true ? now + Duration.toMillis(timings.late) : now,
      createdAt: now
    })
    const writing = yield* ledger.write(entry)
    if (writing._tag === "Written" && behaviour.late === true) yield* tellOf?.(entry) ?? Effect.void
    return writing._tag === "AlreadyWritten"
      ? atOnce(sameQuestion(writing.first, entry) ? tell(writing.first, now) : say("key_reused"))
      : delivered(tell(entry, now), behaviour, timings)
  })

  const lookup = Effect.fnUntraced(function* (asked: Asking<"Lookup">) {
    const now = yield* Clock.currentTimeMillis
    const entry = (yield* ledger.byKey(name, asked.idempotencyKey)).find(
      ({ operation, mid }) => operation === "charge" && mid === asked.mid
    )
    if (entry === undefined) return say("not_found")
    const { behaviour } = chargedCard(entry, name)
    const denied = denials.get(entry.idempotencyKey) ?? 0
    if (behaviour.lies === true && denied < 2 && now < entry.createdAt + Duration.toMillis(timings.liesFor)) {
      denials.set(entry.idempotencyKey, denied + 1)
      return say("not_found")
    }
    const told = tell(entry, now)
    // Asked for the charge itself, the gateway does not call it a duplicate of itself.
    return told.code === "duplicate_transaction" ? { ...told, ...say("approved") } : told
  })

  /** Takes money back under a key, or writes down why not. */
  const takeBack = Effect.fnUntraced(function* (
    operation: "refund" | "void",
    asked: { mid: string; idempotencyKey: string; chargeReference: string },
    refusal: (charge: StubEntry, now: number) => string | undefined,
    money: { readonly amount: number; readonly currency: StubEntry["currency"] } | undefined
  ) {
    const now = yield* Clock.currentTimeMillis
    const about = yield* ledger.byCharge(name, asked.mid, asked.chargeReference)
    const found = movedCharge(about, now)
    const taken = money ?? found
    // A void names no money: without a charge there is none to write down.
    if (taken === undefined) return say("charge_unknown")
    const entry = (kind: "refunded" | "voided" | "declined", code: string) =>
      new StubEntry({
        gateway: name,
        mid: asked.mid,
        idempotencyKey: asked.idempotencyKey,
        operation,
        kind,
        code,
        processorReference: reference(operation === "refund" ? "re" : "vo", asked),
        chargeReference: asked.chargeReference,
        amount: taken.amount,
        currency: taken.currency,
        tokenRef: found?.tokenRef ?? "unknown",
        movesAt: now,
        createdAt: now
      })
    const refused = found === undefined ? "charge_unknown" : refusal(found, now)
    const kind = operation === "refund" ? "refunded" : "voided"
    const wanted = refused === undefined ? entry(kind, kind) : entry("declined", refused)
    let written = wanted
    let writing = yield* ledger.write(wanted)
    if (writing._tag === "TooMuch") {
      written = entry("declined", operation === "refund" ? "refund_exceeds_captured" : "not_voidable")
      writing = yield* ledger.write(written)
    }
    if (writing._tag === "Written" && refundWays.get(written.amount % 100) === "comes back") {
      yield* comesBack(written)
    }
    const standing = writing._tag === "AlreadyWritten" ? writing.first : written
    return sameQuestion(standing, wanted) ? tell(standing, now) : say("key_reused")
  })

  /** A refund that does not arrive: its money is here again after a while, and whoever listens is told. */
  const comesBack = Effect.fnUntraced(function* (refunded: StubEntry) {
    if (refunded.kind !== "refunded") return
    const movesAt = refunded.createdAt + Duration.toMillis(timings.late)
    yield* ledger.write(
      new StubEntry({
        ...refunded,
        operation: "return",
        kind: "returned",
        code: "refund_returned",
        processorReference: `back_${refunded.processorReference}`,
        movesAt
      })
    )
    yield* tellOf?.(new StubEntry({ ...refunded, movesAt })) ?? Effect.void
  })

  const refund = Effect.fnUntraced(function* (asked: Asking<"Refund">) {
    const way = refundWays.get(asked.amount % 100)
    if (way === "never arrives") return lost
    const answer = yield* takeBack(
      "refund",
      asked,
      (found, now) => {
        if (found.currency !== asked.currency) return "wrong_currency"
        if (voidOnly(found, now)) return "not_settled"
        return way === "declined" ? "refund_declined" : undefined
      },
      asked
    )
    return way === "answer lost" ? lost : atOnce(answer)
  })

  const refundLookup = Effect.fnUntraced(function* (asked: Asking<"RefundLookup">) {
    const entry = (yield* ledger.byKey(name, asked.idempotencyKey)).find(
      ({ operation, mid }) => operation === "refund" && mid === asked.mid
    )
    return yield* tellRefund(entry)
  })

  const refundRead = Effect.fnUntraced(function* (asked: Asking<"RefundRead">) {
    const { chargeReference, refundReference } = asked
    const about = yield* ledger.byCharge(name, asked.mid, chargeReference)
    if (refundReference === voidReference(chargeReference)) {
      const voided = about.find(({ kind }) => kind === "voided")
      return voided === undefined
        ? say("refund_not_found")
        : say("refunded", { reference: refundReference, amount: voided.amount, currency: voided.currency })
    }
    return yield* tellRefund(
      about.find(
        ({ operation, processorReference }) =>
          operation === "refund" && processorReference === refundReference
      )
    )
  })

  const tellRefund = Effect.fnUntraced(function* (entry: StubEntry | undefined) {
    if (entry === undefined) return say("refund_not_found")
    const now = yield* Clock.currentTimeMillis
    const came = (yield* ledger.byKey(name, entry.idempotencyKey)).find(
      ({ kind, movesAt }) => kind === "returned" && movesAt <= now
    )
    if (came !== undefined) return say(came.code, { reference: entry.processorReference })
    // What failed is named as well, so that nobody takes it for another.
    return entry.kind === "declined"
      ? say(entry.code, { reference: entry.processorReference })
      : tell(entry, now)
  })

  const isSettled = ({ movesAt }: StubEntry, now: number): boolean =>
    now >= movesAt + Duration.toMillis(timings.voidableFor)

  /** Most charges may be refunded at once; some wait for it, as at processors that settle at the end of the day. */
  const voidOnly = (found: StubEntry, now: number): boolean =>
    voidWays.has(found.amount % 100) && !isSettled(found, now)

  const voidCharge = Effect.fnUntraced(function* (asked: Asking<"Void">) {
    const about = yield* ledger.byCharge(name, asked.mid, asked.chargeReference)
    const way = voidWays.get((movedCharge(about, yield* Clock.currentTimeMillis)?.amount ?? 0) % 100)
    if (way === "never arrives") return lost
    const settled = (found: StubEntry, now: number) => (isSettled(found, now) ? "already_settled" : undefined)
    const answer = yield* takeBack("void", asked, settled, undefined)
    return way === "answer lost" ? lost : atOnce(answer)
  })

  const context = Effect.fnUntraced(function* (asked: Asking<"Context">) {
    const now = yield* Clock.currentTimeMillis
    const about = yield* ledger.byCharge(name, asked.mid, asked.chargeReference)
    const found = movedCharge(about, now)
    if (found === undefined) return say("charge_unknown")
    const { processorReference, idempotencyKey, amount, currency } = found
    return say("charge_found", {
      reference: processorReference,
      key: idempotencyKey,
      amount,
      currency,
      refunded: wentBack(about, now),
      ...(voidOnly(found, now) ? { voidOnly: true } : {})
    })
  })

  const handle = (request: StubRequest): Effect.Effect<Delivery, StubLedgerUnavailable> => {
    switch (request._tag) {
      case "Charge":
        return charge(request)
      case "Refund":
        return refund(request)
      case "RefundLookup":
        return Effect.map(refundLookup(request), atOnce)
      case "RefundRead":
        return Effect.map(refundRead(request), atOnce)
      case "Void":
        return voidCharge(request)
      case "Lookup":
        return Effect.map(lookup(request), atOnce)
      case "Context":
        return Effect.map(context(request), atOnce)
    }
  }

  // Without its books the gateway says so, and the driver cannot know whether anything was written.
  return (request) =>
    handle(request).pipe(
      Effect.catchTag("StubLedgerUnavailable", (error) =>
        Effect.succeed(atOnce({ code: "gateway_error", message: error.message }))
      )
    )
}

/** Which card is charged and what will happen. A token that nobody knows is not repeated in the books. */
const chargedCard = (
  { tokenRef, amount }: { readonly tokenRef: string; readonly amount: number },
  gateway: string
): { readonly tokenRef: string; readonly behaviour: Behaviour } => {
  const known = testCardOfToken(tokenRef)
  if (known !== undefined) return { tokenRef, behaviour: behaviourOf(known.rule, gateway, amount) }
  if (tokenRef.startsWith(undocumentedTokenPrefix)) {
    return { tokenRef, behaviour: behaviourOf("captured", gateway, amount) }
  }
  return {
    tokenRef: "unknown",
    behaviour: { does: "declined", writes: "declined", code: "invalid_token", answer: "at once" }
  }
}

/** Whether two entries under one key ask for the same money on the same card or charge. */
const sameQuestion = (a: StubEntry, b: StubEntry): boolean =>
  a.mid === b.mid &&
  a.amount === b.amount &&
  a.currency === b.currency &&
  a.chargeReference === b.chargeReference &&
  (a.operation !== "charge" || a.tokenRef === b.tokenRef)

/** Refunds whose amount ends like this meet a fate of their own; every other is given back. */
const refundWays: ReadonlyMap<number, "answer lost" | "never arrives" | "declined" | "comes back"> = new Map([
  [91, "answer lost"],
  [92, "never arrives"],
  [93, "declined"],
  [97, "comes back"]
])

/** Charges of amounts that end like this are not settled for a while; what becomes of their void. */
const voidWays: ReadonlyMap<number, "answered" | "answer lost" | "never arrives"> = new Map([
  [94, "answered"],
  [95, "answer lost"],
  [96, "never arrives"]
])

const lost: Delivery = { text: "", after: undefined }

const atOnce = (answer: StubAnswer): Delivery => ({ text: JSON.stringify(answer), after: Duration.zero })

const delivered = (answer: StubAnswer, { answer: way }: Behaviour, timings: StubTimings): Delivery => {
  const text = JSON.stringify(answer)
  switch (way) {
    case "at once":
      return { text, after: Duration.zero }
    case "slowly":
      return { text, after: timings.slow }
    case "lost":
      return { text, after: undefined }
    case "garbled":
      return { text: `\u0000${text.slice(0, text.length / 2)}`, after: Duration.zero }
  }
}

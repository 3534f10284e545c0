import { Duration } from "effect"
import type { StubAnswer, StubRequest } from "../../src/layers/providers/stub/wire.ts"
import { type Charge, type GivenBack, isGivenBackAgainstItsWord, isGone } from "./Books.ts"
import { deadline, type FarSide } from "./FarSide.ts"
import type { Process } from "./Process.ts"

// What a simulated gateway makes of money that is to go back: it keeps books of it, and holds it to what it captured.

const minute = 60_000

type Asking<Tag extends StubRequest["_tag"]> = Extract<StubRequest, { readonly _tag: Tag }>
type Sent = Asking<"Refund"> | Asking<"Void">

/** How long anybody listens to the answer: the driver of `stub_a`, and of the other the kernel. */
const heardFor = (gateway: string): number => (gateway === "stub_b" ? 40_000 : Duration.toMillis(deadline))

/** A refund or a void leaves its process, unless that dies before. */
export const giveBack = (
  far: FarSide,
  gateway: string,
  process: Process,
  request: Sent,
  answer: (text: string) => void
): void => {
  const { world, laws, books } = far
  const { draws } = world
  const { party } = process
  const begun = world.now
  laws.refunds.beforeSend(request, gateway)
  if (draws.fires("K between P and R")) {
    process.kill("K between P and R")
    return
  }
  if (draws.fires("pause inside R")) process.standStill("inside the driver")
  party.run(() => {
    world.say(process.name, () => `R: ${request._tag} ${request.idempotencyKey.slice(-13)} at ${gateway}`)
    const there = draws.between("R takes", 5, 400)
    if (draws.fires("K between R and its answer"))
      party.later(draws.between("K after R", 0, 2 * there), () => process.kill("K after R"))
    if (draws.fires("R lost")) {
      if (draws.chance("R lost tells", 0.5)) party.later(there, () => answer("connection reset"))
      return
    }
    world.after(there, () => {
      const booked = judge(far, gateway, request)
      books.givenBack.push(booked)
      world.say(gateway, () => told(booked))
      announce(far, booked)
      const text = said(far, booked)
      if (text === undefined) return
      const left = begun + heardFor(gateway) - world.now
      const back = draws.fires("answer to R late")
        ? left + draws.between("answer to R late by", -100, 100_000)
        : draws.between("answer to R takes", 5, 400)
      party.later(back, () => {
        if (world.now - begun < heardFor(gateway) - 1) laws.refunds.onAnswer(booked, text)
        answer(text)
      })
    })
  })
}

/** What becomes of it: no more goes back than the charge took, and a charge is voided until it is settled. */
const judge = (far: FarSide, gateway: string, request: Sent): GivenBack => {
  const { world, books } = far
  const { draws, now } = world
  const { mid, idempotencyKey: key, chargeReference } = request
  const charge = theOnly(books.named(mid, chargeReference, now))
  const isVoid = request._tag === "Void"
  if (
    isVoid &&
    charge !== undefined &&
    now < settlesAt(far, charge) &&
    draws.fires("settled before the void")
  )
    books.settlesAt.set(charge.key, now)
  const amount = isVoid ? (charge?.amount ?? 0) : request.amount
  const refusal = charge === undefined ? "charge_unknown" : refusalOf(far, charge, isVoid, amount)
  const refused = refusal ?? (!isVoid && draws.chance("refuses", 0.2) ? "refund_declined" : undefined)
  const lies = refused === "refund_declined" && draws.fires("given back after it refused")
  const moves = refused === undefined || lies
  const afterHorizon = refused === undefined && draws.fires("R after the horizon")
  const late = afterHorizon
    ? draws.between("R after the horizon by", 20 * minute, 40 * minute)
    : lies
      ? draws.between("gives back after refusing", 0, 5 * minute)
      : refused === undefined && draws.fires("R late")
        ? draws.between("R late by", 1_000, 10 * minute)
        : 0
  const fails = refused === undefined && !isVoid && draws.fires("refund fails later")
  return {
    session: charge?.session ?? "",
    key,
    operation: isVoid ? "void" : "refund",
    gateway,
    mid,
    chargeReference,
    arrivedAt: now,
    verdict: refused === undefined ? "refunded" : "declined",
    code: refused ?? (isVoid ? "voided" : "refunded"),
    reference: isVoid ? `void_${chargeReference}` : `re_${books.givenBack.length + 1}`,
    amount,
    currency: charge?.asked.currency ?? "USD",
    movesAt: moves ? now + late : undefined,
    failsAt: fails ? now + late + draws.between("fails after", 0, 30 * minute) : undefined,
    hidden: afterHorizon && draws.chance("R hidden", 0.5)
  }
}

/** Of which of two charges of one name money is to go back, a gateway does not know. */
const theOnly = (named: ReadonlyArray<Charge>): Charge | undefined =>
  named.length === 1 ? named[0] : undefined

const refusalOf = (far: FarSide, charge: Charge, isVoid: boolean, amount: number): string | undefined => {
  const { books, world } = far
  const promised = books
    .backOf(charge.mid, charge.reference)
    .filter(
      ({ verdict, failsAt }) => verdict === "refunded" && (failsAt === undefined || failsAt > world.now)
    )
    .reduce((sum, back) => sum + back.amount, 0)
  const isSettled = world.now >= settlesAt(far, charge)
  if (isVoid) return isSettled ? "already_settled" : promised > 0 ? "not_voidable" : undefined
  if (!isSettled) return "not_settled"
  return amount + promised > charge.amount ? "refund_exceeds_captured" : undefined
}

/** Most charges may be refunded at once; some are only voided for a while. */
const settlesAt = ({ world: { draws }, books }: FarSide, { key, movesAt = 0 }: Charge): number => {
  const known = books.settlesAt.get(key)
  if (known !== undefined) return known
  const at = draws.chance("is settled later", 0.4)
    ? movesAt + draws.between("settles", 1_000, 10 * minute)
    : 0
  books.settlesAt.set(key, at)
  return at
}

const unheard = { code: "pending", message: "still being processed" }

const answerOf = (booked: GivenBack, now: number): StubAnswer => {
  const { code, reference, amount, currency, movesAt, failsAt } = booked
  const isDone = movesAt !== undefined && movesAt <= now
  if (booked.verdict === "declined" && !isDone) return { code, message: "refused", reference }
  if (!isDone) return unheard
  return failsAt !== undefined && failsAt <= now
    ? { code: "refund_returned", message: "it did not arrive", reference }
    : { code: booked.operation === "void" ? code : "refunded", message: "gone", reference, amount, currency }
}

/** The text of the answer, whatever really happened; nothing when it gets lost. */
const said = ({ world }: FarSide, booked: GivenBack): string | undefined => {
  const { draws, now } = world
  if (booked.hidden || draws.fires("answer to R lost")) return undefined
  if (draws.fires("R says duplicate"))
    return JSON.stringify({ code: "duplicate_transaction", message: "seen before" })
  return JSON.stringify(answerOf(booked, now))
}

/** What is asked of a gateway about money that goes back, and moves none. */
export const askAboutRefund = (
  far: FarSide,
  gateway: string,
  process: Process,
  request: Asking<"RefundLookup"> | Asking<"RefundRead"> | Asking<"Context">,
  answer: (text: string) => void
): void => {
  const { world } = far
  const { draws } = world
  const { party } = process
  if (draws.fires("Q fails")) {
    if (draws.chance("Q fails loudly", 0.5)) party.later(50, () => answer("bad gateway"))
    return
  }
  world.after(draws.between("lookup takes", 5, 200), () => {
    const reply = request._tag === "Context" ? contextOf(far, request) : foundOf(far, request)
    world.say(gateway, () => `${request._tag}: ${reply.code}`)
    party.later(draws.between("lookup's answer takes", 5, 200), () => {
      if (draws.fires("pause between Q and its record")) process.standStill("between Q and its record")
      party.run(() => answer(JSON.stringify(reply)))
    })
  })
}

const foundOf = (far: FarSide, request: Asking<"RefundLookup"> | Asking<"RefundRead">): StubAnswer => {
  const { world, books, laws } = far
  const { draws, now } = world
  const isVoid = request._tag === "RefundRead" && request.refundReference.startsWith("void_")
  const found =
    request._tag === "RefundLookup"
      ? books.givenBack.find(({ key, operation }) => key === request.idempotencyKey && operation === "refund")
      : books
          .backOf(request.mid, request.chargeReference)
          .find(
            ({ reference, movesAt }) =>
              reference === request.refundReference && (!isVoid || movesAt !== undefined)
          )
  const denied =
    found !== undefined &&
    now - found.arrivedAt < 10 * minute &&
    draws.fires("refund not found while pending")
  const unknown = found === undefined || (found.hidden && (found.movesAt ?? 0) > now)
  if (!denied && !unknown) {
    const told = answerOf(found, now)
    return isVoid && told.code === "voided" ? { ...told, code: "refunded" } : told
  }
  laws.refunds.onDenied(
    request._tag === "RefundLookup" ? request.idempotencyKey : `${request.mid} ${request.refundReference}`
  )
  return { code: "refund_not_found", message: "no such refund" }
}

const contextOf = (far: FarSide, { mid, chargeReference }: Asking<"Context">): StubAnswer => {
  const { world, books } = far
  const { draws, now } = world
  const charge = theOnly(books.named(mid, chargeReference, now))
  if (charge === undefined) return { code: "charge_unknown", message: "no such charge" }
  const gone = books.backOf(mid, chargeReference).filter((back) => isGone(back, now))
  const fires = gone.length > 0 && draws.fires("sum lags behind")
  const counted = fires ? gone.filter(({ movesAt = 0 }) => movesAt < now - 2 * minute) : gone
  if (fires && counted.length === gone.length) draws.inVain()
  return {
    code: "charge_found",
    message: "the charge",
    amount: charge.amount,
    currency: charge.asked.currency,
    refunded: counted.reduce((sum, { amount }) => sum + amount, 0),
    voidOnly: now < settlesAt(far, charge)
  }
}

/** Gateways tell of what went back by webhook, and always of what did not arrive. */
const announce = ({ world, refundWebhook }: FarSide, booked: GivenBack): void => {
  const { draws, now } = world
  const { movesAt, failsAt } = booked
  const takes = () => draws.between("webhook takes", 100, 5_000)
  if (movesAt !== undefined && (isGivenBackAgainstItsWord(booked) || draws.chance("has webhook", 0.3)))
    refundWebhook(booked, movesAt - now + (draws.chance("W of a refund at once", 0.3) ? 0 : takes()))
  if (failsAt !== undefined) refundWebhook(booked, failsAt - now + takes(), "failed")
}

/** Somebody gives money of a charge back at the gateway itself. */
export const giveBackByHand = (far: FarSide, charge: Charge): void => {
  const { world, books, refundWebhook } = far
  const { draws } = world
  const amount = draws.pick("by hand", [1_000, charge.amount])
  const only = theOnly(books.named(charge.mid, charge.reference, world.now))
  if (only === undefined || refusalOf(far, charge, false, amount) !== undefined) return void draws.inVain()
  const booked: GivenBack = {
    session: charge.session,
    key: undefined,
    operation: "refund",
    gateway: charge.gateway,
    mid: charge.mid,
    chargeReference: charge.reference,
    arrivedAt: world.now,
    verdict: "refunded",
    code: "refunded",
    reference: `re_${books.givenBack.length + 1}`,
    amount,
    currency: charge.asked.currency,
    movesAt: world.now,
    failsAt: undefined,
    hidden: false
  }
  books.givenBack.push(booked)
  world.say(charge.gateway, () => told(booked))
  refundWebhook(booked, draws.between("webhook takes", 100, 5_000))
}

const told = ({
  operation,
  amount,
  reference,
  key,
  code,
  movesAt,
  failsAt,
  arrivedAt
}: GivenBack): string => {
  const what = `${operation} ${reference} of ${amount}${key === undefined ? " by hand" : ""}: ${code}`
  const moves =
    movesAt === undefined ? "" : movesAt === arrivedAt ? ", gone" : `, goes in ${movesAt - arrivedAt} ms`
  return `${what}${moves}${failsAt === undefined ? "" : `, fails in ${failsAt - arrivedAt} ms`}`
}

import { Duration, Effect } from "effect"
import type { PaymentProvider } from "../../src/kernel/PaymentProvider.ts"
import { makeStubDriver } from "../../src/layers/providers/stub/driver.ts"
import type { Delivery, StubAnswer, StubRequest } from "../../src/layers/providers/stub/wire.ts"
import { type Charge, isLie } from "./Books.ts"
import { absenceHorizon, deadline, type FarSide } from "./FarSide.ts"
import type { FaultName } from "./faults.ts"
import type { Process } from "./Process.ts"
import { askAboutRefund, giveBack, giveBackByHand } from "./RefundGateway.ts"
import type { World } from "./World.ts"

const minute = 60_000

type Asking<Tag extends StubRequest["_tag"]> = Extract<StubRequest, { readonly _tag: Tag }>

/** How long a driver listens that keeps no deadline of its own. */
const longestSilence = Duration.minutes(10)

/**
 * The driver as it is shipped, with a simulated gateway at the far end, for one process. The one of `stub_b` keeps
 * no deadline: whoever calls it has to.
 */
export const driverTo = (far: FarSide, name: string, process: Process): PaymentProvider => {
  if (name !== "stub_b") return driverWaiting(deadline, far, name, process)
  const driver = driverWaiting(longestSilence, far, name, process)
  return driver.tokenCharge === undefined
    ? driver
    : { ...driver, tokenCharge: { ...driver.tokenCharge, deadline } }
}

const driverWaiting = (
  patience: Duration.Duration,
  far: FarSide,
  name: string,
  process: Process
): PaymentProvider =>
  makeStubDriver({
    name,
    timings: { deadline: patience, absenceHorizon },
    gateway: (request) =>
      Effect.callback<Delivery>((resume) => {
        // Lost answers never resume: the driver's deadline ends the waiting.
        const answer = (text: string) => resume(Effect.succeed({ text, after: Duration.zero }))
        switch (request._tag) {
          case "Charge":
            return charge(far, name, process, request, answer)
          case "Lookup":
            return lookup(far, name, process, request, answer)
          case "Refund":
          case "Void":
            return giveBack(far, name, process, request, answer)
          default:
            return askAboutRefund(far, name, process, request, answer)
        }
      })
  })

const charge = (
  far: FarSide,
  name: string,
  process: Process,
  request: Asking<"Charge">,
  answer: (text: string) => void
): void => {
  const { world, laws, books } = far
  const { draws } = world
  const { party } = process
  const begun = world.now
  laws.sending.beforeSend(request, name)
  if (draws.fires("K between P and S")) {
    process.kill("K between P and S")
    return
  }
  if (draws.fires("pause inside the driver")) process.standStill("inside the driver")
  // A process that stands still sends when it goes on.
  party.run(() => {
    world.say(process.name, () => `S: charges ${request.idempotencyKey.slice(-12)} at ${name}`)
    const there = draws.between("request takes", 5, 400)
    if (draws.fires("K between S and T"))
      party.later(draws.between("K after S", 0, there), () => process.kill("K between S and T"))
    if (draws.fires("SIGTERM after S"))
      party.later(draws.between("TERM after S", 0, there), () => void process.terminate())
    if (draws.fires("S lost")) {
      if (draws.chance("S lost tells", 0.5)) party.later(there, () => answer("connection reset"))
      return
    }
    world.after(there, () => {
      const booked = judge(far, name, request)
      books.charges.push(booked)
      laws.sending.onArrival(booked)
      world.say(name, () => `${told(booked)}`)
      announce(far, booked)
      if (booked.movesAt !== undefined) {
        world.after(booked.movesAt - world.now, () => {
          if (booked.movesAt !== booked.arrivedAt)
            world.say(name, () => `T: ${booked.amount} for attempt ${booked.ordinal}`)
          laws.sending.onMoney(booked)
          if (far.givesBack && draws.fires("given back at the gateway"))
            world.after(draws.between("by hand after", 0, minute), () => giveBackByHand(far, booked))
        })
      }
      if (draws.fires("K between T and A")) party.run(() => process.kill("K between T and A"))
      const text = said(world, booked)
      if (text === undefined) return
      const back = answerTakes(world, begun)
      party.later(back, () => {
        // The driver of `stub_a` has given up by then, the kernel listens to the other for two minutes more.
        const heardFor = Duration.toMillis(deadline) + (name === "stub_b" ? 100_000 : -1)
        if (world.now - begun < heardFor) laws.healing.onAnswer(booked, text)
        answer(text)
      })
    })
  })
}

/** How long an answer is on its way back; the driver waits until its deadline, and somebody listens longer. */
const answerTakes = ({ draws, now }: World, begun: number): number => {
  const left = begun + Duration.toMillis(deadline) - now
  if (draws.fires("A at the deadline")) return Math.max(0, left)
  if (draws.fires("A late")) return left + draws.between("A late by", 1, 150_000)
  return draws.between("answer takes", 5, 400)
}

/** What becomes of a charge that arrived: drawn, except that hard truths of the card hold on every account. */
const judge = ({ world, books }: FarSide, gateway: string, request: Asking<"Charge">): Charge => {
  const { draws, now } = world
  const { idempotencyKey: key, mid, amount, currency } = request
  const [, session = "", ordinal = "0"] = /^(.*)-(\d+)-[^-]*$/.exec(key) ?? []
  const declines =
    request.tokenRef === "tok_soft_decline" || request.tokenRef === "tok_hard_decline"
      ? 1
      : request.tokenRef === "tok_declined_at_stub_a"
        ? 0.6
        : 0.1
  const declined = draws.chance("declines", declines)
  const lies = declined && draws.fires("captured after it declined")
  /** What the gateway makes of money that does not move is no fault. */
  const fires = (fault: FaultName, changes: boolean): boolean => {
    const fired = draws.fires(fault)
    if (fired && !changes) draws.inVain()
    return fired
  }
  const moves = !declined || lies
  const other = books.charges.find((one) => one.mid === mid && one.movesAt !== undefined)
  const reused = fires("reference reused", moves && other !== undefined) ? other : undefined
  const afterHorizon = !declined && draws.fires("T after the horizon")
  const late = afterHorizon
    ? draws.between("T after the horizon by", 20 * minute, 40 * minute)
    : lies
      ? draws.between("captures after declining", 0, draws.chance("at once", 0.6) ? 1_000 : 5 * minute)
      : fires("T late", moves)
        ? draws.between("T late by", 1_000, 10 * minute)
        : 0
  return {
    session,
    ordinal: Number(ordinal),
    key,
    gateway,
    mid,
    asked: { amount, currency },
    arrivedAt: now,
    verdict: declined ? "declined" : "captured",
    code: declined ? (request.tokenRef === "tok_hard_decline" ? "stolen_card" : "do_not_honor") : "approved",
    reference: reused?.reference ?? `ch_${books.charges.length + 1}`,
    amount: fires("amount differs", moves) ? amount - 1 : amount,
    movesAt: declined && !lies ? undefined : now + late,
    hidden: afterHorizon && draws.chance("hidden", 0.5)
  }
}

/** The text of the answer, whatever really happened; nothing when it gets lost. */
const said = (world: World, booked: Charge): string | undefined => {
  const { draws } = world
  if (booked.hidden || draws.fires("A lost")) return undefined
  if (draws.fires("5xx")) return JSON.stringify({ code: "internal_error", message: "try again later" })
  if (draws.fires("A says duplicate"))
    return JSON.stringify({ code: "duplicate_transaction", message: "seen before" })
  const text = JSON.stringify(answerOf(booked, booked.arrivedAt))
  return draws.fires("A garbled") ? text.slice(0, text.length / 2) : text
}

const answerOf = (booked: Charge, now: number): StubAnswer => {
  if (
    booked.verdict === "declined" &&
    !(isLie(booked) && booked.movesAt !== undefined && booked.movesAt <= now)
  ) {
    return { code: booked.code, message: "declined" }
  }
  return booked.movesAt !== undefined && booked.movesAt <= now
    ? {
        code: "approved",
        message: "captured",
        reference: booked.reference,
        amount: booked.amount,
        currency: booked.asked.currency
      }
    : { code: "pending", message: "still being processed" }
}

const lookup = (
  { world, books, laws }: FarSide,
  name: string,
  process: Process,
  request: Asking<"Lookup">,
  answer: (text: string) => void
): void => {
  const { draws } = world
  const { party } = process
  if (draws.fires("Q fails")) {
    if (draws.chance("Q fails loudly", 0.5)) party.later(50, () => answer("bad gateway"))
    return
  }
  world.after(draws.between("lookup takes", 5, 200), () => {
    const found = books.byKey(request.idempotencyKey)
    // A gateway may deny for some minutes what it has; within the horizon that means nothing.
    const denied =
      found !== undefined &&
      world.now - found.arrivedAt < 10 * minute &&
      draws.fires("not found while pending")
    const unknown = found === undefined || (found.hidden && (found.movesAt ?? 0) > world.now)
    const reply: StubAnswer =
      found === undefined || unknown || denied
        ? { code: "not_found", message: "no charge under that key" }
        : answerOf(found, world.now)
    if (reply.code === "not_found") laws.records.onDenied(request.idempotencyKey)
    world.say(name, () => `Q ${request.idempotencyKey.slice(-12)}: ${reply.code}`)
    party.later(draws.between("lookup's answer takes", 5, 200), () => {
      if (draws.fires("pause between Q and its record")) process.standStill("between Q and its record")
      party.run(() => answer(JSON.stringify(reply)))
    })
  })
}

/** Gateways tell of every charge by webhook, at some time after it, sometimes before they answer. */
const announce = ({ world, webhook }: FarSide, booked: Charge): void => {
  const { draws } = world
  const from = (booked.movesAt ?? booked.arrivedAt) - world.now
  if (draws.fires("W before A")) return webhook(booked, from)
  // A charge that we ask for needs no webhook, and most histories are to do without.
  if (isLie(booked) || draws.chance("has webhook", 0.3)) {
    webhook(booked, from + draws.between("webhook takes", 100, draws.fires("W late") ? 30 * minute : 5_000))
  }
}

const told = ({ ordinal, verdict, code, amount, movesAt, arrivedAt }: Charge): string => {
  const what = `attempt ${ordinal} arrived: ${verdict} (${code})`
  if (movesAt === undefined) return what
  return movesAt === arrivedAt ? `${what}, T: ${amount}` : `${what}, money moves in ${movesAt - arrivedAt} ms`
}

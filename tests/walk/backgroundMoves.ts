import { keepable } from "../../src/kernel/cascade/keepable.ts"
import { isReceived, lookup, notFound, pageOf, write } from "./books.ts"
import { ordinalOf } from "./driver.ts"
import { isLive } from "./ledgerKey.ts"
import type { Done, Statement } from "./Ledgers.ts"
import type { Machine, Move, World } from "./Machine.ts"
import type { Emit } from "./moves.ts"
import { app, attempt, horizon, shortMid } from "./scene.ts"

/** Time, the workers, the app that cancels and fulfils, and the operator who stops accounts. */
export const backgroundMoves = (machine: Machine, world: World, emit: Emit): void => {
  time(machine, world, emit)
  reconciler(machine, world, emit)
  app_(machine, world, emit)
  operator(machine, world, emit)
  intruder(machine, world, emit)
}

type Rest = Partial<Omit<Move, "to">> & Pick<Move, "kind" | "who" | "say"> & { readonly to?: Partial<World> }

const move = (world: World, { to, ...rest }: Rest): Move => ({
  counts: undefined,
  done: undefined,
  sent: undefined,
  told: undefined,
  ...rest,
  to: {
    ...world,
    ...(rest.done === undefined ? {} : { ledger: rest.done.ledger }),
    ...(rest.kind === "fault" ? { faults: world.faults - 1 } : {}),
    ...to
  }
})

/** A process that runs does not let the lease of its attempt run out: its deadline is shorter. */
const isHeld = (machine: Machine, { one, two }: World, ordinal: number): boolean =>
  [one, two].some((nr) => {
    const driver = machine.drivers.get(nr)
    return !driver.paused && ordinalOf(driver) === ordinal
  })

/** Somebody lives who will still record something of the attempt. */
const isDriven = (machine: Machine, { one, two }: World, ordinal: number): boolean =>
  [one, two].some((nr) => ordinalOf(machine.drivers.get(nr)) === ordinal)

const time = (machine: Machine, world: World, emit: Emit): void => {
  const { ledgers } = machine
  const { row } = ledgers.get(world.ledger)
  const who = "time"
  if (row.expiresAt !== 0 && !["settled", "failed", "cancelled", "expired"].includes(row.state)) {
    const done = ledgers.execute(world.ledger, ledgers.timeOver)
    emit(move(world, { kind: "may", who, done, say: () => "the session's time is over" }))
  }
  for (const one of row.attempts) {
    const { ordinal } = one
    if (!isLive(one) || isHeld(machine, world, ordinal)) continue
    if (one.state === "in_flight" && one.leaseUntil !== 0) {
      const done = ledgers.execute(world.ledger, ledgers.leaseOver(ordinal))
      emit(move(world, { kind: "must", who, done, say: () => `the lease of attempt ${ordinal} is over` }))
      continue
    }
    const page = pageOf(machine.booksOf(world.books), ordinal)
    if (one.writtenAt === 0) continue
    // The horizon is the processor's promise that nothing turns up later; a request that does is a fault.
    const onTheWay = page.truth === "wire"
    if (onTheWay && world.faults === 0) continue
    const done = ledgers.execute(world.ledger, ledgers.horizonPassed(ordinal))
    emit(
      move(world, {
        kind: onTheWay ? "fault" : "must",
        counts: onTheWay ? "53" : undefined,
        who,
        done,
        say: () =>
          `the horizon of attempt ${ordinal} has passed${onTheWay ? " with the request on its way" : ""}`
      })
    )
  }
}

const reconciler = (machine: Machine, world: World, emit: Emit): void => {
  const { ledgers } = machine
  const { row } = ledgers.get(world.ledger)
  const dead = row.attempts.find(({ state, leaseUntil }) => state === "in_flight" && leaseUntil === 0)
  if (dead !== undefined) {
    const done = ledgers.execute(world.ledger, ledgers.takeOver)
    const counts = isDriven(machine, world, dead.ordinal) ? "41" : undefined
    emit(
      move(world, {
        kind: "must",
        who: "R",
        done,
        counts,
        say: () => `takes attempt ${dead.ordinal} over: H`
      })
    )
  }
  if (world.asked === 0) ask(machine, world, emit)
  records(machine, world, emit)
}

const named = (statement: Statement | undefined): string =>
  statement?.recorded?.outcome._tag.toLowerCase() ?? ""

/**
 * Claims, asks and hears at once. Between the claim and the question nothing of the claim is read but the age, and a
 * younger age proves less; so whoever claims earlier and asks now hears the same or nothing.
 */
const ask = (machine: Machine, world: World, emit: Emit): void => {
  const { ledgers } = machine
  const books = machine.booksOf(world.books)
  for (const { ordinal, age } of ledgers.due(world.ledger)) {
    const page = pageOf(books, ordinal)
    const mid = shortMid(ledgers.get(world.ledger).row.attempts[ordinal - 1]?.mid ?? "")
    const answers = (found: ReturnType<typeof lookup>, fault: boolean) => {
      const outcome = keepable(machine.conclude(found, age, horizon))
      const recorded = {
        attempt: attempt(ordinal),
        fence: 0,
        outcome,
        source: "lookup",
        next: [],
        by: app
      } as const
      const statement = ledgers.record(recorded)
      const now = ledgers.execute(world.ledger, statement)
      // Asking is no step towards an end when the answer would change nothing: it is asked for ever.
      const kind = fault ? "fault" : now.ledger === world.ledger ? "may" : "must"
      const counts = fault ? "21" : undefined
      const say = () => `Q: asks MID ${mid} for attempt ${ordinal}: ${found._tag}, so ${named(statement)}`
      // What proves nothing is recorded at once: it changes nothing now, and nothing later.
      if (outcome._tag === "Indeterminate") emit(move(world, { kind, who: "R", counts, done: now, say }))
      else emit(move(world, { kind, who: "R", counts, to: { asked: machine.asked(statement) }, say }))
    }
    answers(lookup(page, ordinal), false)
    // Within its horizon a processor may not find what it has. Past it, that would break its own promise.
    if (isReceived(page) && age === 0 && world.faults > 0) answers(notFound, true)
  }
}

const records = (machine: Machine, world: World, emit: Emit): void => {
  const { ledgers } = machine
  const record = (nr: number, to: Partial<World>) => {
    const statement = machine.askedOf(nr)
    if (statement?.recorded === undefined) return
    const done: Done = ledgers.execute(world.ledger, statement)
    const ordinal =
      ledgers.get(world.ledger).row.attempts.findIndex((one) => one.attempt === statement.recorded?.attempt) +
      1
    const counts = isDriven(machine, world, ordinal) ? "41" : undefined
    emit(
      move(world, {
        kind: "must",
        who: "R",
        counts,
        done,
        to: { ...to, ledger: done.ledger },
        say: () => `C: attempt ${ordinal} was ${named(statement)}`
      })
    )
  }
  record(world.asked, { asked: 0 })
  record(world.askedToo, { askedToo: 0 })
  if (world.asked !== 0 && world.askedToo === 0 && world.faults > 0) {
    emit(
      move(world, {
        kind: "fault",
        counts: "42",
        who: "R",
        to: { asked: 0, askedToo: world.asked },
        say: () => "is paused with the answer in its hands; another reconciler begins"
      })
    )
  }
}

const app_ = (machine: Machine, world: World, emit: Emit): void => {
  const { ledgers } = machine
  const { row } = ledgers.get(world.ledger)
  const driven = row.state === "processing" || row.state === "in_review"
  const cancelled = ledgers.execute(world.ledger, ledgers.cancel)
  emit(
    move(world, {
      kind: "may",
      who: "app",
      counts: driven ? "50" : undefined,
      done: cancelled,
      say: () => (cancelled.ledger === world.ledger ? `is refused to cancel: ${row.state}` : "cancels")
    })
  )
  if (row.expiresAt === 0) {
    const expired = ledgers.execute(world.ledger, ledgers.expire)
    emit(
      move(world, {
        kind: "may",
        who: "expiry",
        counts: driven ? "52" : undefined,
        done: expired,
        say: () => (expired.ledger === world.ledger ? `leaves it alone: ${row.state}` : "expires it")
      })
    )
  }
  const claimed = ledgers.execute(world.ledger, ledgers.fulfil)
  const { answer } = claimed
  emit(
    move(world, {
      kind: "may",
      who: "app",
      done: claimed,
      say: () => `asks whether to fulfil: ${answer._tag === "Claimed" && answer.first ? "first" : "no"}`
    })
  )
}

const operator = (machine: Machine, world: World, emit: Emit): void => {
  if (world.faults === 0) return
  const { ledgers } = machine
  const { row, store } = ledgers.get(world.ledger)
  if (!["pending", "processing", "in_review"].includes(row.state)) return
  for (const { id, killSwitch, underwrittenFor } of store.accounts.values()) {
    if (killSwitch || underwrittenFor.length === 0) continue
    const killed = ledgers.execute(world.ledger, ledgers.killSwitch(id))
    const revoked = ledgers.execute(world.ledger, ledgers.revoke(id))
    const who = "operator"
    emit(
      move(world, { kind: "fault", counts: "57", who, done: killed, say: () => `stops MID ${shortMid(id)}` })
    )
    emit(
      move(world, {
        kind: "fault",
        counts: "58",
        who,
        done: revoked,
        say: () => `revokes what MID ${shortMid(id)} may charge`
      })
    )
  }
}

const intruder = (machine: Machine, world: World, emit: Emit): void => {
  if (machine.intruder === undefined) return
  const books = machine.booksOf(world.books)
  for (const sent of machine.intruder(machine.ledgers.get(world.ledger).row)) {
    const { ordinal, mid } = sent.attempt
    const { truth, sends } = pageOf(books, ordinal)
    if (sends > 1) continue
    const written = write(books, ordinal, { truth: truth === "unsent" ? "wire" : truth, sends: sends + 1 })
    emit(
      move(world, {
        kind: "may",
        who: "intruder",
        sent,
        to: { books: machine.books(written) },
        say: () => `S: sends attempt ${ordinal} to MID ${shortMid(mid)}`
      })
    )
  }
}

import {
  heardOrUnheard,
  isDeclined,
  isLie,
  isReceived,
  type Page,
  pageOf,
  webhooksOf,
  write
} from "./books.ts"
import { ordinalOf } from "./driver.ts"
import type { Fault } from "./faults.ts"
import type { Machine, Move, World } from "./Machine.ts"
import type { Emit } from "./moves.ts"
import { attempt, outcomeOf, shortMid } from "./scene.ts"

/** What the processors do with each attempt, and what they tell of it. */
export const processorMoves = (machine: Machine, world: World, emit: Emit): void => {
  const books = machine.booksOf(world.books)
  for (let ordinal = 1; ordinal <= books.length; ordinal++) {
    const page = pageOf(books, ordinal)
    if (page.truth === "unsent" || page.truth === "lost") continue
    if (isReceived(page)) {
      decide(machine, world, ordinal, page, emit)
      webhooks(machine, world, ordinal, page, emit)
    } else {
      receive(machine, world, ordinal, emit)
    }
  }
}

const who = (machine: Machine, world: World, ordinal: number): string =>
  `MID ${shortMid(machine.ledgers.get(world.ledger).row.attempts[ordinal - 1]?.mid ?? "")}`

const move = (
  machine: Machine,
  world: World,
  ordinal: number,
  what: Partial<Move> & Pick<Move, "kind" | "to" | "say">
): Move => ({
  who: who(machine, world, ordinal),
  counts: undefined,
  done: undefined,
  sent: undefined,
  told: undefined,
  ...what
})

const receive = (machine: Machine, world: World, ordinal: number, emit: Emit): void => {
  const { ledgers } = machine
  const row = ledgers.get(world.ledger).row.attempts[ordinal - 1]
  const late = row === undefined || row.state === "absent" || row.writtenAt === 0
  const books = write(machine.booksOf(world.books), ordinal, { truth: "pending", late })
  emit(
    move(machine, world, ordinal, {
      kind: "must",
      to: { ...world, books: machine.books(books) },
      say: () => `receives attempt ${ordinal}${late ? ", past its horizon" : ""}`
    })
  )
}

const isWaitedFor = (machine: Machine, { one, two }: World, ordinal: number): boolean =>
  [one, two].some((nr) => {
    const driver = machine.drivers.get(nr)
    return driver.at === "waiting" && ordinalOf(driver) === ordinal
  })

const decide = (machine: Machine, world: World, ordinal: number, page: Page, emit: Emit): void => {
  const books = machine.booksOf(world.books)
  const become = (truth: Page["truth"], counts: Fault | undefined, say: () => string) => {
    if (counts !== undefined && world.faults === 0) return
    const written = write(books, ordinal, { truth })
    const told = isWaitedFor(machine, world, ordinal) ? written : heardOrUnheard(written, ordinal)
    const faults = counts === undefined ? world.faults : world.faults - 1
    emit(
      move(machine, world, ordinal, {
        kind: counts === undefined ? "must" : "fault",
        counts,
        to: { ...world, books: machine.books(told), faults },
        say
      })
    )
  }
  if (page.truth === "pending") {
    become("captured", undefined, () => `T: captures attempt ${ordinal}`)
    become("soft", undefined, () => `declines attempt ${ordinal}`)
    if (isWaitedFor(machine, world, ordinal))
      become("hard", undefined, () => `declines attempt ${ordinal} for good`)
    become("other", "26", () => `T: captures another amount for attempt ${ordinal}`)
    become("foreign", "29", () => `T: captures attempt ${ordinal} under the reference of another charge`)
  } else if (isDeclined(page) && !isLie(page)) {
    const lied = page.truth === "hard" ? "liedHard" : "liedSoft"
    become(lied, "25", () => `T: captures attempt ${ordinal} although it declined it`)
    if (page.truth === "soft")
      become(
        "liedOther",
        "25",
        () => `T: captures another amount for attempt ${ordinal}, although it declined it`
      )
  }
}

/** A webhook is evidence under no fence. It never needs to come, and may come again and again. */
const webhooks = (machine: Machine, world: World, ordinal: number, page: Page, emit: Emit): void => {
  const { ledgers } = machine
  for (const word of webhooksOf(page)) {
    const outcome = outcomeOf(ordinal, word)
    const done = ledgers.execute(world.ledger, ledgers.evidence(ordinal, word, "webhook"))
    const { evidence } = ledgers.get(world.ledger).row
    const again = evidence.some(
      (heard) =>
        heard.source === "webhook" &&
        heard.attempt === attempt(ordinal) &&
        heard.outcome._tag === outcome._tag
    )
    emit(
      move(machine, world, ordinal, {
        kind: "webhook",
        counts: again ? "31" : isUnrecorded(machine, world, ordinal) ? "30" : undefined,
        done,
        to: done.ledger === world.ledger ? world : { ...world, ledger: done.ledger },
        say: () => `W: attempt ${ordinal} is ${word}${again ? ", again" : ""}`
      })
    )
  }
}

/** A driver that lives has not heard of it or not recorded it. */
const isUnrecorded = (machine: Machine, { one, two }: World, ordinal: number): boolean =>
  [one, two].some((nr) => {
    const driver = machine.drivers.get(nr)
    return (driver.at === "waiting" || driver.at === "record") && ordinalOf(driver) === ordinal
  })

import { ledTo } from "../../src/kernel/PaymentOrchestrator.ts"
import { answerOf, heardOrUnheard, pageOf, write } from "./books.ts"
import { type Driver, ordinalOf, permitOf } from "./driver.ts"
import type { Drivers } from "./Drivers.ts"
import type { Placed } from "./faults.ts"
import type { Done, Ledgers } from "./Ledgers.ts"
import type { Machine, Move, World } from "./Machine.ts"
import type { Emit } from "./moves.ts"
import { app, shortMid } from "./scene.ts"

/**
 * What a driver does next, and what can befall it. Steps that touch nothing but the driver itself are taken together
 * with the one before: nobody could come between them and see a difference.
 */
export const driverMoves = (machine: Machine, world: World, which: 0 | 1, emit: Emit): void =>
  new DriverMoves(machine, world, which, emit).all()

class DriverMoves {
  readonly #machine: Machine
  readonly #drivers: Drivers
  readonly #ledgers: Ledgers
  readonly #world: World
  readonly #which: 0 | 1
  readonly #emit: Emit
  readonly #nr: number
  readonly #driver: Driver

  constructor(machine: Machine, world: World, which: 0 | 1, emit: Emit) {
    this.#machine = machine
    this.#drivers = machine.drivers
    this.#ledgers = machine.ledgers
    this.#world = world
    this.#which = which
    this.#emit = emit
    this.#nr = which === 0 ? world.one : world.two
    this.#driver = machine.drivers.get(this.#nr)
  }

  all(): void {
    const { at, orphan, late } = this.#driver
    switch (at) {
      case "open":
        this.#open()
        break
      case "opened":
        this.#opened()
        break
      case "checked":
        this.#checked()
        break
      case "waiting":
        this.#waiting()
        break
      case "record":
        this.#record()
        break
      case "recorded":
        this.#recorded()
        break
      case "cut":
        this.#cut()
        break
      case "gone":
        break
    }
    if (orphan) this.#lands()
    if (late !== 0) this.#lateAnswer(late)
    if (at !== "open") this.#replay()
  }

  #open(): void {
    const done = this.#ledgers.execute(this.#world.ledger, this.#ledgers.opens[this.#which])
    this.#applied(done)
    const gone = this.#drivers.gone(this.#nr)
    const cut = this.#drivers.cut(this.#nr)
    this.#fault("1", gone, () => "dies before P")
    this.#fault("15", gone, () => "its caller goes away before P")
    this.#fault("13", cut, () => "P fails; the caller hears: not acknowledged")
    if (this.#driver.orphan) return
    const orphan = this.#drivers.cutWithOrphan(this.#nr)
    this.#fault("8", orphan, () => "the line is cut with P on its way; the caller hears: not acknowledged")
  }

  /** The write-ahead is applied; a refusal is told at once. */
  #applied(done: Done): void {
    const { answer } = done
    if (answer._tag === "Prohibited") {
      this.#must({ driver: this.#drivers.cut(this.#nr), done }, () => `P is prohibited: ${answer.by}`)
    }
    if (answer._tag !== "Opening") return
    const { opening } = answer
    if (opening._tag === "Permitted") {
      const { permit } = opening
      const { ordinal, mid, fence } = permit.attempt
      this.#must(
        { driver: this.#drivers.opened(this.#nr, permit), done },
        () => `P: attempt ${ordinal} on MID ${shortMid(mid)} is written under fence ${fence}`
      )
      return
    }
    const { state } = this.#ledgers.get(done.ledger).row
    const other = opening._tag === "NotPayable" && (state === "processing" || state === "in_review")
    const told = opening._tag === "ConfirmReplayed" ? ledTo(opening) : undefined
    const counts = other ? "38" : undefined
    this.#must({ driver: this.#drivers.refused(this.#nr), done, told, counts }, () =>
      told === undefined
        ? `P is refused: ${opening._tag}, session ${state}`
        : `P came before under this key; tells: ${told}`
    )
  }

  #opened(): void {
    this.#permitComes("has its permit, and it is fresh")
    this.#fault("2", this.#drivers.gone(this.#nr), () => "dies before S")
    this.#fault("7", this.#drivers.cut(this.#nr), () => "P's ack is lost; the caller hears: not acknowledged")
  }

  /** A process that was paused finds its permit too old, and its cascade is told so instead of sending. */
  #permitComes(fresh: string): void {
    if (this.#driver.paused) {
      const driver = this.#drivers.stale(this.#nr)
      this.#must({ driver }, () => "wakes up and finds its permit stale; sends nothing")
    } else {
      this.#must({ driver: this.#drivers.acked(this.#nr) }, () => fresh)
      this.#pause("39", "is paused with its permit on the way")
    }
  }

  #pause(counts: Placed, say: string): void {
    if (!this.#driver.paused) this.#fault(counts, this.#drivers.paused(this.#nr), () => say)
  }

  #checked(): void {
    const sent = permitOf(this.#driver)
    if (sent === undefined) return
    const { ordinal, mid } = sent.attempt
    const books = this.#machine.booksOf(this.#world.books)
    const { truth, sends } = pageOf(books, ordinal)
    const after = write(books, ordinal, { truth: truth === "unsent" ? "wire" : truth, sends: sends + 1 })
    this.#must(
      { driver: this.#drivers.sent(this.#nr), books: this.#machine.books(after), sent },
      () => `S: sends attempt ${ordinal} to MID ${shortMid(mid)}`
    )
    this.#fault("2", this.#drivers.gone(this.#nr), () => "dies before S")
    this.#pause("39", "is paused between the check of its permit and S")
  }

  #waiting(): void {
    const ordinal = ordinalOf(this.#driver)
    const books = this.#machine.booksOf(this.#world.books)
    const page = pageOf(books, ordinal)
    const heard = this.#machine.books(heardOrUnheard(books, ordinal))
    const answer = answerOf(page)
    const late = this.#drivers.timesOut(this.#nr)
    if (answer === undefined) {
      this.#fault("20", late, () => `hears nothing of attempt ${ordinal} in time`, heard)
    } else {
      const driver = this.#drivers.hears(this.#nr, answer)
      this.#must({ driver, books: heard }, () => `A: hears of attempt ${ordinal}: ${answer}`)
      this.#fault("18", late, () => `times out although the answer about attempt ${ordinal} is there`, heard)
    }
    const unknown = this.#drivers.hears(this.#nr, "unknown")
    if (page.truth === "wire") {
      const lost = this.#machine.books(write(books, ordinal, { truth: "lost" }))
      this.#fault("22", unknown, () => "the line is reset and the request lost", lost)
    } else {
      this.#fault("22", unknown, () => `hears of attempt ${ordinal} what proves nothing`, heard)
    }
    this.#fault("3", this.#drivers.gone(this.#nr), () => "dies before A", heard)
    this.#pause("40", "is paused after S")
  }

  #record(): void {
    const { command } = this.#driver
    if (command._tag !== "Record") return
    const { outcome, next, permit } = command
    const { attempt, fence, ordinal } = permit.attempt
    const recorded = { attempt, fence, outcome, source: "driver", next, by: app } as const
    const done = this.#ledgers.execute(this.#world.ledger, this.#ledgers.record(recorded))
    const given = this.#drivers.givesUp(this.#nr)
    if (done.answer._tag === "Recording") {
      const { recording } = done.answer
      const told = this.#drivers.tells(this.#nr, recording)
      const driver = this.#drivers.recorded(this.#nr, recording)
      const then = recording.next?.attempt
      this.#must({ driver, done, told }, () =>
        [
          `C: attempt ${ordinal} was ${outcome.evidence.code}`,
          then === undefined
            ? ""
            : `; P: attempt ${then.ordinal} on MID ${shortMid(then.mid)} is written under fence ${then.fence}`,
          told === undefined ? "" : `; will tell: ${told}`
        ].join("")
      )
    } else if (done.answer._tag === "Prohibited") {
      const { by } = done.answer
      this.#must({ driver: given, done }, () => `C is prohibited: ${by}`)
    }
    this.#fault("4", this.#drivers.gone(this.#nr), () => "dies before C")
    this.#fault("6", this.#nr, () => "C is lost and tried again")
    this.#fault("11", this.#nr, () => "C runs into a serialization failure and is tried again")
    this.#fault("12", given, () => "C finds no connection and is given up; tells: processing")
    this.#pause("40", "is paused before C")
  }

  #recorded(): void {
    const more = ordinalOf(this.#driver) !== 0
    if (more) this.#permitComes("has its next permit, and it is fresh")
    else this.#must({ driver: this.#drivers.acked(this.#nr) }, () => "ends")
    this.#fault("5", this.#drivers.recordsAgain(this.#nr), () => "C's ack is lost; C is tried again")
    this.#fault(more ? "2" : "60", this.#drivers.gone(this.#nr), () => "dies after C")
  }

  #cut(): void {
    if (this.#driver.again) return
    const driver = this.#drivers.asksAgain(this.#nr)
    this.#move("may", { driver }, () => "its caller asks again under the same key")
  }

  #lands(): void {
    const done = this.#ledgers.execute(this.#world.ledger, this.#ledgers.opens[this.#which])
    const driver = this.#drivers.orphanLanded(this.#nr)
    this.#move("may", { driver, done }, () => "P lands, and nobody holds its permit")
  }

  /** After its deadline a driver still takes an answer, as evidence under no fence. */
  #lateAnswer(ordinal: number): void {
    const word = answerOf(pageOf(this.#machine.booksOf(this.#world.books), ordinal))
    if (word === undefined) return
    const done = this.#ledgers.execute(this.#world.ledger, this.#ledgers.evidence(ordinal, word, "driver"))
    this.#move(
      "may",
      { driver: this.#nr, done },
      () => `A: hears too late of attempt ${ordinal}: ${word}; evidence all the same`
    )
  }

  /** Whoever asks again under a key that has written ahead is told where that led, at any time. */
  #replay(): void {
    const done = this.#ledgers.execute(this.#world.ledger, this.#ledgers.opens[this.#which])
    const { answer } = done
    if (answer._tag !== "Opening" || answer.opening._tag !== "ConfirmReplayed") return
    const told = ledTo(answer.opening)
    this.#move(
      "may",
      { driver: this.#nr, done, told },
      () => `its caller asks where it stands and hears: ${told}`
    )
  }

  #must(what: What, say: () => string): void {
    this.#move("must", what, say)
  }

  #fault(counts: Placed, driver: number, say: () => string, books = this.#world.books): void {
    if (this.#world.faults > 0) this.#move("fault", { driver, counts, books }, say)
  }

  #move(kind: Move["kind"], { driver, done, books, sent, told, counts }: What, say: () => string): void {
    const { ledger, one, two, asked, askedToo, faults } = this.#world
    this.#emit({
      kind,
      who: this.#which === 0 ? "D1" : "D2",
      counts,
      done,
      sent,
      told,
      say,
      to: {
        ledger: done?.ledger ?? ledger,
        one: this.#which === 0 ? driver : one,
        two: this.#which === 0 ? two : driver,
        books: books ?? this.#world.books,
        asked,
        askedToo,
        faults: kind === "fault" ? faults - 1 : faults
      }
    })
  }
}

interface What {
  readonly driver: number
  readonly done?: Done
  readonly books?: number
  readonly sent?: Move["sent"]
  readonly told?: Move["told"] | undefined
  readonly counts?: Move["counts"]
}

import type { ConfirmOutcome } from "../../src/kernel/PaymentOrchestrator.ts"
import type { SessionState } from "../../src/kernel/PaymentSession.ts"
import type { AttemptRow, SessionRow, Store } from "../../src/layers/memory/Store.ts"
import { type Books, type Charge, isLie } from "./Books.ts"
import { Violation, type World } from "./World.ts"

// The promise as questions to the gateways' books and to what people were told. What the service itself believes
// is asked only where the law is about its records.

/** What an app or a customer was told of a session. */
export interface Told {
  readonly session: string
  readonly state: SessionState
  readonly outcome?: ConfirmOutcome
  /** Nobody else was confirming the session meanwhile, so the answer speaks of all its charges. */
  readonly alone: boolean
}

const finalStates: ReadonlySet<SessionState> = new Set(["settled", "failed", "cancelled", "expired"])

/** How long a permit may be used after its row was committed, in milliseconds. */
const permitLife = 2_000

/** What stands for each account in its keys; the same in all histories. */
const tags = new Map<string, string>()

/** The longest time in which a gateway may still turn up a charge, in milliseconds. */
const horizon = 15 * 60_000

export class Laws {
  readonly #world: World
  readonly #books: Books
  readonly #store: Store
  readonly #databaseNow: () => number
  /** How often each session may have been asked to be charged: keys, and requests without one. */
  readonly #asked = new Map<string, Set<string>>()
  /** The keys that drivers were about to send, by session. */
  readonly #sent = new Map<string, Array<string>>()
  readonly #seen = new Map<string, SessionRow>()
  readonly #writtenAt = new Map<string, number>()
  /** When a gateway last denied a key. */
  readonly #deniedAt = new Map<string, number>()
  readonly #firsts = new Set<string>()
  readonly #owned = new Set<string>()
  readonly delivered = new Map<string, number>()

  constructor(world: World, books: Books, store: Store, databaseNow: () => number) {
    this.#databaseNow = databaseNow
    this.#world = world
    this.#books = books
    this.#store = store
  }

  /** The last moment before bytes leave. */
  beforeSend(key: string, gateway: string): void {
    const session = sessionOf(key)
    const row = this.#rowOf(session)
    const attempt = row?.attempts.find((written) => written.idempotencyKey === key)
    if (row === undefined || attempt === undefined) {
      throw new Violation("nothing is sent before its row is committed", `${key} goes to ${gateway}`)
    }
    if (attempt.provider !== gateway) {
      throw new Violation("a charge goes to the account it was written for", `${key} goes to ${gateway}`)
    }
    this.#isFresh(row, attempt)
    const sent = this.#sent.get(session) ?? []
    if (sent.includes(key)) throw new Violation("no charge is sent twice", `${key} is sent again`)
    for (const earlier of sent) this.#mustBeDeclined(earlier, `attempt ${attempt.ordinal} is sent`)
    this.#sent.set(session, [...sent, key])
  }

  /** A process that stood still does not use what it was permitted before. */
  #isFresh(row: SessionRow, attempt: AttemptRow): void {
    const age = this.#world.now - (this.#writtenAt.get(attempt.attempt) ?? 0)
    if (age > permitLife) {
      throw new Violation(
        "an old permit is not used",
        `attempt ${attempt.ordinal} is sent ${age} ms after its row`
      )
    }
    const tag = attempt.idempotencyKey.slice(`${row.declaration.id}-${attempt.ordinal}-`.length)
    const known = tags.get(attempt.mid)
    tags.set(attempt.mid, known ?? tag)
    if (known !== undefined && known !== tag) {
      throw new Violation(
        "a key is a function of session, ordinal and account",
        `${attempt.mid} was ${known} and is ${tag}`
      )
    }
  }

  #mustBeDeclined(key: string, but: string): void {
    const before = this.#books.byKey(key)
    if (before?.verdict === "declined") return
    throw new Violation(
      "a charge goes on only after positive proof that no money moved",
      `${but} although ${key} was ${before === undefined ? "sent and nobody knows what became of it" : "captured"}`
    )
  }

  /** A gateway said that it knows no such charge. */
  onDenied(key: string): void {
    this.#deniedAt.set(key, this.#world.now)
  }

  /** Whether our records still want to know what became of a charge. */
  isOpen({ session, ordinal }: Charge): boolean {
    const state = this.#rowOf(session)?.attempts.find((one) => one.ordinal === ordinal)?.state
    return state === "in_flight" || state === "indeterminate"
  }

  onArrival(charge: Charge): void {
    if (charge.verdict !== "captured") return
    const honest = this.#honest(charge.session)
    if (honest.length > 1) {
      const keys = honest.map(({ key }) => key).join(" and ")
      throw new Violation("a card is never charged twice", `${keys} were both captured`)
    }
    this.#oncePerOrder(charge)
  }

  #oncePerOrder(charge: Charge): void {
    const row = this.#rowOf(charge.session)
    const order = row?.declaration.orderReference
    if (row === undefined || order === undefined) return
    for (const other of this.#store.sessions.values()) {
      const { id, orderReference, entity } = other.declaration
      if (other === row || orderReference !== order || entity !== row.declaration.entity) continue
      // Absence past the horizon lets the customer pay anew: the stated limit of what anybody can know.
      if (other.state === "failed" || this.#honest(id).length === 0) continue
      throw new Violation("an order is paid once", `${charge.session} was captured, and so was ${id}`)
    }
  }

  onMoney(charge: Charge): void {
    const row = this.#rowOf(charge.session)
    if (row?.state === "cancelled" || row?.state === "expired") {
      if (isLie(charge)) return
      throw new Violation(
        "what is cancelled or expired is not charged",
        `${charge.key} captured a session that is ${row.state}`
      )
    }
  }

  /** After every statement that was done. A step puts a new row in place of the one that it changed. */
  afterStatement(store: Store): void {
    for (const [id, row] of store.sessions) {
      const before = this.#seen.get(id)
      if (before === row) continue
      this.#seen.set(id, row)
      this.#holds(row, before)
    }
  }

  #holds(row: SessionRow, before: SessionRow | undefined): void {
    const live = row.attempts.filter(({ state }) => state !== "declined")
    if (live.length > 1) {
      throw new Violation(
        "at most one attempt is not positively declined",
        `${live.map(({ ordinal, state }) => `${ordinal} is ${state}`).join(", ")}`
      )
    }
    if (before !== undefined && finalStates.has(before.state) && row.state !== before.state) {
      throw new Violation("a final state is final", `the session was ${before.state} and is ${row.state}`)
    }
    if (before !== undefined && row.evidence.length < before.evidence.length) {
      throw new Violation("evidence is kept", "some of it is gone")
    }
    for (const attempt of row.attempts) this.#attemptHolds(row, attempt, before)
    if (row.state !== before?.state) this.#stateHolds(row)
  }

  #attemptHolds(row: SessionRow, attempt: AttemptRow, before: SessionRow | undefined): void {
    const earlier = before?.attempts.find(({ ordinal }) => ordinal === attempt.ordinal)
    if (earlier === undefined) {
      this.#writtenAt.set(attempt.attempt, this.#world.now)
      this.#isPermitted(row, attempt)
    }
    if (earlier?.state === attempt.state) return
    const charge = this.#books.byKey(attempt.idempotencyKey)
    switch (attempt.state) {
      case "captured":
        if (charge?.movesAt === undefined || charge.movesAt > this.#world.now) {
          throw new Violation("captured is what the gateway captured", `attempt ${attempt.ordinal} was not`)
        }
        return
      case "declined":
        if (charge?.verdict !== "declined") {
          throw new Violation("declined is what the gateway declined", `attempt ${attempt.ordinal} was not`)
        }
        return
      case "absent": {
        const denied = this.#deniedAt.get(attempt.idempotencyKey) ?? 0
        if (denied - (this.#writtenAt.get(attempt.attempt) ?? 0) < horizon) {
          throw new Violation(
            "absent is what the gateway denied after its horizon",
            `attempt ${attempt.ordinal} was not`
          )
        }
        return
      }
      case "in_flight":
      case "indeterminate":
    }
  }

  #isPermitted(
    { declaration: { entity, category, money }, attempts, expiresAt }: SessionRow,
    attempt: AttemptRow
  ): void {
    const account = this.#store.accounts.get(attempt.mid)
    const wrong =
      account === undefined
        ? "does not exist"
        : account.entity !== entity
          ? `belongs to ${account.entity}`
          : account.killSwitch
            ? "is stopped"
            : account.status !== "active"
              ? `is ${account.status}`
              : account.underwrittenFor.includes(category)
                ? undefined
                : `is not underwritten for ${category}`
    if (wrong !== undefined) {
      throw new Violation(
        "an entity collects on its own open accounts for what they are underwritten for",
        `${attempt.mid} ${wrong}`
      )
    }
    const refused = attempts.find(
      ({ ordinal, round, idempotencyKey }) =>
        ordinal < attempt.ordinal &&
        round === attempt.round &&
        this.#books.byKey(idempotencyKey)?.code === "stolen_card"
    )
    if (refused !== undefined) {
      throw new Violation(
        "after a hard decline no other account is asked",
        `attempt ${attempt.ordinal} follows ${refused.ordinal}`
      )
    }
    if (attempt.ordinal === 1 && this.#databaseNow() >= expiresAt) {
      throw new Violation(
        "what has expired is not charged",
        `attempt ${attempt.ordinal} is written after its session's time`
      )
    }
    if (attempt.money.amount !== money.amount || attempt.money.currency !== money.currency) {
      throw new Violation("an attempt is for what was declared", `it asks for ${attempt.money.amount}`)
    }
  }

  #stateHolds(row: SessionRow): void {
    const { id, money } = row.declaration
    switch (row.state) {
      case "settled": {
        const paid = this.#books.moved(id, this.#world.now).filter(({ amount }) => amount === money.amount)
        if (paid.length === 0)
          throw new Violation("settled is what was paid in full", "no gateway has the money")
        return
      }
      case "cancelled":
      case "expired":
      case "pending":
        for (const key of this.#sent.get(id) ?? []) this.#mustBeDeclined(key, `the session is ${row.state}`)
        return
      case "failed":
        if (row.attempts.every(({ state }) => state === "declined") && row.round < 5) {
          throw new Violation(
            "nothing fails without evidence",
            "its attempts were declined, and the customer may try again"
          )
        }
        return
      case "processing":
      case "in_review":
    }
  }

  /** Somebody outside asks for a charge: under a key, or under a name of its own for a request without one. */
  onAsked(session: string, request: string): void {
    const asked = this.#asked.get(session) ?? new Set()
    this.#asked.set(session, asked.add(request))
  }

  /** Somebody outside was answered. */
  onTold({ session, state, outcome, alone }: Told): void {
    const { now } = this.#world
    const row = this.#rowOf(session)
    if (state === "settled" || outcome === "settled") {
      const paid = this.#books
        .moved(session, now)
        .some(({ amount }) => amount === row?.declaration.money.amount)
      if (!paid) throw new Violation("nobody is told settled without the money", `${session} was not paid`)
    }
    const denied =
      outcome === "declined" ||
      outcome === "failed" ||
      state === "cancelled" ||
      state === "expired" ||
      state === "failed"
    if (!denied) return
    const paid = this.#books.moved(session, now).filter((charge) => !isLie(charge))
    if (alone && paid.length > 0) {
      throw new Violation(
        "nobody whose money moved is told that it did not",
        `${session} was told ${outcome ?? state}, and ${paid.map(({ key }) => key).join(", ")} was captured`
      )
    }
    if (alone && outcome === "declined") {
      for (const key of this.#sent.get(session) ?? [])
        this.#mustBeDeclined(key, "the customer is told declined")
    }
  }

  /** The gate gave an answer to a claim. */
  onClaim(session: string, fulfilment: "first" | "duplicate", ownClaim: boolean): void {
    if (fulfilment === "duplicate") {
      if (ownClaim) this.#owned.add(session)
      return
    }
    if (this.#firsts.has(session))
      throw new Violation("a session is fulfilled once", `${session} was given out again`)
    this.#firsts.add(session)
    this.#owned.add(session)
    const paid = this.#books.moved(session, this.#world.now)
    if (!paid.some(({ amount }) => amount === this.#rowOf(session)?.declaration.money.amount)) {
      throw new Violation("only what was paid in full is fulfilled", `${session} was not`)
    }
  }

  onEvent(session: string, type: string): void {
    const key = `${session} ${type}`
    this.delivered.set(key, (this.delivered.get(key) ?? 0) + 1)
  }

  /** When all faults are over, every process runs and everybody has asked once more. */
  afterHealing(quiet: boolean): void {
    for (const charge of this.#books.charges) this.#isRecorded(charge)
    for (const fact of this.#store.facts.values()) {
      const { mid, processorReference, amount } = fact
      const booked = this.#books.charges.some(
        (charge) =>
          charge.mid === mid &&
          charge.reference === processorReference &&
          charge.amount === amount &&
          charge.movesAt !== undefined
      )
      if (!booked)
        throw new Violation("our records equal the gateways' books", `no gateway knows ${processorReference}`)
    }
    for (const row of this.#store.sessions.values()) this.#isResolved(row, quiet)
  }

  #isRecorded(charge: Charge): void {
    if (charge.movesAt === undefined) return
    const { session, mid, reference, ordinal } = charge
    const row = this.#rowOf(session)
    const attempt = row?.attempts.find((one) => one.ordinal === ordinal)?.attempt
    const fact = row?.facts.some(
      (one) =>
        one.mid === mid &&
        one.processorReference === reference &&
        one.attempt === attempt &&
        one.amount === charge.amount
    )
    if (fact === true) return
    // A capture under another one's name cannot be booked; a person has been told.
    const told = row?.incidents.some((one) => one.attempt === attempt && one.processorReference === reference)
    if (told !== true)
      throw new Violation(
        "our records equal the gateways' books",
        `${charge.key} captured ${charge.amount}, and we do not know`
      )
  }

  #isResolved(row: SessionRow, quiet: boolean): void {
    const { id, money } = row.declaration
    const { state } = row
    const asked = this.#asked.get(id)?.size ?? 0
    if (row.round > asked) {
      throw new Violation(
        "one request charges once",
        `${id} was charged in ${row.round} rounds for ${asked} requests`
      )
    }
    if (state === "processing") throw new Violation("everything heals", `${id} is still processing`)
    if (state === "in_review" && row.incidents.length === 0) {
      throw new Violation("everything heals", `${id} is in review, and no person has been told why`)
    }
    const settling =
      state === "settled" ? row.attempts.find((one) => one.state === "captured")?.attempt : undefined
    for (const fact of row.facts) {
      const settles = fact.attempt === settling && fact.amount === money.amount
      const told = row.incidents.some(
        (one) => one.attempt === fact.attempt && one.processorReference === fact.processorReference
      )
      if (!settles && !told)
        throw new Violation("every surplus is found", `${fact.processorReference} has no incident`)
    }
    if (state === "settled") {
      if (!this.#owned.has(id)) throw new Violation("what is paid is fulfilled", `${id} was given to nobody`)
      if ((this.delivered.get(`${id} payment.charged.v1`) ?? 0) < 1) {
        throw new Violation("what happened is told to the world", `${id} was paid, and no consumer heard`)
      }
    }
    if (quiet) this.#isPlain(row)
  }

  /** Where nothing goes wrong, nothing is in doubt. */
  #isPlain(row: SessionRow): void {
    const { id } = row.declaration
    const paid = this.#books.moved(id, this.#world.now).length > 0
    const expected = paid
      ? row.state === "settled"
      : row.state === "pending" || row.state === "failed" || row.state === "expired"
    const doubts = row.evidence.some(
      ({ outcome }) => outcome._tag === "Indeterminate" || outcome._tag === "Absent"
    )
    if (!expected || doubts || row.incidents.length > 0) {
      throw new Violation("without faults everything is plain", `${id} is ${row.state}`)
    }
  }

  #honest(session: string): ReadonlyArray<Charge> {
    return this.#books.of(session).filter(({ verdict }) => verdict === "captured")
  }

  #rowOf(session: string): SessionRow | undefined {
    for (const [id, row] of this.#store.sessions) if (id === session) return row
    return undefined
  }
}

const sessionOf = (key: string): string => key.replace(/-\d+-[^-]*$/, "")

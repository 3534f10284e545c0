import type { ConfirmOutcome } from "../../src/kernel/PaymentOrchestrator.ts"
import type { SessionState } from "../../src/kernel/PaymentSession.ts"
import type { AttemptRow, SessionRow, Store } from "../../src/layers/memory/Store.ts"
import { type Books, type Charge, isLie } from "./Books.ts"
import { faultKinds } from "./faults.ts"
import type { World } from "./World.ts"

// The promise as questions to the gateways' books and to what people were told. What the service itself believes
// is asked only where the law is about its records.

/** What an app or a customer was told of a session. */
export interface Told {
  readonly session: string
  readonly state: SessionState
  readonly outcome?: ConfirmOutcome
  /** Nobody else was confirming the session meanwhile, so the answer speaks of all its charges. */
  readonly alone: boolean
  /** Of a confirmation: what was asked. */
  readonly key?: string | undefined
  readonly tokenRef?: string
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
  /** Which round of its session each key opened, and with which card. */
  readonly #roundOf = new Map<string, { readonly round: number; readonly tokenRef: unknown }>()
  readonly #answered: Array<{ readonly charge: Charge; readonly proof: "Captured" | "Declined" }> = []
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
      throw this.#world.breaks("nothing is sent before its row is committed", `${key} goes to ${gateway}`)
    }
    if (row.facts.length > 0) {
      throw this.#world.breaks(
        "nobody is charged again who has paid",
        `${key} is sent although money was captured`
      )
    }
    if (attempt.provider !== gateway) {
      throw this.#world.breaks("a charge goes to the account it was written for", `${key} goes to ${gateway}`)
    }
    const sent = this.#sent.get(session) ?? []
    if (sent.includes(key)) throw this.#world.breaks("no charge is sent twice", `${key} is sent again`)
    this.#isFresh(row, attempt)
    for (const earlier of sent) this.#mustBeDeclined(earlier, `attempt ${attempt.ordinal} is sent`)
    this.#sent.set(session, [...sent, key])
  }

  /** A process that stood still does not use what it was permitted before. */
  #isFresh(row: SessionRow, attempt: AttemptRow): void {
    const age = this.#world.now - (this.#writtenAt.get(attempt.attempt) ?? 0)
    if (age > permitLife) {
      throw this.#world.breaks(
        "an old permit is not used",
        `attempt ${attempt.ordinal} is sent ${age} ms after its row`
      )
    }
    const tag = attempt.idempotencyKey.slice(`${row.declaration.id}-${attempt.ordinal}-`.length)
    const known = tags.get(attempt.mid)
    tags.set(attempt.mid, known ?? tag)
    if (known !== undefined && known !== tag) {
      throw this.#world.breaks(
        "a key is a function of session, ordinal and account",
        `${attempt.mid} was ${known} and is ${tag}`
      )
    }
  }

  #mustBeDeclined(key: string, but: string): void {
    const before = this.#books.byKey(key)
    if (before?.verdict === "declined") return
    throw this.#world.breaks(
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
      throw this.#world.breaks("a card is never charged twice", `${keys} were both captured`)
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
      throw this.#world.breaks("an order is paid once", `${charge.session} was captured, and so was ${id}`)
    }
  }

  onMoney(charge: Charge): void {
    const row = this.#rowOf(charge.session)
    if (row?.state === "cancelled" || row?.state === "expired") {
      if (isLie(charge)) return
      throw this.#world.breaks(
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
      throw this.#world.breaks(
        "at most one attempt is not positively declined",
        `${live.map(({ ordinal, state }) => `${ordinal} is ${state}`).join(", ")}`
      )
    }
    if (before !== undefined && finalStates.has(before.state) && row.state !== before.state) {
      throw this.#world.breaks(
        "a final state is final",
        `the session was ${before.state} and is ${row.state}`
      )
    }
    if (before !== undefined && row.evidence.length < before.evidence.length) {
      throw this.#world.breaks("evidence is kept", "some of it is gone")
    }
    if (row.round > (before?.round ?? 0)) this.#noteRound(row)
    for (const attempt of row.attempts) this.#attemptHolds(row, attempt, before)
    if (row.state !== before?.state) this.#stateHolds(row)
  }

  #noteRound({ declaration: { id }, round }: SessionRow): void {
    for (const { operation, session, key, body } of this.#store.keys.values()) {
      const name = `${id} ${key}`
      if (operation !== "confirm" || session !== id || this.#roundOf.has(name)) continue
      this.#roundOf.set(name, { round, tokenRef: tokenOf(body) })
    }
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
          throw this.#world.breaks(
            "captured is what the gateway captured",
            `attempt ${attempt.ordinal} was not`
          )
        }
        return
      case "declined":
        if (charge?.verdict !== "declined") {
          throw this.#world.breaks(
            "declined is what the gateway declined",
            `attempt ${attempt.ordinal} was not`
          )
        }
        return
      case "absent": {
        const denied = this.#deniedAt.get(attempt.idempotencyKey) ?? 0
        if (denied - (this.#writtenAt.get(attempt.attempt) ?? 0) < horizon) {
          throw this.#world.breaks(
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
      throw this.#world.breaks(
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
      throw this.#world.breaks(
        "after a hard decline no other account is asked",
        `attempt ${attempt.ordinal} follows ${refused.ordinal}`
      )
    }
    if (attempt.ordinal === 1 && this.#databaseNow() >= expiresAt) {
      throw this.#world.breaks(
        "what has expired is not charged",
        `attempt ${attempt.ordinal} is written after its session's time`
      )
    }
    if (attempt.money.amount !== money.amount || attempt.money.currency !== money.currency) {
      throw this.#world.breaks("an attempt is for what was declared", `it asks for ${attempt.money.amount}`)
    }
  }

  #stateHolds(row: SessionRow): void {
    const { id, money } = row.declaration
    switch (row.state) {
      case "settled": {
        const paid = this.#books.moved(id, this.#world.now).filter(({ amount }) => amount === money.amount)
        if (paid.length === 0)
          throw this.#world.breaks("settled is what was paid in full", "no gateway has the money")
        return
      }
      case "cancelled":
      case "expired":
      case "pending":
        for (const key of this.#sent.get(id) ?? []) this.#mustBeDeclined(key, `the session is ${row.state}`)
        return
      case "failed":
        if (row.attempts.every(({ state }) => state === "declined") && row.round < 5) {
          throw this.#world.breaks(
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
  onTold({ session, state, outcome, alone, key, tokenRef }: Told): void {
    const { now } = this.#world
    if (key !== undefined) this.#isOf(session, key, tokenRef, outcome)
    const row = this.#rowOf(session)
    if (state === "settled" || outcome === "settled") {
      const paid = this.#books
        .moved(session, now)
        .some(({ amount }) => amount === row?.declaration.money.amount)
      if (!paid)
        throw this.#world.breaks("nobody is told settled without the money", `${session} was not paid`)
    }
    const denied =
      outcome === "declined" ||
      outcome === "failed" ||
      state === "cancelled" ||
      state === "expired" ||
      state === "failed"
    if (!denied) return
    // What moves after its gateway denied it past the horizon is the stated limit of what anybody can know.
    const paid = this.#books
      .moved(session, now)
      .filter((charge) => !isLie(charge) && (charge.movesAt ?? 0) <= (this.#deniedAt.get(charge.key) ?? now))
    if (alone && paid.length > 0) {
      throw this.#world.breaks(
        "nobody whose money moved is told that it did not",
        `${session} was told ${outcome ?? state}, and ${paid.map(({ key }) => key).join(", ")} was captured`
      )
    }
    if (alone && outcome === "declined") {
      for (const key of this.#sent.get(session) ?? [])
        this.#mustBeDeclined(key, "the customer is told declined")
    }
  }

  /** A key stands for one request, and what is told under it is what became of that one. */
  #isOf(
    session: string,
    key: string,
    tokenRef: string | undefined,
    outcome: ConfirmOutcome | undefined
  ): void {
    const round = this.#roundOf.get(`${session} ${key}`)
    if (round === undefined) return
    if (round.tokenRef !== tokenRef) {
      throw this.#world.breaks(
        "a key stands for one request",
        `${key} was for ${round.tokenRef} and is answered for ${tokenRef}`
      )
    }
    if (outcome !== "declined") return
    for (const attempt of this.#rowOf(session)?.attempts ?? []) {
      if (attempt.round === round.round)
        this.#mustBeDeclined(attempt.idempotencyKey, "the customer is told declined")
    }
  }

  /** A driver that is still listened to got this answer. */
  onAnswer(charge: Charge, text: string): void {
    const proof = /"code":"(approved|do_not_honor|stolen_card)".*\}$/.exec(text)?.[1]
    if (proof !== undefined)
      this.#answered.push({ charge, proof: proof === "approved" ? "Captured" : "Declined" })
  }

  /** The gate gave an answer to a claim. */
  onClaim(session: string, fulfilment: "first" | "duplicate", ownClaim: boolean): void {
    if (fulfilment === "duplicate") {
      if (ownClaim) this.#owned.add(session)
      return
    }
    if (this.#firsts.has(session))
      throw this.#world.breaks("a session is fulfilled once", `${session} was given out again`)
    this.#firsts.add(session)
    this.#owned.add(session)
    const paid = this.#books.moved(session, this.#world.now)
    if (!paid.some(({ amount }) => amount === this.#rowOf(session)?.declaration.money.amount)) {
      throw this.#world.breaks("only what was paid in full is fulfilled", `${session} was not`)
    }
  }

  /** Some worker knows that it is the one to fulfil. */
  isOwned(session: string): boolean {
    return this.#owned.has(session)
  }

  onEvent(session: string, type: string): void {
    const key = `${session} ${type}`
    this.delivered.set(key, (this.delivered.get(key) ?? 0) + 1)
  }

  /** When all faults are over, every process runs and everybody has asked once more. */
  afterHealing(fired: ReadonlyArray<string>): void {
    const quiet = fired.length === 0
    if (!isOrphaning(fired)) this.#nobodyIsOrphaned()
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
        throw this.#world.breaks(
          "our records equal the gateways' books",
          `no gateway knows ${processorReference}`
        )
    }
    for (const row of this.#store.sessions.values()) this.#isResolved(row, quiet)
  }

  /** Where processes live and statements are done, drivers record what they hear. */
  #nobodyIsOrphaned(): void {
    for (const { evidence, declaration } of this.#store.sessions.values()) {
      if (evidence.some(({ source }) => source === "takeover")) {
        throw this.#world.breaks("nobody takes over from the living", `an attempt of ${declaration.id} was`)
      }
    }
    for (const { charge, proof } of this.#answered) {
      const row = this.#rowOf(charge.session)
      const { attempt } = row?.attempts.find(({ ordinal }) => ordinal === charge.ordinal) ?? {}
      const kept = row?.evidence.some(
        (heard) => heard.attempt === attempt && heard.source === "driver" && heard.outcome._tag === proof
      )
      if (kept !== true)
        throw this.#world.breaks(
          "what a processor said is written down",
          `its answer to ${charge.key} is not`
        )
    }
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
      throw this.#world.breaks(
        "our records equal the gateways' books",
        `${charge.key} captured ${charge.amount}, and we do not know`
      )
  }

  #isResolved(row: SessionRow, quiet: boolean): void {
    const { id, money } = row.declaration
    const { state } = row
    const asked = this.#asked.get(id)?.size ?? 0
    if (row.round > asked) {
      throw this.#world.breaks(
        "one request charges once",
        `${id} was charged in ${row.round} rounds for ${asked} requests`
      )
    }
    if (state === "processing") throw this.#world.breaks("everything heals", `${id} is still processing`)
    if (state === "in_review" && row.incidents.length === 0) {
      throw this.#world.breaks("everything heals", `${id} is in review, and no person has been told why`)
    }
    const settling =
      state === "settled" ? row.attempts.find((one) => one.state === "captured")?.attempt : undefined
    for (const fact of row.facts) {
      const settles = fact.attempt === settling && fact.amount === money.amount
      const told = row.incidents.some(
        (one) => one.attempt === fact.attempt && one.processorReference === fact.processorReference
      )
      if (!settles && !told)
        throw this.#world.breaks("every surplus is found", `${fact.processorReference} has no incident`)
    }
    if (state === "settled") {
      if (!this.#owned.has(id))
        throw this.#world.breaks("what is paid is fulfilled", `${id} was given to nobody`)
      if ((this.delivered.get(`${id} payment.charged.v1`) ?? 0) < 1) {
        throw this.#world.breaks(
          "what happened is told to the world",
          `${id} was paid, and no consumer heard`
        )
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
      throw this.#world.breaks("without faults everything is plain", `${id} is ${row.state}`)
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

/** Whether a process may have been kept from recording: by a fault that does so at once, or by many small ones. */
const isOrphaning = (fired: ReadonlyArray<string>): boolean => {
  const kinds = fired.map((fault) => fault.slice(0, fault.indexOf("#")))
  const small = kinds.filter(
    (kind) => kind === "C lost" || kind === "deadlock at C" || kind === "ack of C lost"
  )
  return small.length > 3 || kinds.some((kind) => orphans.has(kind))
}

const orphans: ReadonlySet<string> = new Set(
  Object.entries(faultKinds).flatMap(([name, { orphans: does }]) => (does ? [name] : []))
)

const tokenOf = (body: unknown): unknown => {
  if (typeof body !== "object" || body === null || !("vaultToken" in body)) return undefined
  const { vaultToken } = body
  return typeof vaultToken === "object" && vaultToken !== null && "tokenRef" in vaultToken
    ? vaultToken.tokenRef
    : undefined
}

const sessionOf = (key: string): string => key.replace(/-\d+-[^-]*$/, "")

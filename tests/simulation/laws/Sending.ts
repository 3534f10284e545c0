import type { AttemptRow, SessionRow } from "../../../src/layers/memory/Store.ts"
import { type Charge, isLie } from "../Books.ts"
import type { Ground } from "./Ground.ts"

/** How long a permit may be used after its row was committed, in milliseconds. */
const permitLife = 2_000

/** What is said to a gateway. */
interface Sent {
  readonly idempotencyKey: string
  readonly mid: string
  readonly amount: number
  readonly currency: string
}

/** What may leave a process and arrive at a gateway. */
export class Sending {
  /** What stands for each account in its keys. */
  readonly #tags = new Map<string, string>()
  readonly #on: Ground

  constructor(on: Ground) {
    this.#on = on
  }

  /** The last moment before bytes leave. */
  beforeSend({ idempotencyKey: key, mid, amount, currency }: Sent, gateway: string): void {
    const session = sessionOf(key)
    const row = this.#on.rowOf(session)
    const attempt = row?.attempts.find((written) => written.idempotencyKey === key)
    if (row === undefined || attempt === undefined) {
      throw this.#on.breaks("nothing is sent before its row is committed", `${key} goes to ${gateway}`)
    }
    if (attempt.provider !== gateway || attempt.mid !== mid) {
      throw this.#on.breaks(
        "a charge goes to the account it was written for",
        `${key} goes to ${mid} at ${gateway}`
      )
    }
    if (attempt.money.amount !== amount || attempt.money.currency !== currency) {
      throw this.#on.breaks("what is sent is what was written", `${key} asks for ${amount} ${currency}`)
    }
    const sent = this.#on.sent.get(session) ?? []
    if (sent.includes(key)) throw this.#on.breaks("no charge is sent twice", `${key} is sent again`)
    this.#isFresh(row, attempt)
    for (const earlier of sent) this.#on.mustBeDeclined(earlier, `attempt ${attempt.ordinal} is sent`)
    this.#on.sent.set(session, [...sent, key])
  }

  /** A process that stood still does not use what it was permitted before. */
  #isFresh(row: SessionRow, attempt: AttemptRow): void {
    const age = this.#on.now - (this.#on.writtenAt.get(attempt.attempt) ?? 0)
    if (age > permitLife) {
      throw this.#on.breaks(
        "an old permit is not used",
        `attempt ${attempt.ordinal} is sent ${age} ms after its row`
      )
    }
    const tag = attempt.idempotencyKey.slice(`${row.declaration.id}-${attempt.ordinal}-`.length)
    const known = this.#tags.get(attempt.mid)
    this.#tags.set(attempt.mid, known ?? tag)
    if (known !== undefined && known !== tag) {
      throw this.#on.breaks(
        "a key is a function of session, ordinal and account",
        `${attempt.mid} was ${known} and is ${tag}`
      )
    }
  }

  onArrival(charge: Charge): void {
    if (charge.verdict !== "captured") return
    const honest = this.#on.honest(charge.session)
    if (honest.length > 1) {
      const keys = honest.map(({ key }) => key).join(" and ")
      throw this.#on.breaks("a card is never charged twice", `${keys} were both captured`)
    }
    this.#oncePerOrder(charge)
  }

  #oncePerOrder(charge: Charge): void {
    const row = this.#on.rowOf(charge.session)
    const order = row?.declaration.orderReference
    if (row === undefined || order === undefined) return
    for (const other of this.#on.store.sessions.values()) {
      const { id, orderReference, entity } = other.declaration
      if (other === row || orderReference !== order || entity !== row.declaration.entity) continue
      // Absence past the horizon lets the customer pay anew: the stated limit of what anybody can know.
      if (other.state === "failed" || this.#on.honest(id).length === 0) continue
      throw this.#on.breaks("an order is paid once", `${charge.session} was captured, and so was ${id}`)
    }
  }

  onMoney(charge: Charge): void {
    const row = this.#on.rowOf(charge.session)
    if (row?.state === "cancelled" || row?.state === "expired") {
      if (isLie(charge)) return
      throw this.#on.breaks(
        "what is cancelled or expired is not charged",
        `${charge.key} captured a session that is ${row.state}`
      )
    }
  }
}

const sessionOf = (key: string): string => key.replace(/-\d+-[^-]*$/, "")

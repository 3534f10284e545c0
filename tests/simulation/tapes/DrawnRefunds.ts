import { Duration } from "effect"
import { Absent, Declined } from "../../../src/kernel/cascade/Disposition.ts"
import { MidId, Principal, SessionId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { RefundId } from "../../../src/kernel/refunds/Refund.ts"
import type { RefundOutcome } from "../../../src/kernel/refunds/RefundLedger.ts"
import { isOpen, refundableOf } from "../../../src/layers/memory/refunds/sums.ts"
import { factKey, type RefundRow, type SessionRow, type Store } from "../../../src/layers/memory/Store.ts"
import type { Draws } from "../Draws.ts"
import { app, price } from "../scene.ts"
import type { OneOf } from "./DrawnInputs.ts"
import type { RefundOperation } from "./refundStatements.ts"

const keys = [undefined, undefined, "back_1", "back_2", "back_3", "back_4", "back_5", "back_6"] as const
const reasons = [
  "it came back",
  "it came back",
  "it came back",
  "it came back",
  "broken",
  "",
  "x".repeat(501)
] as const
/** A name of a refund may have 255 characters. */
const references = [
  "rf_1",
  "rf_2",
  "rf_3",
  "rf_4",
  "rf_1",
  "rf_2",
  "r".repeat(255),
  "r".repeat(256),
  ""
] as const
const everything = 100

/** What a drawn statement about refunds is about: mostly what is there and would be asked, and everything else too. */
export class DrawnRefunds {
  readonly #draws: Draws
  readonly #store: Store
  readonly #sessions: OneOf<SessionId>

  constructor(draws: Draws, store: Store, sessions: OneOf<SessionId>) {
    this.#draws = draws
    this.#store = store
    this.#sessions = sessions
  }

  of(kind: RefundOperation): ReadonlyArray<unknown> {
    return this.#inputs[kind]()
  }

  /** The first moment at which somebody has to mind a refund. */
  due(now: number): { readonly at: number; readonly kind: RefundOperation } | undefined {
    const dues = this.#refunds().flatMap(({ state, leaseUntil, nextCheckAt }) => {
      if (state === "in_flight") return { at: leaseUntil, kind: "take_over_refunds" as const }
      return state === "indeterminate" ? { at: nextCheckAt, kind: "claim_unresolved_refunds" as const } : []
    })
    return dues.filter(({ at }) => at > now).toSorted((a, b) => a.at - b.at)[0]
  }

  readonly #inputs: Readonly<Record<RefundOperation, () => ReadonlyArray<unknown>>> = {
    returns_of_session: () => [this.#session()],
    refundable: () => [this.#wish(this.#session())],
    open_refund: () => this.#opens(),
    record_refund: () => [this.#evidence()],
    take_over_refunds: () => [this.#limit(this.#refunds().map(({ leaseUntil }) => leaseUntil))],
    claim_unresolved_refunds: () => [
      this.#limit(this.#refunds().map(({ nextCheckAt }) => nextCheckAt)),
      Duration.millis(this.#draws.pick("refund claimed for", [0, 1_000, 60_000]))
    ],
    find_refund: () => this.#heard(),
    record_return: () => [this.#read()],
    compare_returned: () => {
      const { session, ...charge } = this.#charge()
      return [{ ...charge, refunded: this.#sum(), version: this.#version(session), by: this.#by() }]
    }
  }

  readonly #by = () => this.#draws.pick("refund by", [app, app, Principal.make("worker")])

  #any<A>(name: string, from: ReadonlyArray<A>): A | undefined {
    return from[this.#draws.between(name, 0, from.length - 1)]
  }

  #limit(times: ReadonlyArray<number>): number {
    const few = this.#draws.pick("refund limit", [1, 2, everything, everything])
    return new Set(times).size === times.length ? few : everything
  }

  #session(): SessionId {
    return this.#draws.chance("session without a name", 0.03)
      ? SessionId.make(`ps_${"0".repeat(26)}`)
      : this.#draws.pick("session of a refund", this.#sessions)
  }

  #refunds(): ReadonlyArray<RefundRow> {
    return [...this.#store.sessions.values()].flatMap(({ refunds }) => refunds)
  }

  /** A charge of ours, or one that nobody knows. */
  #charge(): {
    readonly session: SessionRow | undefined
    readonly mid: MidId
    readonly processorReference: string
  } {
    const known = this.#any("charge", [...this.#store.facts.values()])
    if (known === undefined || this.#draws.chance("unknown charge", 0.05))
      return { session: undefined, mid: MidId.make("mid_1"), processorReference: "ch_nobody" }
    const { mid, processorReference, session } = known
    return { session: this.#store.sessions.get(session), mid, processorReference }
  }

  /** Mostly how the books stand now; sometimes how they stood. */
  #version(session: SessionRow | undefined): number {
    const now = session?.audit.length ?? 0
    return this.#draws.chance("old version", 0.1) ? now - 1 : now
  }

  #sum(): number {
    return this.#draws.pick("sum told", [0, 1_000, 2_450, price, price, price + 1_000])
  }

  #wish(session: SessionId, amount?: number) {
    return {
      by: this.#by(),
      idempotencyKey: this.#draws.pick("refund key", keys),
      body: { session, ...(amount === undefined ? {} : { amount }), reason: "it came back" }
    }
  }

  #opens(): ReadonlyArray<unknown> {
    const { session, mid, processorReference } = this.#charge()
    const id = session?.declaration.id ?? this.#session()
    const fact = this.#store.facts.get(factKey(mid, processorReference))
    const left = fact === undefined || session === undefined ? price : refundableOf(session, fact)
    const all = Math.max(1, left)
    const amount = this.#draws.pick("amount back", [all, all, 1_000, 1_000, 2_450, all + 1, price])
    const order = {
      session: this.#draws.chance("of another session", 0.05) ? this.#session() : id,
      mid,
      processorReference,
      amount,
      kind: this.#draws.pick("kind", ["refund", "refund", "void"]),
      reason: this.#draws.pick("reason", reasons),
      lease: Duration.millis(this.#draws.pick("refund lease", [15_000, 15_000, 0]))
    }
    return [order, this.#wish(order.session, this.#draws.chance("says how much", 0.5) ? amount : undefined)]
  }

  #evidence() {
    const refunds = this.#refunds()
    const open = refunds.filter(({ state }) => isOpen(state))
    const row = this.#any(
      "refund",
      open.length > 0 && this.#draws.chance("open refund", 0.7) ? open : refunds
    )
    const isNobodys = row === undefined || this.#draws.chance("unknown refund", 0.03)
    const version = this.#draws.chance("says the version", 0.3)
      ? { version: this.#version(this.#store.sessions.get(row?.session ?? this.#session())) }
      : {}
    return {
      refund: isNobodys ? RefundId.make(`re_${"0".repeat(26)}_1`) : row.id,
      outcome: this.#outcome(row),
      source: this.#draws.pick("refund source", ["driver", "driver", "lookup", "webhook", "takeover"]),
      by: this.#by(),
      ...version
    }
  }

  /** A name that was heard before, or another one. */
  #reference(): string {
    return this.#draws.pick("refund reference", references)
  }

  #refunded(row: RefundRow | undefined, refundReference: string): RefundOutcome {
    const asked = row?.money.amount ?? 1_000
    return {
      _tag: "Refunded",
      refundReference,
      money: new Money({
        amount: this.#draws.pick("amount that went", [asked, asked, asked, asked, asked, asked + 100]),
        currency: this.#draws.pick("currency that went", ["USD", "USD", "USD", "USD", "USD", "EUR"])
      }),
      evidence: this.#words()
    }
  }

  #declined(reference: string | undefined): Declined {
    return new Declined({
      kind: this.#draws.pick("refund decline", ["soft", "hard"]),
      ...(reference === undefined || reference === "" ? {} : { processorReference: reference }),
      evidence: this.#words()
    })
  }

  #words() {
    return {
      code: this.#draws.pick("refund code", [
        "approved",
        "pending",
        "pending",
        "x".repeat(300),
        "💳".repeat(201)
      ]),
      message: "as it was said"
    }
  }

  #outcome(row: RefundRow | undefined): RefundOutcome {
    const reference = this.#reference()
    switch (
      this.#draws.pick("refund outcome", [
        "Refunded",
        "Refunded",
        "Declined",
        "Declined",
        "Unknown",
        "Absent"
      ])
    ) {
      case "Refunded":
        return this.#refunded(row, reference)
      case "Declined":
        return this.#declined(this.#draws.chance("names what it declined", 0.6) ? reference : undefined)
      case "Unknown":
        return {
          _tag: "Indeterminate",
          evidence: this.#words(),
          ...(this.#draws.chance("names what it doubts", 0.5) ? { refundReference: reference } : {})
        }
      default:
        return new Absent({ evidence: this.#words() })
    }
  }

  /** Of a webhook: often what an open refund was named before, without its charge. */
  #heard(): ReadonlyArray<unknown> {
    const open = this.#refunds().filter(({ state }) => isOpen(state))
    const named = [...this.#store.sessions.values()]
      .flatMap(({ refundEvidence }) => refundEvidence)
      .flatMap(({ refund, reference }) => {
        const of = open.find(({ id }) => id === refund)
        return of === undefined || reference === undefined
          ? []
          : [{ mid: of.mid, refundReference: reference }]
      })
    const before = this.#draws.chance("named before", 0.5) ? this.#any("name", named) : undefined
    if (before !== undefined) return [before.mid, { refundReference: before.refundReference }]
    const { mid, processorReference } = this.#charge()
    const isNamed = this.#draws.chance("charge is named", 0.5)
    return [mid, { refundReference: this.#reference(), ...(isNamed ? { processorReference } : {}) }]
  }

  #read() {
    const { session, ...charge } = this.#charge()
    const reference = this.#reference()
    const rows = this.#refunds().filter((row) => row.processorReference === charge.processorReference)
    const refunded = this.#draws.chance("sum is told", 0.4) ? { refunded: this.#sum() } : {}
    return {
      ...charge,
      refundReference: reference,
      outcome: this.#draws.chance("read as refunded", 0.6)
        ? this.#refunded(rows.at(-1), reference)
        : this.#declined(reference),
      source: this.#draws.pick("read because of", ["webhook", "lookup"]),
      version: this.#version(session),
      ...refunded,
      by: this.#by()
    }
  }
}

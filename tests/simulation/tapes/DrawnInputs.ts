import { Duration } from "effect"
import { VaultToken } from "../../../src/kernel/Card.ts"
import {
  Absent,
  Captured,
  Declined,
  Indeterminate,
  type Outcome
} from "../../../src/kernel/cascade/Disposition.ts"
import {
  type AttemptId,
  attemptId,
  BrandId,
  CustomerId,
  EntityId,
  MidId,
  Principal,
  ProviderName,
  SessionId
} from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import type { Candidate } from "../../../src/kernel/PaymentLedger.ts"
import { SessionDeclaration, type SessionState } from "../../../src/kernel/PaymentSession.ts"
import { RoutingDecision } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import type { AttemptRow, Store } from "../../../src/layers/memory/Store.ts"
import type { Draws } from "../Draws.ts"
import { brand, category, company, otherCompany, price } from "../scene.ts"
import type { Operation } from "./statements.ts"

export type OneOf<A> = readonly [A, ...ReadonlyArray<A>]

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const principals = [Principal.make("app"), Principal.make("worker")] as const
const keys = [undefined, undefined, undefined, "key_1", "key_2", "key_3", "key_4", "key_5"] as const
const orders = [undefined, undefined, "order_1", "order_2"] as const
const sources = ["driver", "lookup", "webhook", "driver", "takeover"] as const
const outcomes = ["Captured", "Declined", "Indeterminate", "Absent"] as const
const moods = ["Captured", "Declined", "Declined", "Indeterminate"] as const
const codes = ["approved", "timeout", "x".repeat(300), "💳".repeat(201)] as const
/** A name of a capture may have 255 characters. */
const references = ["ch_1", "ch_2", "ch_3", "c".repeat(255), "c".repeat(256)] as const
const lifetimes: OneOf<number> = [0, 2_000, ...Array.from({ length: 8 }, () => 1_800_000)]
const everything = 100

/** Those of the scene; one of another company, one at the wrong provider, and none at all. */
const accounts: OneOf<readonly [mid: string, provider: string]> = [
  ["mid_1", "stub_a"],
  ["mid_2", "stub_b"],
  ["mid_3", "stub_a"],
  ["mid_1", "stub_a"],
  ["mid_2", "stub_b"],
  ["mid_of_another", "stub_b"],
  ["mid_1", "stub_b"],
  ["mid_nowhere", "stub_a"]
]

/** What a drawn statement is about: mostly what is there and would be asked, and everything else too. */
export class DrawnInputs {
  /** The names of events that were given out. */
  readonly events: Array<string> = []
  readonly #draws: Draws
  readonly #store: Store
  readonly #sessions: OneOf<SessionId>
  /** What processors say more often than else. */
  readonly #mood: Outcome["_tag"]
  #now = 0

  constructor(draws: Draws, store: Store) {
    this.#draws = draws
    this.#store = store
    const character = () => alphabet[draws.between("id", 0, alphabet.length - 1)]
    const id = () => SessionId.make(`ps_${Array.from({ length: 26 }, character).join("")}`)
    this.#sessions = [id(), ...Array.from({ length: 15 }, id)]
    this.#mood = draws.pick("mood", moods)
  }

  of(kind: Operation, now: number): ReadonlyArray<unknown> {
    this.#now = now
    return this.#inputs[kind]()
  }

  any<A>(name: string, from: ReadonlyArray<A>): A | undefined {
    return from[this.#draws.between(name, 0, from.length - 1)]
  }

  readonly #inputs: Readonly<Record<Operation, () => ReadonlyArray<unknown>>> = {
    declare: () => this.#declares(),
    declaredBefore: () => [this.#declaring()],
    session: () => [this.#session()],
    attempts: () => [this.#session()],
    open: () => [this.#session("pending"), this.#candidates(), this.#decision(), this.#confirming()],
    record: () => [this.#draws.chance("as a driver", 0.5) ? this.#driversEvidence() : this.#anyEvidence()],
    cancel: () => [this.#session(), this.#by()],
    expireDue: () => [this.#limit([...this.#store.sessions.values()].map(({ expiresAt }) => expiresAt))],
    takeOver: () => [this.#limit(this.#attempts().map(({ leaseUntil }) => leaseUntil))],
    claimUnresolved: () => [this.#limit(this.#attempts().map(dueAt)), this.#duration([0, 1_000, 60_000])],
    claimFulfilment: () => {
      const [id, by, key] = [this.#session("settled"), this.#by(), this.#key()]
      return key === undefined ? [id, by] : [id, by, key]
    },
    claim: () => [
      this.#limit(this.#store.events.map(({ occurredAt }) => occurredAt)),
      this.#duration([0, 1_000, 30_000])
    ],
    markDelivered: () => [this.events.filter(() => this.#draws.chance("delivered", 0.5))]
  }

  readonly #by = () => this.#draws.pick("by", principals)
  readonly #key = () => this.#draws.pick("key", keys)
  readonly #duration = (of: OneOf<number>) => Duration.millis(this.#draws.pick("duration", of))

  /** A few only where it is clear which are the first: of those due at one time any may be. */
  #limit(times: ReadonlyArray<number>): number {
    const few = this.#draws.pick("limit", [1, 2, everything, everything])
    return new Set(times).size === times.length ? few : everything
  }

  /** Often one that is in a state, mostly one that was declared. */
  #session(wanted?: SessionState): SessionId {
    const fitting = [...this.#store.sessions.values()].filter(
      ({ state, expiresAt }) => state === wanted && (state !== "pending" || expiresAt >= this.#now)
    )
    // Often the oldest: its story goes on.
    const some = this.#draws.chance("oldest", 0.8) ? fitting.slice(0, 1) : fitting
    const found = this.#draws.chance("fitting", 0.85) ? this.any("fitting session", some) : undefined
    if (found !== undefined) return found.declaration.id
    const declared = this.#sessions.filter((id) => this.#store.sessions.has(id))
    const known = this.#draws.chance("declared", 0.95) ? this.any("known", declared) : undefined
    return known ?? this.#draws.pick("session", this.#sessions)
  }

  #attempts(): ReadonlyArray<AttemptRow> {
    return [...this.#store.sessions.values()].flatMap(({ attempts }) => attempts)
  }

  /** Mostly one that there is, and one without an outcome. */
  #attempt(): AttemptId {
    const live = this.#attempts().filter(({ state }) => state === "in_flight" || state === "indeterminate")
    const wanted = live.length > 0 && this.#draws.chance("live", 0.6) ? live : this.#attempts()
    const known = this.any("attempt", wanted)?.attempt
    return known === undefined || this.#draws.chance("unknown attempt", 0.02)
      ? attemptId(this.#session(), 9)
      : known
  }

  /**
   * A session that is new. One that is there already is refused however it is declared again; without an order and
   * without a key, because it is not promised which of several refusals is told.
   */
  #declares(): ReadonlyArray<unknown> {
    const isOld = this.#draws.chance("declared again", 0.1)
    const fresh = this.any(
      "new session",
      this.#sessions.filter((id) => !this.#store.sessions.has(id))
    )
    const lifetime = this.#duration(lifetimes)
    if (!isOld && fresh !== undefined) {
      return [this.#declaration(fresh, this.#draws.pick("order", orders)), lifetime, this.#declaring()]
    }
    const { by, body } = this.#declaring()
    return [this.#declaration(this.#session(), undefined), lifetime, { by, body }]
  }

  #declaration(id: SessionId, orderReference: string | undefined): SessionDeclaration {
    const draws = this.#draws
    const nobody = draws.chance("nobody", 0.03) ? EntityId.make("nobody") : company
    return new SessionDeclaration({
      id,
      customer: CustomerId.make("customer_1"),
      brand: draws.chance("foreign brand", 0.03) ? BrandId.make("somebody-else") : brand,
      entity: draws.chance("foreign company", 0.03) ? otherCompany : nobody,
      category: draws.chance("other category", 0.03) ? "merchandise" : category,
      money: new Money({ amount: price, currency: "USD" }),
      intent: { type: "amount" },
      mode: "hosted",
      theme: { colour: "green" },
      metadata: {},
      ...(orderReference === undefined ? {} : { orderReference })
    })
  }

  #declaring() {
    const amountCents = this.#draws.pick("declared amount", [price, price, price + 1])
    const intent = { type: "amount", amountCents, currency: "USD" }
    return {
      by: this.#by(),
      idempotencyKey: this.#key(),
      body: { customer: "customer_1", brand, entity: company, mode: "hosted", intent }
    }
  }

  #confirming() {
    const tokenRef = this.#draws.pick("token", ["tok_1", "tok_1", "tok_2"])
    return {
      by: this.#by(),
      idempotencyKey: this.#key(),
      body: { vaultToken: new VaultToken({ vaultId: "stub", tokenRef }), riskLevel: "low" }
    }
  }

  #decision(): RoutingDecision {
    return RoutingDecision.make({
      policyVersion: this.#store.policyVersion,
      inputs: { entity: company, category, amount: price, currency: "USD", risk: "low", cardBrand: "visa" },
      chosen: [MidId.make("mid_1")],
      leftOut: [{ mid: MidId.make("mid_2"), reasons: [{ _tag: "KillSwitchOn" }] }]
    })
  }

  #candidates(): ReadonlyArray<Candidate> {
    if (this.#draws.chance("as routed", 0.6)) return this.#routed()
    return Array.from({ length: this.#draws.pick("candidates", [0, 1, 2, 2, 3, 3]) }, () =>
      this.#candidate(...this.#draws.pick("candidate", accounts))
    )
  }

  #routed(): ReadonlyArray<Candidate> {
    const from = this.#draws.pick("routed from", [0, 0, 1])
    return accounts.slice(from, 3).map(([mid, provider]) => this.#candidate(mid, provider))
  }

  #candidate(mid: string, provider: string): Candidate {
    const lease = this.#duration([15_000, 15_000, 0])
    return { mid: MidId.make(mid), provider: ProviderName.make(provider), lease }
  }

  /** What the one records who holds the permit. */
  #driversEvidence() {
    const inFlight = this.#attempts().findLast(({ state }) => state === "in_flight")
    const attempt = inFlight?.attempt ?? this.#attempt()
    return {
      attempt,
      fence: inFlight?.fence ?? 1,
      outcome: this.#outcome(),
      source: "driver",
      next: this.#draws.chance("goes on", 0.5) ? this.#routed() : [],
      by: principals[0]
    }
  }

  #anyEvidence() {
    return {
      attempt: this.#attempt(),
      fence: this.#draws.pick("fence", [0, 1, 1, 2, 2, 3]),
      outcome: this.#outcome(),
      source: this.#draws.pick("source", sources),
      next: this.#candidates(),
      by: this.#by()
    }
  }

  #outcome(): Outcome {
    const evidence = { code: this.#draws.pick("code", codes), message: "as it was said" }
    const drawn = this.#draws.pick("outcome", outcomes)
    switch (this.#draws.chance("as ever", 0.7) ? this.#mood : drawn) {
      case "Captured":
        return new Captured({
          processorReference: this.#draws.pick("reference", references),
          amount: this.#draws.pick("amount", [price, price, price, price, price - 1, 0, -price]),
          currency: this.#draws.pick("currency", ["USD", "USD", "USD", "EUR"]),
          evidence
        })
      case "Declined":
        return new Declined({ kind: this.#draws.pick("decline", ["soft", "hard"]), evidence })
      case "Indeterminate":
        return new Indeterminate({ evidence })
      case "Absent":
        return new Absent({ evidence })
    }
  }
}

export const dueAt = ({ nextCheckAt, claimedUntil }: AttemptRow): number =>
  Math.max(nextCheckAt, claimedUntil)

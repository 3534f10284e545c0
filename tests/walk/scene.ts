import { Duration } from "effect"
import { VaultToken } from "../../src/kernel/Card.ts"
import {
  Absent,
  Captured,
  Declined,
  Indeterminate,
  type Outcome
} from "../../src/kernel/cascade/Disposition.ts"
import { Brand, Entity } from "../../src/kernel/Entity.ts"
import {
  attemptId,
  type AttemptId,
  BrandId,
  CustomerId,
  EntityId,
  MidId,
  Principal,
  ProviderName,
  SessionId
} from "../../src/kernel/ids.ts"
import { AcceptanceRules, MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { Money } from "../../src/kernel/Money.ts"
import type { Candidate, Confirmation, IdempotentRequest } from "../../src/kernel/PaymentLedger.ts"
import { mostRounds, SessionDeclaration } from "../../src/kernel/PaymentSession.ts"
import { RoutingDecision } from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import { declare } from "../../src/layers/memory/declare.ts"
import { emptyStore, factKey, keyOf, type SessionRow, type Store } from "../../src/layers/memory/Store.ts"

// What the walk starts from: one session, the accounts it may be charged on, and all that can be said of a charge.

/** How much is walked. */
export interface Scope {
  /** Accounts in the order in which a cascade tries them: 1, 2 or 3. */
  readonly mids: number
  /** Confirmations that run at once: 1 or 2. */
  readonly drivers: number
  /** Faults in one history, at most. */
  readonly faults: number
}

/** The clock stands still: what time brings (a lease that is over) comes as a move of its own, at any moment. */
export const now = 1_000_000_000
export const never = Number.MAX_SAFE_INTEGER
export const horizon = Duration.minutes(5)

export const session = SessionId.make("ps_00000000000000000000000001")
export const app = Principal.make("app")
const price = new Money({ amount: 1000, currency: "USD" })

export const entity = new Entity({
  id: EntityId.make("entity"),
  name: "A company",
  collects: true,
  paysOut: true,
  underwrittenFor: ["supplements"],
  placeholder: true
})
const brand = new Brand({
  id: BrandId.make("brand"),
  name: "A brand",
  entities: [entity.id],
  redirectOrigins: []
})

const accounts = ["a", "b", "c"].map(
  (letter, index) =>
    new MerchantAccount({
      id: MidId.make(`mid_${letter}`),
      entity: entity.id,
      provider: ProviderName.make("a_processor"),
      name: `MID ${letter}`,
      status: "active",
      killSwitch: false,
      underwrittenFor: ["supplements"],
      accepts: new AcceptanceRules({ currencies: ["USD"] }),
      priority: index + 1,
      weight: 1
    })
)

export const accountsOf = ({ mids }: Scope): ReadonlyArray<MerchantAccount> => accounts.slice(0, mids)

export const candidatesOf = (scope: Scope): ReadonlyArray<Candidate> =>
  accountsOf(scope).map(({ id, provider }) => ({ mid: id, provider, lease: Duration.seconds(40) }))

/** Every driver confirms under a key of its own; the card is the same. */
export const confirmationOf = (driver: number): IdempotentRequest<Confirmation> => ({
  by: app,
  idempotencyKey: `confirm_${driver}`,
  body: { vaultToken: new VaultToken({ vaultId: "stub", tokenRef: "tok" }), riskLevel: "low" }
})

export const decisionOf = (scope: Scope): RoutingDecision =>
  RoutingDecision.make({
    policyVersion: 1,
    inputs: {
      entity: entity.id,
      category: "supplements",
      amount: price.amount,
      currency: price.currency,
      risk: "low"
    },
    chosen: accountsOf(scope).map(({ id }) => id),
    leftOut: []
  })

/** How the storage remembers that key. */
export const confirmKey = (driver: number): string =>
  keyOf({ by: app, operation: "confirm", key: `confirm_${driver}` })

const declaration = new SessionDeclaration({
  id: session,
  customer: CustomerId.make("customer"),
  brand: brand.id,
  entity: entity.id,
  category: "supplements",
  money: price,
  intent: { type: "amount" },
  mode: "hosted",
  theme: {},
  metadata: {}
})

/** Of a session's rounds all but two are used up, so that both ends of a declined round are walked. */
const roundsBefore = mostRounds - 2

/** The storage with one pending session, and on every account a capture of somebody else's. */
export const firstStore = (scope: Scope): Store => {
  const store = emptyStore()
  store.entities.set(entity.id, entity)
  store.brands.set(brand.id, brand)
  for (const account of accountsOf(scope)) store.accounts.set(account.id, account)
  declare(store, now, declaration, Duration.toMillis(Duration.hours(1)), {
    by: app,
    body: {
      customer: "customer",
      brand: "brand",
      entity: "entity",
      intent: { type: "amount" },
      mode: "hosted"
    }
  })
  store.sessions.set(session, { ...rowOf(store), round: roundsBefore, expiresAt: never })
  const other = SessionId.make("ps_00000000000000000000000002")
  for (const { id: mid } of accountsOf(scope)) {
    store.facts.set(factKey(mid, takenReference), {
      session: other,
      attempt: attemptId(other, 1),
      entity: entity.id,
      mid,
      processorReference: takenReference,
      amount: price.amount,
      currency: price.currency,
      at: now
    })
  }
  return store
}

export const rowOf = (store: Store): SessionRow => {
  const row = store.sessions.get(session)
  if (row === undefined) throw new Error("the session is gone")
  return row
}

const attempts: Array<AttemptId> = []

/** The nth attempt of the session. */
export const attempt = (ordinal: number): AttemptId => (attempts[ordinal] ??= attemptId(session, ordinal))

/** The reference of a charge; every attempt has one of its own. */
const referenceOf = (ordinal: number): string => `ch_${ordinal}`
const takenReference = "ch_of_another_session"

/** All that can be said of an attempt. `other`: of another amount. `foreign`: under a reference that is taken. */
export type Word = "captured" | "other" | "foreign" | "soft" | "hard" | "unknown" | "absent"

const said = new Map<Word, Array<Outcome>>()

/** A word about an attempt as the outcome that the kernel knows. */
export const outcomeOf = (ordinal: number, word: Word): Outcome => {
  const outcomes = said.get(word) ?? []
  said.set(word, outcomes)
  return (outcomes[ordinal] ??= newOutcome(ordinal, word))
}

const newOutcome = (ordinal: number, word: Word): Outcome => {
  const evidence = { code: word, message: word }
  switch (word) {
    case "captured":
    case "other":
    case "foreign":
      return new Captured({
        processorReference: word === "foreign" ? takenReference : referenceOf(ordinal),
        amount: word === "other" ? price.amount - 100 : price.amount,
        currency: price.currency,
        evidence
      })
    case "soft":
    case "hard":
      return new Declined({ kind: word, evidence })
    case "unknown":
      return new Indeterminate({ evidence })
    case "absent":
      return new Absent({ evidence })
  }
}

/** MID a, for people. */
export const shortMid = (mid: string): string => mid.slice(4)

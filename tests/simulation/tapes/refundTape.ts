import { Duration, Effect } from "effect"
import { VaultToken } from "../../../src/kernel/Card.ts"
import { Captured, type Outcome } from "../../../src/kernel/cascade/Disposition.ts"
import { attemptId, CustomerId, MidId, ProviderName, SessionId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { SessionDeclaration } from "../../../src/kernel/PaymentSession.ts"
import { RoutingDecision } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import type { TapeEntry } from "../Database.ts"
import { Draws } from "../Draws.ts"
import { beginning } from "../Party.ts"
import { app, brand, category, company, drawScene, price } from "../scene.ts"
import type { OneOf } from "./DrawnInputs.ts"
import { DrawnRefunds } from "./DrawnRefunds.ts"
import { Model } from "./Model.ts"
import { isRefundOperation, type RefundOperation, refundStatements } from "./refundStatements.ts"
import { type Again, type Operation, statements } from "./statements.ts"
import type { Tape } from "./Tape.ts"

// Some sessions are paid, and then money goes back in ways and at times that no service would ask for.

const perTape = 50

/** How often each is asked for, among each other. */
const weights: Readonly<Record<RefundOperation | "claimFulfilment" | "late capture", number>> = {
  returns_of_session: 1,
  refundable: 2,
  open_refund: 16,
  record_refund: 22,
  take_over_refunds: 2,
  claim_unresolved_refunds: 3,
  find_refund: 4,
  record_return: 10,
  compare_returned: 4,
  claimFulfilment: 1,
  "late capture": 1
}
const urn = Object.entries(weights).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind))

const sessions: OneOf<SessionId> = [
  SessionId.make(`ps_${"1".repeat(26)}`),
  SessionId.make(`ps_${"2".repeat(26)}`),
  SessionId.make(`ps_${"3".repeat(26)}`)
]

/** Draws a tape about refunds, doing each statement on the model as it goes. */
export const refundTape = (seed: number): Tape => {
  const scene = () => drawScene(new Draws(seed))
  const drawing = new Drawing(new Draws(seed), new Model(scene()))
  for (const [nr, id] of sessions.entries()) drawing.pays(id, nr)
  for (let nr = 0; nr < perTape; nr++) drawing.next()
  return { name: `the tape of refunds of seed ${seed}`, seed, scene, entries: drawing.entries }
}

class Drawing {
  readonly entries: Array<TapeEntry> = []
  readonly #draws: Draws
  readonly #model: Model
  readonly #refunds: DrawnRefunds
  #now = beginning

  constructor(draws: Draws, model: Model) {
    this.#draws = draws
    this.#model = model
    this.#refunds = new DrawnRefunds(draws, model.store, sessions)
  }

  /** A session, and what its charge came to; of some nothing is known yet. */
  pays(id: SessionId, nr: number): void {
    this.#does("declare", [declarationOf(id), Duration.minutes(30), { by: app, body: declared }])
    this.#does("open", [id, [first], decision, { by: app, body: confirmed }])
    if (this.#draws.chance("charge in review", nr === 0 ? 0 : 0.2)) return
    const amount = this.#draws.pick("captured", [price, price, price, price + 1])
    this.#captures(id, `ch_${nr + 1}`, amount)
  }

  #captures(id: SessionId, processorReference: string, amount: number): void {
    const evidence = { code: "approved", message: "captured" }
    const outcome: Outcome = new Captured({ processorReference, amount, currency: "USD", evidence })
    this.#does("record", [
      { attempt: attemptId(id, 1), fence: 1, outcome, source: "driver", next: [], by: app }
    ])
  }

  /** Another statement a while later, or the fitting one at the very moment at which something is due. */
  next(): void {
    const due = this.#draws.chance("on time", 0.15) ? this.#refunds.due(this.#now) : undefined
    if (due !== undefined) {
      this.#now = due.at
      return this.#asks(due.kind)
    }
    this.#now += this.#draws.pick("later", [1, 1, 7, 400, 1_000, 3_000, 16_000, 61_000])
    const drawn = urn[this.#draws.between("kind of refunding", 0, urn.length - 1)] ?? ""
    if (isRefundOperation(drawn)) {
      return this.#asks(drawn === "record_refund" && !this.#model.hasRefunds ? "open_refund" : drawn)
    }
    const session = this.#draws.pick("session of a charge", sessions)
    if (drawn === "claimFulfilment") return this.#does(drawn, [session, app])
    this.#captures(session, this.#draws.pick("late capture", ["ch_8", "ch_9"]), price)
  }

  #asks(kind: RefundOperation): void {
    this.#pushes(kind, refundStatements[kind], this.#refunds.of(kind))
  }

  #does(kind: Operation, input: ReadonlyArray<unknown>): void {
    this.#pushes(kind, statements[kind], input)
  }

  #pushes(operation: string, again: Again, input: ReadonlyArray<unknown>): void {
    const result = this.#model.at(this.#now, again(this.#model.ports, input))
    const exit = Effect.runSyncExit(Effect.fromResult(result))
    this.entries.push({ operation, at: this.#now, input, exit })
  }
}

const first = { mid: MidId.make("mid_1"), provider: ProviderName.make("stub_a"), lease: Duration.seconds(15) }

const decision = RoutingDecision.make({
  policyVersion: 1,
  inputs: { entity: company, category, amount: price, currency: "USD", risk: "low", cardBrand: "visa" },
  chosen: [first.mid],
  leftOut: []
})

const confirmed = { vaultToken: new VaultToken({ vaultId: "stub", tokenRef: "tok_1" }), riskLevel: "low" }
const declared = {
  customer: "customer_1",
  brand,
  entity: company,
  mode: "hosted",
  intent: { type: "amount", amountCents: price, currency: "USD" }
}

const declarationOf = (id: SessionId): SessionDeclaration =>
  new SessionDeclaration({
    id,
    customer: CustomerId.make("customer_1"),
    brand,
    entity: company,
    category,
    money: new Money({ amount: price, currency: "USD" }),
    intent: { type: "amount" },
    mode: "hosted",
    theme: {},
    metadata: {}
  })

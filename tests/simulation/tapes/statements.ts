import { Effect, Schema } from "effect"
import { SessionDeclared } from "../../../src/http/api/fields.ts"
import { VaultToken } from "../../../src/kernel/Card.ts"
import { Outcome } from "../../../src/kernel/cascade/Disposition.ts"
import { AttemptId, MidId, Principal, ProviderName, SessionId } from "../../../src/kernel/ids.ts"
import { RiskLevel } from "../../../src/kernel/MerchantAccount.ts"
import type { Outbox } from "../../../src/kernel/Outbox.ts"
import { Reporter, type LedgerUnavailable, type PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import type { RefundLedger } from "../../../src/kernel/refunds/RefundLedger.ts"
import { SessionDeclaration } from "../../../src/kernel/PaymentSession.ts"
import { RoutingDecision } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"

// A tape keeps the arguments of each statement as they were given. To do it again on another storage they are
// looked at once more: what does not fit its port any more is a defect of the tape.

export interface Ports {
  readonly ledger: PaymentLedger["Service"]
  readonly outbox: Outbox["Service"]
  readonly refunds: RefundLedger["Service"]
}

/** What a tape may hold. Declarations come from a process's memory and are compared at the end. */
export type Operation = Exclude<keyof Ports["ledger"], "declaration"> | keyof Ports["outbox"]

export type Again = (ports: Ports, input: unknown) => Effect.Effect<unknown, LedgerUnavailable>

export const statement = <S extends Schema.Top>(
  shape: S,
  call: (ports: Ports, input: S["Type"]) => Effect.Effect<unknown, LedgerUnavailable>
): Again => {
  const fits = Schema.is(Schema.toType(shape))
  return (ports, input) =>
    fits(input)
      ? call(ports, input)
      : Effect.die(new Error(`these are no arguments: ${JSON.stringify(input)}`))
}

export const requestOf = <Body extends Schema.Top>(body: Body) =>
  Schema.Struct({ by: Principal, idempotencyKey: Schema.optional(Schema.String), body })

const declaring = requestOf(SessionDeclared)
const confirming = requestOf(Schema.Struct({ vaultToken: VaultToken, riskLevel: RiskLevel }))

const Candidate = Schema.Struct({ mid: MidId, provider: ProviderName, lease: Schema.Duration })

const Evidence = Schema.Struct({
  attempt: AttemptId,
  fence: Schema.Int,
  outcome: Outcome,
  source: Reporter,
  next: Schema.Array(Candidate),
  by: Principal
})

export const statements: Readonly<Record<Operation, Again>> = {
  declare: statement(
    Schema.Tuple([SessionDeclaration, Schema.Duration, declaring]),
    ({ ledger }, [declaration, lifetime, request]) => ledger.declare(declaration, lifetime, request)
  ),
  declaredBefore: statement(Schema.Tuple([declaring]), ({ ledger }, [request]) =>
    ledger.declaredBefore(request)
  ),
  session: statement(Schema.Tuple([SessionId]), ({ ledger }, [id]) => ledger.session(id)),
  attempts: statement(Schema.Tuple([SessionId]), ({ ledger }, [id]) => ledger.attempts(id)),
  open: statement(
    Schema.Tuple([SessionId, Schema.Array(Candidate), RoutingDecision, confirming]),
    ({ ledger }, [id, candidates, decision, request]) => ledger.open(id, candidates, decision, request)
  ),
  record: statement(Schema.Tuple([Evidence]), ({ ledger }, [evidence]) => ledger.record(evidence)),
  cancel: statement(Schema.Tuple([SessionId, Principal]), ({ ledger }, [id, by]) => ledger.cancel(id, by)),
  expireDue: statement(Schema.Tuple([Schema.Int]), ({ ledger }, [limit]) => ledger.expireDue(limit)),
  takeOver: statement(Schema.Tuple([Schema.Int]), ({ ledger }, [limit]) => ledger.takeOver(limit)),
  claimUnresolved: statement(Schema.Tuple([Schema.Int, Schema.Duration]), ({ ledger }, [limit, lease]) =>
    ledger.claimUnresolved(limit, lease)
  ),
  claimFulfilment: statement(
    Schema.Tuple([SessionId, Principal, Schema.optional(Schema.String)]),
    ({ ledger }, [id, by, key]) => ledger.claimFulfilment(id, by, key)
  ),
  claim: statement(Schema.Tuple([Schema.Int, Schema.Duration]), ({ outbox }, [limit, lease]) =>
    outbox.claim(limit, lease)
  ),
  markDelivered: statement(Schema.Tuple([Schema.Array(Schema.String)]), ({ outbox }, [ids]) =>
    outbox.markDelivered(ids)
  )
}

export const isOperation = (name: string): name is Operation => Object.hasOwn(statements, name)

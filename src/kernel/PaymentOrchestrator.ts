import { Context, Duration, Effect, Fiber, Layer, Schema } from "effect"
import { inSight, seesSession } from "./access/Scope.ts"
import { CurrentSeesVolumes, leftOutAsSeen } from "./access/volumes.ts"
import { VaultToken } from "./Card.ts"
import { isAsLongAsCardNumber } from "./cardNumbers.ts"
import type { CascadeEnd } from "./cascade/Cascade.ts"
import { chargeAcrossProviders } from "./cascade/chargeAcrossProviders.ts"
import type { PaymentAction } from "./cascade/Disposition.ts"
import { differences } from "./differences.ts"
import { EntityRegistry } from "./EntityRegistry.ts"
import { type MidId, SessionId } from "./ids.ts"
import { type MerchantAccount, RiskLevel } from "./MerchantAccount.ts"
import {
  type Candidate,
  type Confirmation,
  type ConfirmReplayed,
  type IdempotentRequest,
  type LedgerUnavailable,
  PaymentLedger
} from "./PaymentLedger.ts"
import { capability, Providers } from "./PaymentProvider.ts"
import type { SessionDeclaration, SessionState } from "./PaymentSession.ts"
import {
  IdempotencyKeyReused,
  InvalidInput,
  NoEligibleMerchantAccount,
  RateLimited,
  SessionNotPayable,
  UnknownSession
} from "./refusals.ts"
import { show } from "./show.ts"
import { decide } from "./routing/RoutingPolicyEngine.ts"
import { cardNumberWords, checkText } from "./text.ts"
import { type UnknownToken, type UnknownVault, type VaultUnavailable, Vaults } from "./TokenVault.ts"

/**
 * What came of a confirmation. `declined` is proof that no money moved; `in_review` and `processing` say that
 * nobody knows yet, and that nobody is to pay again. `action_required`: the charge waits for its customer (3DS). `failed` is told of an earlier confirmation only: the session
 * ended without a capture, and a new one may be declared.
 */
export type ConfirmOutcome =
  | "settled"
  | "declined"
  | "action_required"
  | "in_review"
  | "processing"
  | "failed"

export interface Confirmed {
  readonly session: SessionId
  readonly outcome: ConfirmOutcome
  readonly state: SessionState
  /** What the customer has to do; with `action_required` only. */
  readonly action?: PaymentAction
}

/** What a door hands over when a session is confirmed; judged here. */
export interface ConfirmRequest {
  readonly vaultToken: { readonly vaultId: string; readonly tokenRef: string }
  /** `low` (the default), `medium` or `high`, as the app's own risk assessment sees it. */
  readonly riskLevel?: string | undefined
}

/** Everything that confirming a session may be refused for. Nothing was charged. */
export type ConfirmRefusal =
  | InvalidInput
  | UnknownSession
  | SessionNotPayable
  | UnknownVault
  | UnknownToken
  | VaultUnavailable
  | NoEligibleMerchantAccount
  | IdempotencyKeyReused
  | RateLimited

/** Composes routing and cascade: confirms a session with a vault token. */
export class PaymentOrchestrator extends Context.Service<
  PaymentOrchestrator,
  {
    /**
     * Charges the session once. The charge runs in this service's own scope: a caller that goes away changes
     * nothing about it, and closing the scope waits for it.
     */
    readonly confirm: (
      session: string,
      request: IdempotentRequest<ConfirmRequest>
    ) => Effect.Effect<Confirmed, ConfirmRefusal | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/PaymentOrchestrator") {
  static readonly layer: Layer.Layer<
    PaymentOrchestrator,
    never,
    EntityRegistry | PaymentLedger | Providers | Vaults
  > = Layer.effect(
    PaymentOrchestrator,
    Effect.gen(function* () {
      const registry = yield* EntityRegistry
      const ledger = yield* PaymentLedger
      const providers = yield* Providers
      const vaults = yield* Vaults
      const scope = yield* Effect.scope

      const confirm = Effect.fn("PaymentOrchestrator.confirm")(function* (
        id: string,
        request: IdempotentRequest<ConfirmRequest>
      ) {
        const body = yield* checkRequest(request.body)
        const { vaultToken: token, riskLevel: risk } = body
        const declaration = Schema.is(SessionId)(id)
          ? yield* inSight(yield* ledger.declaration(id))
          : undefined
        if (declaration === undefined) return yield* UnknownSession.of(id)
        const card = yield* vaults.getCard(token)
        const { policy, accounts } = yield* registry.snapshot
        const inputs = {
          entity: declaration.entity,
          category: declaration.category,
          amount: declaration.money.amount,
          currency: declaration.money.currency,
          risk,
          cardBrand: card.brand,
          bin: card.bin,
          country: card.country,
          vault: token.vaultId,
          fingerprint: card.fingerprint
        }
        const decision = decide(policy, inputs, declaration.id)
        const candidates = yield* toCandidates(decision.chosen, accounts, providers)
        const confirmation = { ...request, body }
        // From the write-ahead to the recorded outcome nothing may interrupt: neither a caller who hangs up nor a
        // shutdown, which waits for this fiber when it closes the scope.
        const charge = yield* chargeAcrossProviders({
          session: declaration.id,
          candidates,
          decision,
          confirmation,
          token
        }).pipe(
          Effect.provideService(PaymentLedger, ledger),
          Effect.provideService(Providers, providers),
          // As a whole, its end too: who waits for it while the scope closes is still told what came of it.
          Effect.forkIn(scope, { uninterruptible: true })
        )
        const result = yield* Fiber.join(charge)
        return yield* answer(declaration, decision.leftOut, confirmation, result, (earlier) =>
          seesSession(ledger.declaration(earlier))
        )
      })

      return { confirm }
    })
  )
}

/** What a confirmation asks for, if it is one; what it was else is not repeated. */
export const checkRequest = Effect.fnUntraced(function* (request: ConfirmRequest) {
  yield* checkText(request)
  const { vaultToken, riskLevel = "low" } = request
  for (const part of ["vaultId", "tokenRef"] as const) {
    const field = `vaultToken.${part}`
    if (vaultToken[part].trim() === "") {
      return yield* new InvalidInput({ field, problem: "is empty; send a vault token" })
    }
    // Texts that hold a card number are refused already; as a token, any number of that length is.
    if (isAsLongAsCardNumber(vaultToken[part])) {
      return yield* new InvalidInput({ field, problem: cardNumberWords })
    }
  }
  if (!Schema.is(RiskLevel)(riskLevel)) {
    return yield* new InvalidInput({
      field: "riskLevel",
      problem: `is ${show(riskLevel)}; say low, medium or high`
    })
  }
  const confirmation: Confirmation = { vaultToken: new VaultToken(vaultToken), riskLevel }
  return confirmation
})

/** What a lease has beyond the driver's deadline: time to record the outcome, retries included. */
const leaseMargin = Duration.seconds(10)

const toCandidates = Effect.fnUntraced(function* (
  chosen: ReadonlyArray<MidId>,
  accounts: ReadonlyMap<string, MerchantAccount>,
  providers: Providers["Service"]
) {
  const candidates: Array<Candidate> = []
  for (const mid of chosen) {
    const account = accounts.get(mid)
    if (account === undefined) continue
    const tokenCharge = yield* providers.get(account.provider).pipe(
      Effect.flatMap((provider) => capability(provider, "tokenCharge")),
      Effect.orElseSucceed(() => undefined)
    )
    if (tokenCharge === undefined) continue
    const lease = Duration.sum(tokenCharge.deadline, leaseMargin)
    candidates.push({ mid, provider: account.provider, lease })
  }
  return candidates
})

const answer = Effect.fnUntraced(function* (
  declaration: SessionDeclaration,
  leftOut: NoEligibleMerchantAccount["leftOut"],
  confirmation: IdempotentRequest<Confirmation>,
  result: CascadeEnd,
  sees: (session: SessionId) => Effect.Effect<boolean, LedgerUnavailable>
): Effect.fn.Return<Confirmed, ConfirmRefusal | LedgerUnavailable> {
  const { id: session, entity } = declaration
  switch (result._tag) {
    case "Ended":
      return { session, state: result.session, ...waitingFor(endedIn(result), result.action) }
    case "LeftToReconciler":
      return { session, state: "processing", outcome: "processing" }
    case "NothingOpened":
      switch (result.opening._tag) {
        case "NonePermitted":
          return yield* new NoEligibleMerchantAccount({
            entity,
            leftOut: leftOutAsSeen(yield* CurrentSeesVolumes, leftOut),
            passedOver: result.opening.passedOver
          })
        case "NotPayable":
          return yield* new SessionNotPayable({ session, state: result.opening.state })
        case "ConfirmReplayed":
          return {
            session,
            state: result.opening.state,
            ...waitingFor(ledTo(result.opening), result.opening.action)
          }
        case "ConfirmKeyReused":
          return yield* new IdempotencyKeyReused({
            differences: (yield* sees(result.opening.earlierSession))
              ? [
                  ...differences({ session: result.opening.earlierSession }, { session }),
                  ...differences(result.opening.earlierBody, confirmation.body)
                ]
              : []
          })
        case "NoSuchSession":
          return yield* UnknownSession.of(session)
        case "RateLimited":
          return yield* RateLimited.after(result.opening.limit, result.opening.waitMs)
      }
  }
})

/** A charge in review that waits for its customer is told as that. */
const waitingFor = (
  outcome: ConfirmOutcome,
  action: PaymentAction | undefined
): Pick<Confirmed, "outcome" | "action"> =>
  outcome === "in_review" && action !== undefined ? { outcome: "action_required", action } : { outcome }

type Ended = Extract<CascadeEnd, { readonly _tag: "Ended" }>

/**
 * What to tell of a cascade: what its last processor said, as far as the record agrees. Only a decline is told as
 * one. A capture that came too late to settle its session is being looked into, whoever told of it, and so is
 * everything unknown.
 */
export const endedIn = ({ heard, session, captured }: Ended): ConfirmOutcome => {
  if (captured === true) return "in_review"
  if (session === "settled" || session === "in_review" || session === "processing") return session
  switch (heard) {
    case "Declined":
      return "declined"
    case "Captured":
      return "in_review"
    case "Indeterminate":
      return session === "failed" ? "failed" : "in_review"
  }
}

/**
 * Where an earlier confirmation led. One whose session waits for another card was declined; a session that failed
 * since then may have failed without a decline; and where money was captured all the same, that is looked into.
 */
export const ledTo = ({ state, captured }: ConfirmReplayed): ConfirmOutcome => {
  if (state === "settled" || state === "in_review" || state === "processing") return state
  if (captured) return "in_review"
  return state === "failed" ? "failed" : "declined"
}

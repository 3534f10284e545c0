import { Effect } from "effect"
import { meaningOf } from "../http/confirmWords.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { idempotencyKeyWords } from "../http/idempotencyKey.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { type Confirmed, PaymentOrchestrator } from "../kernel/PaymentOrchestrator.ts"
import * as Refusals from "../kernel/refusals.ts"
import { UnknownToken, UnknownVault, VaultUnavailable } from "../kernel/TokenVault.ts"
import { builder } from "./builder.ts"
import { ConfirmOutcome, SessionState } from "./enums.ts"
import { checkKey } from "./idempotencyKey.ts"
import { plainId } from "./plainId.ts"
import { PaymentAction } from "./PaymentAction.ts"
import { PaymentSession } from "./refs.ts"

const VaultTokenInput = builder.inputType("VaultTokenInput", {
  description: "A card, as a vault knows it; a card number has no place here.",
  fields: (t) => ({
    vaultId: t.string({
      required: true,
      description: "The vault that keeps the card: `stub` or `basis_theory`."
    }),
    tokenRef: t.string({ required: true, description: "The vault's reference of the card." })
  })
})

const ConfirmPaymentSessionInput = builder.inputType("ConfirmPaymentSessionInput", {
  fields: (t) => ({
    session: t.id({ required: true, description: "The plain id (`ps_01J...`) or the global one." }),
    vaultToken: t.field({ type: VaultTokenInput, required: true }),
    riskLevel: t.string({
      description: "How risky the charge looks to you: `low` (the default), `medium` or `high`."
    })
  })
})

const ConfirmPaymentSessionPayload = builder.objectRef<Confirmed>("ConfirmPaymentSessionPayload").implement({
  description: "A declined charge is an answer, not a refusal: it was tried, and no money moved.",
  fields: (t) => ({
    outcome: t.expose("outcome", { type: ConfirmOutcome }),
    state: t.expose("state", {
      type: SessionState,
      description: "Where the session stood when this was decided."
    }),
    action: t.expose("action", { type: PaymentAction, nullable: true }),
    message: t.string({ description: "What it means, for the customer to read.", resolve: meaningOf }),
    session: t.field({
      type: PaymentSession,
      resolve: async ({ session }, _args, { loaders }) => {
        const found = await loaders.session(session)
        if (found === undefined) throw new Error(`${session} was confirmed, and there is no such session`)
        return found
      }
    })
  })
})

builder.mutationField("confirmPaymentSession", (t) =>
  t.field({
    type: ConfirmPaymentSessionPayload,
    description:
      "Charges the session's card once, over the company's merchant accounts in order, and goes on to the next only after proof that no money moved. Hanging up changes nothing about the charge: read the session to learn what came of it.",
    args: {
      input: t.arg({ type: ConfirmPaymentSessionInput, required: true }),
      idempotencyKey: t.arg.string({ description: idempotencyKeyWords })
    },
    errors: {
      types: [
        Refusals.InvalidInput,
        Refusals.UnknownSession,
        Refusals.SessionNotPayable,
        Refusals.NoEligibleMerchantAccount,
        Refusals.IdempotencyKeyReused,
        Refusals.RateLimited,
        UnknownVault,
        UnknownToken,
        VaultUnavailable,
        LedgerDidNotAnswer
      ],
      union: { name: "ConfirmPaymentSessionResult" }
    },
    resolve: (_root, { input, idempotencyKey }, { run, principal }) => {
      const { vaultToken, riskLevel } = input
      // The orchestrator charges in a scope of its own, so a caller who hangs up changes nothing.
      const confirm = Effect.gen(function* () {
        const key = yield* checkKey(idempotencyKey)
        return yield* (yield* PaymentOrchestrator).confirm(plainId("PaymentSession", input.session), {
          by: principal,
          idempotencyKey: key,
          body: { vaultToken, riskLevel: riskLevel ?? undefined }
        })
      })
      return run(confirm.pipe(adviseOnLedger("confirm")))
    }
  })
)

import { Effect } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { idempotencyKeyWords } from "../http/idempotencyKey.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import type { PaymentSession as KernelSession } from "../kernel/PaymentSession.ts"
import { PaymentSessions } from "../kernel/PaymentSessions.ts"
import * as Refusals from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { checkKey } from "./idempotencyKey.ts"
import { PaymentSession } from "./refs.ts"
import { PaymentSessionInput, sessionConfig } from "./sessionConfig.ts"

const CreatePaymentSessionPayload = builder
  .objectRef<{ readonly session: KernelSession; readonly url?: string; readonly embedToken?: string }>(
    "CreatePaymentSessionPayload"
  )
  .implement({
    fields: (t) => ({
      session: t.expose("session", { type: PaymentSession }),
      url: t.exposeString("url", { nullable: true, description: "Hosted: send the customer here." }),
      embedToken: t.exposeString("embedToken", {
        nullable: true,
        description: "Embedded: give this to the component."
      })
    })
  })

builder.mutationField("createPaymentSession", (t) =>
  t.field({
    type: CreatePaymentSessionPayload,
    description:
      "Declares a payment. Judged in this order, and the first refusal is answered with nothing written: entity, brand, intent, category, redirects, an eligible merchant account.",
    args: {
      input: t.arg({ type: PaymentSessionInput, required: true }),
      idempotencyKey: t.arg.string({ description: idempotencyKeyWords })
    },
    errors: {
      types: [
        Refusals.InvalidInput,
        Refusals.UnknownEntity,
        Refusals.EntityCannotCollect,
        Refusals.UnknownBrand,
        Refusals.BrandNotOfEntity,
        Refusals.UnknownPrice,
        Refusals.UnknownPlan,
        Refusals.MixedCurrencies,
        Refusals.MixedCategories,
        Refusals.CategoryClaimDisagrees,
        Refusals.CategoryNotUnderwritten,
        Refusals.RedirectNotAllowed,
        Refusals.NoEligibleMerchantAccount,
        Refusals.OrderAlreadyDeclared,
        Refusals.IdempotencyKeyReused,
        LedgerDidNotAnswer
      ],
      union: { name: "CreatePaymentSessionResult" }
    },
    resolve: async (_root, { input, idempotencyKey }, { run, principal, addresses }) => {
      const create = Effect.gen(function* () {
        const key = yield* checkKey(idempotencyKey)
        const session = yield* (yield* PaymentSessions).create({
          by: principal,
          idempotencyKey: key,
          body: sessionConfig(input)
        })
        return { session, ...(yield* addresses.wayTo(session)) }
      })
      return run(create.pipe(adviseOnLedger("create")))
    }
  })
)

import { Effect } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import type { PaymentSession as KernelSession } from "../kernel/PaymentSession.ts"
import { PaymentSessions } from "../kernel/PaymentSessions.ts"
import { SessionNotPayable, UnknownSession } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { plainId } from "./plainId.ts"
import { PaymentSession } from "./refs.ts"

const CancelPaymentSessionPayload = builder
  .objectRef<{ readonly session: KernelSession }>("CancelPaymentSessionPayload")
  .implement({ fields: (t) => ({ session: t.expose("session", { type: PaymentSession }) }) })

builder.mutationField("cancelPaymentSession", (t) =>
  t.field({
    type: CancelPaymentSessionPayload,
    description:
      "Cancels a pending session. A charge on its way or in review stands against it. Cancelling twice is cancelling once.",
    args: {
      session: t.arg.id({ required: true, description: "The plain id (`ps_01J...`) or the global one." })
    },
    errors: {
      types: [UnknownSession, SessionNotPayable, LedgerDidNotAnswer],
      union: { name: "CancelPaymentSessionResult" }
    },
    resolve: async (_root, { session: id }, { run, principal }) => ({
      session: await run(
        PaymentSessions.pipe(
          Effect.flatMap((sessions) => sessions.cancel(plainId("PaymentSession", id), principal)),
          adviseOnLedger("cancel")
        )
      )
    })
  })
)

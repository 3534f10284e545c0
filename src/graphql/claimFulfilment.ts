import { Effect } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { type Fulfilment as Claimed, FulfilmentGate } from "../kernel/FulfilmentGate.ts"
import { InvalidInput, NotFulfillable, SessionNotSettled, UnknownSession } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { Fulfilment } from "./enums.ts"
import { checkKey } from "./idempotencyKey.ts"
import { plainId } from "./plainId.ts"
import { PaymentSession } from "./refs.ts"

const ClaimFulfilmentPayload = builder
  .objectRef<Claimed & { readonly id: string }>("ClaimFulfilmentPayload")
  .implement({
    fields: (t) => ({
      fulfilment: t.expose("fulfilment", { type: Fulfilment }),
      ownClaim: t.exposeBoolean("ownClaim", {
        description:
          "The first claim was made with this API key and this idempotency key. With `duplicate`: your own first answer may have been lost on its way."
      }),
      session: t.field({
        type: PaymentSession,
        resolve: async ({ id }, _args, { loaders }) => {
          const found = await loaders.session(id)
          if (found === undefined) throw new Error(`${id} was fulfilled, and there is no such session`)
          return found
        }
      })
    })
  })

builder.mutationField("claimFulfilment", (t) =>
  t.field({
    type: ClaimFulfilmentPayload,
    description:
      "Claims the fulfilment of a settled session: `first` exactly once, and `duplicate` ever after. Refused once its money went back, and while a bank disputes it.",
    args: {
      session: t.arg.id({ required: true, description: "The plain id (`ps_01J...`) or the global one." }),
      idempotencyKey: t.arg.string({
        description:
          "1 to 255 printable characters, of one worker alone: `ownClaim` tells it that the first claim was its own."
      })
    },
    errors: {
      types: [InvalidInput, UnknownSession, SessionNotSettled, NotFulfillable, LedgerDidNotAnswer],
      union: { name: "ClaimFulfilmentResult" }
    },
    resolve: async (_root, { session, idempotencyKey }, { run, principal }) => {
      const id = plainId("PaymentSession", session)
      const claimed = await run(
        FulfilmentGate.pipe(
          Effect.flatMap((gate) =>
            Effect.flatMap(checkKey(idempotencyKey), (key) => gate.claim(id, principal, key))
          ),
          adviseOnLedger("fulfil")
        )
      )
      return { id, ...claimed }
    }
  })
)

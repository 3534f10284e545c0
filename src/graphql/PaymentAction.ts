import type { PaymentAction as KernelAction } from "../kernel/cascade/Disposition.ts"
import { builder } from "./builder.ts"

export const PaymentAction = builder.objectRef<KernelAction>("PaymentAction").implement({
  description:
    "What the customer has to do before the charge goes on: strong customer authentication (3DS). The charge waits, and nothing else is sent meanwhile.",
  fields: (t) => ({
    url: t.exposeString("url", { description: "Where to send the customer's browser." })
  })
})

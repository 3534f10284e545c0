import type {
  ChangeKind as ChangeKinds,
  ChangeState as ChangeStates
} from "../kernel/changes/ChangeRequest.ts"
import { builder } from "./builder.ts"

type Described<Value extends string> = Readonly<Record<Value, { readonly description: string }>>

export const ChangeKind = builder.enumType("ChangeKind", {
  description: "What takes two persons.",
  values: {
    resume_mid: { description: "A merchant account that somebody stopped sends again." },
    refund: {
      description:
        "More goes back of a charge than one person may give; the refund is sent once it is signed."
    },
    change_routing: { description: "Ranks, shares and rules by which accounts are chosen." },
    allow_category: { description: "A company or an account may sell a category." },
    give_key: { description: "An API key is for more than that of whoever gives it out." },
    raise_cap: { description: "An account may capture more in a month." },
    raise_refund_limit: { description: "One person may give back more than now." }
  } satisfies Described<ChangeKinds>
})

export const ChangeState = builder.enumType("ChangeState", {
  description: "Where a change request stands.",
  values: {
    open: { description: "It waits for a second person." },
    approved: { description: "A second person signed, and it was done in that moment." },
    rejected: { description: "Somebody rejected it; nothing was done." },
    withdrawn: { description: "Whoever asked took it back; nothing was done." },
    expired: { description: "Nobody decided in its time; nothing was done." }
  } satisfies Described<ChangeStates>
})

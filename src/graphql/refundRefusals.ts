import * as Refusals from "../kernel/refunds/refundRefusals.ts"
import { builder } from "./builder.ts"
import { RefundBlocker, SessionState } from "./enums.ts"
import { ChangeState } from "./changeWords.ts"
import { Refusal } from "./Refusal.ts"

// Why nothing is given back.

builder.objectType(Refusals.NothingToRefund, {
  name: "NothingToRefund",
  description:
    "No money was captured for the session, nothing of it is left, or it was captured more than once and you name none.",
  interfaces: [Refusal],
  fields: (t) => ({
    sessionId: t.exposeString("session"),
    state: t.expose("state", { type: SessionState }),
    captures: t.exposeStringList("captures", {
      description: "The processors' ids of its charges; name one of them."
    }),
    gone: t.exposeString("gone", { nullable: true, description: "The charge of which nothing is left." })
  })
})

builder.objectType(Refusals.RefundNotApproved, {
  name: "RefundNotApproved",
  description: "It took a second person, who did not sign it.",
  interfaces: [Refusal],
  fields: (t) => ({ changeId: t.exposeString("change"), state: t.expose("state", { type: ChangeState }) })
})

builder.objectType(Refusals.RefundTooLarge, {
  name: "RefundTooLarge",
  interfaces: [Refusal],
  fields: (t) => ({
    amount: t.expose("amount", { type: "MinorUnits" }),
    refundable: t.expose("refundable", {
      type: "MinorUnits",
      description: "What is left to give back, in minor units."
    }),
    currency: t.exposeString("currency")
  })
})

builder.objectType(Refusals.RefundBlocked, {
  name: "RefundBlocked",
  description: "What is given back now might go back twice.",
  interfaces: [Refusal],
  fields: (t) => ({
    sessionId: t.exposeString("session"),
    reason: t.expose("reason", { type: RefundBlocker }),
    by: t.exposeString("by", { nullable: true, description: "The refund or the dispute in the way." })
  })
})

builder.objectType(Refusals.NotSettledYet, {
  name: "NotSettledYet",
  description: "The processor takes back the whole of a charge that it has not settled, and no part of it.",
  interfaces: [Refusal],
  fields: (t) => ({
    amount: t.expose("amount", { type: "MinorUnits" }),
    captured: t.expose("captured", { type: "MinorUnits" })
  })
})

builder.objectType(Refusals.UnknownCharge, {
  name: "UnknownCharge",
  description: "The processor knows no such charge, although it is on record as captured; nothing was sent.",
  interfaces: [Refusal],
  fields: (t) => ({
    provider: t.exposeString("provider"),
    processorReference: t.exposeString("processorReference")
  })
})

builder.objectType(Refusals.ProcessorUnavailable, {
  name: "ProcessorUnavailable",
  description: "The processor could not be asked what may be given back; nothing was sent.",
  interfaces: [Refusal],
  fields: (t) => ({ provider: t.exposeString("provider") })
})

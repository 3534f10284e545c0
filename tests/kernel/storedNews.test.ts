import { Dispute } from "../../src/kernel/disputes/Dispute.ts"
import { Page } from "../../src/kernel/operations/Page.ts"
import { Refund } from "../../src/kernel/refunds/Refund.ts"
import { NothingToRefund, RefundBlocked } from "../../src/kernel/refunds/refundRefusals.ts"
import { Review } from "../../src/kernel/reviews/Review.ts"
import { ClaimedWebhook, KeptReading, WebhookRecord } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { type Example, keepsWhatIsStored } from "../support/kernel/storedLaws.ts"

// What is written down of money that goes back, and of what processors and persons tell, as it stands there.

const ulid = "01JD0000000000000000000000"
const instant = "2026-11-20T10:00:00.000Z"
const money = { amount: 4900, currency: "USD" }

const subjects = [
  { _tag: "Charge", processorReference: "ch_1", idempotencyKey: "key_1" },
  { _tag: "Refund", refundReference: "re_1", processorReference: "ch_1", said: "failed" },
  {
    _tag: "Dispute",
    disputeReference: "dp_1",
    processorReference: "ch_1",
    state: "open",
    money,
    reason: "fraudulent",
    evidenceDueBy: instant
  },
  { _tag: "Other" }
]
const ofSubjects = [
  "subjects[0].processorReference",
  "subjects[0].idempotencyKey",
  "subjects[1].processorReference",
  "subjects[1].said",
  "subjects[2].evidenceDueBy"
]

const examples: ReadonlyArray<Example> = [
  [
    "a refund",
    Refund,
    {
      id: `re_${ulid}_1`,
      session: `ps_${ulid}`,
      ordinal: 1,
      attempt: `at_${ulid}_1`,
      mid: "mid_a",
      entity: "loop_goods",
      provider: "stub_a",
      processorReference: "ch_1",
      refundReference: "re_1",
      money,
      kind: "refund",
      reason: "it was broken",
      requestedBy: "app",
      idempotencyKey: "key_1",
      state: "refunded",
      writtenAt: instant,
      resolvedAt: instant,
      evidence: { code: "refunded", message: "the processor gave it back" }
    }
  ],
  [
    "a dispute",
    Dispute,
    {
      mid: "mid_a",
      reference: "dp_1",
      session: `ps_${ulid}`,
      attempt: `at_${ulid}_1`,
      entity: "loop_goods",
      processorReference: "ch_1",
      state: "open",
      money,
      reason: "fraudulent",
      evidenceDueBy: instant,
      openedAt: instant,
      updatedAt: instant
    }
  ],
  ["what a webhook says", KeptReading, { type: "charge.updated", occurredAt: instant, subjects }],
  [
    "a webhook that is due",
    ClaimedWebhook,
    {
      nr: 7,
      provider: "stub_a",
      mid: "mid_a",
      type: "charge.updated",
      occurredAt: instant,
      subjects,
      receivedAt: instant,
      step: 2,
      claim: 3,
      raw: { headers: { "webhook-id": "msg_1" }, body: "e30=" }
    }
  ],
  [
    "a webhook as an operator sees it",
    WebhookRecord,
    {
      id: "wh_7",
      provider: "stub_a",
      mid: "mid_a",
      eventId: "evt_1",
      type: "charge.updated",
      occurredAt: instant,
      receivedAt: instant,
      state: "dead_letter",
      trouble: "unknown",
      problem: "nobody knows it",
      tries: 12,
      lastTryAt: instant
    }
  ],
  [
    "a review",
    Review,
    {
      id: "rv_1",
      attempt: `at_${ulid}_1`,
      session: `ps_${ulid}`,
      incident: 7,
      conclusion: "captured",
      processorReference: "ch_1",
      amount: 4900,
      currency: "USD",
      evidence: "the processor's own page shows it",
      state: "approved",
      requestedBy: "operator_1",
      requestedAt: instant,
      expiresAt: instant,
      decidedBy: "operator_2",
      decidedAt: instant,
      reason: "it is so"
    }
  ],
  [
    "a call for a person",
    Page,
    {
      id: "pg_1",
      kind: "incident",
      attempt: `at_${ulid}_1`,
      session: `ps_${ulid}`,
      mid: "mid_a",
      provider: "stub_a",
      incident: 7,
      incidentKind: "late_capture",
      raisedAt: instant,
      open: true
    }
  ],
  [
    "nothing to refund",
    NothingToRefund,
    { _tag: "NothingToRefund", session: `ps_${ulid}`, state: "settled", captures: ["ch_1"] }
  ],
  [
    "a refund that is blocked",
    RefundBlocked,
    { _tag: "RefundBlocked", session: `ps_${ulid}`, reason: "disputed", by: "dp_1" }
  ]
]

keepsWhatIsStored(examples, {
  "a refund": ["refundReference", "resolvedAt", "evidence", "evidence.code", "evidence.message"],
  "a dispute": ["evidenceDueBy"],
  "what a webhook says": ["occurredAt", ...ofSubjects],
  "a webhook that is due": ["occurredAt", "raw", "raw.headers.webhook-id", ...ofSubjects],
  "a webhook as an operator sees it": ["occurredAt", "trouble", "problem", "lastTryAt"],
  "a review": ["incident", "processorReference", "amount", "currency", "decidedBy", "decidedAt", "reason"],
  "a call for a person": ["incident", "incidentKind"],
  "a refund that is blocked": ["by"]
})

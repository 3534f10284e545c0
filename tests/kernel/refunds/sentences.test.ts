import { describe, expect, it } from "@effect/vitest"
import { DateTime } from "effect"
import { meaningOfRefund, meaningOfWaiting } from "../../../src/http/refundWords.ts"
import { AttemptId, EntityId, MidId, Principal, ProviderName } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { Refund, RefundId, type RefundKind, RefundState } from "../../../src/kernel/refunds/Refund.ts"
import {
  NothingToRefund,
  NotSettledYet,
  UnknownCharge,
  ProcessorUnavailable,
  RefundBlocked,
  RefundTooLarge
} from "../../../src/kernel/refunds/refundRefusals.ts"
import { sessionId } from "../../support/kernel/accounts.ts"

// The words are part of the contract: who reads "failed" instead of "unknown" gives back twice.

const session = sessionId(1)
const of = (state: RefundState, kind: RefundKind = "refund") =>
  new Refund({
    id: RefundId.make(`re_${"0".repeat(26)}_1`),
    session,
    ordinal: 1,
    attempt: AttemptId.make(`at_${"0".repeat(26)}_1`),
    mid: MidId.make("mid_1"),
    entity: EntityId.make("loop_goods"),
    provider: ProviderName.make("stub_a"),
    processorReference: "ch_1",
    money: new Money({ amount: 1, currency: "USD" }),
    kind,
    reason: "it came back",
    requestedBy: Principal.make("test"),
    idempotencyKey: "key",
    state,
    writtenAt: DateTime.makeUnsafe(0)
  })

describe("a refund", () => {
  it("says of every state what it means", () => {
    expect(RefundState.literals.map((state) => `${state}: ${meaningOfRefund(of(state))}`)).toEqual([
      "in_flight: We are checking whether the money went back. Do not refund again meanwhile.",
      "refunded: The money was given back; it may take days until the customer sees it.",
      "declined: The processor declined the refund, and no money went back.",
      "indeterminate: We are checking whether the money went back. Do not refund again meanwhile.",
      "absent: The refund never reached the processor, and no money went back. You may ask again.",
      "taken_back: The money did not arrive and was taken back: it is here again. Give it back anew, or in another way."
    ])
    expect(meaningOfRefund(of("refunded", "void"))).toBe("The charge was taken back before it was settled.")
  })

  it("and what a session waits for is said with how much it is", () => {
    const money = new Money({ amount: 1200, currency: "USD" })
    expect([
      meaningOfWaiting({ what: "charge", reference: "at_1" }),
      meaningOfWaiting({ what: "refund", reference: "re_1" }),
      meaningOfWaiting({ what: "dispute", reference: "dp_1" }),
      meaningOfWaiting({ what: "incident", reference: "7", kind: "late_capture" }),
      meaningOfWaiting({ what: "money", reference: "pi_1", money })
    ]).toEqual([
      "It is being found out whether at_1 moved money.",
      "The refund re_1 is on its way or being checked.",
      "The dispute dp_1 is not over.",
      "Two operators have to say that the incident 7 (late_capture) was dealt with.",
      "USD 12.00 of the charge pi_1 is still to be given back."
    ])
  })

  it("that nobody knows of is never called failed, and nobody is asked to try again", () => {
    for (const state of ["in_flight", "indeterminate"] as const) {
      for (const kind of ["refund", "void"] as const) {
        expect(meaningOfRefund(of(state, kind))).not.toMatch(/fail|declin|try again|not refunded/i)
      }
    }
    for (const reason of ["charge_in_review", "refund_in_review"] as const) {
      expect(new RefundBlocked({ session, reason }).message).not.toMatch(/fail|declin|try again/i)
    }
  })
})

describe("who is refused a refund", () => {
  it("reads what would be right, and which field it is about", () => {
    const said = [
      new NothingToRefund({ session, state: "pending", captures: [] }),
      new NothingToRefund({ session, state: "settled", captures: ["ch_1", "ch_2"] }),
      new RefundTooLarge({ amount: 5, refundable: 3, currency: "USD" }),
      new RefundBlocked({ session, reason: "charge_in_review" }),
      new RefundBlocked({ session, reason: "refund_in_review", by: "re_1" }),
      new RefundBlocked({ session, reason: "disputed", by: "dp_1" }),
      new NotSettledYet({ amount: 3, captured: 5 })
    ].map(({ field, message }) => `${field}: ${message}`)
    expect(said).toEqual([
      `session: nothing was captured for ${session}, which is pending`,
      `processorReference: name one of the charges of ${session}: ch_1, ch_2`,
      "amount: 5 minor units of USD are more than the 3 that are left to give back",
      `session: a charge of ${session} is being checked; refund once it is known`,
      "session: the refund re_1 is on its way or being checked; ask for no other until it is known",
      "session: the charge is disputed (dp_1): the bank takes it back, and a refund would pay twice",
      "amount: the processor has not settled the charge yet: give back all 5 minor units now, or a part of them later"
    ])
    const { field, message } = new UnknownCharge({ provider: "stub_a", processorReference: "ch_1" })
    expect(`${field}: ${message}`).toBe(
      "processorReference: stub_a knows no charge ch_1, although it is on record as captured; nothing was given back, and asking again does not help: an operator has to look at it"
    )
    expect(new ProcessorUnavailable({ provider: "stub_a", problem: "silence" }).message).toBe(
      "stub_a could not be asked (silence); nothing was given back, and you may ask again"
    )
  })
})

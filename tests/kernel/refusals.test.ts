import { describe, expect, it } from "@effect/vitest"
import { MidId } from "../../src/kernel/ids.ts"
import { SessionState } from "../../src/kernel/PaymentSession.ts"
import {
  IdempotencyKeyReused,
  NoEligibleMerchantAccount,
  OrderAlreadyDeclared,
  SessionNotPayable,
  SessionNotSettled,
  UnknownEntity,
  UnknownSession
} from "../../src/kernel/refusals.ts"
import { sessionId } from "../support/kernel/accounts.ts"

const session = sessionId(1)
const messageFor = (state: SessionState) => new SessionNotPayable({ session, state }).message

describe("a session that cannot be paid", () => {
  it("says of every state what to do", () => {
    expect(Object.fromEntries(SessionState.literals.map((state) => [state, messageFor(state)])))
      .toMatchInlineSnapshot(`
      {
        "cancelled": "the session was cancelled; declare a new one",
        "expired": "the session expired; declare a new one",
        "failed": "the session has failed; declare a new one",
        "in_review": "the outcome of the charge is unknown and is being checked; you will not be charged twice, do not pay again",
        "pending": "the session is pending and may be paid",
        "processing": "a charge for this session is on its way; wait for its outcome and do not pay again",
        "settled": "the session is paid; there is nothing left to pay",
      }
    `)
  })

  it("is never called failed, declined or unpaid while nobody knows, and is not to be paid again", () => {
    for (const state of ["in_review", "processing"] as const) {
      expect(messageFor(state)).not.toMatch(
        /fail|declin|unpaid|not (been )?charged(?! twice)|try again|new one/i
      )
      expect(messageFor(state)).toContain("do not pay again")
    }
    expect(messageFor("in_review")).toContain("unknown")
  })

  it("offers a new declaration only when no money moved", () => {
    const offering = SessionState.literals.filter((state) => messageFor(state).includes("declare a new one"))
    expect(offering).toEqual(["failed", "cancelled", "expired"])
  })
})

describe("a refusal", () => {
  it("names the field that it is about", () => {
    expect(new SessionNotPayable({ session, state: "settled" }).field).toBe("session")
    expect(new SessionNotSettled({ session, state: "in_review" }).field).toBe("session")
    expect(new UnknownEntity({ entity: "x", known: [] }).field).toBe("entity")
    expect(new IdempotencyKeyReused({ differences: [] }).field).toBe("Idempotency-Key")
  })

  it("repeats at most eighty characters of what it was sent", () => {
    const { message } = new UnknownSession({ session: "x".repeat(10_000) })
    expect(message).toBe(`there is no session "${"x".repeat(80)}..."`)
  })

  it("quotes what it repeats, so that a line end in it is no line end in a log", () => {
    expect(new UnknownSession({ session: "a\nb" }).message).toBe('there is no session "a\\nb"')
  })

  it("tells every reason for which every account was left out", () => {
    const refusal = new NoEligibleMerchantAccount({
      entity: "loop_goods",
      leftOut: [
        {
          mid: MidId.make("mid_a"),
          reasons: [
            { _tag: "KillSwitchOn" },
            { _tag: "CurrencyNotAccepted", currency: "EUR", accepted: ["USD"] }
          ]
        }
      ],
      passedOver: [{ mid: "mid_b", reason: "not_active" }]
    })
    expect(refusal.message).toBe(
      "no merchant account of loop_goods may serve this charge (mid_a: its kill switch is on and it accepts USD, not EUR; mid_b: not active)"
    )
    const none = new NoEligibleMerchantAccount({ entity: "loop_goods", leftOut: [], passedOver: [] })
    expect(none.message).toBe("no merchant account of loop_goods may serve this charge; it has none")
  })

  it("says what was different before, and which session an order has", () => {
    const reused = new IdempotencyKeyReused({
      differences: [{ field: "intent.amountCents", before: "1000", now: "2000" }]
    })
    expect(reused.message).toContain("intent.amountCents was 1000 and is 2000")
    const taken = new OrderAlreadyDeclared({ orderReference: "order-1", session, state: "in_review" })
    expect(taken.message).toContain(`"order-1" has the session ${session}, which is in_review`)
  })

  it("to fulfil names the state, and what may be fulfilled", () => {
    expect(new SessionNotSettled({ session, state: "in_review" }).message).toBe(
      "the session is in_review; fulfil only what is settled"
    )
  })
})

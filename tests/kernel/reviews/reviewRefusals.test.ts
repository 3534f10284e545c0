import { describe, expect, it } from "@effect/vitest"
import { MidId } from "../../../src/kernel/ids.ts"
import { GatePassedBefore, OperatorsOnly } from "../../../src/kernel/operations/operatorRefusals.ts"
import { Contradiction } from "../../../src/kernel/reviews/Review.ts"
import * as refusals from "../../../src/kernel/reviews/reviewRefusals.ts"
import { pan } from "../../support/kernel/reviewing.ts"

describe("an operator who is refused reads", () => {
  it.each<[Error, string]>([
    [new OperatorsOnly(), "only an operator may do this; ask with the API key of one"],
    [
      new GatePassedBefore({ mid: MidId.make("mid_1"), gate: "banking" }),
      "mid_1 has passed the gate banking already, and one word for it is kept: vouch for another gate, or revoke this one first and pass it anew"
    ],
    [
      refusals.UnknownReview.of("rv_1"),
      'there is no review "rv_1"; the list of reviews has those that are open'
    ],
    [
      refusals.UnknownReview.of(pan),
      'there is no review "(a card number)"; the list of reviews has those that are open'
    ],
    [
      refusals.NothingToReview.of("x".repeat(81)),
      `there is no attempt, no refund and no incident "${"x".repeat(80)}"`
    ],
    [
      new refusals.ReviewOpenAlready({ review: "rv_9" }),
      "rv_9 is open for the same already; approve it, reject it, or wait until it expires"
    ],
    [
      new refusals.SecondPersonNeeded(),
      "whoever asked does not approve it, with no key of theirs, and nor does who gave out a key of the name that asked; a second operator looks as well, and signs with their own"
    ],
    [
      new refusals.AskedByNoOperator(),
      "whoever asked may not ask for it any more; reject it, and let an operator who may look and ask again"
    ],
    [
      new refusals.ReviewDecided({ state: "expired" }),
      "the review is expired already; ask for another one if there is still something to decide"
    ]
  ])("%s", (refusal, sentence) => {
    expect(refusal.message).toBe(sentence)
  })

  it("which field it is about", () => {
    expect(new GatePassedBefore({ mid: "mid_1", gate: "banking" }).field).toBe("gate")
    expect(refusals.UnknownReview.of("rv_1").field).toBe("review")
    expect(new refusals.ReviewContradicted({ by: "captured" }).field).toBe("conclusion")
  })

  it("what stands against a conclusion", () => {
    const said = Contradiction.literals.map((one) => new refusals.ReviewContradicted({ by: one }).message)
    const against = "stronger evidence stands against it: "
    expect(said).toEqual(
      [
        "its driver is still at it, or is taken over soon: nothing is in review yet",
        "money is on record for it",
        "the money that went back is on record",
        "its processor proved that no money moved",
        "it was given up as absent already",
        "that money is on record already",
        "that is the processor's reference of another charge or refund of this account",
        "the processor named it once, so it is not absent; say what it shows of it",
        "it may still turn up: it is called absent a day after it was written, or later, and not before",
        "a webhook that names it has not been heard: a dead letter is replayed, one that waits is waited for, and then say what its processor shows",
        "its processor was asked, and knows no charge or refund of that reference",
        "its processor was asked, and shows another amount or currency under that reference, a charge that was sent for another attempt, another charge's refund, or that all of it went back; say what it shows",
        "its processor was asked, and shows that refund as failed, or as not over yet; say declined of one that failed, and wait for one that is not over",
        "it is more than was asked for, or in another currency",
        "the incident is closed already",
        "the incident or the refund is of another attempt"
      ].map((sentence) => against + sentence)
    )
  })
})

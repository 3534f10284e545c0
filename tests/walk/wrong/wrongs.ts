import { eventOf } from "../../../src/kernel/cascade/chargeAcrossProviders.ts"
import { Absent, Captured, Declined, Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { conclusion } from "../../../src/kernel/ChargeResolver.ts"
import type { LawName } from "../laws.ts"
import { shipped } from "../Ledgers.ts"
import type { Walked } from "../Machine.ts"
import * as scene from "../scene.ts"
import {
  scope,
  evidence,
  recordThen,
  endsAs,
  hardLikeSoft,
  recordsForEver,
  disguised,
  asInTheBeginning,
  ignoresWhatComesLate,
  lateEvidenceOnly,
  absentAsDeclined,
  hasIncident,
  madeUp,
  resends,
  goesOnAfterUnknown,
  opensInReview,
  writesNextAfterUnknown
} from "./parts.ts"

// Machines with a bug, one for each law at least, to see that the walk finds it.

/** A bug, and the law that is broken first. */
export interface Wrong {
  readonly bug: string
  readonly law: LawName
  readonly walked: Walked
}

export const wrongs: ReadonlyArray<Wrong> = [
  {
    bug: "a timeout counts as a decline",
    law: "declinedOnProof",
    walked: {
      scope: scope(2, 1, 1),
      hear: (outcome) =>
        eventOf(outcome instanceof Indeterminate ? new Declined({ kind: "soft", evidence }) : outcome)
    }
  },
  {
    bug: "absent counts as declined",
    law: "declinedOnProof",
    walked: { scope: scope(1, 1, 1), ledger: { record: absentAsDeclined } }
  },
  {
    bug: "a hard decline leads on like a soft one",
    law: "onlyASoftDeclineGoesOn",
    walked: { scope: scope(2, 1, 0), step: hardLikeSoft }
  },
  {
    bug: "the cascade and the ledger go on after an unknown outcome",
    law: "onlyASoftDeclineGoesOn",
    walked: {
      scope: scope(2, 1, 1),
      step: goesOnAfterUnknown,
      ledger: { record: writesNextAfterUnknown },
      dropped: ["one_live_attempt_per_session", "session_move"]
    }
  },
  {
    bug: "so they do, and nobody asks for the decline: two sends are live",
    law: "atMostOneLiveSend",
    walked: {
      scope: scope(2, 1, 1),
      step: goesOnAfterUnknown,
      ledger: { record: writesNextAfterUnknown },
      dropped: ["one_live_attempt_per_session", "session_move"],
      unasked: ["onlyASoftDeclineGoesOn", "finalStaysFinal", "eventsSayWhatHappened"]
    }
  },
  {
    bug: "a second confirmation takes a session in review for payable, and the index stands against it",
    law: "noStatementIsProhibited",
    walked: { scope: scope(1, 2, 1), ledger: { open: opensInReview } }
  },
  {
    bug: "the same without the index",
    law: "atMostOneLiveSend",
    walked: {
      scope: scope(1, 2, 1),
      ledger: { open: opensInReview },
      dropped: ["one_live_attempt_per_session"],
      unasked: ["noStatementIsProhibited"]
    }
  },
  {
    bug: "the same to its end: the card is charged twice",
    law: "noSecondCapture",
    walked: {
      scope: scope(1, 2, 1),
      ledger: { open: opensInReview },
      dropped: ["one_live_attempt_per_session"],
      unasked: ["noStatementIsProhibited", "atMostOneLiveSend"]
    }
  },
  {
    bug: "recovery sends again what nobody knows the outcome of",
    law: "noKeySentTwice",
    walked: { scope: scope(1, 1, 1), intruder: resends }
  },
  {
    bug: "a charge is sent before its row is written",
    law: "sentUnderItsRow",
    walked: { scope: scope(1, 1, 0), intruder: madeUp }
  },
  {
    bug: "a late capture makes a declined attempt captured",
    law: "finalStaysFinal",
    walked: {
      scope: scope(1, 1, 1),
      ledger: {
        record: recordThen((row, _, { attempt: id, outcome }) => {
          for (const attempt of row.attempts) {
            if (attempt.attempt === id && attempt.state === "declined" && outcome._tag === "Captured")
              attempt.state = "captured"
          }
        })
      }
    }
  },
  {
    bug: "evidence of a resolved attempt is not taken",
    law: "evidenceIsNeverLost",
    walked: { scope: scope(1, 1, 1), ledger: { record: ignoresWhatComesLate } }
  },
  {
    bug: "the write-ahead judges the accounts by an old snapshot",
    law: "stoppedAccountsGetNothingNew",
    walked: {
      scope: scope(2, 1, 1),
      ledger: { open: (store, ...rest) => shipped.open({ ...store, accounts: asInTheBeginning }, ...rest) }
    }
  },
  {
    bug: "not found counts as absent at once",
    law: "absentPastTheHorizonOnly",
    walked: {
      scope: scope(1, 1, 1),
      conclude: (found, age, horizon) =>
        found._tag === "NotFound" ? new Absent({ evidence: found.evidence }) : conclusion(found, age, horizon)
    }
  },
  {
    bug: "past the horizon a charge that is still pending counts as absent",
    law: "absentNeverArrivedInTime",
    walked: {
      scope: scope(1, 1, 1),
      conclude: (found, age, horizon) =>
        found._tag === "StillPending" && age > 0
          ? new Absent({ evidence: found.evidence })
          : conclusion(found, age, horizon)
    }
  },
  {
    bug: "a charge that is still pending counts as captured",
    law: "factsAreInTheBooks",
    walked: {
      scope: scope(1, 1, 1),
      conclude: (found, age, horizon) =>
        found._tag === "StillPending"
          ? new Captured({ processorReference: "ch_1", amount: 1000, currency: "USD", evidence })
          : conclusion(found, age, horizon)
    }
  },
  {
    bug: "not found never counts as anything",
    law: "aLiveAttemptIsResolved",
    walked: {
      scope: scope(1, 1, 1),
      conclude: (found, age, horizon) => conclusion(found, found._tag === "NotFound" ? 0 : age, horizon)
    }
  },
  {
    bug: "nobody takes over what a dead driver left",
    law: "nothingIsLeftInProcessing",
    walked: { scope: scope(1, 1, 1), ledger: { takeOver: () => 0 } }
  },
  {
    bug: "a charge under way can be cancelled",
    law: "noIsNeverSaidWhileMoneyMayMove",
    walked: {
      scope: scope(1, 1, 0),
      ledger: { cancel: disguised(shipped.cancel, "processing") },
      dropped: ["live_attempt_holds_session"]
    }
  },
  {
    bug: "a session expires while its charge is in review",
    law: "noIsNeverSaidWhileMoneyMayMove",
    walked: {
      scope: scope(1, 1, 1),
      ledger: { expireDue: disguised(shipped.expireDue, "in_review") },
      dropped: ["live_attempt_holds_session"]
    }
  },
  {
    bug: "a capture that is too much opens no incident",
    law: "excessIsAnIncident",
    walked: {
      scope: scope(1, 1, 1),
      ledger: { record: recordThen(({ incidents }) => (incidents.length = 0)) }
    }
  },
  {
    bug: "another amount settles",
    law: "settledHasItsMoney",
    walked: {
      scope: scope(1, 1, 1),
      ledger: {
        record: recordThen((row, { events }) => {
          if (!hasIncident(row, "captured_other_amount")) return
          row.state = "settled"
          events.length = 0
        })
      }
    }
  },
  {
    bug: "another amount is not recorded",
    law: "booksAreFacts",
    walked: {
      scope: scope(1, 1, 1),
      ledger: {
        record: recordThen((row) => {
          if (hasIncident(row, "captured_other_amount")) row.facts.length = 0
        })
      },
      dropped: ["captured_attempt_has_fact"]
    }
  },
  {
    bug: "a capture after a decline is kept as evidence only",
    law: "everyCaptureIsAFact",
    walked: { scope: scope(1, 1, 1), ledger: { record: lateEvidenceOnly } }
  },
  {
    bug: "a capture that a lookup finds does not settle",
    law: "paidIsSettled",
    walked: {
      scope: scope(1, 1, 1),
      ledger: {
        record: recordThen((row, { events }, { attempt, source, outcome }, { settlement }) => {
          if (source !== "lookup" || settlement !== "first" || outcome._tag !== "Captured") return
          row.state = "in_review"
          row.fulfilment = "none"
          row.incidents.push({
            kind: "late_capture",
            attempt,
            processorReference: outcome.processorReference,
            amount: outcome.amount,
            currency: outcome.currency
          })
          events.length = 0
        })
      }
    }
  },
  {
    bug: "a decline that a lookup finds leaves its session in review",
    law: "reviewNeedsAPerson",
    walked: {
      scope: scope(1, 1, 1),
      ledger: {
        record: recordThen((row, { events }, { source, outcome }) => {
          if (source !== "lookup" || outcome._tag !== "Declined") return
          row.state = "in_review"
          events.length = 0
        })
      }
    }
  },
  {
    bug: "the event of a settlement is lost",
    law: "settledOnce",
    walked: { scope: scope(1, 1, 0), ledger: { record: recordThen((_, { events }) => (events.length = 0)) } }
  },
  {
    bug: "the event of a settlement is published with every capture",
    law: "eventsSayWhatHappened",
    walked: {
      scope: scope(1, 1, 0),
      ledger: {
        record: recordThen((row, { events }, { outcome }, { settlement }) => {
          const [event] = events
          if (outcome._tag !== "Captured" || settlement !== "duplicate" || event !== undefined) return
          const id = "ev_again"
          const type = "payment.charged.v1"
          const { session } = scene
          events.push({
            id,
            type,
            session,
            occurredAt: row.updatedAt,
            payload: {},
            claimedUntil: 0,
            delivered: false
          })
        })
      }
    }
  },
  {
    bug: "the event of a late capture is lost",
    law: "lateCapturesAreTold",
    walked: {
      scope: scope(2, 1, 1),
      ledger: {
        record: recordThen((_, { events }) => {
          if (events[0]?.type === "payment.captured_late.v1") events.length = 0
        })
      }
    }
  },
  {
    bug: "who cancelled is not written down",
    law: "everyMoveLeavesAnAuditRow",
    walked: {
      scope: scope(1, 1, 0),
      ledger: {
        cancel: (store, ...rest) => {
          const cancelled = shipped.cancel(store, ...rest)
          scene.rowOf(store).audit.length = 0
          return cancelled
        }
      }
    }
  },
  {
    bug: "everybody is told to fulfil",
    law: "fulfilledOnce",
    walked: {
      scope: scope(1, 1, 0),
      ledger: {
        claimFulfilment: (...asked) => {
          const claimed = shipped.claimFulfilment(...asked)
          return claimed?._tag === "Claimed" ? { ...claimed, fulfilment: "first" } : claimed
        }
      }
    }
  },
  {
    bug: "whatever ends is told as declined",
    law: "declinedIsToldOnProof",
    walked: {
      scope: scope(1, 1, 1),
      step: endsAs((end) => ({ ...end, heard: "Declined", session: "pending" }))
    }
  },
  {
    bug: "a caller who recorded a decline does not hear of the capture that the record knows",
    law: "declinedIsToldOnProof",
    walked: {
      scope: scope(1, 1, 1),
      step: endsAs(({ heard, session, passedOver }) => ({ _tag: "Ended", heard, session, passedOver }))
    }
  },
  {
    bug: "whatever is unknown is told as failed",
    law: "failedIsToldWithoutMoney",
    walked: {
      scope: scope(1, 1, 1),
      step: endsAs((end) => (end.heard === "Indeterminate" ? { ...end, session: "failed" } : end))
    }
  },
  {
    bug: "whatever ends is told as settled",
    law: "settledIsToldOfMoney",
    walked: { scope: scope(1, 1, 0), step: endsAs((end) => ({ ...end, session: "settled" })) }
  },
  {
    bug: "an unknown outcome is recorded again and again",
    law: "everyHistoryHeals",
    walked: { scope: scope(1, 1, 1), step: recordsForEver }
  }
]

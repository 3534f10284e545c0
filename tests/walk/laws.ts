import type { ConfirmOutcome } from "../../src/kernel/PaymentOrchestrator.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import type { AttemptRow, SessionRow } from "../../src/layers/memory/Store.ts"
import { type Books, isCaptured, isDeclined, isLie, isPaid, isReceived, pageOf } from "./books.ts"
import { isFinal, isLive } from "./ledgerKey.ts"
import type { Ledger, Said } from "./Ledgers.ts"

// The promise, law by law. Each is a name, a sentence and a question.

interface Law<Seen> {
  readonly says: string
  readonly holds: (seen: Seen) => boolean
}

const lawsOf =
  <Seen>() =>
  <Name extends string>(named: Readonly<Record<Name, Law<Seen>>>) =>
    named

/** A state of the records beside the processors' own books. */
export interface Standing {
  readonly ledger: Ledger
  readonly row: SessionRow
  readonly books: Books
}

/** A permit that is used, and the record as it is in that moment. */
interface Sending {
  readonly row: SessionRow
  readonly permit: SendPermit
}

/** What a caller is told, and how things stood when the statement was made that it is told by. */
interface Telling extends Standing {
  readonly told: ConfirmOutcome
}

const pageOfRow = (books: Books, { ordinal }: AttemptRow) => pageOf(books, ordinal)
const every = (
  { row, books }: Standing,
  holds: (attempt: AttemptRow, page: Books[number]) => boolean
): boolean => row.attempts.every((attempt) => holds(attempt, pageOfRow(books, attempt)))

/** Asked of every state. */
const ofStates = lawsOf<Standing>()({
  atMostOneLiveSend: {
    says: "of all attempts that were sent at most one is not positively declined, by its processor and in the record",
    holds: ({ row, books }) =>
      books.filter(
        (page, at) => page.sends > 0 && !(row.attempts[at]?.state === "declined" && isDeclined(page))
      ).length <= 1
  },
  noKeySentTwice: {
    says: "an attempt, and with it its key, is sent at most once",
    holds: ({ books }) => books.every(({ sends }) => sends <= 1)
  },
  noSecondCapture: {
    says: "money moves once, unless a processor captured after it had declined",
    holds: ({ books }) => books.filter((page) => isCaptured(page) && !isLie(page)).length <= 1
  },
  declinedOnProof: {
    says: "an attempt is declined only if its processor declined it",
    holds: (standing) => every(standing, ({ state }, page) => state !== "declined" || isDeclined(page))
  },
  noIsNeverSaidWhileMoneyMayMove: {
    says: "a session is pending, failed, cancelled or expired only if every send was declined, or never arrived within its horizon",
    holds: (standing) =>
      !["pending", "failed", "cancelled", "expired"].includes(standing.row.state) ||
      every(standing, ({ state }, page) => page.sends === 0 || isDeclined(page) || state === "absent")
  },
  absentNeverArrivedInTime: {
    says: "of an absent attempt nothing had arrived before its horizon",
    holds: (standing) =>
      every(standing, ({ state }, page) => state !== "absent" || !isReceived(page) || page.late)
  },
  factsAreInTheBooks: {
    says: "every recorded capture is in its processor's books, with its amount",
    holds: ({ row, books }) =>
      row.facts.every(({ attempt, amount }) => {
        const written = row.attempts.find((one) => one.attempt === attempt)
        if (written === undefined) return false
        const page = pageOfRow(books, written)
        const asked = amount === written.money.amount
        return asked ? isPaid(page) : page.truth === "other" || page.truth === "liedOther"
      })
  },
  excessIsAnIncident: {
    says: "a recorded capture that did not settle its session has opened an incident",
    holds: ({ row }) =>
      row.facts.every(
        ({ attempt, amount, processorReference }) =>
          (row.state === "settled" &&
            amount === row.declaration.money.amount &&
            row.attempts.some((one) => one.attempt === attempt && one.state === "captured")) ||
          row.incidents.some(
            (one) => one.attempt === attempt && one.processorReference === processorReference
          )
      )
  },
  settledHasItsMoney: {
    says: "a settled session has one captured attempt, and its processor captured what was asked for",
    holds: ({ row, books }) => {
      const captured = row.attempts.filter(({ state }) => state === "captured")
      const [one] = captured
      if (row.state !== "settled") return true
      if (one === undefined || captured.length > 1) return false
      return isPaid(pageOfRow(books, one))
    }
  },
  settledOnce: {
    says: "the world is told once that a session is paid, and only when it is settled",
    holds: ({ ledger, row }) => ledger.charged === (row.state === "settled" ? 1 : 0)
  },
  fulfilledOnce: {
    says: "somebody is told to fulfil at most once, and only a settled session",
    holds: ({ ledger, row }) => ledger.fulfilled <= (row.state === "settled" ? 1 : 0)
  }
})

/** Asked of every state in which nothing is left to come but what never needs to come. */
const ofQuietStates = lawsOf<Standing>()({
  nothingIsLeftInProcessing: {
    says: "when everybody is done no session is processing",
    holds: ({ row }) => row.state !== "processing"
  },
  aLiveAttemptIsResolved: {
    says: "when everybody is done no attempt is live, but one whose processor named it with another charge's reference",
    holds: ({ row }) =>
      row.attempts.every(
        (attempt) => !isLive(attempt) || hasIncident(row, attempt, "processor_reference_reused")
      )
  },
  reviewNeedsAPerson: {
    says: "when everybody is done a session is in review only over an incident: another amount, a reference reused, a capture after a decline",
    holds: ({ row }) => row.state !== "in_review" || row.incidents.length > 0
  },
  paidIsSettled: {
    says: "when everybody is done, money that moved in time and as asked for has settled its session",
    holds: ({ row, books }) =>
      row.state === "settled" || books.every(({ truth, late }) => truth !== "captured" || late)
  },
  booksAreFacts: {
    says: "when everybody is done every capture is recorded, but one that only a webhook can tell of: after a decline, or past the horizon; and one named with another charge's reference has an incident",
    holds: (standing) =>
      every(standing, (attempt, page) => isLie(page) || page.late || isRecorded(standing.row, attempt, page))
  }
})

/** Asked of every quiet state in which the webhooks have come too. */
const ofHealedStates = lawsOf<Standing>()({
  everyCaptureIsAFact: {
    says: "when the webhooks have come every capture is recorded; one named with another charge's reference has an incident",
    holds: (standing) => every(standing, (attempt, page) => isRecorded(standing.row, attempt, page))
  }
})

const hasIncident = (
  row: SessionRow,
  { attempt }: AttemptRow,
  kind: SessionRow["incidents"][number]["kind"]
): boolean => row.incidents.some((one) => one.kind === kind && one.attempt === attempt)

const isRecorded = (row: SessionRow, attempt: AttemptRow, page: Books[number]): boolean =>
  !isCaptured(page) ||
  (page.truth === "foreign"
    ? hasIncident(row, attempt, "processor_reference_reused")
    : row.facts.some((fact) => fact.attempt === attempt.attempt))

/** Asked of every send: the permit, and the record as it is in that moment. */
const ofSends = lawsOf<Sending>()({
  sentUnderItsRow: {
    says: "nothing is sent without its committed row: same attempt, account, key and fence",
    holds: ({ row, permit: { attempt } }) =>
      row.attempts.some(
        (written) =>
          written.attempt === attempt.attempt &&
          written.mid === attempt.mid &&
          written.idempotencyKey === attempt.idempotencyKey &&
          written.fence === attempt.fence
      )
  }
})

/** Asked of everything that a caller is told, in the moment of the statement that it is told by. */
const ofAnswers = lawsOf<Telling>()({
  declinedIsToldOnProof: {
    says: "a caller hears declined only if no capture is known and every send was declined, or is absent",
    holds: (standing) =>
      standing.told !== "declined" ||
      (standing.row.facts.length === 0 &&
        every(standing, ({ state }, page) => page.sends === 0 || isDeclined(page) || state === "absent"))
  },
  failedIsToldWithoutMoney: {
    says: "a caller hears failed only if no capture is known and none arrived in time",
    holds: ({ told, row, books }) =>
      told !== "failed" ||
      (row.facts.length === 0 && books.every((page) => !isCaptured(page) || isLie(page) || page.late))
  },
  settledIsToldOfMoney: {
    says: "a caller hears settled only of a settled session",
    holds: ({ told, row }) => told !== "settled" || row.state === "settled"
  }
})

/** Asked at the end, of every state: whether what must come leads from it to a quiet one. */
const ofHistories = lawsOf<boolean>()({
  everyHistoryHeals: {
    says: "from every state on what must come leads to an end in which everybody is done: nothing waits or turns in circles for ever",
    holds: (heals) => heals
  }
})

const startsWith = <A>(after: ReadonlyArray<A>, before: ReadonlyArray<A>): boolean =>
  before.every((one, at) => after[at] === one)

/** Asked of every statement: the ledger before it and after it. */
const ofStatements = lawsOf<Said>()({
  finalStaysFinal: {
    says: "a final session and a resolved attempt never change again; captured and declined are for ever",
    holds: ({ before, after }) =>
      (!isFinal(before.row) || before.row.state === after.row.state) &&
      before.row.attempts.every((attempt, at) => {
        const now = after.row.attempts[at]
        return now?.attempt === attempt.attempt && (isLive(attempt) || now.state === attempt.state)
      })
  },
  evidenceIsNeverLost: {
    says: "what was heard stays, and what is heard is added, whatever it says; so with facts and incidents",
    holds: ({ before, after, statement: { recorded }, answer }) =>
      startsWith(after.row.evidence, before.row.evidence) &&
      startsWith(after.row.facts, before.row.facts) &&
      startsWith(after.row.incidents, before.row.incidents) &&
      (recorded === undefined ||
        answer._tag === "Prohibited" ||
        after.row.evidence.at(-1)?.outcome === recorded.outcome)
  },
  onlyASoftDeclineGoesOn: {
    says: "a next attempt is written only with the soft decline of the attempt in flight, by its driver under the newest fence",
    holds: ({ before, after, statement: { recorded } }) => {
      if (recorded === undefined || after.row.attempts.length === before.row.attempts.length) return true
      const { outcome, source, fence } = recorded
      const soft = outcome._tag === "Declined" && outcome.kind === "soft"
      return (
        soft && source === "driver" && fence === before.row.fence && isInFlight(before.row, recorded.attempt)
      )
    }
  },
  stoppedAccountsGetNothingNew: {
    says: "no attempt is written on an account that is stopped or no longer underwritten",
    holds: ({ before, after }) =>
      after.row.attempts.slice(before.row.attempts.length).every(({ mid }) => {
        const account = before.store.accounts.get(mid)
        return account?.killSwitch === false && account.underwrittenFor.length > 0
      })
  },
  absentPastTheHorizonOnly: {
    says: "an attempt becomes absent only when its horizon has passed",
    holds: ({ before, after }) =>
      after.row.attempts.every((attempt, at) => {
        const earlier = before.row.attempts[at]
        return attempt.state !== "absent" || earlier?.state === "absent" || earlier?.writtenAt === 0
      })
  },
  eventsSayWhatHappened: {
    says: "an event says what its commit did to the session, and nothing is told that did not happen",
    holds: ({ before, after, events }) =>
      events.every(({ type }) => {
        if (type === capturedLate) return true
        const moved = before.row.state !== after.row.state
        return moved && toldBy[type]?.includes(after.row.state) === true
      })
  },
  lateCapturesAreTold: {
    says: "money that is captured late is told in the commit that books it",
    holds: ({ before, after, events }) =>
      lateOf(after.row) <= lateOf(before.row) || events.some(({ type }) => type === capturedLate)
  },
  everyMoveLeavesAnAuditRow: {
    says: "what changes a session or an attempt leaves an audit row in the same commit",
    holds: ({ before, after }) =>
      after.row.audit.length > 0 ||
      (before.row.state === after.row.state && sameStates(before.row, after.row))
  },
  noStatementIsProhibited: {
    says: "what the shipped steps write keeps every prohibition, so that evidence is always taken",
    holds: ({ answer }) => answer._tag !== "Prohibited"
  }
})

const capturedLate = "payment.captured_late.v1"

/** How much money moved that is not what its attempt was captured by. */
const lateOf = ({ facts, attempts }: SessionRow): number =>
  facts.length - attempts.filter(({ state }) => state === "captured").length

const toldBy: Readonly<Record<string, ReadonlyArray<SessionRow["state"]>>> = {
  "payment.charged.v1": ["settled"],
  "payment.declined.v1": ["pending", "failed"],
  "payment.in_review.v1": ["in_review"],
  "payment.failed.v1": ["failed"],
  "payment.session_expired.v1": ["expired"]
}

const sameStates = (before: SessionRow, after: SessionRow): boolean =>
  before.attempts.length === after.attempts.length &&
  before.attempts.every(({ state }, at) => after.attempts[at]?.state === state)

const isInFlight = (row: SessionRow, id: string): boolean =>
  row.attempts.some(({ attempt, state }) => attempt === id && state === "in_flight")

/** For each thing that can be judged the name of the first law that it breaks; nothing when it keeps all. */
export interface Judge {
  readonly state: (seen: Standing) => LawName | undefined
  readonly quiet: (seen: Standing) => LawName | undefined
  readonly healed: (seen: Standing) => LawName | undefined
  readonly send: (seen: Sending) => LawName | undefined
  readonly answer: (seen: Telling) => LawName | undefined
  readonly statement: (seen: Said) => LawName | undefined
  readonly history: (heals: boolean) => LawName | undefined
}

/** A judge who asks all laws but these. */
export const judgeWithout = (unasked: ReadonlyArray<LawName>): Judge => {
  const first = <Seen>(laws: Readonly<Record<string, Law<Seen>>>) => {
    const asked = lawNames.flatMap((name) => {
      const law = laws[name]
      return law === undefined || unasked.includes(name) ? [] : [{ name, holds: law.holds }]
    })
    return (seen: Seen): LawName | undefined => asked.find(({ holds }) => !holds(seen))?.name
  }
  return {
    state: first(ofStates),
    quiet: first(ofQuietStates),
    healed: first(ofHealedStates),
    send: first(ofSends),
    answer: first(ofAnswers),
    statement: first(ofStatements),
    history: first(ofHistories)
  }
}

const all = {
  ...ofStates,
  ...ofQuietStates,
  ...ofHealedStates,
  ...ofSends,
  ...ofAnswers,
  ...ofStatements,
  ...ofHistories
}

export type LawName = keyof typeof all

const isLawName = (name: string): name is LawName => name in all

/** The names of all laws, in the order in which they are asked. */
export const lawNames: ReadonlyArray<LawName> = Object.keys(all).filter(isLawName)

/** A law in a report: its name and its sentence. */
export const sayLaw = (name: LawName): string => `${name}: ${all[name].says}`

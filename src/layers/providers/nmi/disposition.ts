import { Captured, Declined, type Evidence, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import type { Money } from "../../../kernel/Money.ts"
import { minorOf } from "./amounts.ts"
import {
  adviceOf,
  isDuplicate,
  rejectionOf,
  resultCodeOf,
  saysApproved,
  saysOpen,
  saysRefused
} from "./resultCodes.ts"
import { detailsOf, type NmiAnswer, type Reply } from "./wire.ts"

/** The sale that was sent: what an answer has to agree with before it proves anything. */
export interface Asked {
  /** Sent as `orderid`. */
  readonly idempotencyKey: string
  readonly money: Money
}

interface Seen {
  readonly reply: Reply
  readonly answer: NmiAnswer | undefined
  readonly asked: Asked
}

/** A row of a table: what applies first, counts. What no row applies to is unknown. */
interface Row {
  readonly code: string
  readonly answer: string
  readonly applies: (seen: Seen) => boolean
  readonly means: "Captured" | "Declined" | "Unknown"
  readonly why: string
}

/** The class of a result code: `2` of 202. Codes of 300 and 400 come with `response=3`. */
const classOf = (code: string): string | undefined =>
  /^[1-4][0-9]{2}$/.test(code) ? (code.startsWith("4") ? "3" : code.slice(0, 1)) : undefined

const isNoTransaction = ({ transactionId, authCode }: NmiAnswer): boolean =>
  transactionId === undefined && authCode === ""

const isApprovedInPart = ({ amountAuthorized, partial }: NmiAnswer, { money }: Asked): boolean =>
  partial || (amountAuthorized !== "" && minorOf(amountAuthorized) !== money.amount)

const meansOf = ({ code }: NmiAnswer) => resultCodeOf(code)?.means

/**
 * What an answer proves to a sale, the first and only time that it is sent. What a result code itself means stands in
 * `resultCodes`, what the texts of 300 mean in `rejections`.
 */
export const answerRows: ReadonlyArray<Row> = [
  {
    code: "not_sent",
    answer: "the line to NMI was never there",
    applies: ({ reply }) => reply._tag === "NotSent",
    means: "Declined",
    why: "not a byte left this process"
  },
  {
    code: "unanswered",
    answer: "no answer: cut, reset, or our deadline",
    applies: ({ reply }) => reply._tag === "Unanswered",
    means: "Unknown",
    why: "NMI may have charged before"
  },
  {
    code: "throttled",
    answer: "HTTP 429, and nothing of an answer in it",
    applies: ({ reply }) => reply._tag === "Throttled",
    means: "Declined",
    why: "throttled before it was worked on, and it is sent no second time"
  },
  {
    code: "unreadable_answer",
    answer: "cut short, no form, a name twice, a field missing, another status than 200",
    applies: ({ reply }) => reply._tag === "Unreadable",
    means: "Unknown",
    why: "whatever it says, it does not say it"
  },
  {
    code: "answer_to_another",
    answer: "another orderid; none is there only where nothing was worked on",
    applies: ({ answer, asked }) =>
      answer !== undefined &&
      answer.orderId !== asked.idempotencyKey &&
      !(answer.orderId === "" && ["300", "301"].includes(answer.code) && isNoTransaction(answer)),
    means: "Unknown",
    why: "it tells of somebody else's money"
  },
  {
    code: "answer_to_another_type",
    answer: "the type of another request than a sale",
    applies: ({ answer }) => answer !== undefined && answer.type !== "" && answer.type !== "sale",
    means: "Unknown",
    why: "an auth and a kept card are answered like a sale, and take nothing"
  },
  {
    code: "answer_contradicts_itself",
    answer: "response and response_code of different classes: 2 with 100, 3 with 202",
    applies: ({ answer }) => answer !== undefined && classOf(answer.code) !== answer.response,
    means: "Unknown",
    why: "one half of it is wrong, and nobody knows which"
  },
  {
    code: "duplicate",
    answer: "430, or any code with a text that speaks of a duplicate",
    applies: ({ answer }) => answer !== undefined && (answer.code === "430" || isDuplicate(answer.text)),
    means: "Unknown",
    why: "the other one may be this very sale, whose success nobody heard; a query tells"
  },
  {
    code: "text_contradicts_code",
    answer: "an approval that says refused, or a refusal that says approved, anywhere in the text",
    applies: ({ answer }) =>
      answer !== undefined &&
      answer.code !== "101" &&
      (answer.code === "100" ? saysRefused : saysApproved)(answer.text),
    means: "Unknown",
    why: "one half of it is wrong, and nobody knows which"
  },
  {
    code: "rejected_transaction",
    answer: "300 or 301 with a transaction or an authorization",
    applies: ({ answer }) =>
      answer !== undefined && ["300", "301"].includes(answer.code) && !isNoTransaction(answer),
    means: "Unknown",
    why: "what was rejected by the gateway itself has none"
  },
  {
    code: "rejected",
    answer: "300 with a listed text",
    applies: ({ answer }) => answer?.code === "300" && rejectionOf(answer.text) !== undefined,
    means: "Declined",
    why: "rejected before any processor was asked"
  },
  {
    code: "rejected_somehow",
    answer: "300 with any other text",
    applies: ({ answer }) => answer?.code === "300",
    means: "Unknown",
    why: "the same code says duplicate; what it says here nobody knows, so it is looked up first"
  },
  {
    code: "approved_in_part",
    answer: "100 for another amount than was asked for",
    applies: ({ answer, asked }) => answer?.code === "100" && isApprovedInPart(answer, asked),
    means: "Unknown",
    why: "how much was taken is recorded as the query says it"
  },
  {
    code: "approved_without_transaction",
    answer: "100 without a transaction",
    applies: ({ answer }) => answer?.code === "100" && answer.transactionId === undefined,
    means: "Unknown",
    why: "a card that is only kept is answered so"
  },
  {
    code: "approved",
    answer: "100 with a transaction",
    applies: ({ answer }) => answer !== undefined && meansOf(answer) === "captured",
    means: "Captured",
    why: "it is flagged for settlement"
  },
  {
    code: "declined_with_approval",
    answer: "a decline with an authorization or an approved amount",
    applies: ({ answer }) =>
      answer !== undefined &&
      meansOf(answer) === "declined" &&
      (answer.authCode !== "" || answer.amountAuthorized !== "" || answer.partial),
    means: "Unknown",
    why: "one half of it is wrong, and nobody knows which"
  },
  {
    code: "declined_with_open_end",
    answer: "a decline with a text of a timeout, of a line that broke, or of something that is under way",
    applies: ({ answer }) => answer !== undefined && meansOf(answer) === "declined" && saysOpen(answer.text),
    means: "Unknown",
    why: "the code says that somebody answered, and the text that nobody did"
  },
  {
    code: "declined",
    answer: "a result code that is listed as a decline",
    applies: ({ answer }) => answer !== undefined && meansOf(answer) === "declined",
    means: "Declined",
    why: "see the result code"
  },
  {
    code: "unclear",
    answer: "a result code that is listed as unknown",
    applies: ({ answer }) => answer !== undefined && meansOf(answer) === "unknown",
    means: "Unknown",
    why: "see the result code"
  }
]

/** What came of a sale, by the answer to it. */
export const judgeSale = (reply: Reply, asked: Asked): Captured | Declined | Indeterminate => {
  const answer = reply._tag === "Answer" ? reply.answer : undefined
  const row = answerRows.find(({ applies }) => applies({ reply, answer, asked }))
  const { amount, currency } = asked.money

  if (row?.means === "Captured" && answer?.transactionId !== undefined) {
    const evidence = { code: answer.code, message: answer.text }
    return new Captured({ processorReference: answer.transactionId, amount, currency, evidence })
  }
  if (row?.means === "Declined") return declinedBy(row, reply, answer)
  const code = row?.code ?? "unlisted_code"
  return new Indeterminate({
    ...(answer?.orderId === asked.idempotencyKey ? referenceOf(answer) : {}),
    evidence: {
      code: reply._tag === "Unanswered" && reply.code === "timeout" ? "timeout" : code,
      message: `${row?.answer ?? "a result code that is in no table"}${detailsOf(reply)}`
    }
  })
}

const referenceOf = ({ transactionId }: NmiAnswer) =>
  transactionId === undefined ? {} : { processorReference: transactionId }

/** What the gateway refuses by itself; every other code may have been an issuer's word. */
const rejectedAtGateway: ReadonlySet<string> = new Set(["300", "301"])

const declinedBy = (row: Row, reply: Reply, answer: NmiAnswer | undefined): Declined => {
  if (answer === undefined) {
    return new Declined({
      kind: "soft",
      offNetwork: true,
      evidence: { code: row.code, message: `no sale was made: ${row.answer}${detailsOf(reply)}` }
    })
  }
  return new Declined({
    ...howDeclined(answer),
    ...(rejectedAtGateway.has(answer.code) ? { offNetwork: true } : {}),
    ...referenceOf(answer)
  })
}

/** Who may be asked after a decline, and when: by its code and text, and by the network's advice beside it. */
export const howDeclined = ({
  code,
  text,
  adviceCode
}: Pick<NmiAnswer, "code" | "text" | "adviceCode">): Pick<Declined, "kind" | "evidence"> &
  Pick<Partial<Declined>, "advice"> => {
  const listed = code === "300" ? rejectionOf(text) : resultCodeOf(code)
  // Declined for good as this sale; the one that it is taken for may have moved the same money, so nobody else is asked.
  const kind = isDuplicate(text) ? "hard" : listed?.kind
  const advice = adviceOf(adviceCode) ?? listed?.advice
  const evidence: Evidence = {
    code,
    message: adviceCode === "" ? text : `${text} (merchant_advice_code ${adviceCode})`
  }
  return {
    // Who is told never to ask again asks nowhere else either; a reason that nobody here knows may be such a one.
    kind: advice === "never" ? "hard" : (kind ?? "hard"),
    ...(advice === undefined ? {} : { advice }),
    evidence
  }
}

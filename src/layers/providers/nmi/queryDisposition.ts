import { Captured, Declined, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { type Currency, isCurrency } from "../../../kernel/Money.ts"
import { type LookupResult, severalCaptures } from "../../../kernel/PaymentProvider.ts"
import { type Asked, howDeclined } from "./disposition.ts"
import { resultCodeOf, saysApproved, saysOpen } from "./resultCodes.ts"
import type { NmiAction, NmiTransaction } from "./transactions.ts"

interface Row {
  readonly code: string
  readonly found: string
  readonly applies: (transaction: NmiTransaction) => boolean
  readonly means: "Captured" | "Declined" | "Pending" | "Unknown"
  readonly why: string
}

const of = ({ actions }: NmiTransaction, type: string): ReadonlyArray<NmiAction> =>
  actions.filter((action) => action.type === type)

const succeeded = (transaction: NmiTransaction, type: string): ReadonlyArray<NmiAction> =>
  of(transaction, type).filter(({ success }) => success)

/** What may have been done to a sale. */
const ofSales: ReadonlySet<string> = new Set(["sale", "settle", "void", "refund"])

const isListedDecline = ({ code, text }: NmiAction): boolean =>
  code.startsWith("2") && resultCodeOf(code)?.means === "declined" && !saysApproved(text) && !saysOpen(text)

/** What one transaction of a charge's order id proves of the charge, first match first. */
export const transactionRows: ReadonlyArray<Row> = [
  {
    code: "no_sale",
    found: "no sale among its actions, or actions that no sale has",
    applies: (transaction) =>
      transaction.original !== undefined ||
      of(transaction, "sale").length === 0 ||
      transaction.actions.some(({ type }) => !ofSales.has(type)),
    means: "Unknown",
    why: "an approved validate is complete as well, and an auth takes nothing"
  },
  {
    code: "captured",
    found: "pendingsettlement or complete, one successful sale, no successful void",
    applies: (transaction) =>
      ["pendingsettlement", "complete"].includes(transaction.condition) &&
      succeeded(transaction, "sale").length === 1 &&
      succeeded(transaction, "sale").every(({ amount, code }) => amount > 0 && code === "100") &&
      succeeded(transaction, "void").length === 0 &&
      isCurrency(transaction.currency),
    means: "Captured",
    why: "the sale itself says that it succeeded, and for how much"
  },
  {
    code: "failed",
    found:
      "failed, its only action a sale that did not succeed, with a listed code of 200 to 299 and no text against it",
    applies: (transaction) =>
      transaction.condition === "failed" &&
      transaction.actions.length === 1 &&
      of(transaction, "sale").every((sale) => !sale.success && isListedDecline(sale)),
    means: "Declined",
    why: "the issuer said no, and nothing was tried after that"
  },
  {
    code: "canceled",
    found: "canceled, one sale, with a successful void, never settled, nothing refunded",
    applies: (transaction) =>
      transaction.condition === "canceled" &&
      of(transaction, "sale").length === 1 &&
      succeeded(transaction, "void").length === 1 &&
      of(transaction, "settle").length + of(transaction, "refund").length === 0,
    means: "Declined",
    why: "it was voided before it was settled, so no money moved and none will"
  },
  {
    code: "under_way",
    found: "pending or in_progress",
    applies: ({ condition }) => condition === "pending" || condition === "in_progress",
    means: "Pending",
    why: "it may still be captured"
  },
  {
    code: "unclear_condition",
    found: "anything else: unknown, abandoned, or a condition that its actions contradict",
    applies: () => true,
    means: "Unknown",
    why: "nobody says what it means"
  }
]

/** What the transactions under a charge's order id prove of it. */
export const judgeTransactions = (
  found: ReadonlyArray<NmiTransaction>,
  asked: Asked & { readonly processorId: string | undefined; readonly capturedAs?: string | undefined }
): LookupResult | Indeterminate => {
  const { idempotencyKey, processorId, money, capturedAs } = asked
  // What is known of already, with what follows it, says nothing of a second sale under the key.
  const transactions = found.filter(
    ({ id, original }) => capturedAs === undefined || (id !== capturedAs && original !== capturedAs)
  )
  if (found.some(({ orderId }) => orderId !== idempotencyKey)) {
    return unknown("answer_to_another", "the query answered transactions of another order id")
  }
  // A refund that was made elsewhere may carry the order id of the sale.
  const sales = transactions.filter(({ original }) => original === undefined)
  if (processorId !== undefined && sales.some((sale) => sale.processorId !== processorId)) {
    return unknown("other_processor", "the transaction is of another processor_id than the account's")
  }
  const verdicts = sales.map((sale) => judgeTransaction(sale, money))
  const captures = verdicts.filter((verdict) => verdict._tag === "FoundCaptured")
  if (captures.length > 1) {
    return unknown(
      severalCaptures,
      `${captures.length} sales were captured under the key: ${captures
        .map(({ captured }) => captured.processorReference)
        .join(", ")}`
    )
  }
  // Money that moved is told whatever else there is; a decline only when there is nothing else.
  const rest = verdicts.find((verdict) => verdict._tag !== "FoundDeclined")
  const verdict = captures[0] ?? rest ?? verdicts[0]
  // Nothing follows a sale that took nothing, so whatever names an original beside it may have taken the money.
  if (verdict?._tag === "FoundDeclined" && sales.length < transactions.length) {
    return unknown("follow_up_of_decline", "a decline and a transaction that follows another carry the key")
  }
  if (verdict !== undefined) return verdict
  return transactions.length > 0
    ? unknown("refund_without_sale", "a refund carries the key, and no sale")
    : {
        _tag: "NotFound",
        evidence: { code: "not_found", message: "no transaction carries the attempt's key" }
      }
}

const judgeTransaction = (
  transaction: NmiTransaction,
  money: Asked["money"]
): LookupResult | Indeterminate => {
  const row = transactionRows.find(({ applies }) => applies(transaction))
  const { id, condition, currency } = transaction
  const message = `the transaction is ${condition}: ${row?.found}`
  switch (row?.means) {
    case "Captured": {
      const captured = capturedOf(transaction)
      return captured === undefined
        ? unknown("unclear_condition", message, id)
        : { _tag: "FoundCaptured", captured }
    }
    case "Declined": {
      const [sale] = of(transaction, "sale")
      // What NMI captured is recorded, whatever it is; that other money was not taken says nothing of this.
      if (sale?.amount !== money.amount || !["", money.currency].includes(currency)) {
        return unknown("other_money", `${message}, of other money than was asked for`, id)
      }
      const evidence = { code: row.code, message: `${message} (${currency})` }
      return {
        _tag: "FoundDeclined",
        declined: new Declined(
          row.code === "failed" && sale !== undefined
            ? {
                ...howDeclined({ code: sale.code, text: sale.text, adviceCode: "" }),
                processorReference: id
              }
            : // Whoever voided it did not want it charged, so nobody else is asked.
              { kind: "hard", undone: true, processorReference: id, evidence }
        )
      }
    }
    case "Pending":
      return {
        _tag: "StillPending",
        evidence: { code: condition, message: `the transaction is ${condition}` },
        processorReference: id
      }
    default:
      return unknown(row?.code ?? "unclear_condition", message, id)
  }
}

/** The money that a captured sale took. */
export const capturedOf = (transaction: NmiTransaction): Captured | undefined => {
  const { id, condition, currency } = transaction
  const [sale] = succeeded(transaction, "sale")
  return sale === undefined || !isCurrency(currency)
    ? undefined
    : new Captured({
        processorReference: id,
        amount: sale.amount,
        currency: currency satisfies Currency,
        evidence: { code: sale.code, message: `the sale succeeded and is ${condition}: ${sale.text}` }
      })
}

/** Which of the rows a transaction is, by its code. */
export const rowOf = (transaction: NmiTransaction): string | undefined =>
  transactionRows.find(({ applies }) => applies(transaction))?.code

const unknown = (code: string, message: string, processorReference?: string): Indeterminate =>
  new Indeterminate({
    ...(processorReference === undefined ? {} : { processorReference }),
    evidence: { code, message }
  })

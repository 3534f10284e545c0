import { Schema } from "effect"
import type { Fault } from "../plumbing/Fault.ts"
import type { Fields } from "../plumbing/Fields.ts"
import { randomText } from "../plumbing/ids.ts"
import { type Answer, answerOf, codeText, rejected } from "./answers.ts"
import { isExpired, isPublishedCard, readCard } from "./cardInput.ts"
import { duplicateProblem } from "./duplicates.ts"
import { announce } from "./events.ts"
import { decimalOf, minorOf } from "./money.ts"
import type { Action, CardFacts, Condition, Transaction } from "./records.ts"
import { resultCodes } from "./resultCodes.ts"
import { settingsOf, type World } from "./world.ts"

/** Money that moves, or moves back, of one transaction. */
export const move = (
  world: World,
  about: Transaction,
  kind: "captured" | "refunded" | "refund_failed" | "voided" | "credited" | "disputed",
  movement: string,
  amount: number
): void => {
  if (about.testMode) return
  world.bench.books.write({
    at: world.bench.clock.now(),
    account: about.account,
    kind,
    reference: about.id,
    movement,
    order: about.orderId,
    idempotencyKey: "",
    amount,
    currency: about.currency.toLowerCase(),
    last4: about.card.last4,
    fingerprint: about.card.fingerprint
  })
}

export const newId = (world: World): string =>
  String(12_030_573_544 + 11 * (world.transactions.all().length + 1))

const detailNames = [
  ...Array.from({ length: 20 }, (_, index) => `merchant_defined_field_${index + 1}`),
  ..."first_name last_name company address1 address2 city state zip country phone email".split(" "),
  ..."ponumber order_description customerid ipaddress initial_transaction_id initiated_by".split(" ")
]

export const detailsOf = (fields: Fields): Readonly<Record<string, string>> =>
  Object.fromEntries(
    detailNames.flatMap((name) => {
      const value = fields.get(name)
      return value === undefined ? [] : [[name, value]]
    })
  )

const action = (
  world: World,
  type: Action["type"],
  amount: number,
  success: boolean,
  code: string,
  text: string
): Action => ({ type, amount, at: world.bench.clock.now(), success, code, text })

const settled: Readonly<Record<"sale" | "auth" | "credit" | "validate", Condition>> = {
  sale: "pendingsettlement",
  auth: "pending",
  credit: "pendingsettlement",
  validate: "complete"
}

/** Approves a transaction that was kept under way: the one place where money is taken from a card. */
const approve = (world: World, transaction: Transaction): Transaction => {
  const { type, approved } = transaction
  if (type === "refund") return transaction
  const approvedNow: Transaction = {
    ...transaction,
    condition: settled[type],
    captured: type === "sale" ? approved : 0,
    actions: [...transaction.actions, action(world, type, approved, true, "100", "SUCCESS")]
  }
  world.transactions.put(transaction.id, approvedNow)
  if (type === "sale") move(world, approvedNow, "captured", approvedNow.id, approved)
  if (type === "credit") move(world, approvedNow, "credited", approvedNow.id, approved)
  announce(world, approvedNow, "success")
  return approvedNow
}

const fail = (world: World, transaction: Transaction, code: string, text: string): Transaction => {
  const failed: Transaction = {
    ...transaction,
    condition: "failed",
    authCode: "",
    actions: [
      ...transaction.actions,
      action(world, transaction.type, transaction.requested, false, code, text)
    ]
  }
  world.transactions.put(transaction.id, failed)
  announce(world, failed, "failure")
  return failed
}

const Later = Schema.Struct({ transaction: Schema.String, approves: Schema.Boolean })

/** What becomes of a transaction after it was answered for. */
export const settleLater = (world: World): void =>
  world.bench.tasks.on("nmi.settle", Later, (later, done) => {
    done()
    const transaction = world.transactions.get(later.transaction)
    if (transaction === undefined || !["in_progress", "failed"].includes(transaction.condition)) return
    if (later.approves) approve(world, transaction)
    else fail(world, transaction, "200", "DECLINE")
  })

interface Charge {
  readonly type: "sale" | "auth" | "credit" | "validate"
  readonly fields: Fields
  readonly transaction: Transaction
}

const answered = (
  { type, transaction }: Charge,
  fields: { readonly response: "1" | "2" | "3"; readonly text: string; readonly code: string },
  more: Answer = []
): Answer =>
  answerOf({
    ...fields,
    authCode: fields.response === "1" ? transaction.authCode : "",
    transactionId: transaction.id,
    avs: transaction.avs,
    cvv: transaction.cvv,
    orderId: transaction.orderId,
    type,
    more
  })

/** Answers with a result code other than 100. */
const withCode = (world: World, charge: Charge, code: string, moves: boolean): Answer => {
  const row = resultCodes[code]
  if (row === undefined)
    return rejected("Transaction was rejected by gateway", charge.transaction.orderId, charge.type)
  const text = codeText(row, code)
  const { transaction } = charge
  const advice: Answer =
    row.advice !== undefined && transaction.card.brand === "mastercard"
      ? [["merchant_advice_code", row.advice]]
      : []
  if (row.keeps === "in_progress") {
    world.transactions.put(transaction.id, { ...transaction, condition: "in_progress" })
    later(world, transaction, world.bench.seconds.lateMoney, moves)
  } else if (moves) {
    approve(world, transaction)
  } else if (row.keeps === "failed") {
    fail(world, transaction, code, text)
  } else if (row.keeps === "unknown") {
    const unknown: Transaction = {
      ...transaction,
      condition: "unknown",
      actions: [action(world, charge.type, transaction.requested, false, code, text)]
    }
    world.transactions.put(transaction.id, unknown)
    announce(world, unknown, "unknown")
  }
  if (row.keeps === "failed" || row.keeps === "unknown") {
    return answered(charge, { response: row.response, text, code }, advice)
  }
  return answerOf({ response: row.response, text, code, orderId: transaction.orderId, type: charge.type })
}

const later = (world: World, { id }: Transaction, inSeconds: number, approves: boolean): void =>
  world.bench.tasks.schedule("nmi.settle", world.bench.clock.now() + inSeconds * 1000, {
    transaction: id,
    approves
  })

const late = (world: World, charge: Charge, fault: Fault): Answer => {
  const { transaction, type } = charge
  const declines = fault.answer === "decline"
  if (declines) fail(world, transaction, fault.code ?? "200", "DECLINE")
  else world.transactions.put(transaction.id, { ...transaction, condition: "in_progress" })
  later(world, transaction, fault.seconds ?? 8, true)
  if (declines) return answered(charge, { response: "2", text: "DECLINE", code: fault.code ?? "200" })
  return fault.answer === "pending"
    ? answerOf({ response: "1", text: "Request Accepted", code: "101", orderId: transaction.orderId, type })
    : answerOf({
        response: "3",
        text: "Communication error",
        code: "420",
        orderId: transaction.orderId,
        type
      })
}

const success = { response: "1", text: "SUCCESS", code: "100" } as const

/** Answers that contradict themselves, although the money moved. */
const contradictory = (charge: Charge, variant: number): Answer => {
  const answer = answered(charge, success)
  if (variant === 1) return [["response", "2"], ...answer]
  return answered(charge, { ...success, response: variant === 2 ? "3" : "2" })
}

const keepCustomer = (world: World, fields: Fields, card: CardFacts): Answer => {
  if (fields.get("customer_vault") !== "add_customer") return []
  const id = fields.get("customer_vault_id") ?? String(1_000_000_000 + world.customers.all().length)
  world.customers.put(id, card)
  return [["customer_vault_id", id]]
}

/** Keeps a card without charging it: `response=1` and 100, and yet no money moves. */
export const addCustomer = (world: World, fields: Fields): Answer => {
  const card = readCard(world, fields)
  if (typeof card === "string") return rejected(card, "", "")
  return answerOf({
    response: "1",
    text: "Customer Added",
    code: "100",
    orderId: "",
    type: "",
    more: keepCustomer(world, fields, card)
  })
}

/** Sale, auth, credit and validate. */
export const chargeCard = (
  world: World,
  account: string,
  type: Charge["type"],
  fields: Fields,
  fault: Fault | undefined
): Answer => {
  const orderId = fields.get("orderid") ?? ""
  const settings = settingsOf(world, account)
  const reject = (problem: string) => rejected(problem, orderId, type)
  const card = readCard(world, fields)
  if (typeof card === "string") return reject(card)
  const amount =
    type === "validate" ? (minorOf(fields.get("amount") ?? "0") ?? -1) : minorOf(fields.get("amount"))
  if (amount === undefined || amount < 0) return reject("Invalid amount")
  if (type === "validate" && amount !== 0) return reject("Invalid amount for validate")
  if (type !== "validate" && amount === 0) return reject("The amount must be greater than zero")
  if (orderId.length > 50) return reject("orderid is too long")
  const processorId = fields.get("processor_id") ?? settings.processors[0] ?? "ccprocessora"
  if (settings.processors.length > 0 && !settings.processors.includes(processorId)) {
    return reject("Invalid processor_id")
  }
  const asksTest = fields.get("test_mode") === "enabled"
  if (asksTest && !isPublishedCard(fields)) return reject("Invalid test card")
  const testMode = settings.testMode || asksTest
  const now = world.bench.clock.now()
  const currency = (fields.get("currency") ?? "USD").toUpperCase()
  const problem = duplicateProblem(world, { account, type, amount, card, orderId, processorId }, fields)
  if (problem !== undefined) return reject(problem)

  const id = newId(world)
  const cvv = fields.get("cvv") ?? ""
  const blind = fault?.kind === "blind" ? (fault.seconds ?? 20) : (fault?.blindSeconds ?? 0)
  const partial =
    fault?.kind === "partial" ? Math.min(fault.amount ?? Math.floor(amount / 2), amount) : amount
  const transaction: Transaction = {
    id,
    account,
    at: now,
    type,
    condition: "in_progress",
    orderId: orderId === "" ? id : orderId,
    processorId,
    currency,
    requested: amount,
    approved: partial,
    captured: 0,
    refunded: 0,
    chargedBack: 0,
    card,
    authCode: type === "validate" ? "" : "123456",
    avs: fields.get("address1") === "888" && fields.get("zip") === "77777" ? "Y" : "N",
    cvv: cvv === "" ? "" : cvv === "999" ? "M" : "N",
    original: "",
    testMode,
    details: detailsOf(fields),
    actions: [],
    hiddenUntil: Math.max(now + settings.queryDelay * 1000, now + blind * 1000)
  }
  const charge: Charge = { type, fields, transaction: { ...transaction, orderId: transaction.orderId } }

  if (!testMode) {
    if (fault?.kind === "code" && fault.code !== undefined) {
      return withCode(world, charge, fault.code, fault.moves === true)
    }
    if (fault?.kind === "error_saved") return withCode(world, charge, "400", false)
    if (fault?.kind === "late_money") return late(world, charge, fault)
    if (isExpired(card, now)) return withCode(world, charge, "223", false)
    if (type !== "validate" && amount < 100) return withCode(world, charge, "200", false)
  }
  approve(world, transaction)
  if (fault?.kind === "duplicate_answer") {
    return reject("Duplicate transaction")
  }
  if (fault?.kind === "contradictory") return contradictory(charge, fault.variant ?? 1)
  const more: Answer =
    partial === amount
      ? []
      : [
          ["amount_authorized", decimalOf(partial)],
          ["partial_payment_id", randomText(10)],
          ["partial_payment_balance", decimalOf(amount - partial)]
        ]
  return answered(charge, success, [...more, ...keepCustomer(world, fields, card)])
}

import type { Fields } from "../plumbing/Fields.ts"
import { type Answer, answerOf, rejected } from "./answers.ts"
import { detailsOf, move, newId } from "./charging.ts"
import { announce } from "./events.ts"
import { minorOf } from "./money.ts"
import type { Action, Transaction } from "./records.ts"
import type { World } from "./world.ts"

const act = (world: World, type: Action["type"], amount: number, text: string): Action => ({
  type,
  amount,
  at: world.bench.clock.now(),
  success: true,
  code: "100",
  text
})

const done = (transaction: Transaction, type: string, text: string): Answer =>
  answerOf({
    response: "1",
    text,
    code: "100",
    type,
    authCode: transaction.authCode,
    transactionId: transaction.id,
    orderId: transaction.orderId
  })

/** What a transaction that is there already can be asked for: capture, void, refund. */
export const followUp = (
  world: World,
  account: string,
  type: "capture" | "void" | "refund",
  fields: Fields
): Answer => {
  const reject = (problem: string) => rejected(problem, fields.get("orderid") ?? "", type)
  const found = world.transactions.get(fields.get("transactionid") ?? "")
  if (found === undefined || found.account !== account) return reject("Transaction not found")
  const given = fields.get("amount")
  const amount = given === undefined || given === "" ? undefined : minorOf(given)
  if (given !== undefined && given !== "" && amount === undefined) return reject("Invalid amount")
  switch (type) {
    case "capture":
      return capture(world, found, amount, reject)
    case "void":
      return voidIt(world, found, reject)
    case "refund":
      return refund(world, found, amount, fields, reject)
  }
}

type Reject = (problem: string) => Answer

const capture = (world: World, found: Transaction, asked: number | undefined, reject: Reject): Answer => {
  if (found.type !== "auth" || found.condition !== "pending") {
    return reject("A capture requires that the existing transaction be an AUTH")
  }
  const amount = asked ?? found.approved
  if (amount < 1) return reject("Invalid amount")
  if (amount > found.approved) {
    return reject("The specified amount exceeds the authorization amount")
  }
  const captured: Transaction = {
    ...found,
    condition: "pendingsettlement",
    captured: amount,
    actions: [...found.actions, act(world, "capture", amount, "SUCCESS")]
  }
  world.transactions.put(found.id, captured)
  move(world, captured, "captured", captured.id, amount)
  announce(world, captured, "success")
  return done(captured, "capture", "SUCCESS")
}

const voidIt = (world: World, found: Transaction, reject: Reject): Answer => {
  const open = found.condition === "pendingsettlement" || found.condition === "pending"
  const original = world.transactions.get(found.original)
  if (open && found.type === "refund" && original !== undefined) return voidRefund(world, found, original)
  if (!open || found.type === "refund" || found.type === "credit") {
    return reject("Only transactions pending settlement can be voided")
  }
  if (found.refunded + found.chargedBack > 0) return reject("A transaction with refunds cannot be voided")
  const voided: Transaction = {
    ...found,
    condition: "canceled",
    actions: [...found.actions, act(world, "void", found.captured, "Transaction Void Successful")]
  }
  world.transactions.put(found.id, voided)
  if (found.captured > 0) move(world, voided, "voided", voided.id, found.captured)
  announce(world, voided, "success")
  return done(voided, "void", "Transaction Void Successful")
}

/** A refund that is not settled yet is called back: its money is here again. */
const voidRefund = (world: World, found: Transaction, original: Transaction): Answer => {
  const amount = -found.approved
  const voided: Transaction = {
    ...found,
    condition: "canceled",
    actions: [...found.actions, act(world, "void", found.approved, "Transaction Void Successful")]
  }
  world.transactions.put(found.id, voided)
  world.transactions.put(original.id, { ...original, refunded: original.refunded - amount })
  move(world, original, "refund_failed", found.id, amount)
  announce(world, voided, "success")
  return done(voided, "void", "Transaction Void Successful")
}

/** A refund is a transaction of its own, with a negative amount. Without an amount, or with 0.00, it is all of it. */
const refund = (
  world: World,
  found: Transaction,
  asked: number | undefined,
  fields: Fields,
  reject: Reject
): Answer => {
  const captured = found.condition === "pendingsettlement" || found.condition === "complete"
  if (!captured || found.captured === 0 || found.type === "refund") {
    return reject("Refund requires a captured transaction")
  }
  const left = found.captured - found.refunded - found.chargedBack
  const amount = asked === undefined || asked === 0 ? left : asked
  if (left === 0 || amount > left) {
    return reject("Refund amount may not exceed the transaction balance")
  }
  const id = newId(world)
  const orderId = fields.get("orderid") ?? found.orderId
  const refunded: Transaction = {
    ...found,
    id,
    at: world.bench.clock.now(),
    type: "refund",
    condition: "pendingsettlement",
    orderId,
    requested: -amount,
    approved: -amount,
    captured: 0,
    refunded: 0,
    chargedBack: 0,
    original: found.id,
    details: detailsOf(fields),
    actions: [act(world, "refund", -amount, "SUCCESS")],
    hiddenUntil: 0
  }
  world.transactions.put(found.id, { ...found, refunded: found.refunded + amount })
  world.transactions.put(id, refunded)
  move(world, found, "refunded", id, amount)
  announce(world, refunded, "success")
  return done(refunded, "refund", "SUCCESS")
}

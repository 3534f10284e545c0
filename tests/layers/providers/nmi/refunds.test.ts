// What a gateway that counts or answers otherwise than the emulator would show of refunds.
import { describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { expect } from "vitest"
import { MidId } from "../../../../src/kernel/ids.ts"
import { capability } from "../../../../src/kernel/PaymentProvider.ts"
import { Money } from "../../../../src/kernel/Money.ts"
import {
  judgeRefund,
  judgeRefundTransaction,
  judgeVoid
} from "../../../../src/layers/providers/nmi/refundDisposition.ts"
import { makeNmiDriver } from "../../../../src/layers/providers/nmi/driver.ts"
import { readQuery } from "../../../../src/layers/providers/nmi/transactions.ts"
import { readReply } from "../../../../src/layers/providers/nmi/wire.ts"
import {
  answered,
  declinedWith,
  type Fields,
  fieldsOf,
  formOf,
  rejectedWith,
  reportXml,
  someTime,
  type Transaction,
  transactionXml
} from "./answers.ts"
import { accountOf } from "./nmiUnderTest.ts"

const charge = "12030573555"
const key = "rf_1"
const refundOf = (change: Transaction = {}): Transaction => ({
  id: "7",
  orderId: key,
  original: charge,
  actions: [{ type: "refund", amount: "-4.00" }],
  ...change
})

describe("the refunds of a charge", () => {
  /** A gateway that has these transactions on these pages of its list. */
  const contextOf = (pages: ReadonlyArray<ReadonlyArray<Transaction>>) => {
    const driver = makeNmiDriver({
      origin: "https://nmi.example",
      accounts: { get: (mid) => Effect.succeed(accountOf(mid)) },
      proxy: undefined,
      transport: ({ body }) =>
        Effect.sync(() => {
          const form = new URLSearchParams(body)
          const page = form.get("page_number")
          const found = page === null ? [{ condition: "complete" }] : (pages[Number(page)] ?? [])
          return answered(reportXml(...found.map(transactionXml)))
        })
    })
    return Effect.match(driver.refundContext({ mid: MidId.make("mid_1"), processorReference: charge }), {
      onFailure: ({ _tag }) => _tag,
      onSuccess: ({ refundedAmount }) => refundedAmount
    })
  }

  it.effect("are found on every page, whether the first one is called 0 or 1", () =>
    Effect.gen(function* () {
      const many = Array.from({ length: 100 }, (_, nth) =>
        refundOf({ id: String(100 + nth), actions: [{ type: "refund", amount: "-0.01" }] })
      )
      expect(yield* contextOf([[refundOf()], []])).toBe(400)
      expect(yield* contextOf([[], [refundOf()]])).toBe(400)
      // Page 0 is taken for the first one as well: nothing counts twice.
      expect(yield* contextOf([[refundOf()], [refundOf()]])).toBe(400)
      expect(yield* contextOf([many, many, [refundOf()]])).toBe(500)
    })
  )

  it.effect("are those that name it, and no certainty while one of them is unclear", () =>
    Effect.gen(function* () {
      expect(yield* contextOf([[refundOf({ original: "99" })]])).toBe(0)
      const failed: Transaction = {
        condition: "failed",
        actions: [{ type: "refund", amount: "-4.00", success: "0", code: "202" }]
      }
      expect(yield* contextOf([[refundOf(failed)]])).toBe(0)
      for (const condition of ["pending", "in_progress", "unknown", "abandoned", ""]) {
        expect(yield* contextOf([[refundOf({ condition })]])).toBe("Indeterminate")
      }
      expect(yield* contextOf([[refundOf({ actions: [{ type: "refund", amount: "-99.00" }] })]])).toBe(
        "Indeterminate"
      )
      // Other money than the charge's cannot be counted.
      expect(yield* contextOf([[refundOf({ currency: "EUR" })]])).toBe("Indeterminate")
    })
  )
})

describe("giving back", () => {
  /** A gateway whose queries take so long, and what it was sent that moves money. */
  const giving = Effect.fnUntraced(function* (each: Duration.Duration) {
    const sent: Array<string> = []
    const driver = makeNmiDriver({
      origin: "https://nmi.example",
      accounts: { get: (mid) => Effect.succeed(accountOf(mid)) },
      proxy: undefined,
      transport: ({ url, body = "" }) => {
        const form = new URLSearchParams(body)
        if (url.pathname.endsWith("transact.php")) {
          sent.push(form.get("type") ?? "")
          const done = { authcode: "", type: form.get("type") ?? "" }
          const fields =
            form.get("type") === "void"
              ? { ...done, orderid: "ps_1", transactionid: charge }
              : { ...done, orderid: form.get("orderid") ?? "", transactionid: "7" }
          return Effect.succeed(answered(formOf(fieldsOf(fields))))
        }
        const found = form.has("transaction_id") ? [transactionXml({ orderId: "ps_1" })] : []
        return Effect.delay(Effect.succeed(answered(reportXml(...found))), each)
      }
    })
    const about = { mid: MidId.make("mid_1"), processorReference: charge, idempotencyKey: key }
    const { voidCharge } = yield* capability(driver, "void")
    const asking: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
      driver.refund({ ...about, money: new Money({ amount: 400, currency: "USD" }) }),
      voidCharge({ ...about, idempotencyKey: "v_1" })
    ]
    const outcomes = yield* Effect.forEach(asking, (ask) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.result(ask))
        yield* TestClock.adjust(Duration.minutes(1))
        return yield* Fiber.join(fiber)
      })
    )
    return { outcomes, sent }
  })

  it.effect(
    "is not sent once looking at the charge has taken too long: somebody may have taken it over",
    () =>
      Effect.gen(function* () {
        const quick = yield* giving(Duration.seconds(2))
        expect(quick.outcomes).toMatchObject([{ _tag: "Success" }, { _tag: "Success" }])
        expect(quick.sent).toEqual(["refund", "void"])
        const slow = yield* giving(Duration.seconds(5))
        for (const outcome of slow.outcomes) {
          expect(outcome).toMatchObject({
            _tag: "Failure",
            failure: { _tag: "Declined", evidence: { code: "not_sent" } }
          })
        }
        expect(slow.sent).toEqual([])
      })
  )
})

describe("a refund's own transaction", () => {
  const judged = (change: Transaction) => {
    const queried = readQuery(answered(reportXml(transactionXml(refundOf(change)))))
    const [transaction] = queried._tag === "Found" ? queried.transactions : []
    return transaction === undefined ? "Unreadable" : judgeRefundTransaction(transaction)._tag
  }
  const back = { type: "refund", amount: "-4.00" }
  const recall = { type: "void", amount: "4.00" }

  it("proves a refund, its failure or its recall, and nothing else", () => {
    expect(judged({})).toBe("RefundDone")
    expect(judged({ condition: "complete", actions: [back, { type: "settle", amount: "-4.00" }] })).toBe(
      "RefundDone"
    )
    const listed = "Refund amount may not exceed the transaction balance REFID:1"
    for (const change of [{ code: "200" }, { code: "202" }, { code: "300", text: listed }]) {
      expect(judged({ condition: "failed", actions: [{ ...back, success: "0", ...change }] })).toBe(
        "RefundDeclined"
      )
    }
    // A settlement that failed is tried again.
    const settle = { type: "settle", amount: "-4.00" }
    expect(judged({ condition: "complete", actions: [back, { ...settle, success: "0" }, settle] })).toBe(
      "RefundDone"
    )
    expect(judged({ condition: "canceled", actions: [back, { type: "void", amount: "4.00" }] })).toBe(
      "RefundDeclined"
    )
    expect(judged({ condition: "in_progress" })).toBe("RefundPending")
    const nothing: ReadonlyArray<Transaction> = [
      { condition: "unknown" },
      { condition: "failed" },
      // Failed by what may have come about all the same.
      ...["100", "400", "420", "430", "440", "299", ""].map((code) => ({
        condition: "failed",
        actions: [{ ...back, success: "0", code }]
      })),
      ...["Duplicate", "", "Transaction was rejected by gateway", `${listed}!`].map((text) => ({
        condition: "failed",
        actions: [{ ...back, success: "0", code: "300", text }]
      })),
      ...["Duplicate", "Transaction Approved", "Timeout", "Declined; previously approved"].map((text) => ({
        condition: "failed",
        actions: [{ ...back, success: "0", code: "202", text }]
      })),
      // Done, by a code or a text that says something else.
      ...["", "101", "200", "300", "430", "999"].flatMap((code) => [
        { actions: [{ ...back, code }] },
        { condition: "canceled", actions: [{ ...back, code }, recall] },
        { condition: "canceled", actions: [back, { ...recall, code }] }
      ]),
      ...["DECLINE", "Duplicate transaction", "Timeout"].flatMap((text) => [
        { actions: [{ ...back, text }] },
        { condition: "canceled", actions: [{ ...back, text }, recall] },
        { condition: "canceled", actions: [back, { ...recall, text }] }
      ]),
      { condition: "canceled", actions: [{ ...back, success: "0" }, recall] },
      { condition: "canceled", actions: [{ ...back, amount: "4.00" }, recall] },
      { condition: "complete", actions: [back, { ...settle, success: "0" }] },
      { condition: "canceled", actions: [back, { type: "settle" }, { type: "void", amount: "4.00" }] },
      { condition: "canceled" },
      { actions: [] },
      { actions: [{ ...back, success: "0" }] },
      { actions: [{ ...back, amount: "4.00" }] },
      { actions: [{ ...back, amount: "0.00" }] },
      { actions: [back, back] },
      { actions: [back, { type: "sale" }] },
      { actions: [back, { type: "void", amount: "4.00" }] },
      { condition: "failed", actions: [{ ...back, success: "0", code: "202" }, { type: "settle" }] },
      { currency: "XTS" }
    ]
    for (const change of nothing) expect(judged(change), JSON.stringify(change)).toBe("Indeterminate")
  })
})

describe("what a refund's key finds", () => {
  it.effect("is no refusal of it when it is of other money", () =>
    Effect.gen(function* () {
      const lookedUp = Effect.fnUntraced(function* (change: Transaction) {
        const driver = makeNmiDriver({
          origin: "https://nmi.example",
          accounts: { get: (mid) => Effect.succeed(accountOf(mid)) },
          proxy: undefined,
          transport: () => Effect.succeed(answered(reportXml(transactionXml(refundOf(change)))))
        })
        const { lookupRefund } = yield* capability(driver, "refundLookup")
        const asking = lookupRefund({
          mid: MidId.make("mid_1"),
          processorReference: charge,
          idempotencyKey: key,
          money: new Money({ amount: 400, currency: "USD" }),
          writtenAt: someTime
        })
        return yield* Effect.match(asking, {
          onFailure: ({ evidence }) => evidence.code,
          onSuccess: ({ _tag }) => _tag
        })
      })
      const refused = (amount: string): Transaction => ({
        condition: "failed",
        actions: [{ type: "refund", amount, success: "0", code: "202" }]
      })
      expect(yield* lookedUp(refused("-4.00"))).toBe("RefundDeclined")
      expect(yield* lookedUp(refused("-4.01"))).toBe("other_money")
      expect(yield* lookedUp({ ...refused("-4.00"), currency: "EUR" })).toBe("other_money")
      const recalled: Transaction = {
        condition: "canceled",
        actions: [
          { type: "refund", amount: "-3.00" },
          { type: "void", amount: "3.00" }
        ]
      }
      expect(yield* lookedUp(recalled)).toBe("other_money")
    })
  )
})

describe("the answer to giving back", () => {
  const request = {
    mid: MidId.make("mid_1"),
    processorReference: charge,
    idempotencyKey: key,
    money: new Money({ amount: 400, currency: "USD" })
  }
  const tagOf = (judged: object) => ("_tag" in judged ? judged._tag : "Refunded")
  const refund = (fields: Fields) => tagOf(judgeRefund(readReply(answered(formOf(fields))), request))
  const voided = (fields: Fields) =>
    tagOf(judgeVoid(readReply(answered(formOf(fields))), { processorReference: charge, orderId: "ps_1" }))
  const done = { orderid: key, type: "refund", transactionid: "7", authcode: "" }

  it("proves a refund only when it has a transaction of its own", () => {
    for (const change of [{}, { type: "" }, { orderid: "" }]) {
      expect(refund(fieldsOf({ ...done, ...change }))).toBe("Refunded")
    }
    for (const change of [
      { transactionid: charge },
      { transactionid: "" },
      { transactionid: "0" },
      { orderid: "another" },
      { type: "sale" },
      { response: "2" },
      { response_code: "101" },
      { amount_authorized: "3.00" },
      { partial_payment_id: "abc" },
      { responsetext: "DECLINE" },
      { responsetext: "Duplicate transaction" }
    ]) {
      expect(refund(fieldsOf({ ...done, ...change })), JSON.stringify(change)).toBe("Indeterminate")
    }
  })

  it("proves a void only of the very charge", () => {
    const ok = { orderid: "ps_1", type: "void", transactionid: charge }
    expect(voided(fieldsOf(ok))).toBe("Approved")
    for (const change of [{ transactionid: "7" }, { orderid: key }, { type: "refund" }, { response: "3" }]) {
      expect(voided(fieldsOf({ ...ok, ...change })), JSON.stringify(change)).toBe("Indeterminate")
    }
    const settled = "Only transactions pending settlement can be voided REFID:143498494"
    expect(voided(rejectedWith(settled, { orderid: "", type: "void", transactionid: charge }))).toBe(
      "Declined"
    )
    // It names the charge, which NMI is recorded to do. Another one, or one that it says there is none of, is a contradiction.
    for (const fields of [
      rejectedWith(settled, { orderid: "", type: "void", transactionid: "7" }),
      rejectedWith(settled, { orderid: "", type: "void", authcode: "123456" }),
      rejectedWith("Transaction not found", { orderid: "", type: "void", transactionid: charge })
    ]) {
      expect(voided(fields), formOf(fields)).toBe("Indeterminate")
    }
    expect(voided(rejectedWith("Transaction not found", { orderid: "", type: "void" }))).toBe("Declined")
    expect(voided(rejectedWith("Something else", { orderid: "", type: "void" }))).toBe("Indeterminate")
  })

  it("proves that nothing went back by listed texts and codes alone", () => {
    const rest = { orderid: "", type: "refund" }
    for (const text of [
      "Refund amount may not exceed the transaction balance REFID:3503249728",
      "Transaction not found REFID:1",
      "Invalid Transaction ID specified REFID:1",
      "Authentication Failed"
    ]) {
      expect(refund(rejectedWith(text, rest)), text).toBe("Declined")
    }
    const ours = { ...rest, orderid: key }
    for (const code of ["202", "410", "461"]) {
      expect(refund(declinedWith(code, ours))).toBe("Declined")
      // Sent with a name, and refused without one: as with a sale, it may be the answer to somebody else.
      expect(refund(declinedWith(code, rest))).toBe("Indeterminate")
    }
    for (const fields of [
      rejectedWith("Duplicate transaction REFID:1", ours),
      rejectedWith("Only transactions pending settlement can be voided", ours),
      rejectedWith("constructor", ours),
      declinedWith("430", ours),
      declinedWith("461", { ...ours, responsetext: "Duplicate transaction" }),
      declinedWith("420", ours),
      declinedWith("299", ours),
      declinedWith("202", { ...ours, response: "3" }),
      declinedWith("461", { ...ours, response: "2" }),
      // A refusal with the marks of something that was done.
      rejectedWith("Transaction not found REFID:1", { ...rest, transactionid: "7" }),
      rejectedWith("Transaction not found REFID:1", { ...rest, transactionid: charge }),
      rejectedWith("Authentication Failed", { ...rest, transactionid: "7" }),
      declinedWith("301", { ...rest, transactionid: "7" }),
      declinedWith("202", { ...ours, responsetext: "Duplicate transaction" }),
      ...["APPROVED", "Transaction Approved", "Timeout", "Communication error", "Already refunded", "OK"].map(
        (responsetext) => declinedWith("202", { ...ours, responsetext })
      ),
      declinedWith("202", { ...ours, authcode: "123456" }),
      declinedWith("202", { ...ours, amount_authorized: "4.00" }),
      declinedWith("202", { ...ours, partial_payment_id: "abc" })
    ]) {
      expect(refund(fields), formOf(fields)).toBe("Indeterminate")
    }
  })
})

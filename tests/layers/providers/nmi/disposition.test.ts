import { describe, expect, it } from "vitest"
import { answerRows, judgeSale } from "../../../../src/layers/providers/nmi/disposition.ts"
import { rejections, resultCodes } from "../../../../src/layers/providers/nmi/resultCodes.ts"
import { judgeVoid } from "../../../../src/layers/providers/nmi/refundDisposition.ts"
import { readReply } from "../../../../src/layers/providers/nmi/wire.ts"
import { knownCodes } from "../../../../sandbox/nmi/resultCodes.ts"
import {
  answered,
  asked,
  declinedWith,
  type Fields,
  fieldsOf,
  formOf,
  judged,
  rejectedWith
} from "./answers.ts"

/** An answer for each row of the table, and what has to come of it. */
const examples: Readonly<
  Record<string, { readonly means: string; readonly answers: ReadonlyArray<Fields> }>
> = {
  answer_to_another: {
    means: "Indeterminate",
    answers: [
      fieldsOf({ orderid: "another" }),
      fieldsOf({ orderid: "" }),
      declinedWith("202", { orderid: "" }),
      rejectedWith("Authentication Failed", { orderid: "another" })
    ]
  },
  answer_to_another_type: {
    means: "Indeterminate",
    answers: ["auth", "validate", "credit", "refund", "void", "Sale"].map((type) => fieldsOf({ type }))
  },
  answer_contradicts_itself: {
    means: "Indeterminate",
    answers: [
      fieldsOf({ response: "2" }),
      fieldsOf({ response: "3" }),
      declinedWith("202", { response: "3" }),
      declinedWith("202", { response: "1" }),
      declinedWith("461", { response: "2" }),
      fieldsOf({ response: "" }),
      fieldsOf({ response_code: "" }),
      fieldsOf({ response_code: "1000" }),
      fieldsOf({ response_code: "00" })
    ]
  },
  duplicate: {
    means: "Indeterminate",
    answers: [
      rejectedWith("Duplicate transaction REFID:3187654321"),
      rejectedWith("Duplicate Transaction"),
      rejectedWith("Duplicate transaction REFID:1", { transactionid: "0" }),
      declinedWith("430", { responsetext: "Duplicate transaction at processor" }),
      declinedWith("461", { responsetext: "Duplicate transaction" }),
      declinedWith("202", { responsetext: "DUPLICATE" }),
      declinedWith("202", { responsetext: "DUP TRANS" }),
      declinedWith("200", { responsetext: "Duplicate transaction REFID:3187654321" }),
      fieldsOf({ responsetext: "Duplicate of 12030573000" })
    ]
  },
  text_contradicts_code: {
    means: "Indeterminate",
    answers: [
      fieldsOf({ responsetext: "DECLINE" }),
      fieldsOf({ responsetext: "The card was declined" }),
      declinedWith("202", { responsetext: "SUCCESS" }),
      declinedWith("461", { responsetext: "Approved" }),
      declinedWith("420", { responsetext: "APPROVAL 123" }),
      // Wherever it says so.
      fieldsOf({ responsetext: "NOT APPROVED" }),
      fieldsOf({ responsetext: "Transaction was rejected" }),
      ...["Transaction Approved", "Declined; previously approved", "<b>OK</b>", "AP", "Already captured"].map(
        (responsetext) => declinedWith("200", { responsetext })
      ),
      rejectedWith("Approved")
    ]
  },
  rejected_transaction: {
    means: "Indeterminate",
    answers: [
      rejectedWith("Invalid Credit Card Number REFID:1", { transactionid: "12030573555" }),
      rejectedWith("Authentication Failed", { authcode: "123456" }),
      declinedWith("301")
    ]
  },
  rejected_somehow: {
    means: "Indeterminate",
    answers: [
      rejectedWith("Transaction was rejected by gateway REFID:1"),
      rejectedWith(""),
      rejectedWith("Authentication Failed, or not"),
      rejectedWith("constructor")
    ]
  },
  approved_in_part: {
    means: "Indeterminate",
    answers: [
      fieldsOf({ amount_authorized: "6.25" }),
      fieldsOf({ amount_authorized: "12.5" }),
      fieldsOf({ amount_authorized: "1250" }),
      fieldsOf({ partial_payment_id: "abc" }),
      fieldsOf({ partial_payment_balance: "6.25" })
    ]
  },
  approved_without_transaction: {
    means: "Indeterminate",
    answers: [
      fieldsOf({ transactionid: "" }),
      fieldsOf({ transactionid: "0" }),
      fieldsOf({ transactionid: "", responsetext: "Customer Added", type: "" })
    ]
  },
  approved: {
    means: "Captured",
    answers: [
      fieldsOf(),
      // An auth is answered so as well: what was sent tells them apart.
      fieldsOf({ type: "" }),
      fieldsOf({ amount_authorized: "12.50" }),
      fieldsOf({ customer_vault_id: "", merchant_defined_field_1: "x" })
    ]
  },
  declined_with_approval: {
    means: "Indeterminate",
    answers: [
      declinedWith("202", { authcode: "123456" }),
      declinedWith("202", { amount_authorized: "12.50" }),
      declinedWith("461", { partial_payment_id: "abc" })
    ]
  },
  declined_with_open_end: {
    means: "Indeterminate",
    answers: ["Timeout", "Timed out", "No response from issuer", "COMMUNICATION ERROR", "Pending"].flatMap(
      (responsetext) => [declinedWith("200", { responsetext }), declinedWith("461", { responsetext })]
    )
  },
  rejected: {
    means: "Declined",
    answers: [
      rejectedWith("Invalid Credit Card Number REFID:3150032552"),
      rejectedWith("Authentication Failed", { orderid: "", transactionid: "0" }),
      rejectedWith("The cc payment type [Amex] and/or currency [USD] is not accepted REFID:3503238709"),
      rejectedWith("Disabling Duplicate Check is not allowed for this processor REFID:1")
    ]
  },
  declined: {
    means: "Declined",
    answers: [
      declinedWith("202"),
      declinedWith("202", { type: "", transactionid: "0" }),
      ...["NOT APPROVED", "Not been approved", "Unsuccessful", "Card not accepted"].map((responsetext) =>
        declinedWith("202", { responsetext })
      ),
      declinedWith("461"),
      declinedWith("301", { orderid: "", transactionid: "" })
    ]
  },
  unclear: {
    means: "Indeterminate",
    answers: [
      fieldsOf({ response_code: "101", responsetext: "Request Accepted", transactionid: "" }),
      ...["400", "420", "421", "440", "441"].map((code) => declinedWith(code))
    ]
  }
}

const transport = ["not_sent", "unanswered", "throttled", "unreadable_answer"]

describe("the answers to a sale", () => {
  it("have an example for each row of the table", () => {
    expect([...transport, ...Object.keys(examples)].toSorted()).toEqual(
      answerRows.map(({ code }) => code).toSorted()
    )
  })

  for (const [row, { means, answers }] of Object.entries(examples)) {
    it(`prove by the row ${row}: ${means}`, () => {
      for (const answer of answers) {
        const outcome = judged(answer)
        expect(outcome._tag, formOf(answer)).toBe(means)
        // What is unknown is named after its row; what is proven, after NMI's code.
        if (means === "Indeterminate") expect(outcome.evidence.code, formOf(answer)).toBe(row)
      }
    })
  }

  it("prove nothing with a result code that is not listed", () => {
    for (let code = 0; code < 1000; code++) {
      const text = String(code).padStart(3, "0")
      if (text === "300" || Object.hasOwn(resultCodes, text)) continue
      for (const response of ["1", "2", "3"]) {
        expect(judged(fieldsOf({ response, response_code: text }))._tag, `${response} ${text}`).toBe(
          "Indeterminate"
        )
        expect(judged(declinedWith(text, { response, transactionid: "" }))._tag).toBe("Indeterminate")
      }
    }
  })

  it("prove nothing when they are cut, of another status, or of no transport", () => {
    const fine = formOf(fieldsOf())
    expect(judged(answered(fine))._tag).toBe("Captured")
    for (const body of [fine, formOf(declinedWith("202"))]) {
      expect(judged(answered(body, { whole: false }))._tag).toBe("Indeterminate")
      for (const status of [100, 201, 204, 301, 302, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504]) {
        expect(judged(answered(body, { status }))._tag, String(status)).toBe("Indeterminate")
      }
    }
    expect(judged(answered("", { status: 429, whole: false }))._tag).toBe("Indeterminate")
  })

  it("are throttled only when nothing of an answer is in them, and spend no advice of the networks", () => {
    for (const body of ["", "Too many requests", "<h1>429</h1>"]) {
      const outcome = judged(answered(body, { status: 429 }))
      expect(outcome).toMatchObject({ _tag: "Declined", kind: "soft", evidence: { code: "throttled" } })
      expect(outcome).not.toHaveProperty("advice")
    }
    const fine = formOf(fieldsOf())
    for (const body of [
      "transactionid=777&authcode=1",
      `${fine}&responsetext=SUCCESS`,
      "response=1&responsetext=50% off&transactionid=777&response_code=100",
      `${fine}&\u0000`,
      fine.toUpperCase(),
      new Uint8Array([0xff, ...new TextEncoder().encode(fine)])
    ]) {
      const exchanged = answered(body, { status: 429 })
      expect(judged(exchanged)._tag, String(body)).toBe("Indeterminate")
      const reply = readReply(exchanged)
      const charge = { processorReference: "5", orderId: asked.idempotencyKey }
      expect(judgeVoid(reply, charge)._tag, String(body)).toBe("Indeterminate")
    }
  })

  it("keep where to look when they name the sale and prove nothing, and not when it is another's", () => {
    expect(judged(declinedWith("420"))).toMatchObject({ processorReference: "12030573555" })
    expect(judged(fieldsOf({ orderid: "another" }))).not.toHaveProperty("processorReference")
  })

  it("never name a capture of anything but the sale that was sent", () => {
    const outcome = judged(fieldsOf())
    expect(outcome).toMatchObject({
      _tag: "Captured",
      processorReference: "12030573555",
      amount: asked.money.amount,
      currency: "USD",
      evidence: { code: "100", message: "SUCCESS" }
    })
  })
})

describe("the result codes", () => {
  it("are all that NMI has", () => {
    expect([...Object.keys(resultCodes), "300"].toSorted()).toEqual(["100", ...knownCodes].toSorted())
  })

  it("say this, and nothing else", () => {
    const table = Object.entries(resultCodes).map(([code, { means, kind = "", advice = "" }]) =>
      [code, means, kind, advice].join(" ").trimEnd()
    )
    expect(table).toEqual([
      "100 captured",
      "101 unknown",
      "200 declined soft",
      "201 declined soft",
      "202 declined soft later",
      "203 declined soft later",
      "204 declined soft",
      "220 declined hard updated",
      "221 declined hard never",
      "222 declined hard never",
      "223 declined hard updated",
      "224 declined hard updated",
      "225 declined hard updated",
      "226 declined hard",
      "240 declined soft",
      "250 declined hard never",
      "251 declined hard never",
      "252 declined hard never",
      "253 declined hard never",
      "260 declined soft",
      "261 declined hard never",
      "262 declined hard never",
      "263 declined hard updated",
      "264 declined hard later",
      "301 declined soft",
      "400 unknown",
      "410 declined soft",
      "411 declined soft",
      "420 unknown",
      "421 unknown",
      "430 unknown",
      "440 unknown",
      "441 unknown",
      "460 declined soft",
      "461 declined soft"
    ])
  })

  it("decline as their row says", () => {
    for (const [code, { means, kind, advice }] of Object.entries(resultCodes)) {
      if (means !== "declined") continue
      const change = code === "301" ? { transactionid: "" } : {}
      const outcome = judged(declinedWith(code, change))
      expect(outcome, code).toMatchObject({ _tag: "Declined", kind, evidence: { code } })
      expect("advice" in outcome ? outcome.advice : undefined, code).toBe(advice)
    }
  })

  it("spend none of the networks' budgets where no network was asked", () => {
    const marks = [
      judged(rejectedWith("Authentication Failed")),
      judged(declinedWith("301", { transactionid: "" })),
      judged(answered("", { status: 429 })),
      judgeSale({ _tag: "NotSent", code: "ECONNREFUSED" }, asked),
      ...["200", "202", "264", "410", "411", "460", "461"].map((code) => judged(declinedWith(code)))
    ].map((outcome) => outcome._tag === "Declined" && outcome.offNetwork === true)
    expect(marks).toEqual([...Array(4).fill(true), ...Array(7).fill(false)])
  })

  it("give way to the network's advice: who is told never to ask again asks nobody else", () => {
    const advised = (merchant_advice_code: string) => judged(declinedWith("201", { merchant_advice_code }))
    for (const code of ["03", "21"]) {
      expect(advised(code)).toMatchObject({ _tag: "Declined", kind: "hard", advice: "never" })
    }
    expect(advised("01")).toMatchObject({ kind: "soft", advice: "updated" })
    for (const code of ["02", "24", "30"]) expect(advised(code)).toMatchObject({ advice: "later" })
    for (const code of ["", "99", "toString"]) expect(advised(code)).not.toHaveProperty("advice")
  })

  it("reject with a listed text only when all of it is the text", () => {
    expect(rejections.length).toBeGreaterThan(8)
    for (const { kind, text } of rejections) {
      const plain = text.source.replaceAll("\\[[^\\]]*\\]", "[Visa]").replaceAll(/[\\^$]/g, "")
      expect(text.test(plain), plain).toBe(true)
      expect(judged(rejectedWith(plain)), plain).toMatchObject({ _tag: "Declined", kind })
      expect(judged(rejectedWith(`${plain} REFID:3187654321`))._tag).toBe("Declined")
      for (const other of [`${plain}!`, `Not ${plain}`, `${plain} REFID:1 REFID:2`, `${plain} REFID:x`]) {
        expect(judged(rejectedWith(other))._tag, other).toBe("Indeterminate")
      }
    }
  })
})

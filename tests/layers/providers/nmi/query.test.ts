import * as fc from "fast-check"
import { DateTime } from "effect"
import { describe, expect, it } from "vitest"
import { decimalOf, minorOf } from "../../../../src/layers/providers/nmi/amounts.ts"
import { judgeTransactions, transactionRows } from "../../../../src/layers/providers/nmi/queryDisposition.ts"
import { readQuery, stampOf, timeOf } from "../../../../src/layers/providers/nmi/transactions.ts"
import type { Answered } from "../../../../src/layers/transport/Exchange.ts"
import { answered, asked, reportXml, type Transaction, transactionXml } from "./answers.ts"

/** What a report is believed to say of the sale; that it cannot be read says nothing. */
const judgedReport = (report: string | Answered, processorId?: string, capturedAs?: string) => {
  const queried = readQuery(typeof report === "string" ? answered(report) : report)
  if (queried._tag === "Unreadable") return { _tag: "Unreadable" } as const
  return judgeTransactions(queried.transactions, { ...asked, processorId, capturedAs })
}

const judged = (...transactions: ReadonlyArray<Transaction>) =>
  judgedReport(reportXml(...transactions.map(transactionXml)))

const declinedSale = { type: "sale", success: "0", code: "202" }
const sold: Transaction = {}
const declined: Transaction = { id: "1", condition: "failed", actions: [declinedSale] }
const voided: Transaction = {
  id: "2",
  condition: "canceled",
  actions: [{ type: "sale" }, { type: "void" }]
}

/** For each row of the table, transactions to which it applies. */
const examples: Readonly<
  Record<string, { readonly means: string; readonly found: ReadonlyArray<Transaction> }>
> = {
  no_sale: {
    means: "Indeterminate",
    found: [
      { condition: "complete", actions: [{ type: "validate", amount: "0.00" }] },
      { condition: "pendingsettlement", actions: [{ type: "auth" }, { type: "capture" }] },
      { condition: "pendingsettlement", actions: [{ type: "sale" }, { type: "capture" }] },
      { condition: "failed", actions: [{ type: "auth", success: "0", code: "202" }] },
      { condition: "complete", actions: [] }
    ]
  },
  captured: {
    means: "FoundCaptured",
    found: [
      sold,
      { condition: "complete", actions: [{ type: "sale" }, { type: "settle" }] },
      // Declined first, and approved late all the same.
      { actions: [declinedSale, { type: "sale" }] },
      { actions: [{ type: "sale" }, { type: "void", success: "0", code: "300" }] }
    ]
  },
  failed: {
    means: "FoundDeclined",
    found: ["200", "202", "253", "264"].map((code) => ({
      condition: "failed",
      actions: [{ type: "sale", success: "0", code }]
    }))
  },
  canceled: { means: "FoundDeclined", found: [voided] },
  under_way: {
    means: "StillPending",
    found: ["pending", "in_progress"].flatMap((condition) => [
      { condition, actions: [{ type: "sale" }] },
      { condition, actions: [declinedSale] }
    ])
  },
  unclear_condition: {
    means: "Indeterminate",
    found: [
      ...["unknown", "abandoned", "", "Complete", "settled", "declined"].map((condition) => ({ condition })),
      // A decline that is none of the issuer's.
      ...["100", "300", "400", "410", "420", "430", "461", "299", "20", "2020"].map((code) => ({
        condition: "failed",
        actions: [{ type: "sale", success: "0", code }]
      })),
      ...["Transaction Approved", "Timeout", "SUCCESS"].map((text) => ({
        condition: "failed",
        actions: [{ ...declinedSale, text }]
      })),
      { condition: "failed", actions: [{ type: "sale" }] },
      { condition: "failed", actions: [declinedSale, declinedSale] },
      { condition: "failed", actions: [declinedSale, { type: "void", success: "0" }] },
      { condition: "pendingsettlement", actions: [declinedSale] },
      { condition: "pendingsettlement", actions: [{ type: "sale" }, { type: "sale" }] },
      { condition: "pendingsettlement", actions: [{ type: "sale" }, { type: "void" }] },
      { condition: "pendingsettlement", actions: [{ type: "sale", code: "101" }] },
      { condition: "pendingsettlement", actions: [{ type: "sale", amount: "0.00" }] },
      { condition: "pendingsettlement", actions: [{ type: "sale", amount: "-12.50" }] },
      { condition: "pendingsettlement", currency: "XTS" },
      { condition: "canceled", actions: [{ type: "sale" }, { type: "sale" }, { type: "void" }] },
      { condition: "canceled", actions: [{ type: "sale" }] },
      { condition: "canceled", actions: [{ type: "sale" }, { type: "void", success: "0" }] },
      { condition: "canceled", actions: [{ type: "sale" }, { type: "settle" }, { type: "void" }] },
      { condition: "canceled", actions: [{ type: "sale" }, { type: "refund" }, { type: "void" }] }
    ]
  }
}

describe("a transaction that a query finds", () => {
  it("has an example for each row of the table", () => {
    expect(Object.keys(examples).toSorted()).toEqual(transactionRows.map(({ code }) => code).toSorted())
  })

  for (const [row, { means, found }] of Object.entries(examples)) {
    it(`proves by the row ${row}: ${means}`, () => {
      for (const transaction of found) {
        expect(judged(transaction)._tag, JSON.stringify(transaction)).toBe(means)
      }
    })
  }

  it("tells the money that moved, whatever was asked for", () => {
    expect(judged({ actions: [{ type: "sale", amount: "6.25" }], currency: "eur" })).toMatchObject({
      captured: { processorReference: "12030573555", amount: 625, currency: "EUR" }
    })
  })

  it("tells whether somebody else may be asked: after a void nobody is", () => {
    expect(judged(declined)).toMatchObject({ declined: { kind: "soft", advice: "later" } })
    expect(judged({ ...declined, actions: [{ ...declinedSale, code: "252" }] })).toMatchObject({
      declined: { kind: "hard", advice: "never" }
    })
    expect(judged(voided)).toMatchObject({ declined: { kind: "hard" } })
  })

  it("of other money than was asked for proves nothing by not having moved it", () => {
    for (const one of [declined, voided]) {
      const [sale, ...rest] = one.actions ?? []
      for (const other of [
        { ...one, currency: "EUR" },
        { ...one, actions: [{ type: "sale", ...sale, amount: "12.51" }, ...rest] }
      ]) {
        expect(judged(other)).toMatchObject({
          _tag: "Indeterminate",
          processorReference: one.id,
          evidence: { code: "other_money" }
        })
      }
    }
  })

  it("that failed as a duplicate is declined, and nobody else is asked: the other one may have charged", () => {
    const twice = { ...declinedSale, text: "Duplicate transaction" }
    expect(judged({ ...declined, actions: [twice] })).toMatchObject({
      _tag: "FoundDeclined",
      declined: { kind: "hard" }
    })
  })

  it("is of the account's own processor", () => {
    const report = reportXml(transactionXml({ processorId: "second" }))
    expect(judgedReport(report, "second")._tag).toBe("FoundCaptured")
    expect(judgedReport(report, "first")._tag).toBe("Indeterminate")
  })
})

describe("several transactions of one order id", () => {
  const refund: Transaction = {
    id: "3",
    original: "12030573555",
    actions: [{ type: "refund", amount: "-4.00" }]
  }
  const waiting: Transaction = { id: "4", condition: "in_progress" }

  it("are captured when one of them is, and twice captured is for a person", () => {
    for (const others of [[declined], [voided], [waiting], [declined, waiting, voided, refund]]) {
      for (const all of [
        [sold, ...others],
        [...others, sold]
      ]) {
        expect(judged(...all)).toMatchObject({
          _tag: "FoundCaptured",
          captured: { processorReference: "12030573555" }
        })
      }
    }
    expect(judged(sold, { ...sold, id: "5" })).toMatchObject({
      _tag: "Indeterminate",
      evidence: { code: "several_captures" }
    })
  })

  it("are told one after the other, once one of them is known", () => {
    const second: Transaction = { ...sold, id: "5" }
    const beside = (...transactions: ReadonlyArray<Transaction>) =>
      judgedReport(reportXml(...transactions.map(transactionXml)), undefined, "12030573555")
    for (const all of [
      [sold, second],
      [second, refund, sold]
    ]) {
      expect(beside(...all)).toMatchObject({
        _tag: "FoundCaptured",
        captured: { processorReference: "5" }
      })
    }
    expect(beside(sold, declined, refund)._tag).toBe("FoundDeclined")
    expect(beside(sold, refund)._tag).toBe("NotFound")
  })

  it("are declined only when all of them are", () => {
    expect(judged(declined, voided)._tag).toBe("FoundDeclined")
    expect(judged(declined, waiting)._tag).toBe("StillPending")
    expect(judged(declined, { condition: "unknown" })._tag).toBe("Indeterminate")
  })

  it("are no decline beside anything that follows another transaction", () => {
    const followed: Transaction = { id: "7", original: "12030573555", condition: "complete" }
    for (const first of [declined, voided]) {
      for (const other of [followed, refund]) {
        expect(judged(first, other)._tag).toBe("Indeterminate")
        expect(judged(other, first)._tag).toBe("Indeterminate")
      }
    }
  })

  it("say nothing when one is of another order id, or all are refunds", () => {
    expect(judged(declined, { ...declined, id: "6", orderId: "another" })._tag).toBe("Indeterminate")
    expect(judged({ orderId: asked.idempotencyKey.toLowerCase() })._tag).toBe("Indeterminate")
    expect(judged(refund)._tag).toBe("Indeterminate")
  })
})

describe("a report", () => {
  it("of nothing finds nothing", () => {
    expect(judgedReport(reportXml())._tag).toBe("NotFound")
    expect(judgedReport("<nm_response/>")._tag).toBe("NotFound")
  })

  it("that is refused, cut, of another status or shape says nothing", () => {
    const fine = reportXml(transactionXml())
    for (const report of [
      reportXml("<error_response>Authentication Failed REFID:1</error_response>"),
      reportXml(transactionXml(), "<error_response>x</error_response>"),
      reportXml(transactionXml(), "<transactions/>"),
      reportXml("<test_mode_enabled>false</test_mode_enabled>"),
      "<nm_response>text</nm_response>",
      "<nm_report/>",
      "<html><body/></html>",
      "",
      answered(fine, { whole: false }),
      ...[201, 302, 400, 404, 429, 500, 503].map((status) => answered(fine, { status }))
    ]) {
      expect(judgedReport(report)._tag).toBe("Unreadable")
    }
  })

  it("says nothing with a value that cannot be one", () => {
    const wrong: ReadonlyArray<Transaction> = [
      { id: "" },
      { id: "0" },
      { id: "12a" },
      { id: "-1" },
      { original: "x" },
      ...["12.5", "12", "1,250.00", "12.500", " 12.50", "+12.50", "", "1e3", "012.50"].map((amount) => ({
        actions: [{ type: "sale", amount }]
      })),
      ...["", "true", "2", "01"].map((success) => ({ actions: [{ type: "sale", success }] })),
      ...["", "2026-11-21", "20261321150000", "20260230150000", "20261121250000"].map((date) => ({
        actions: [{ type: "sale", date }]
      }))
    ]
    for (const transaction of wrong) {
      expect(judged(transaction)._tag, JSON.stringify(transaction)).toBe("Unreadable")
      // One of them takes the others with it.
      expect(judged(sold, transaction)._tag).toBe("Unreadable")
    }
  })

  it("proves nothing by chance, by a part of it, or by a field that is missing or comes twice", () => {
    const all = [
      sold,
      declined,
      voided,
      { condition: "complete", actions: [{ type: "sale" }, { type: "settle" }] }
    ]
    const proves = (body: Uint8Array) =>
      ["FoundCaptured", "FoundDeclined"].includes(judgedReport(answered(body))._tag)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        expect(proves(body)).toBe(false)
      })
    )
    const needed =
      /<(transaction_id|condition|order_id|currency|amount|action_type|date|success|response_code)>[^<]*<\/\1>/g
    for (const transaction of all) {
      const xml = reportXml(transactionXml(transaction))
      const body = new TextEncoder().encode(xml)
      expect(proves(body)).toBe(true)
      // Nothing but the last line's end may be missing.
      for (let length = 0; length < body.length - 1; length++) {
        expect(proves(body.subarray(0, length))).toBe(false)
      }
      for (const { 0: field, index } of xml.matchAll(needed)) {
        const without = xml.slice(0, index) + xml.slice(index + field.length)
        const twice = xml.slice(0, index) + field + xml.slice(index)
        for (const changed of [without, twice]) {
          expect(proves(new TextEncoder().encode(changed)), changed).toBe(false)
        }
      }
    }
  })

  it("says the same whatever order its elements are in", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(["sold", "declined", "voided"], { minLength: 1 }),
        fc.nat(),
        (names, seed) => {
          const known: Readonly<Record<string, Transaction>> = { sold, declined, voided }
          const chosen = names.map((name) => known[name] ?? {})
          const shuffled = (xml: string) => {
            const fields = [...xml.matchAll(/<(\w+)>(?:(?!<\1>).)*<\/\1>/gs)].map(([field]) => field)
            const at = seed % Math.max(fields.length, 1)
            return `<transaction>${[...fields.slice(at), ...fields.slice(0, at)].join("")}</transaction>`
          }
          const inside = (one: Transaction) =>
            transactionXml(one)
              .replace(/^<transaction>/, "")
              .replace(/<\/transaction>$/, "")
          const report = judgedReport(reportXml(...chosen.map((one) => shuffled(inside(one)))))
          expect(report).toEqual(judged(...chosen))
        }
      )
    )
  })
})

describe("amounts and times", () => {
  it("are written and read with two decimals, exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (minor) => {
        expect(decimalOf(minor)).toMatch(/^(0|[1-9]\d*)\.\d\d$/)
        expect(minorOf(decimalOf(minor))).toBe(minor)
      })
    )
    expect([1, 10, 99, 100, 1250].map(decimalOf)).toEqual(["0.01", "0.10", "0.99", "1.00", "12.50"])
    expect(minorOf("-12.50")).toBe(-1250)
  })

  it("are stamps of seconds in UTC, and no stamp that there is not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_799 }), (seconds) => {
        const at = timeOf(stampOf(DateTime.makeUnsafe(seconds * 1000)))
        expect(at && DateTime.toEpochMillis(at)).toBe(seconds * 1000)
      })
    )
    for (const stamp of ["", "2026112115000", "20260229000000", "20261121240000", "x0261121150000"]) {
      expect(timeOf(stamp), stamp).toBeUndefined()
    }
  })
})

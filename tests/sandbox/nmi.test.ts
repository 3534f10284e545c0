// NMI has no client to keep its emulator honest: these are the recorded shapes and the rules of the wire facts.
import { describe, expect, it } from "vitest"
import { codeCard } from "../../sandbox/plumbing/faultCards.ts"
import { resultCodes } from "../../sandbox/nmi/resultCodes.ts"
import { answer, hour, moved, postForm, queried, sale, sandboxed, sendJson, texts } from "./support.ts"

const codes = Object.entries(resultCodes)

describe("an answer of transact.php", () => {
  it(
    "is a form with unescaped spaces that calls itself HTML, with status 200 whatever it says",
    sandboxed(async (sandbox) => {
      const approved = await sale(sandbox, { orderid: "o 1", cvv: "999", address1: "888", zip: "77777" })
      expect(approved.status).toBe(200)
      expect(approved.headers.get("content-type")).toMatch(/^text\/html/)
      expect(approved.text).toMatch(
        /^response=1&responsetext=SUCCESS&authcode=123456&transactionid=\d+&avsresponse=Y&cvvresponse=M&orderid=o 1&type=sale&response_code=100$/
      )
      const declined = await sale(sandbox, { amount: "0.99", orderid: "o2" })
      expect(declined.text).toMatch(
        /^response=2&responsetext=DECLINE&authcode=&transactionid=\d+&avsresponse=N&cvvresponse=&orderid=o2&type=sale&response_code=200$/
      )
      const stranger = await postForm(`${sandbox.nmi.origin}/api/transact.php`, {
        security_key: "nobody",
        type: "sale"
      })
      expect(stranger.status).toBe(200)
      expect(answer(stranger)).toMatchObject({ response: "3", response_code: "300" })
      expect(moved(sandbox.nmi)).toEqual(["captured 2500"])
    })
  )

  it(
    "has the transactionid empty or 0 where there is no transaction, and nothing is kept of it",
    sandboxed(async (sandbox) => {
      const ids: Array<string | undefined> = []
      for (const form of [
        { ccnumber: "4111111111111112" },
        { ccexp: "1334" },
        { amount: "ten" },
        { type: "gift" }
      ]) {
        const refused = answer(await sale(sandbox, { orderid: "o1", ...form }))
        expect(refused).toMatchObject({ response: "3", response_code: "300", authcode: "" })
        ids.push(refused["transactionid"])
      }
      expect(new Set(ids)).toEqual(new Set(["", "0"]))
      expect(texts(await queried(sandbox, { order_id: "o1" }), "transaction_id")).toEqual([])
    })
  )

  it(
    "of a kept card is response=1 and 100 without a transaction, and charges nothing",
    sandboxed(async (sandbox) => {
      const { nmi } = sandbox
      const kept = answer(
        await postForm(`${nmi.origin}/api/transact.php`, {
          security_key: "sandbox_shop",
          customer_vault: "add_customer",
          ccnumber: "4111111111111111",
          ccexp: "1234"
        })
      )
      expect(kept).toMatchObject({ response: "1", response_code: "100", type: "" })
      expect(["", "0"]).toContain(kept["transactionid"])
      expect(moved(nmi)).toEqual([])
      const charged = await postForm(`${nmi.origin}/api/transact.php`, {
        security_key: "sandbox_shop",
        type: "sale",
        amount: "25.00",
        customer_vault_id: kept["customer_vault_id"] ?? "",
        initiated_by: "merchant",
        stored_credential_indicator: "used"
      })
      expect(answer(charged)).toMatchObject({ response: "1", type: "sale" })
      expect(moved(nmi)).toEqual(["captured 2500"])
    })
  )
})

describe("a result code", () => {
  it.each(codes)("%s comes on demand by card, and no money moves", async (code, row) =>
    sandboxed(async (sandbox) => {
      const answered = answer(
        await sale(sandbox, { ccnumber: codeCard("stays", Number(code)), orderid: "o1" })
      )
      expect(answered).toMatchObject({ response: row.response, response_code: code })
      sandbox.clock.advance(hour)
      expect(moved(sandbox.nmi)).toEqual([])
      const xml = await queried(sandbox, { order_id: "o1" })
      const condition = { failed: "failed", in_progress: "failed", unknown: "unknown", nothing: undefined }[
        row.keeps
      ]
      expect(texts(xml, "condition")).toEqual(condition === undefined ? [] : [condition])
      expect(texts(xml, "success").every((success) => success === "0")).toBe(true)
    })()
  )

  it.each(codes)("%s can lie: the money moved all the same", async (code, row) =>
    sandboxed(async (sandbox) => {
      const answered = answer(
        await sale(sandbox, { ccnumber: codeCard("moves", Number(code)), orderid: "o1" })
      )
      expect(answered).toMatchObject({ response: row.response, response_code: code })
      if (code === "300") expect(answered["responsetext"]).toMatch(/^Duplicate transaction REFID:\d+$/)
      sandbox.clock.advance(hour)
      expect(moved(sandbox.nmi)).toEqual(["captured 2500"])
      const xml = await queried(sandbox, { order_id: "o1" })
      expect(texts(xml, "condition")).toEqual(["pendingsettlement"])
    })()
  )
})

describe("the duplicate check", () => {
  const twice = { orderid: "o1" }

  it(
    "refuses the same card and amount for 1200 seconds, whatever the orderid, and counts from the first",
    sandboxed(async (sandbox) => {
      expect(answer(await sale(sandbox, twice))["response"]).toBe("1")
      const second = answer(await sale(sandbox, { orderid: "o2" }))
      expect(second).toMatchObject({ response: "3", response_code: "300" })
      expect(second["responsetext"]).toMatch(/^Duplicate transaction REFID:\d+$/)
      sandbox.clock.advance(1_199_000)
      expect(answer(await sale(sandbox, twice))["response"]).toBe("3")
      sandbox.clock.advance(2_000)
      expect(answer(await sale(sandbox, twice))["response"]).toBe("1")
      expect(moved(sandbox.nmi)).toEqual(["captured 2500", "captured 2500"])
    })
  )

  it(
    "looks at nothing beyond one processor of one account, and not at other amounts or cards",
    sandboxed(async (sandbox) => {
      const charges: ReadonlyArray<Readonly<Record<string, string>>> = [
        {},
        { processor_id: "second" },
        { amount: "25.01" },
        { ccnumber: "5431111111111111" }
      ]
      for (const form of charges) expect(answer(await sale(sandbox, form))["response"]).toBe("1")
      expect(answer(await sale(sandbox, {}, "other"))["response"]).toBe("1")
      for (const form of charges) expect(answer(await sale(sandbox, form))["response"]).toBe("3")
      expect(moved(sandbox.nmi)).toHaveLength(5)
    })
  )

  it(
    "can be changed by the request only where the account allows it; elsewhere the sale itself is refused",
    sandboxed(async (sandbox) => {
      const refused = answer(await sale(sandbox, { dup_seconds: "0" }))
      expect(refused["response_code"]).toBe("300")
      expect(refused["responsetext"]).toContain("Disabling Duplicate Check is not allowed for this processor")
      sandbox.nmi.configure("shop", { allowOverride: true })
      expect(answer(await sale(sandbox, { dup_seconds: "0" }))["response"]).toBe("1")
      expect(answer(await sale(sandbox, { dup_seconds: "0" }))["response"]).toBe("1")
      expect(answer(await sale(sandbox, { dup_seconds: "60" }))["response"]).toBe("3")
      expect(moved(sandbox.nmi)).toHaveLength(2)
    })
  )

  it(
    "does not count declines, unless the account says so, and may count the orderid",
    sandboxed(async (sandbox) => {
      const bad = { ccnumber: codeCard("stays", 202) }
      expect(answer(await sale(sandbox, bad))["response"]).toBe("2")
      expect(answer(await sale(sandbox, bad))["response"]).toBe("2")
      sandbox.nmi.configure("shop", { declinesCount: true, orderIdCounts: true })
      expect(answer(await sale(sandbox, { ...bad, orderid: "o1" }))["response"]).toBe("2")
      expect(answer(await sale(sandbox, { ...bad, orderid: "o1" }))["response"]).toBe("3")
      expect(answer(await sale(sandbox, { ...bad, orderid: "o2" }))["response"]).toBe("2")
    })
  )
})

describe("what follows a charge", () => {
  const follow = async (sandbox: Parameters<typeof sale>[0], form: Readonly<Record<string, string>>) =>
    answer(
      await postForm(`${sandbox.nmi.origin}/api/transact.php`, { security_key: "sandbox_shop", ...form })
    )

  it(
    "an auth moves nothing until it is captured, for at most what was approved",
    sandboxed(async (sandbox) => {
      const held = answer(await sale(sandbox, { type: "auth", orderid: "o1" }))
      const transactionid = held["transactionid"] ?? ""
      expect(texts(await queried(sandbox, { order_id: "o1" }), "condition")).toEqual(["pending"])
      expect((await follow(sandbox, { type: "capture", transactionid, amount: "25.01" }))["response"]).toBe(
        "3"
      )
      expect(moved(sandbox.nmi)).toEqual([])
      expect((await follow(sandbox, { type: "capture", transactionid, amount: "10.00" }))["response"]).toBe(
        "1"
      )
      expect((await follow(sandbox, { type: "capture", transactionid, amount: "10.00" }))["response"]).toBe(
        "3"
      )
      expect(moved(sandbox.nmi)).toEqual(["captured 1000"])
    })
  )

  it(
    "a void takes all of it back, once, and only before it is settled",
    sandboxed(async (sandbox) => {
      const first = answer(await sale(sandbox, { orderid: "o1" }))["transactionid"] ?? ""
      expect(await follow(sandbox, { type: "void", transactionid: first })).toMatchObject({
        response: "1",
        responsetext: "Transaction Void Successful"
      })
      expect((await follow(sandbox, { type: "void", transactionid: first }))["response"]).toBe("3")
      const xml = await queried(sandbox, { order_id: "o1" })
      expect(texts(xml, "condition")).toEqual(["canceled"])
      expect(texts(xml, "action_type")).toEqual(["sale", "void"])
      const second = answer(await sale(sandbox, { amount: "30.00" }))["transactionid"] ?? ""
      await sendJson(`${sandbox.nmi.origin}/_sandbox/settle`, "POST", { account: "shop" })
      expect((await follow(sandbox, { type: "void", transactionid: second }))["response"]).toBe("3")
      expect(moved(sandbox.nmi)).toEqual(["captured 2500", "voided 2500", "captured 3000"])
    })
  )

  it(
    "a refund is a transaction of its own with a negative amount; 0.00 refunds everything",
    sandboxed(async (sandbox) => {
      const transactionid = answer(await sale(sandbox, { orderid: "o1" }))["transactionid"] ?? ""
      const part = await follow(sandbox, { type: "refund", transactionid, amount: "5.00" })
      expect(part["transactionid"]).not.toBe(transactionid)
      expect((await follow(sandbox, { type: "refund", transactionid, amount: "20.01" }))["response"]).toBe(
        "3"
      )
      expect((await follow(sandbox, { type: "refund", transactionid, amount: "0.00" }))["response"]).toBe("1")
      expect((await follow(sandbox, { type: "refund", transactionid, amount: "0.01" }))["response"]).toBe("3")
      const xml = await queried(sandbox, { order_id: "o1" })
      expect(texts(xml, "original_transaction_id")).toEqual([transactionid, transactionid])
      expect(texts(xml, "amount")).toEqual(["25.00", "-5.00", "-20.00"])
      expect(moved(sandbox.nmi)).toEqual(["captured 2500", "refunded 500", "refunded 2000"])
      expect(sandbox.nmi.books().charges).toMatchObject([{ left: 0, order: "o1" }])
    })
  )

  it(
    "a validation charges nothing and is complete; a credit sends money without a charge",
    sandboxed(async (sandbox) => {
      expect(
        answer(await sale(sandbox, { type: "validate", amount: "0.00", orderid: "v" }))["response"]
      ).toBe("1")
      expect(texts(await queried(sandbox, { order_id: "v" }), "condition")).toEqual(["complete"])
      expect(moved(sandbox.nmi)).toEqual([])
      expect(answer(await sale(sandbox, { type: "credit" }))["response"]).toBe("1")
      expect(moved(sandbox.nmi)).toEqual(["credited 2500"])
    })
  )

  it(
    "a chargeback takes what is left",
    sandboxed(async (sandbox) => {
      const transactionid = answer(await sale(sandbox))["transactionid"] ?? ""
      await follow(sandbox, { type: "refund", transactionid, amount: "5.00" })
      const door = `${sandbox.nmi.origin}/_sandbox/chargebacks`
      expect((await sendJson(door, "POST", { transaction_id: transactionid })).status).toBe(201)
      expect((await sendJson(door, "POST", { transaction_id: transactionid })).status).toBe(400)
      expect(moved(sandbox.nmi)).toEqual(["captured 2500", "refunded 500", "disputed 2000"])
    })
  )
})

describe("a query", () => {
  it(
    "shows every transaction of an order_id, declines too, with their actions; a filter hides them",
    sandboxed(async (sandbox) => {
      await sale(sandbox, { orderid: "o1", ccnumber: codeCard("stays", 202) })
      await sale(sandbox, { orderid: "o1", merchant_defined_field_1: "attempt <1>" })
      await sale(sandbox, { orderid: "o2", amount: "3.00" })
      const xml = await queried(sandbox, { order_id: "o1" })
      expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<nm_response>/)
      expect(texts(xml, "condition")).toEqual(["failed", "pendingsettlement"])
      expect(texts(xml, "success")).toEqual(["0", "1"])
      expect(texts(xml, "response_code")).toEqual(["202", "100"])
      expect(texts(xml, "date").every((date) => /^\d{14}$/.test(date))).toBe(true)
      expect(texts(xml, "currency")).toEqual(["USD", "USD"])
      expect(xml).toContain('<merchant_defined_field id="1">attempt &lt;1&gt;</merchant_defined_field>')
      expect(xml).not.toContain("4111111111111111")
      const filtered = await queried(sandbox, { order_id: "o1", condition: "pendingsettlement,complete" })
      expect(texts(filtered, "condition")).toEqual(["pendingsettlement"])
      expect(texts(await queried(sandbox, { order_id: "o1" }, "other"), "condition")).toEqual([])
    })
  )

  it(
    "comes in pages, and an error is an element of its own",
    sandboxed(async (sandbox) => {
      for (const amount of ["1.00", "2.00", "3.00"]) await sale(sandbox, { amount })
      const page = async (number: string) =>
        texts(await queried(sandbox, { result_limit: "2", page_number: number }), "amount")
      expect([await page("0"), await page("1"), await page("2")]).toEqual([["1.00", "2.00"], ["3.00"], []])
      const stranger = await postForm(`${sandbox.nmi.origin}/api/query.php`, { security_key: "nobody" })
      expect(stranger.status).toBe(200)
      expect(texts(stranger.text, "error_response")[0]).toContain("Authentication Failed")
    })
  )

  it(
    "may lag behind, and tells whether the account is in test mode",
    sandboxed(async (sandbox) => {
      sandbox.nmi.configure("shop", { queryDelay: 300, testMode: true })
      expect(answer(await sale(sandbox, { orderid: "o1", amount: "0.10" }))["response"]).toBe("1")
      expect(texts(await queried(sandbox, { order_id: "o1" }), "condition")).toEqual([])
      sandbox.clock.advance(300_000)
      expect(texts(await queried(sandbox, { order_id: "o1" }), "condition")).toEqual(["pendingsettlement"])
      expect(await queried(sandbox, { report_type: "test_mode_status" })).toContain("true")
      // Approved, shown, and yet nothing was charged.
      expect(moved(sandbox.nmi)).toEqual([])
    })
  )
})

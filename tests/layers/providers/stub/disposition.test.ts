import { describe, expect, it } from "vitest"
import {
  chargeCodes,
  judge,
  lookupResult,
  refundCodes,
  voidCodes
} from "../../../../src/layers/providers/stub/disposition.ts"
import type { StubAnswer } from "../../../../src/layers/providers/stub/wire.ts"

const money: Omit<StubAnswer, "code"> = { message: "", reference: "ch_1", amount: 100, currency: "USD" }

describe("what an answer proves", () => {
  it("is nothing when its code is not listed, with or without money in it", () => {
    for (const codes of [chargeCodes, refundCodes, voidCodes]) {
      for (const code of ["", "ok", "Approved", "declined", "DECLINED", "toString", "timeout", "error"]) {
        expect(judge(codes, { ...money, code })).toMatchObject({ _tag: "Indeterminate", evidence: { code } })
        expect(judge(codes, { code, message: "" })).toMatchObject({ _tag: "Indeterminate" })
      }
    }
  })

  it("is no capture when it does not name the charge and its money", () => {
    expect(judge(chargeCodes, { ...money, code: "approved" })).toMatchObject({
      reference: "ch_1",
      amount: 100
    })
    for (const missing of ["reference", "amount", "currency"] as const) {
      const { [missing]: _, ...rest } = { ...money, code: "approved" }
      expect(judge(chargeCodes, rest), missing).toMatchObject({ _tag: "Indeterminate" })
      expect(lookupResult(rest), missing).toMatchObject({ _tag: "Indeterminate" })
    }
  })

  it("is a refusal of a refund or a void only in answer to one", () => {
    for (const code of [...refundCodes.keys(), ...voidCodes.keys()]) {
      expect(judge(chargeCodes, { ...money, code })).toMatchObject({ _tag: "Indeterminate" })
    }
  })

  it("is about the card only if the table says so, and the whole table is this", () => {
    const declines = [...chargeCodes].flatMap(([code, meaning]) =>
      meaning.outcome === "declined"
        ? [`${code}: ${meaning.kind}${meaning.offNetwork === true ? ", off network" : ""}`]
        : []
    )
    expect(declines).toEqual([
      "do_not_honor: soft",
      "stolen_card: hard",
      "insufficient_funds: hard",
      "invalid_token: hard, off network"
    ])
  })
})

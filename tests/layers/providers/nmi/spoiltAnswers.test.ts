// Valid answers to a sale that are spoilt on their way: no proof comes of it by chance.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { resultCodes } from "../../../../src/layers/providers/nmi/resultCodes.ts"
import { answered, declinedWith, fieldsOf, formOf, judged, rejectedWith } from "./answers.ts"

describe("whatever comes in", () => {
  const valid = fc.oneof(
    fc.constant(fieldsOf()),
    fc.constant(fieldsOf({ amount_authorized: "12.50" })),
    fc
      .constantFrom(...Object.keys(resultCodes).filter((code) => code !== "100"))
      .map((code) => declinedWith(code, code === "301" ? { transactionid: "" } : {})),
    fc.constant(rejectedWith("Authentication Failed"))
  )
  const needed = ["response", "responsetext", "authcode", "transactionid", "orderid", "type", "response_code"]

  it("bytes prove nothing by chance", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        expect(judged(answered(body))._tag).toBe("Indeterminate")
      })
    )
  })

  it("the order of the fields makes no difference", () => {
    fc.assert(
      fc.property(
        valid.chain((fields) =>
          fc.tuple(
            fc.constant(fields),
            fc.shuffledSubarray([...fields], { minLength: fields.length, maxLength: fields.length })
          )
        ),
        ([fields, shuffled]) => {
          expect(judged(shuffled)).toEqual(judged(fields))
        }
      )
    )
  })

  it("a field that is missing leaves no proof, unless nothing hangs on it", () => {
    fc.assert(
      fc.property(valid, fc.nat(), (fields, nth) => {
        const [gone] = fields[nth % fields.length] ?? []
        const outcome = judged(fields.filter(([name]) => name !== gone))
        if (gone !== undefined && needed.includes(gone)) expect(outcome._tag).toBe("Indeterminate")
        else expect(outcome).toEqual(judged(fields))
      })
    )
  })

  it("a field that comes twice leaves no proof, even if it says the same", () => {
    fc.assert(
      fc.property(
        valid,
        fc.nat(),
        fc.nat(),
        fc.option(fc.constantFrom("1", "2", "100", "202", "")),
        (fields, nth, at, value) => {
          const [name, same] = fields[nth % fields.length] ?? ["response", "1"]
          const twice = fields.toSpliced(at % (fields.length + 1), 0, [name, value ?? same])
          expect(judged(twice)._tag).toBe("Indeterminate")
        }
      )
    )
  })

  it("a body that ends too early leaves no proof, wherever it was cut", () => {
    for (const fields of [
      fieldsOf(),
      declinedWith("202"),
      declinedWith("461"),
      rejectedWith("Authentication Failed")
    ]) {
      const body = new TextEncoder().encode(formOf(fields))
      for (let length = 0; length < body.length; length++) {
        expect(judged(answered(body.subarray(0, length)))._tag, String(length)).toBe("Indeterminate")
      }
      const twice = Uint8Array.from([...body, ...body])
      expect(judged(answered(twice))._tag).toBe("Indeterminate")
    }
  })

  it("a byte that is changed never turns no into yes, nor yes into no", () => {
    fc.assert(
      fc.property(valid, fc.nat(), fc.integer({ min: 0, max: 255 }), (fields, nth, value) => {
        const body = new TextEncoder().encode(formOf(fields))
        const before = judged(fields)._tag
        body[nth % body.length] = value
        // A changed digit of the id or the text is still this answer; a changed outcome is not.
        expect([before, "Indeterminate", ...(before === "Indeterminate" ? ["Declined"] : [])]).toContain(
          judged(answered(body))._tag
        )
      }),
      { numRuns: 2000 }
    )
  })
})

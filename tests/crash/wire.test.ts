import { describe, expect, it } from "vitest"
import { isStep, stepReader } from "./wire.ts"

/** What the reader says of a statement that is prepared and then asked with a parameter. */
const asked = (statement: string, parameter = "{}") => {
  const read = stepReader()
  const message = (type: string, text: string) => ({ type, bytes: Buffer.alloc(0), body: Buffer.from(text) })
  expect(read(message("P", `s1\0${statement}\0\0\0`))).toBeUndefined()
  return read(message("B", `\0s1\0${parameter}`))
}

describe("a money step on the wire", () => {
  it.each([
    ["open_attempt", "open"],
    ["open_attempts", "open together"],
    ["claim_fulfilment", "claim"],
    ["take_over", "other"]
  ])("%s is known as %s", (name, step) => {
    expect(asked(`select ${name}($1::jsonb) as answer`)).toBe(step)
  })

  it.each([
    ["record_outcome", "record"],
    ["record_outcomes", "record together"]
  ])("%s is known as %s where a driver tells of its own charge", (name, step) => {
    const statement = `select ${name}($1::jsonb) as answer`
    expect(asked(statement, '{"source":"driver"}')).toBe(step)
    expect(asked(statement, '{"source":"lookup"}')).toBe("other")
  })

  it("that sessions share is that of each session in it, and no other", () => {
    expect(isStep("open together", "open")).toBe(true)
    expect(isStep("record together", "record")).toBe(true)
    expect(isStep("record together", "open")).toBe(false)
    expect(isStep("open", "open together")).toBe(false)
  })
})

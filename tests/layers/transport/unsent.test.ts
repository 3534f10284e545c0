import { describe, expect, it } from "vitest"
import { codeOf, provesNoLine } from "../../../src/layers/transport/unsent.ts"

const failure = (code: string, cause?: unknown) =>
  Object.assign(new Error(code, cause === undefined ? undefined : { cause }), { code })

describe("a failure proves that there was no line", () => {
  it.each([
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_CONNECT_TIMEOUT"
  ])("%s", (code) => expect(provesNoLine(failure(code))).toBe(true))

  it.each(["CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID", "ERR_SSL_WRONG_VERSION_NUMBER", "EPROTO"])(
    "in the handshake: %s",
    (code) => expect(provesNoLine(failure(code))).toBe(true)
  )

  it("when it was tried at several addresses and each of them says so", () => {
    const both = new AggregateError([failure("ECONNREFUSED"), failure("ENETUNREACH")])
    expect(provesNoLine(both)).toBe(true)
    expect(codeOf(both)).toBe("ECONNREFUSED")
  })
})

describe("a failure proves nothing", () => {
  it.each([
    "ECONNRESET",
    "EPIPE",
    "ETIMEDOUT",
    "ECONNABORTED",
    "UND_ERR_SOCKET",
    "UND_ERR_HEADERS_TIMEOUT",
    "HPE_INVALID_CONSTANT",
    "ERR_INVALID_CHAR",
    "ERR_SSL_",
    "econnrefused",
    ""
  ])("%s", (code) => expect(provesNoLine(failure(code))).toBe(false))

  it("when one of several addresses, or whatever caused it, says something else", () => {
    expect(provesNoLine(new AggregateError([failure("ECONNREFUSED"), failure("ETIMEDOUT")]))).toBe(false)
    expect(provesNoLine(new AggregateError([failure("ECONNREFUSED"), new Error("?")]))).toBe(false)
    expect(provesNoLine(failure("ECONNREFUSED", failure("ECONNRESET")))).toBe(false)
    expect(provesNoLine(failure("ECONNREFUSED", "a reason"))).toBe(false)
  })

  it("when it is no failure that anybody knows", () => {
    const endless: { code: string; cause?: unknown } = { code: "ECONNREFUSED" }
    endless.cause = endless
    for (const unknown of [
      undefined,
      null,
      "ECONNREFUSED",
      new Error("?"),
      new AggregateError([]),
      endless,
      { code: 1 }
    ]) {
      expect(provesNoLine(unknown)).toBe(false)
    }
    expect(codeOf(new Error("?"))).toBe("unknown_error")
  })
})

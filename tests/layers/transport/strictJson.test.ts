import { Option } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { strictJson } from "../../../src/layers/transport/strictJson.ts"

const bytes = (text: string) => Buffer.from(text, "utf8")

describe("a body is JSON", () => {
  it("whatever JSON it is", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (text, indent) => {
        const value: unknown = JSON.parse(text)
        const spaced = JSON.stringify(value, undefined, indent)
        expect(strictJson(bytes(spaced))).toEqual(Option.some(JSON.parse(spaced)))
      }),
      { numRuns: 500 }
    )
  })
})

describe("a body is none", () => {
  it("when some object has a name twice, wherever it stands and however it is spelled", () => {
    for (const text of [
      '{"a":1,"a":1}',
      '{"a":1,"\\u0061":2}',
      '[{"b":{"c":{},"x":[],"c":0}}]',
      '{"a":{"a":1},"b":[{"a":1}],"a":2}',
      '{"a\\"":1,"a\\"":2}',
      '{"__proto__":1,"__proto__":2}'
    ]) {
      expect(strictJson(bytes(text)), text).toEqual(Option.none())
    }
    for (const text of ['{"a":{"a":"a"},"b":["a","a"]}', '{"a":"\\",\\"a\\":1"}', '["a","a",{"a":"}"}]']) {
      expect(Option.isSome(strictJson(bytes(text))), text).toBe(true)
    }
  })

  it("when it is cut anywhere, comes twice, or is no UTF-8", () => {
    const text = '{"id":"pi_1","status":"succeeded","metadata":{"attempt_id":"k"}}'
    for (let length = 0; length < text.length; length++) {
      expect(strictJson(bytes(text.slice(0, length)))).toEqual(Option.none())
    }
    expect(strictJson(bytes(text + text))).toEqual(Option.none())
    expect(strictJson(Buffer.concat([bytes('{"a":"'), Buffer.from([0xff]), bytes('"}')]))).toEqual(
      Option.none()
    )
  })

  it("never throws, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => void strictJson(any)))
  })
})

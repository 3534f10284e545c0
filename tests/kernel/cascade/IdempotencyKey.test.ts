import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { idempotencyKey } from "../../../src/kernel/cascade/IdempotencyKey.ts"
import { MidId } from "../../../src/kernel/ids.ts"
import { sessionId } from "../../support/kernel/accounts.ts"

const whole = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const attempt = Arbitrary.map(
  Arbitrary.schema(
    Schema.Struct({ session: whole(0, 20), ordinal: whole(1, 30), mid: Schema.NonEmptyString })
  ),
  ({ session, ordinal, mid }) => ({ session: sessionId(session), ordinal, mid: MidId.make(mid) })
)

describe("the key of an attempt", () => {
  it("is what it was when it was last reviewed", () => {
    const keys = [
      idempotencyKey(sessionId(1), 1, MidId.make("mid_goods_stub_a")),
      idempotencyKey(sessionId(1), 2, MidId.make("mid_goods_stub_b")),
      idempotencyKey(sessionId(2), 1, MidId.make("mid_goods_stub_a"))
    ]
    expect(keys).toMatchInlineSnapshot(`
      [
        "ps_00000000000000000000000001-1-27db8b792a",
        "ps_00000000000000000000000001-2-e01d52aa42",
        "ps_00000000000000000000000002-1-27db8b792a",
      ]
    `)
  })

  it.prop(
    "tells sessions, ordinals and accounts apart",
    { attempts: Arbitrary.array(attempt, { minLength: 2, maxLength: 50 }) },
    ({ attempts }) => {
      const distinct = new Set(attempts.map((one) => JSON.stringify(one)))
      const keys = new Set(attempts.map(({ session, ordinal, mid }) => idempotencyKey(session, ordinal, mid)))
      expect(keys.size).toBe(distinct.size)
    },
    { arbitrary: { runs: 500, seed: 1 } }
  )

  it("tells apart ten thousand accounts of one session", () => {
    const keys = new Set(
      Array.from({ length: 10_000 }, (_, n) => idempotencyKey(sessionId(1), 1, MidId.make(`mid_${n}`)))
    )
    expect(keys.size).toBe(10_000)
    for (const key of keys) expect(key).toMatch(/^ps_0{25}1-1-[0-9a-f]{10}$/)
  })

  it.prop(
    "fits in the 50 characters that a processor keeps, and has none that needs escaping",
    { attempt },
    ({ attempt: { session, mid } }) => {
      const key = idempotencyKey(session, 999_999, mid)
      expect(key.length).toBeLessThanOrEqual(50)
      expect(key).toMatch(/^[\w-]+$/)
    },
    { arbitrary: { seed: 2 } }
  )
})

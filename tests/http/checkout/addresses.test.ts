import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { checkoutAddresses } from "../../../src/http/checkout/addresses.ts"
import { checkoutKeysOf } from "../../../src/http/checkout/checkoutKeys.ts"
import { SessionId } from "../../../src/kernel/ids.ts"

const session = SessionId.make("ps_01JD0000000000000000000000")
const publicOrigin = "https://pay.example"
const keyOf = (byte: number) => Redacted.make(new Uint8Array(32).fill(byte))
const withKeys = (...bytes: ReadonlyArray<number>) =>
  checkoutAddresses({ publicOrigin, checkoutKeys: bytes.map(keyOf) })

it.effect("an embed token is over after a quarter of an hour", () =>
  Effect.gen(function* () {
    const addresses = withKeys(1)
    const { embedToken = "" } = yield* addresses.wayTo({ id: session, mode: "embedded" })
    yield* TestClock.adjust("14 minutes")
    assert.strictEqual(yield* addresses.openedByToken(embedToken), session)
    yield* TestClock.adjust("1 minute")
    const refused = yield* Effect.flip(addresses.openedByToken(embedToken))
    assert.strictEqual(refused.problem, "over")
  })
)

it.effect("a key that a new one was put before opens what it made; a stranger's key opens nothing", () =>
  Effect.gen(function* () {
    const [before, after, stranger] = [withKeys(1), withKeys(2, 1), withKeys(2)]
    const secret = before.secretOf(session) ?? ""
    const { embedToken = "" } = yield* before.wayTo({ id: session, mode: "embedded" })
    assert.strictEqual(after.opened(session, secret), session)
    assert.strictEqual(yield* after.openedByToken(embedToken), session)
    assert.notStrictEqual(after.secretOf(session), secret)
    assert.isUndefined(stranger.opened(session, secret))
    assert.strictEqual((yield* Effect.flip(stranger.openedByToken(embedToken))).problem, "unknown")
  })
)

it.effect("while a key is exchanged, every server opens what every other one makes, at each step", () =>
  Effect.gen(function* () {
    // Appended everywhere, then moved to the front, then the old one taken away: two steps beside each other.
    const steps = [[1], [1, 2], [2, 1], [2]].map((keys) => withKeys(...keys))
    for (const [at, before] of steps.entries()) {
      const after = steps[at + 1]
      if (after === undefined || at === 2) continue
      for (const [makes, opens] of [
        [before, after],
        [after, before]
      ] as const) {
        assert.strictEqual(opens.opened(session, makes.secretOf(session) ?? ""), session)
        const { embedToken = "" } = yield* makes.wayTo({ id: session, mode: "embedded" })
        assert.strictEqual(yield* opens.openedByToken(embedToken), session)
        assert.strictEqual(opens.namedByToken(embedToken.slice(3, -20)), session)
      }
    }
  })
)

it.effect("a secret of a page is no proof of an embed token, nor the other way round", () =>
  Effect.gen(function* () {
    const addresses = withKeys(1)
    const { embedToken = "" } = yield* addresses.wayTo({ id: session, mode: "embedded" })
    const proof = embedToken.split(".").at(-1) ?? ""
    assert.isUndefined(addresses.opened(session, proof))
    const forged = embedToken.replace(proof, addresses.secretOf(session) ?? "")
    assert.strictEqual((yield* Effect.flip(addresses.openedByToken(forged))).problem, "unknown")
  })
)

it.effect("without a key nobody is given an address that could be guessed", () =>
  Effect.gen(function* () {
    const addresses = checkoutAddresses({ publicOrigin, checkoutKeys: checkoutKeysOf(undefined, false) })
    assert.deepStrictEqual(yield* addresses.wayTo({ id: session, mode: "hosted" }), {})
    assert.deepStrictEqual(yield* addresses.wayTo({ id: session, mode: "embedded" }), {})
    assert.isUndefined(addresses.opened(session, ""))
    assert.isUndefined(addresses.opened(session, "undefined"))
    // On this machine alone there is a key that everybody knows.
    assert.strictEqual(checkoutKeysOf(undefined, true).length, 1)
  })
)

// What the simulated gateways tell by themselves is read by their own driver.
import { expect, it } from "@effect/vitest"
import { DateTime, Effect, Redacted } from "effect"
import { MidId } from "../../../../src/kernel/ids.ts"
import { StubEntry } from "../../../../src/layers/providers/stub/StubEntry.ts"
import { makeTeller, StubWebhookTarget } from "../../../../src/layers/providers/stub/teller.ts"
import { stubWebhooks } from "../../../../src/layers/providers/stub/webhooks.ts"
import { receiver } from "../../../sandbox/support.ts"

const secret = Redacted.make("a secret of all gateways")

it.live("a simulated gateway tells of a late charge, and of a refund that did not arrive", () =>
  Effect.gen(function* () {
    const listener = yield* Effect.acquireRelease(
      Effect.promise(() => receiver()),
      ({ close }) => Effect.sync(close)
    )
    const target = { address: "127.0.0.1", port: Number(new URL(listener.url).port) }
    const tell = yield* makeTeller(secret).pipe(Effect.provideService(StubWebhookTarget, target))
    const charge = new StubEntry({
      gateway: "stub_a",
      mid: "mid_1",
      idempotencyKey: "key_1",
      operation: "charge",
      kind: "captured",
      code: "approved",
      processorReference: "ch_1",
      chargeReference: "ch_1",
      amount: 1000,
      currency: "USD",
      tokenRef: "tok_captured",
      movesAt: 0,
      createdAt: 0
    })
    yield* tell(charge)
    yield* tell(
      new StubEntry({ ...charge, operation: "refund", kind: "refunded", processorReference: "re_1" })
    )
    yield* Effect.sleep("20 millis").pipe(
      Effect.repeat({ until: () => listener.received.length >= 2, times: 200 })
    )
    const { readWebhook } = stubWebhooks("stub_a", [secret])
    const told = yield* Effect.forEach(listener.received, ({ headers, body }) =>
      Effect.flatMap(DateTime.now, (receivedAt) =>
        readWebhook({
          mid: MidId.make("mid_1"),
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
          body: new TextEncoder().encode(body),
          receivedAt
        })
      )
    )
    expect(told.flatMap(({ subjects }) => subjects)).toEqual(
      expect.arrayContaining([
        { _tag: "Charge", processorReference: "ch_1", idempotencyKey: "key_1" },
        { _tag: "Refund", refundReference: "re_1", processorReference: "ch_1" }
      ])
    )
  }).pipe(Effect.scoped)
)

// A client that hangs up in mid-charge changes nothing about the charge. The kernel is the real one, over storage
// in memory and a processor that answers when it is told to.
import { expect, it } from "@effect/vitest"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Deferred, Duration, Effect, Layer, Option, Schedule } from "effect"
import { ApiKeys } from "../../src/db/ApiKeys.ts"
import { Captured } from "../../src/kernel/cascade/Disposition.ts"
import { Reviews } from "../../src/kernel/reviews/Reviews.ts"
import { WebhookInbox } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { EventSubscriptions } from "../../src/kernel/events/EventSubscriptions.ts"
import { FulfilmentGate } from "../../src/kernel/FulfilmentGate.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import {
  type PaymentProvider,
  ProviderNames,
  Providers,
  providersOf
} from "../../src/kernel/PaymentProvider.ts"
import { PaymentSessions } from "../../src/kernel/PaymentSessions.ts"
import { Refunds } from "../../src/kernel/refunds/Refunds.ts"
import { Vaults, vaultsOf } from "../../src/kernel/TokenVault.ts"
import * as MemoryStorage from "../../src/layers/memory/memoryStorage.ts"
import { MemoryStore } from "../../src/layers/memory/Store.ts"
import { makeStubVault } from "../../src/layers/vault/stub/StubVault.ts"
import { fixtureProviders } from "../suites/StorageFixture.ts"
import { account, brandOf, company } from "../suites/world.ts"
import { caller, key, openDoorOver } from "./support.ts"

/** A processor that captures once it is let go, and counts how often it is asked. */
const patient = Effect.gen(function* () {
  const asked = yield* Deferred.make<void>()
  const letGo = yield* Deferred.make<void>()
  const calls: Array<string> = []
  const unused = () => Effect.die("this processor only charges tokens")
  const provider: PaymentProvider = {
    name: fixtureProviders[0],
    charge: unused,
    refundContext: unused,
    refund: unused,
    tokenCharge: {
      deadline: Duration.minutes(1),
      chargeToken: ({ attempt }) =>
        Effect.gen(function* () {
          calls.push(attempt.idempotencyKey)
          yield* Deferred.succeed(asked, undefined)
          yield* Deferred.await(letGo)
          const evidence = { code: "approved", message: "captured" }
          return new Captured({ ...attempt.money, processorReference: "ref_1", evidence })
        })
    }
  }
  return { asked: Deferred.await(asked), letGo: Deferred.succeed(letGo, undefined), calls, provider }
})

const kernelOver = (provider: PaymentProvider, seeded: Layer.Layer<never, never, MemoryStore>) =>
  Layer.mergeAll(
    PaymentSessions.layer({ lifetime: Duration.hours(1) }),
    PaymentOrchestrator.layer,
    FulfilmentGate.layer,
    seeded
  ).pipe(
    Layer.provideMerge(MemoryStorage.layer.pipe(Layer.provide(ProviderNames.layer))),
    Layer.provide([
      Layer.succeed(Providers, providersOf([provider])),
      Layer.succeed(Vaults, vaultsOf([makeStubVault()])),
      NodeCrypto.layer
    ]),
    Layer.merge(
      Layer.mergeAll(
        Layer.mock(EventSubscriptions, {}),
        Layer.mock(Refunds, {
          ofSession: () =>
            Effect.succeed({ captures: [], refunds: [], disputes: [], waitsFor: [], lateCaptures: [] })
        })
      )
    ),
    Layer.merge(Layer.mock(Reviews, {})),
    Layer.merge(Layer.mock(WebhookInbox, {})),
    Layer.merge(Layer.succeed(ApiKeys, { authenticate: () => Effect.succeed(Option.some(caller)) }))
  )

it.live("a charge goes on to its end when the client hangs up", () =>
  Effect.gen(function* () {
    const { asked, letGo, calls, provider } = yield* patient
    const entity = company()
    const brand = brandOf(entity)
    const mid = account(entity.id)
    const seeded = Layer.effectDiscard(
      Effect.map(MemoryStore, (store) => {
        store.entities.set(entity.id, entity)
        store.brands.set(brand.id, brand)
        store.accounts.set(mid.id, mid)
      })
    )
    const door = yield* openDoorOver(kernelOver(provider, seeded))
    const config = {
      customer: "loop_user_1",
      brand: brand.id,
      entity: entity.id,
      intent: { type: "amount", amountCents: 4200, currency: "USD" },
      product: "supplements",
      mode: "hosted"
    }
    const declared = yield* door.ask("POST", "/v1/payment-sessions", { body: config })
    expect(declared.status, declared.text).toBe(201)
    const session = `/v1/payment-sessions/${/"id":"(ps_\w+)"/.exec(declared.text)?.[1]}`
    const body = { vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }

    const impatient = new AbortController()
    const hungUp = fetch(`${door.origin}${session}/confirm`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: impatient.signal
    }).then(
      () => "answered",
      () => "hung up"
    )
    yield* asked
    impatient.abort()
    expect(yield* Effect.promise(() => hungUp)).toBe("hung up")
    yield* until(() => Effect.succeed(door.log.some(({ annotations }) => annotations["status"] === 499)))

    const again = yield* door.ask("POST", `${session}/confirm`, { body })
    expect(again.status).toBe(409)
    expect(again.json).toMatchObject({
      error: { code: "session_not_payable", message: expect.stringMatching(/do not pay again/) }
    })

    yield* letGo
    yield* until(() => Effect.map(door.ask("GET", session), ({ text }) => text.includes('"state":"settled"')))
    expect((yield* door.ask("GET", session)).json).toMatchObject({
      state: "settled",
      attempts: [{ ordinal: 1, mid: mid.id, state: "captured" }]
    })
    expect((yield* door.ask("POST", `${session}/fulfilment`)).json).toMatchObject({ fulfilment: "first" })
    expect(calls).toHaveLength(1)
  })
)

/** Waits for something that nobody announces; the test's own time limit ends a wait in vain. */
const until = (holds: () => Effect.Effect<boolean>) =>
  Effect.suspend(holds).pipe(Effect.repeat({ schedule: Schedule.spaced("5 millis"), until: (held) => held }))

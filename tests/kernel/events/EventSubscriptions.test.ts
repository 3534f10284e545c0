import { describe, expect, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { TestClock } from "effect/testing"
import { EntityRegistry } from "../../../src/kernel/EntityRegistry.ts"
import * as refusals from "../../../src/kernel/events/eventRefusals.ts"
import { EventSecrets } from "../../../src/kernel/events/EventSecrets.ts"
import { EventSender } from "../../../src/kernel/events/EventSender.ts"
import {
  EventDelivery,
  EventSubscription,
  SubscriptionId
} from "../../../src/kernel/events/EventSubscription.ts"
import { EventSubscriptions } from "../../../src/kernel/events/EventSubscriptions.ts"
import {
  EventSubscriptionStore,
  type NewSubscription
} from "../../../src/kernel/events/EventSubscriptionStore.ts"
import { EventType } from "../../../src/kernel/Outbox.ts"
import { sessionId } from "../../support/kernel/accounts.ts"
import { by, registry } from "../../support/kernel/sessions.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const id = SubscriptionId.make(`es_${"0".repeat(26)}`)
const other = `es_${"1".repeat(26)}`
const deliveryId = `ed_${"0".repeat(26)}_7`

const subscription = (of = id) =>
  new EventSubscription({
    id: of,
    url: "https://shop.example/events",
    state: "active",
    createdAt: DateTime.makeUnsafe(0)
  })

const delivery = new EventDelivery({
  id: deliveryId,
  subscription: id,
  event: "evt_7",
  type: "payment.charged.v1",
  session: sessionId(1),
  occurredAt: DateTime.makeUnsafe(0),
  state: "pending",
  tries: 0
})

/** The service over a store that has one subscription, unless a test says otherwise; and what the store was asked. */
const over = Effect.fnUntraced(function* (answers: Partial<EventSubscriptionStore["Service"]> = {}) {
  const asked: Array<readonly [string, ...ReadonlyArray<unknown>]> = []
  const created: Array<NewSubscription> = []
  const knows = (own: { readonly subscription: string }) => own.subscription === id
  const noting = <A>(name: string, args: ReadonlyArray<unknown>, answer: A) =>
    Effect.sync(() => {
      asked.push([name, ...args])
      return answer
    })
  const store: EventSubscriptionStore["Service"] = {
    create: (one, most) => {
      created.push(one)
      return noting("create", [most], { _tag: "Created", subscription: subscription(one.id) } as const)
    },
    list: (...args) => noting("list", args, [subscription()]),
    get: (own) => noting("get", [own], knows(own) ? subscription() : undefined),
    rotate: (own, ...args) => noting("rotate", [own, ...args], knows(own) ? subscription() : undefined),
    setState: (own, to) => noting("setState", [own, to], knows(own) ? subscription() : undefined),
    remove: (own) => noting("remove", [own], knows(own)),
    deliveries: (own, slice) => noting("deliveries", [own, slice], knows(own) ? [delivery] : undefined),
    replayDelivery: (own, event) =>
      noting(
        "replayDelivery",
        [own, event],
        knows(own) ? ({ _tag: "Replaying", delivery } as const) : undefined
      ),
    replaySince: (own, ...args) =>
      noting(
        "replaySince",
        [own, ...args],
        knows(own) ? ({ _tag: "Replaying", subscription: subscription() } as const) : undefined
      ),
    ...answers
  }
  const sealedFor: Array<string> = []
  const context = yield* EventSubscriptions.layer.pipe(
    Layer.provide([
      Layer.succeed(EventSubscriptionStore, store),
      Layer.succeed(EntityRegistry, registry),
      Layer.succeed(EventSecrets, {
        draw: (of) => {
          sealedFor.push(of)
          return Effect.succeed({ secret: Redacted.make("whsec_new"), sealed: "sealed" })
        },
        open: () => Effect.die("nobody opens here")
      }),
      Layer.succeed(EventSender, {
        judge: (url) =>
          url.startsWith("https:")
            ? Effect.succeed(`${url}/`)
            : Effect.fail(new refusals.AddressNotAllowed({ problem: "is not HTTPS" })),
        send: () => Effect.die("nobody sends here")
      }),
      SecureRandom.layerWebCrypto
    ]),
    Layer.build
  )
  return { ...(yield* Effect.provide(EventSubscriptions, context)), asked, created, sealedFor }
})

const url = "https://shop.example"

describe("whoever subscribes", () => {
  it.effect("gets a subscription to the judged address, and a secret that was sealed for it", () =>
    Effect.gen(function* () {
      const { create, created, asked, sealedFor } = yield* over()
      const { subscription: made, secret } = yield* create(by, { url })
      expect(Redacted.value(secret)).toBe("whsec_new")
      expect(created).toEqual([{ id: made.id, by, url: `${url}/`, sealed: "sealed" }])
      expect(made.id).toMatch(/^es_[0-9A-HJKMNP-TV-Z]{26}$/)
      expect(sealedFor).toEqual([made.id])
      expect(asked).toEqual([["create", 20]])
    })
  )

  it.effect("may want some types, a company, a brand of it, or all of these", () =>
    Effect.gen(function* () {
      const { create, created } = yield* over()
      const eventTypes = ["payment.charged.v1", "payment.failed.v1", "payment.charged.v1"]
      yield* create(by, { url, eventTypes, entity: "loop_goods", brand: "loop-goods" })
      yield* create(by, { url, brand: "loop-health" })
      yield* create(by, { url, entity: "loop_payouts" })
      expect(
        created.map(({ id: _id, by: _by, url: _url, sealed: _sealed, ...wanted }) => wanted)
      ).toStrictEqual([
        {
          eventTypes: ["payment.charged.v1", "payment.failed.v1"],
          entity: "loop_goods",
          brand: "loop-goods"
        },
        { brand: "loop-health" },
        { entity: "loop_payouts" }
      ])
    })
  )

  it.effect("is refused in the order of the contract, and nothing is written", () =>
    Effect.gen(function* () {
      const { create, created, sealedFor } = yield* over()
      const wrong = {
        url: "http://shop.example/4111111111111111",
        eventTypes: ["payment.wished.v1"],
        entity: "loop_bank",
        brand: "loop-cars"
      }
      const mended: Array<object> = [
        { url: "http://shop.example" },
        { eventTypes: ["payment.charged.v1"] },
        { entity: "loop_goods" },
        { brand: "loop-health" },
        { brand: "loop-goods" }
      ]
      const said: Array<unknown> = []
      let config = wrong
      for (const change of [{}, ...mended]) {
        config = { ...config, ...change }
        const refusal = yield* Effect.flip(create(by, config))
        said.push([refusal._tag, "field" in refusal ? refusal.field : undefined])
      }
      expect(said).toEqual([
        ["InvalidInput", "url"],
        ["InvalidInput", "eventTypes[0]"],
        ["UnknownEntity", "entity"],
        ["UnknownBrand", "brand"],
        ["BrandNotOfEntity", "brand"],
        ["AddressNotAllowed", "url"]
      ])
      expect([created, sealedFor]).toEqual([[], []])
    })
  )

  it.effect("is told what would be right", () =>
    Effect.gen(function* () {
      const { create } = yield* over()
      const sentence = (config: object) =>
        Effect.map(Effect.flip(create(by, { url, ...config })), ({ message }) => message)
      expect(yield* sentence({ eventTypes: [] })).toBe(
        "eventTypes is empty; name the types that you want, or leave it out to be told of all"
      )
      expect(yield* sentence({ eventTypes: ["payment.charged.v1", "x"] })).toBe(
        `eventTypes[1] is no type of event; there are ${EventType.literals.join(", ")}`
      )
      expect(yield* sentence({ entity: "loop_bank" })).toBe(
        'there is no entity "loop_bank"; entities that collect are loop_goods, loop_health'
      )
      expect(yield* sentence({ brand: "loop-cars" })).toBe(
        'there is no brand "loop-cars"; brands are loop-goods, loop-health'
      )
      expect(yield* sentence({ entity: "loop_health", brand: "loop-goods" })).toBe(
        "loop_health may not collect under loop-goods; under it may loop_goods, loop_payouts"
      )
    })
  )

  it.effect("is told of the subscription that has the address, and of too many", () =>
    Effect.gen(function* () {
      const taken = yield* over({
        create: () => Effect.succeed({ _tag: "AlreadySubscribed", subscription: id })
      })
      expect(yield* Effect.flip(taken.create(by, { url }))).toEqual(
        new refusals.AlreadySubscribed({ subscription: id })
      )
      const many = yield* over({ create: () => Effect.succeed({ _tag: "TooMany" }) })
      expect(yield* Effect.flip(many.create(by, { url }))).toEqual(
        new refusals.TooManySubscriptions({ most: 20 })
      )
    })
  )
})

const now = DateTime.makeUnsafe("2026-11-20T10:00:00Z")
const slice = { size: 20, from: "start", undelivered: false } as const

describe("a subscription", () => {
  it.effect("is read and changed in its app's name", () =>
    Effect.gen(function* () {
      const service = yield* over()
      yield* TestClock.setTime(DateTime.toEpochMillis(now))
      const mine = { by, subscription: id }
      expect(yield* service.list(by)).toEqual([subscription()])
      expect(yield* service.get(by, id)).toEqual(subscription())
      expect(yield* service.disable(by, id)).toEqual(subscription())
      expect(yield* service.enable(by, id)).toEqual(subscription())
      expect(yield* service.remove(by, id)).toBeUndefined()
      expect(yield* service.deliveries(by, id, slice)).toEqual([delivery])
      expect(yield* service.replayDelivery(by, id, deliveryId)).toEqual(delivery)
      expect(yield* service.replayDelivery(by, id, `${deliveryId}${"0".repeat(17)}`)).toEqual(delivery)
      expect(yield* service.replaySince(by, id, now, true)).toEqual(subscription())
      const rotated = yield* service.rotateSecret(by, id)
      expect([rotated.subscription, Redacted.value(rotated.secret)]).toEqual([subscription(), "whsec_new"])
      yield* service.rotateSecret(by, id, Duration.zero)
      yield* service.rotateSecret(by, id, Duration.days(7))
      expect(service.asked).toEqual([
        ["list", by],
        ["get", mine],
        ["setState", mine, "disabled"],
        ["setState", mine, "active"],
        ["remove", mine],
        ["deliveries", mine, slice],
        ["replayDelivery", mine, "7"],
        ["replayDelivery", mine, `7${"0".repeat(17)}`],
        ["replaySince", mine, now, true],
        ["rotate", mine, "sealed", Duration.hours(24)],
        ["rotate", mine, "sealed", Duration.zero],
        ["rotate", mine, "sealed", Duration.days(7)]
      ])
      expect(service.sealedFor).toEqual([id, id, id])
    })
  )

  it.effect("is found in a trace by what was done with it", () =>
    Effect.gen(function* () {
      const service = yield* over()
      const all = Effect.all([
        service.create(by, { url }),
        service.list(by),
        service.get(by, id),
        service.rotateSecret(by, id),
        service.disable(by, id),
        service.enable(by, id),
        service.deliveries(by, id, slice),
        service.replayDelivery(by, id, deliveryId),
        service.replaySince(by, id, DateTime.makeUnsafe(0), false),
        service.remove(by, id)
      ])
      expect(yield* spansOf(all)).toEqual([
        "EventSubscriptions.create",
        "EventSubscriptions.list",
        "EventSubscriptions.get",
        "EventSubscriptions.rotateSecret",
        "EventSubscriptions.disable",
        "EventSubscriptions.enable",
        "EventSubscriptions.deliveries",
        "EventSubscriptions.replayDelivery",
        "EventSubscriptions.replaySince",
        "EventSubscriptions.remove"
      ])
    })
  )

  it.effect("that is not the app's is not there, and what cannot be one is not asked for", () =>
    Effect.gen(function* () {
      for (const [name, reaches] of [
        [other, true],
        ["es_1", false],
        [`${id}0`, false],
        [`x${id}`, false],
        ["", false],
        ["4111111111111111", false]
      ] as const) {
        const service = yield* over()
        const asks = [
          Effect.flip(service.get(by, name)),
          Effect.flip(service.disable(by, name)),
          Effect.flip(service.enable(by, name)),
          Effect.flip(service.remove(by, name)),
          Effect.flip(service.deliveries(by, name, slice)),
          Effect.flip(service.replayDelivery(by, name, deliveryId)),
          Effect.flip(service.replayDelivery(by, name, "ed_1")),
          Effect.flip(service.replaySince(by, name, DateTime.makeUnsafe(0), false)),
          Effect.flip(service.rotateSecret(by, name))
        ]
        for (const ask of asks) {
          const refusal = yield* ask
          expect(refusal).toEqual(refusals.UnknownSubscription.of(name))
          expect(refusal.message).not.toContain("4111")
        }
        expect(service.asked).toHaveLength(reaches ? asks.length : 0)
      }
    })
  )

  it.effect("has no delivery of another one, nor one whose id is none", () =>
    Effect.gen(function* () {
      const service = yield* over()
      for (const wrong of [
        "",
        "ed_1",
        `ed_${"1".repeat(26)}_7`,
        `${deliveryId}x`,
        `${deliveryId}${"0".repeat(18)}`,
        `ed_${"0".repeat(26)}-7`,
        `x${deliveryId}`,
        `ed_${"0".repeat(26)}_`
      ]) {
        const refusal = yield* Effect.flip(service.replayDelivery(by, id, wrong))
        expect(refusal).toEqual(refusals.UnknownDelivery.of(wrong))
      }
      expect(service.asked.map(([name]) => name)).not.toContain("replayDelivery")
      const empty = yield* over({ replayDelivery: () => Effect.succeed({ _tag: "NoSuchDelivery" }) })
      expect(yield* Effect.flip(empty.replayDelivery(by, id, deliveryId))).toEqual(
        refusals.UnknownDelivery.of(deliveryId)
      )
    })
  )

  it.effect("that is disabled replays nothing and says why", () =>
    Effect.gen(function* () {
      const disabled = () => Effect.succeed({ _tag: "Disabled", reason: "gone" } as const)
      const service = yield* over({ replayDelivery: disabled, replaySince: disabled })
      const refusal = new refusals.SubscriptionDisabled({ subscription: id, reason: "gone" })
      expect(yield* Effect.flip(service.replayDelivery(by, id, deliveryId))).toEqual(refusal)
      expect(yield* Effect.flip(service.replaySince(by, id, DateTime.makeUnsafe(0), false))).toEqual(refusal)
    })
  )

  it.effect("takes no overlap beyond a week or below nothing, and no replay of what lies ahead", () =>
    Effect.gen(function* () {
      const service = yield* over()
      for (const overlap of [Duration.seconds(-1), Duration.millis(604_800_001)]) {
        const refusal = yield* Effect.flip(service.rotateSecret(by, id, overlap))
        expect(refusal.message).toBe(
          `overlapSeconds is ${Duration.toSeconds(overlap)}; say 0 to 604800 seconds`
        )
      }
      yield* TestClock.setTime(DateTime.toEpochMillis(now))
      const ahead = yield* Effect.flip(
        service.replaySince(by, id, DateTime.add(now, { milliseconds: 1 }), false)
      )
      expect(ahead.message).toBe("since lies ahead; say since when events are to be sent once more")
      expect(service.asked).toEqual([])
    })
  )
})

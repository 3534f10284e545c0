import { createHash } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { Digest } from "effect/crypto"
import { TestClock } from "effect/testing"
import type { Brand, Entity } from "../../../src/kernel/Entity.ts"
import { EntityRegistry } from "../../../src/kernel/EntityRegistry.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import {
  type PaymentProvider,
  Providers,
  providersOf,
  type WebhookDelivery,
  type WebhookReading,
  WebhookRefused,
  type WebhookSubject
} from "../../../src/kernel/PaymentProvider.ts"
import { compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { type ReceivedWebhook, WebhookInbox } from "../../../src/kernel/webhooks/WebhookInbox.ts"
import { WebhookIntake } from "../../../src/kernel/webhooks/WebhookIntake.ts"
import {
  NoWebhooksHere,
  UnknownWebhook,
  WebhookNotSigned
} from "../../../src/kernel/webhooks/webhookRefusals.ts"
import { account } from "../../support/kernel/accounts.ts"
import { incapable } from "../../support/kernel/fakeDrivers.ts"
import { keptLog } from "../../support/kernel/keptLog.ts"
import { spansOf } from "../../support/kernel/spansOf.ts"

const now = DateTime.makeUnsafe("2026-11-21T10:00:00Z")
const pan = "4242 4242 4242 4242"
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const sha256 = (data: Uint8Array | string) => `sha256:${createHash("sha256").update(data).digest("hex")}`

const reading = (changes: Partial<WebhookReading> = {}): WebhookReading => ({
  eventId: "evt_1",
  type: "charge.updated",
  occurredAt: now,
  subjects: [{ _tag: "Charge", processorReference: "ch_1" }],
  ...changes
})
const refused = (reason: WebhookRefused["reason"]) => new WebhookRefused({ reason, problem: "of a problem" })

const accounts = ["mid_a", "mid_silent", "mid_unconfigured"].map((id) =>
  account({ id, provider: `driver_of_${id}` })
)

interface Script {
  readonly says?: Effect.Effect<WebhookReading, WebhookRefused>
  /** It was there already. */
  readonly isOld?: boolean
  /** The database takes nothing that was read of it. */
  readonly fails?: { readonly refused?: true }
}

/** The door of webhooks, before a processor that says what a test says, and what was written down. */
const door = ({ says = Effect.succeed(reading()), isOld = false, fails }: Script = {}) => {
  const taken: Array<ReceivedWebhook> = []
  const judged: Array<WebhookDelivery> = []
  const driver: PaymentProvider = {
    ...incapable("driver_of_mid_a"),
    webhooks: {
      readWebhook: (delivery) => {
        judged.push(delivery)
        return says
      }
    }
  }
  const nobody = Effect.die("nobody asks this here")
  const layer = WebhookIntake.layer.pipe(
    Layer.provide([
      Layer.succeed(WebhookInbox, {
        take: (one) =>
          one.problem === undefined && fails !== undefined
            ? Effect.fail(new LedgerUnavailable({ operation: "take_webhook", cause: "as told", ...fails }))
            : Effect.sync(() => (taken.push(one), !isOld)),
        claim: () => nobody,
        record: () => nobody,
        forgetBodies: () => nobody,
        charge: () => nobody,
        deadLetters: () => nobody,
        replay: () => nobody
      }),
      Layer.succeed(EntityRegistry, {
        snapshot: Effect.succeed({
          entities: new Map<string, Entity>(),
          brands: new Map<string, Brand>(),
          accounts: new Map(accounts.map((one) => [one.account.id, one.account])),
          policy: compile(1, accounts)
        }),
        refresh: nobody,
        stop: () => nobody
      }),
      Layer.succeed(Providers, providersOf([driver, incapable("driver_of_mid_silent")])),
      Digest.layerWebCrypto
    ])
  )
  const log = keptLog()
  const receive = Effect.fnUntraced(function* (
    changes: {
      readonly provider?: string
      readonly mid?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: Uint8Array
    } = {}
  ) {
    yield* TestClock.setTime(DateTime.toEpochMillis(now))
    const knocking = { provider: "driver_of_mid_a", mid: "mid_a", headers: {}, body: bytes("{}"), ...changes }
    return yield* Effect.flatMap(WebhookIntake, (intake) => intake.receive(knocking)).pipe(
      Effect.provide(layer),
      log.keeping
    )
  })
  return { receive, taken, judged, log: log.entries }
}

const from = { provider: "driver_of_mid_a", mid: "mid_a", entity: "loop_goods" }

describe("a webhook that its processor signed", () => {
  it.effect("is judged by the account of its address, over the bytes that came, at the time that it is", () =>
    Effect.gen(function* () {
      const { receive, judged } = door()
      const headers = { "x-signature": "good" }
      const body = bytes('{"id":1}')
      yield* receive({ headers, body })
      expect(judged).toStrictEqual([{ mid: "mid_a", headers, body, receivedAt: now }])
    })
  )

  it.effect("is written down with what it is about, and answered whether it is new", () =>
    Effect.gen(function* () {
      const { receive, taken, log } = door()
      expect(yield* receive()).toBe(true)
      expect(taken).toStrictEqual([
        {
          ...from,
          eventId: "evt_1",
          type: "charge.updated",
          occurredAt: now,
          subjects: [{ _tag: "Charge", processorReference: "ch_1" }]
        }
      ])
      expect(yield* door({ isOld: true }).receive()).toBe(false)
      expect(log).toEqual([])
    })
  )

  it.effect("whose time nobody says has none", () =>
    Effect.gen(function* () {
      const { occurredAt: _, ...timeless } = reading()
      const { receive, taken } = door({ says: Effect.succeed(timeless) })
      yield* receive()
      expect(taken[0]).not.toHaveProperty("occurredAt")
    })
  )

  it.effect("whose id cannot be kept as it is, is kept by its digest", () =>
    Effect.gen(function* () {
      for (const eventId of [pan, "x".repeat(256), "a\0b"]) {
        const { receive, taken } = door({ says: Effect.succeed(reading({ eventId })) })
        yield* receive()
        expect(taken[0]?.eventId).toBe(sha256(eventId))
      }
      const longest = "x".repeat(255)
      const { receive, taken } = door({ says: Effect.succeed(reading({ eventId: longest })) })
      yield* receive()
      expect(taken[0]?.eventId).toBe(longest)
    })
  )

  it.effect("is found in a trace", () =>
    Effect.gen(function* () {
      expect(yield* spansOf(door().receive())).toEqual(["WebhookIntake.receive"])
    })
  )
})

describe("what is kept of a webhook", () => {
  const kept = Effect.fnUntraced(function* (changes: Partial<WebhookReading>) {
    const { receive, taken } = door({ says: Effect.succeed(reading(changes)) })
    yield* receive()
    const [one] = taken
    return { type: one?.type, subjects: one?.subjects }
  })
  const money = new Money({ amount: 4900, currency: "USD" })
  const dispute = {
    _tag: "Dispute",
    disputeReference: "dp_1",
    processorReference: "ch_1",
    state: "open",
    money,
    reason: "fraudulent",
    evidenceDueBy: now
  } as const

  it.effect.each<[string, WebhookSubject]>([
    ["a charge by our key", { _tag: "Charge", idempotencyKey: "key_1" }],
    ["a charge by its reference", { _tag: "Charge", processorReference: "ch_1" }],
    ["a charge by both", { _tag: "Charge", idempotencyKey: "key_1", processorReference: "ch_1" }],
    ["a refund", { _tag: "Refund", refundReference: "re_1" }],
    ["a refund of a charge", { _tag: "Refund", refundReference: "re_1", processorReference: "ch_1" }],
    ["a dispute", dispute],
    ["anything else", { _tag: "Other" }]
  ])("is all that it says of %s", ([, subject]) =>
    Effect.gen(function* () {
      expect(yield* kept({ subjects: [subject] })).toStrictEqual({
        type: "charge.updated",
        subjects: [subject]
      })
    })
  )

  it.effect("is no card number and nothing endless, wherever it stands", () =>
    Effect.gen(function* () {
      for (const [text, is] of [
        [pan, "(a card number)"],
        ["x".repeat(256), "x".repeat(255)],
        ["a\0b", "a\ufffdb"],
        ["\ud800", "\ufffd"],
        // What is cut in the middle of a character is no half of it.
        [`${"x".repeat(254)}\u{1f600}`, `${"x".repeat(254)}\ufffd`]
      ] as const) {
        const subjects: ReadonlyArray<WebhookSubject> = [
          { _tag: "Charge", idempotencyKey: text, processorReference: text },
          { _tag: "Refund", refundReference: text, processorReference: text },
          { ...dispute, disputeReference: text, processorReference: text, reason: text }
        ]
        expect((yield* kept({ subjects })).subjects).toStrictEqual([
          { _tag: "Charge", idempotencyKey: is, processorReference: is },
          { _tag: "Refund", refundReference: is, processorReference: is },
          { ...dispute, disputeReference: is, processorReference: is, reason: is }
        ])
      }
      expect((yield* kept({ type: "t".repeat(201) })).type).toBe("t".repeat(200))
    })
  )
})

describe("a webhook is refused, and nothing of it is kept,", () => {
  it.effect.each<[string, { readonly provider?: string; readonly mid?: string }]>([
    ["at an account that is none", { mid: "mid_x" }],
    ["at another provider's address", { provider: "driver_of_mid_silent" }],
    ["where the processor sends none", { provider: "driver_of_mid_silent", mid: "mid_silent" }],
    ["where no driver is configured", { provider: "driver_of_mid_unconfigured", mid: "mid_unconfigured" }]
  ])("%s", ([, address]) =>
    Effect.gen(function* () {
      const { receive, taken, judged } = door()
      expect(yield* Effect.flip(receive(address))).toStrictEqual(new NoWebhooksHere())
      expect([...taken, ...judged]).toEqual([])
    })
  )

  it.effect.each(["no_signature", "bad_signature", "too_old", "no_secret"] as const)(
    "for %s, and the log says why",
    (reason) =>
      Effect.gen(function* () {
        const { receive, taken, log } = door({ says: Effect.fail(refused(reason)) })
        expect(yield* Effect.flip(receive())).toStrictEqual(new WebhookNotSigned())
        expect(taken).toEqual([])
        expect(log).toEqual([
          {
            level: "Warn",
            words: "a webhook was refused",
            about: { provider: "driver_of_mid_a", mid: "mid_a", reason, problem: "of a problem" }
          }
        ])
      })
  )
})

describe("a webhook that is signed and cannot be read", () => {
  const unreadable = Effect.fail(refused("unreadable"))

  it.effect("is kept as it came, with what its signature stands in, under the digest of its body", () =>
    Effect.gen(function* () {
      const { receive, taken, log } = door({ says: unreadable })
      const signing = {
        "stripe-signature": "t=1",
        "webhook-id": "msg_1",
        "webhook-timestamp": "1",
        "webhook-signature": "v1,a"
      }
      const body = bytes("not what it was")
      const headers = { ...signing, authorization: "Basic a", "x-webhook-of": "nobody" }
      expect(yield* receive({ headers, body })).toBe(true)
      expect(taken).toStrictEqual([
        {
          ...from,
          eventId: sha256(body),
          type: "unreadable",
          subjects: [],
          problem: "of a problem",
          raw: { headers: signing, body }
        }
      ])
      expect(log).toEqual([
        {
          level: "Error",
          words: "a webhook that is signed cannot be read",
          about: { provider: "driver_of_mid_a", mid: "mid_a", problem: "of a problem" }
        }
      ])
    })
  )

  it.effect("is told of once", () =>
    Effect.gen(function* () {
      const { receive, log } = door({ says: unreadable, isOld: true })
      expect(yield* receive()).toBe(false)
      expect(log).toEqual([])
    })
  )

  it.effect.each<[string, { readonly headers?: Record<string, string>; readonly body?: Uint8Array }]>([
    ["its body", { body: bytes(`card ${pan}`) }],
    ["bytes that are no text", { body: new Uint8Array([0xff, ...bytes(pan), 0xfe]) }],
    ["the headers of its signature", { headers: { "webhook-id": pan } }],
    ["their names", { headers: { [`signature-${pan}`]: "a" } }]
  ])("is not kept if a card number stands in %s", ([, changes]) =>
    Effect.gen(function* () {
      const { receive, taken } = door({ says: unreadable })
      expect(yield* receive(changes)).toBe(true)
      expect(taken[0]).not.toHaveProperty("raw")
      expect(taken[0]?.problem).toBe("of a problem; its body holds a card number and was not kept")
    })
  )

  it.effect("is kept although another header holds one, which is not kept", () =>
    Effect.gen(function* () {
      const { receive, taken } = door({ says: unreadable })
      yield* receive({ headers: { "x-note": pan } })
      expect(taken[0]?.raw?.headers).toEqual({})
    })
  )
})

describe("a webhook of which the database takes nothing that was read", () => {
  const body = bytes("{}")
  const headers = { "webhook-id": "msg_1" }

  it.effect("is kept as it came, for a person: its processor need not send it again", () =>
    Effect.gen(function* () {
      const { receive, taken, log } = door({ fails: { refused: true } })
      expect(yield* receive({ headers, body })).toBe(true)
      const problem = "the database refuses what was read of it"
      expect(taken).toStrictEqual([
        {
          ...from,
          eventId: sha256(body),
          type: "unreadable",
          subjects: [],
          problem,
          raw: { headers, body }
        }
      ])
      const about = { provider: "driver_of_mid_a", mid: "mid_a" }
      expect(log).toEqual([
        { level: "Error", words: "the database refuses what was read of a webhook", about },
        { level: "Error", words: "a webhook that is signed cannot be read", about: { ...about, problem } }
      ])
    })
  )

  it.effect("because it does not answer, is not taken: its processor sends it again", () =>
    Effect.gen(function* () {
      const { receive, taken } = door({ fails: {} })
      expect(yield* Effect.flip(receive({ body }))).toMatchObject({ _tag: "LedgerUnavailable" })
      expect(taken).toEqual([])
    })
  )
})

describe("who is refused reads", () => {
  it.each([
    [
      new NoWebhooksHere(),
      "no webhooks are taken at this address; it ends in the provider and the merchant account"
    ],
    [new WebhookNotSigned(), "the webhook has no valid signature, or is too old; nothing of it was kept"],
    [
      UnknownWebhook.of("wh_9"),
      'there is no webhook "wh_9"; webhookDeadLetters lists those that can be replayed'
    ],
    [
      UnknownWebhook.of(pan),
      'there is no webhook "(a card number)"; webhookDeadLetters lists those that can be replayed'
    ],
    [
      UnknownWebhook.of("x".repeat(81)),
      `there is no webhook "${"x".repeat(80)}"; webhookDeadLetters lists those that can be replayed`
    ]
  ])("%s", (refusal, sentence) => {
    expect(refusal.message).toBe(sentence)
  })

  it("where to look", () => {
    expect(UnknownWebhook.of("wh_9").field).toBe("webhook")
  })
})

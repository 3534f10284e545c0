import { describe, expect, it } from "@effect/vitest"
import * as refusals from "../../../src/kernel/events/eventRefusals.ts"

describe("who is refused reads", () => {
  it.each([
    [
      refusals.UnknownSubscription.of("es_1"),
      "subscription",
      'you have no subscription "es_1"; list yours to see which you have'
    ],
    [
      refusals.UnknownSubscription.of("x".repeat(81)),
      "subscription",
      `you have no subscription "${"x".repeat(80)}"; list yours to see which you have`
    ],
    [
      refusals.UnknownDelivery.of("ed_1"),
      "delivery",
      'the subscription has no delivery "ed_1"; list its deliveries, or replay everything since a time'
    ],
    [
      refusals.UnknownDelivery.of("4111 1111 1111 1111"),
      "delivery",
      'the subscription has no delivery "(a card number)"; list its deliveries, or replay everything since a time'
    ],
    [new refusals.AddressNotAllowed({ problem: "is not HTTPS" }), "url", "url is not HTTPS"],
    [
      new refusals.AlreadySubscribed({ subscription: "es_1" }),
      "url",
      "you subscribed this address before, as es_1; rotate its secret if you lost it, or remove it first"
    ],
    [
      new refusals.TooManySubscriptions({ most: 20 }),
      "url",
      "you have 20 subscriptions, and may not have more; remove one that you do not need"
    ],
    [
      new refusals.SubscriptionDisabled({ subscription: "es_1", reason: "failing" }),
      "subscription",
      "nothing is sent to a subscription that is disabled (failing); enable it, then replay"
    ]
  ])("%s", (refusal, field, sentence) => {
    expect([refusal.field, refusal.message]).toEqual([field, sentence])
  })

  it("what only the operator can mend", () => {
    expect(new refusals.SecretsNotKept().message).toBe(
      "this server can keep no signing secret yet; its operator sets EVENT_SECRETS_KEY"
    )
  })
})

import { Context, DateTime, Duration, Effect, Layer, type Redacted, Schema } from "effect"
import { CurrentKey } from "../access/Caller.ts"
import { CurrentScope, type Scope } from "../access/Scope.ts"
import { SecureRandom } from "effect/crypto"
import { EntityRegistry } from "../EntityRegistry.ts"
import type { BrandId, EntityId, Principal } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { BrandNotOfEntity, InvalidInput, UnknownBrand, UnknownEntity } from "../refusals.ts"
import { checkText } from "../text.ts"
import {
  type AddressNotAllowed,
  AlreadySubscribed,
  type SecretsNotKept,
  SubscriptionDisabled,
  TooManySubscriptions,
  UnknownDelivery,
  UnknownSubscription
} from "./eventRefusals.ts"
import { EventSecrets } from "./EventSecrets.ts"
import { EventSender } from "./EventSender.ts"
import { type EventDelivery, type EventSubscription, SubscriptionId } from "./EventSubscription.ts"
import { type DeliverySlice, EventSubscriptionStore, type Own } from "./EventSubscriptionStore.ts"
import { checkEventTypes } from "./eventTypes.ts"

/** What an app asks for. */
export interface SubscriptionConfig {
  readonly url: string
  readonly eventTypes?: ReadonlyArray<string> | undefined
  /** Only events of this company, and of this brand. */
  readonly entity?: string | undefined
  readonly brand?: string | undefined
}

/** A subscription with a new secret, which is shown this once. */
export interface WithSecret {
  readonly subscription: EventSubscription
  readonly secret: Redacted.Redacted
}

export type SubscribeRefusal =
  | InvalidInput
  | UnknownEntity
  | UnknownBrand
  | BrandNotOfEntity
  | AddressNotAllowed
  | AlreadySubscribed
  | TooManySubscriptions
  | SecretsNotKept

/** How many subscriptions one app may have. */
const most = 20

const overlapByDefault = Duration.hours(24)
const longestOverlap = Duration.days(7)

type Asked<A, E = never> = Effect.Effect<A, E | UnknownSubscription | LedgerUnavailable>

/** Apps subscribe to events here. Each sees and touches its own subscriptions only. */
export class EventSubscriptions extends Context.Service<
  EventSubscriptions,
  {
    /** Judged in this order: texts, types, company, brand, address; the first refusal is answered. */
    readonly create: (
      by: Principal,
      config: SubscriptionConfig
    ) => Effect.Effect<WithSecret, SubscribeRefusal | LedgerUnavailable>
    readonly list: (by: Principal) => Effect.Effect<ReadonlyArray<EventSubscription>, LedgerUnavailable>
    readonly get: (by: Principal, id: string) => Asked<EventSubscription>
    /** The secret of before signs beside the new one for the overlap, a day when nothing is said. */
    readonly rotateSecret: (
      by: Principal,
      id: string,
      overlap?: Duration.Duration
    ) => Asked<WithSecret, InvalidInput | SecretsNotKept>
    readonly disable: (by: Principal, id: string) => Asked<EventSubscription>
    /** What was under way goes on; what happened meanwhile comes by a replay. From then on it hangs on the key that asks. */
    readonly enable: (by: Principal, id: string) => Asked<EventSubscription>
    readonly remove: (by: Principal, id: string) => Asked<void>
    /** Up to one more than asked for, counted from the end that was asked for. */
    readonly deliveries: (
      by: Principal,
      id: string,
      slice: DeliverySlice
    ) => Asked<ReadonlyArray<EventDelivery>>
    /** Makes one delivery once more, whatever became of it. */
    readonly replayDelivery: (
      by: Principal,
      id: string,
      delivery: string
    ) => Asked<EventDelivery, UnknownDelivery | SubscriptionDisabled>
    /** Makes everything since a time once more, or only what was not received. */
    readonly replaySince: (
      by: Principal,
      id: string,
      since: DateTime.Utc,
      undelivered: boolean
    ) => Asked<EventSubscription, InvalidInput | SubscriptionDisabled>
  }
>()("payment-orchestration/kernel/events/EventSubscriptions") {
  static readonly layer: Layer.Layer<
    EventSubscriptions,
    never,
    EventSubscriptionStore | EventSecrets | EventSender | EntityRegistry | SecureRandom.SecureRandom
  > = Layer.effect(
    EventSubscriptions,
    Effect.gen(function* () {
      const store = yield* EventSubscriptionStore
      const secrets = yield* EventSecrets
      const sender = yield* EventSender
      const registry = yield* EntityRegistry
      const random = yield* SecureRandom.SecureRandom

      /** Does something with a subscription of the app's; what cannot be one is not there. */
      const own = <A, E>(
        by: Principal,
        id: string,
        ask: (own: Own) => Effect.Effect<A | undefined, E>
      ): Effect.Effect<A, E | UnknownSubscription | LedgerUnavailable> =>
        Effect.gen(function* () {
          const mine = isSubscriptionId(id) ? { by, subscription: id } : undefined
          const found = mine !== undefined && (yield* isSeen(mine)) ? yield* ask(mine) : undefined
          return found ?? (yield* UnknownSubscription.of(id))
        })

      /** A subscription to more than a key sees is not there for that key. */
      const isSeen = Effect.fnUntraced(function* (mine: Own) {
        const seen = yield* CurrentScope
        if (seen.entities === undefined && seen.brands === undefined) return true
        const found = yield* store.get(mine)
        return found !== undefined && hearsOnly(seen, found)
      })

      const scope = Effect.fnUntraced(function* ({ entity, brand }: SubscriptionConfig) {
        const { entities, brands } = yield* registry.snapshot
        const whole = yield* CurrentScope
        for (const [field, asked, some] of [
          ["entity", entity, whole.entities],
          ["brand", brand, whole.brands]
        ] as const) {
          if (asked === undefined && some !== undefined) {
            const problem = `is missing; your key hears of ${some.join(", ")} only, so name one`
            return yield* new InvalidInput({ field, problem })
          }
        }
        const both: { entity?: EntityId; brand?: BrandId } = {}
        if (entity !== undefined) {
          const company = entities.get(entity)
          if (company === undefined) {
            const collecting = [...entities.values()].filter(({ collects }) => collects)
            return yield* new UnknownEntity({ entity, known: collecting.map((one) => one.id) })
          }
          both.entity = company.id
        }
        if (brand !== undefined) {
          const seen = brands.get(brand)
          if (seen === undefined) return yield* new UnknownBrand({ brand, known: [...brands.keys()] })
          if (both.entity !== undefined && !seen.entities.includes(both.entity)) {
            return yield* new BrandNotOfEntity({ brand, entity: both.entity, allowed: seen.entities })
          }
          both.brand = seen.id
        }
        return both
      })

      /** What it hangs on from now on. */
      const hanging = Effect.map(CurrentKey, (byKey) => (byKey === undefined ? {} : { byKey }))

      const create = Effect.fn("EventSubscriptions.create")(function* (
        by: Principal,
        config: SubscriptionConfig
      ) {
        yield* checkText(config)
        const eventTypes = yield* checkEventTypes(config.eventTypes)
        const wanted = { ...(eventTypes === undefined ? {} : { eventTypes }), ...(yield* scope(config)) }
        const url = yield* sender.judge(config.url)
        const id = SubscriptionId.make(`es_${yield* random.ulid}`)
        const { secret, sealed } = yield* secrets.draw(id)
        const subscribing = yield* store.create({ id, by, url, sealed, ...wanted, ...(yield* hanging) }, most)
        switch (subscribing._tag) {
          case "Created":
            return { subscription: subscribing.subscription, secret }
          case "AlreadySubscribed":
            return yield* new AlreadySubscribed({ subscription: subscribing.subscription })
          case "TooMany":
            return yield* new TooManySubscriptions({ most })
        }
      })

      const rotateSecret = Effect.fn("EventSubscriptions.rotateSecret")(function* (
        by: Principal,
        id: string,
        overlap: Duration.Duration = overlapByDefault
      ) {
        if (Duration.isLessThan(overlap, Duration.zero) || Duration.isGreaterThan(overlap, longestOverlap)) {
          const problem = `is ${Duration.toSeconds(overlap)}; say 0 to ${Duration.toSeconds(longestOverlap)} seconds`
          return yield* new InvalidInput({ field: "overlapSeconds", problem })
        }
        return yield* own(by, id, (mine) =>
          Effect.gen(function* () {
            const { secret, sealed } = yield* secrets.draw(mine.subscription)
            const subscription = yield* store.rotate(mine, sealed, overlap)
            return subscription === undefined ? undefined : { subscription, secret }
          })
        )
      })

      const replayDelivery = Effect.fn("EventSubscriptions.replayDelivery")(function* (
        by: Principal,
        id: string,
        delivery: string
      ) {
        const replaying = yield* own(by, id, (mine) => {
          // The id of a delivery is made of the subscription's and the event's.
          const beginning = `ed_${mine.subscription.slice("es_".length)}_`
          const event = delivery.slice(beginning.length)
          return delivery.startsWith(beginning) && /^[0-9]{1,18}$/.test(event)
            ? store.replayDelivery(mine, event)
            : Effect.map(store.get(mine), (found) =>
                found === undefined ? undefined : ({ _tag: "NoSuchDelivery" } as const)
              )
        })
        if (replaying._tag === "Replaying") return replaying.delivery
        if (replaying._tag === "NoSuchDelivery") return yield* UnknownDelivery.of(delivery)
        return yield* new SubscriptionDisabled({ subscription: id, reason: replaying.reason })
      })

      const replaySince = Effect.fn("EventSubscriptions.replaySince")(function* (
        by: Principal,
        id: string,
        since: DateTime.Utc,
        undelivered: boolean
      ) {
        if (DateTime.isGreaterThan(since, yield* DateTime.now)) {
          const problem = "lies ahead; say since when events are to be sent once more"
          return yield* new InvalidInput({ field: "since", problem })
        }
        const replaying = yield* own(by, id, (mine) => store.replaySince(mine, since, undelivered))
        if (replaying._tag === "Replaying") return replaying.subscription
        return yield* new SubscriptionDisabled({ subscription: id, reason: replaying.reason })
      })

      return EventSubscriptions.of({
        create,
        list: Effect.fn("EventSubscriptions.list")(function* (by) {
          const seen = yield* CurrentScope
          return (yield* store.list(by)).filter((one) => hearsOnly(seen, one))
        }),
        get: Effect.fn("EventSubscriptions.get")((by, id) => own(by, id, store.get)),
        rotateSecret,
        disable: Effect.fn("EventSubscriptions.disable")((by, id) =>
          own(by, id, (mine) => store.setState(mine, "disabled"))
        ),
        enable: Effect.fn("EventSubscriptions.enable")((by, id) =>
          own(by, id, (mine) =>
            Effect.flatMap(hanging, (key) => store.setState({ ...mine, ...key }, "active"))
          )
        ),
        remove: Effect.fn("EventSubscriptions.remove")((by, id) =>
          own(by, id, (mine) => Effect.map(store.remove(mine), (removed) => removed || undefined)).pipe(
            Effect.asVoid
          )
        ),
        deliveries: Effect.fn("EventSubscriptions.deliveries")((by, id, slice) =>
          own(by, id, (mine) => store.deliveries(mine, slice))
        ),
        replayDelivery,
        replaySince
      })
    })
  )
}

/** Whether all that a subscription hears of is in a scope. */
const hearsOnly = ({ entities, brands }: Scope, { entity, brand }: EventSubscription): boolean =>
  (entities === undefined || (entity !== undefined && entities.includes(entity))) &&
  (brands === undefined || (brand !== undefined && brands.includes(brand)))

const isSubscriptionId = Schema.is(SubscriptionId)

import { Clock, Duration, Effect } from "effect"
import type { GraphQLError } from "graphql"
import { LiveChanges } from "../../db/live/LiveChanges.ts"
import { Closing } from "../../http/closing.ts"
import type { KeyId } from "../../kernel/access/Caller.ts"
import * as errors from "./liveErrors.ts"
import { Subscriber, type Watch } from "./Subscriber.ts"

/** What a subscription may take of this process. */
export interface LiveBounds {
  /** Subscriptions that one key may have at this process. */
  readonly perKey: number
  readonly lifetime: Duration.Duration
  /** Changes that wait for one subscriber. */
  readonly waiting: number
  /** How long one that was ended may take to read to its end, before its connection is cut. */
  readonly patience: Duration.Duration
}

export const liveBounds: LiveBounds = {
  perKey: 20,
  lifetime: Duration.hours(1),
  waiting: 256,
  patience: Duration.seconds(10)
}

/** What became of a key meanwhile. */
export type Admission =
  | { readonly is: "taken"; readonly endsIn: Duration.Duration | undefined }
  | { readonly is: "over" }
  | { readonly is: "unknown" }

/** Whoever subscribes, and the connection that it is sent over. */
interface Caller {
  readonly key: KeyId
  readonly requestId: string
  /** When the key ends by itself, of one that does. */
  readonly endsIn: Duration.Duration | undefined
  /** Whether the key still stands for the same. */
  readonly admitted: () => Promise<Admission>
  readonly present: (cause: unknown) => GraphQLError
  readonly hangUp: () => void
}

/** Begins to watch. Throws when there is no more room. */
export type Open = <Row>(watch: Watch<Row>) => AsyncIterableIterator<Row>

interface Held {
  readonly key: KeyId
  readonly since: number
  /** When its key ends by itself. */
  keyEnds: number
  readonly end: (reason: (requestId: string) => GraphQLError) => void
  readonly hangUp: () => void
  endedAt: number | undefined
}

/** Keys are looked up again so often, should nobody have told of a change. */
const lookAgain = 60

/** All subscriptions of this process: who has how many, when each has to end, and why. */
export const makeLiveSubscriptions = Effect.fnUntraced(function* (bounds: LiveBounds) {
  const changes = yield* LiveChanges
  const closing = yield* Closing
  const clock = yield* Clock.Clock
  const held = new Set<Held>()
  const keysChanged = new Set<() => Promise<void>>()

  yield* Effect.acquireRelease(
    Effect.sync(() =>
      closing.whenTold(() => {
        for (const one of held) one.end(errors.stopping)
      })
    ),
    (forget) => Effect.sync(forget)
  )

  const endOf = (endsIn: Duration.Duration | undefined) =>
    endsIn === undefined ? Infinity : clock.currentTimeMillisUnsafe() + Duration.toMillis(endsIn)

  let seconds = 0
  const tick = Effect.sync(() => {
    const now = clock.currentTimeMillisUnsafe()
    for (const one of held) {
      if (one.endedAt === undefined) {
        if (now >= one.keyEnds) one.end(errors.notAdmitted)
        else if (now - one.since >= Duration.toMillis(bounds.lifetime)) one.end(errors.tooOld)
      } else if (now - one.endedAt >= Duration.toMillis(bounds.patience)) {
        held.delete(one)
        one.hangUp()
      }
    }
    seconds += 1
    if (seconds % lookAgain === 0) for (const look of keysChanged) void look()
  })
  yield* Effect.forkScoped(Effect.forever(Effect.delay(tick, "1 second")))

  /** For one request; `close` is called when nothing is sent to it any more. */
  return (caller: Caller) => {
    const closes: Array<() => void> = []
    let closed = false
    const open: Open = (watch) => {
      const { key, requestId } = caller
      if (closed || closing.now) throw errors.stopping(requestId)
      if ([...held].filter((one) => one.key === key).length >= bounds.perKey) {
        throw errors.tooMany(bounds.perKey)(requestId)
      }
      let stopHearing = () => {}
      const subscriber = new Subscriber({
        ...watch,
        most: bounds.waiting,
        tooSlow: () => errors.tooSlow(requestId),
        missed: () => errors.missed(requestId),
        broke: caller.present,
        onEnd: () => {
          stopHearing()
          keysChanged.delete(look)
          one.endedAt = clock.currentTimeMillisUnsafe()
        }
      })
      const one: Held = {
        key,
        since: clock.currentTimeMillisUnsafe(),
        keyEnds: endOf(caller.endsIn),
        end: (reason) => subscriber.end(reason(requestId)),
        hangUp: caller.hangUp,
        endedAt: undefined
      }
      const look = async () => {
        const found = await caller.admitted()
        if (found.is === "over") one.end(errors.notAdmitted)
        else if (found.is === "taken") one.keyEnds = endOf(found.endsIn)
      }
      held.add(one)
      keysChanged.add(look)
      stopHearing = changes.hear((news) => {
        if (news._tag === "Changed") subscriber.changed(news.change)
        else if (news._tag === "KeysChanged") void look()
        else {
          void look()
          subscriber.missed()
        }
      })
      closes.push(() => {
        subscriber.end()
        held.delete(one)
      })
      return subscriber
    }
    return {
      open,
      close: () => {
        closed = true
        for (const close of closes) close()
      }
    }
  }
})

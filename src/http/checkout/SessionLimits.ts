import { Clock, Context, Effect, Layer } from "effect"
import { TooManyRequests } from "../doorRefusals.ts"

/** What a customer's page may ask for, and how often in a minute. */
const perMinute = {
  // A page that polls asks 30 times a minute at the most; there may be several of them.
  look: 240,
  // The session's rounds are the real brake on trying cards, and they are in the database.
  pay: 12,
  // Each leaves a note for good.
  withdraw: 12,
  openVaultSession: 20,
  // Of one session, so that nobody's noise drowns what its own page tells; those of no session are counted together.
  report: 20
} as const

const minute = 60_000

/** Only sessions whose secret somebody knew are counted, so that nobody fills this with made-up ones. */
const mostCounted = 20_000

/** Counts what is asked of each session in this process. */
export class SessionLimits extends Context.Service<
  SessionLimits,
  {
    readonly take: (asked: keyof typeof perMinute, session: string) => Effect.Effect<void, TooManyRequests>
  }
>()("payment-orchestration/http/checkout/SessionLimits") {
  static readonly layer = Layer.sync(SessionLimits, () => {
    const counted = new Map<string, { since: number; times: number }>()
    return {
      take: Effect.fnUntraced(function* (asked: keyof typeof perMinute, session: string) {
        const now = yield* Clock.currentTimeMillis
        const key = `${asked} ${session}`
        const found = counted.get(key)
        const window = found === undefined || now - found.since >= minute ? { since: now, times: 0 } : found
        // The one that was asked for last stands last, so the first ones are those that nobody asks for any more.
        counted.delete(key)
        counted.set(key, window)
        const [oldest] = counted.keys()
        if (counted.size > mostCounted && oldest !== undefined) counted.delete(oldest)
        window.times += 1
        if (window.times > perMinute[asked]) {
          return yield* new TooManyRequests({ seconds: Math.ceil((window.since + minute - now) / 1000) })
        }
      })
    }
  })
}

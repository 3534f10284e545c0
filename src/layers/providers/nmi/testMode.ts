import { Clock, Duration, Effect } from "effect"
import type { NmiAccount, NmiClient } from "./client.ts"
import type { NmiTimings } from "./config.ts"
import { reportIn } from "./transactions.ts"
import { textOf } from "./xml.ts"

/** Why no sale is sent; nothing if one may be. */
type Obstacle = Effect.Effect<string | undefined>

/**
 * Whether an account is in test mode, in which NMI approves everything and charges nothing, and answers to sales do
 * not say so. It is asked before a sale, and what is heard is trusted for a while. Who cannot be asked is sent
 * nothing: nobody could tell later what became of it either.
 */
export const makeTestModeGuard = (
  client: NmiClient,
  { testModeTrust }: NmiTimings
): ((account: NmiAccount) => Obstacle) => {
  const trusted = new Map<string, bigint>()
  return (account) =>
    Effect.gen(function* () {
      const { mid, live, settings } = account.account
      // An account for trying things out may be what it is; one of real money never is.
      if (!live && settings["test_mode"] === "expected") return undefined
      const now = yield* Clock.monotonicTimeNanos
      if ((trusted.get(mid) ?? now) > now) return undefined
      const report = reportIn(yield* client.query(account, [["report_type", "test_mode_status"]]))
      if (typeof report === "string") return `whether it is in test mode cannot be read (${report})`
      const enabled = report.children.length === 1 ? textOf(report, "test_mode_enabled") : undefined
      switch (enabled?.toLowerCase()) {
        case "false":
          trusted.set(mid, now + Duration.toNanosUnsafe(testModeTrust))
          return undefined
        case "true":
          return "it is in test mode, where everything is approved and nothing is charged"
        default:
          return "whether it is in test mode cannot be read"
      }
    })
}

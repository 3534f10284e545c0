import type { Duration } from "effect"
import { type Setting, setting, time } from "../../../settings/setting.ts"

/** A vault elsewhere takes its time; this one does when it is told to. */
export const stubVaultDelay: Setting<Duration.Duration> = setting("STUB_VAULT_DELAY", time, {
  standard: "0 millis",
  sets: "how long the simulated vault takes to tell of a card"
})

import { Array, Context } from "effect"
import { type ToldLeftOut, withoutVolume } from "../routing/ExclusionReason.ts"
import type { Caller } from "./Caller.ts"

/**
 * Whether a caller may know how much was captured on an account: who reads everybody's payments of its company. What an
 * account captures is of all brands that sell under that company.
 */
export const seesVolumes = ({ operations, scope }: Pick<Caller, "operations" | "scope">): boolean =>
  operations.has("sessions:read") && scope.brands === undefined

/** The same of whoever is served. Doors with keys set it; the service's own work sees everything. */
export const CurrentSeesVolumes = Context.Reference<boolean>(
  "payment-orchestration/kernel/access/volumes/CurrentSeesVolumes",
  { defaultValue: () => true }
)

/** Why accounts were left out, as whoever is served may be told it. */
export const leftOutAsSeen = (
  sees: boolean,
  leftOut: ReadonlyArray<ToldLeftOut>
): ReadonlyArray<ToldLeftOut> =>
  sees ? leftOut : leftOut.map(({ mid, reasons }) => ({ mid, reasons: Array.map(reasons, withoutVolume) }))

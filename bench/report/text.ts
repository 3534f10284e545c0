import type { Spread } from "../support/statistics.ts"

/** A number as a person reads it: three digits that mean something. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return "-"
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US")
  return value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3)
}

/** A median with the middle 80 per cent. */
export const spread = ({ median, low, high }: Spread, unit = ""): string =>
  `${figure(median)}${unit} (${figure(low)} to ${figure(high)})`

import { Predicate } from "effect"

export interface Difference {
  readonly field: string
  readonly before: string
  readonly now: string
}

/**
 * Where two JSON values differ, as paths with the value before and now: what a caller has to know who used an
 * idempotency key twice. At most ten, so that an answer stays short.
 */
export const differences = (before: unknown, now: unknown): ReadonlyArray<Difference> => {
  const found: Array<Difference> = []
  collect(before, now, "", found)
  return found
}

const most = 10

const collect = (before: unknown, now: unknown, path: string, found: Array<Difference>): void => {
  if (found.length >= most) return
  if (Array.isArray(before) && Array.isArray(now)) {
    const places = Array.from({ length: Math.max(before.length, now.length) }).keys()
    for (const i of places) collect(before[i], now[i], `${path}[${i}]`, found)
    return
  }
  if (
    Predicate.isObject(before) &&
    Predicate.isObject(now) &&
    !Array.isArray(before) &&
    !Array.isArray(now)
  ) {
    const earlier = new Map(Object.entries(before))
    const later = new Map(Object.entries(now))
    for (const key of new Set([...earlier.keys(), ...later.keys()])) {
      collect(earlier.get(key), later.get(key), path === "" ? key : `${path}.${key}`, found)
    }
    return
  }
  if (!Object.is(before, now))
    found.push({ field: path === "" ? "body" : path, before: show(before), now: show(now) })
}

const show = (value: unknown): string => {
  if (value === undefined) return "absent"
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}...` : text
}

import { isOpen } from "../../src/layers/memory/refunds/sums.ts"
import type { AttemptRow, RefundRow, Store } from "../../src/layers/memory/Store.ts"

// What is left to do in a history: a worker's pass that would find nothing is left out.

export const hasRefund = (store: Store, wanted: (refund: RefundRow) => boolean): boolean => {
  for (const { refunds } of store.sessions.values()) if (refunds.some(wanted)) return true
  return false
}

export const hasAttempt = (store: Store, wanted: (attempt: AttemptRow) => boolean): boolean => {
  for (const { attempts } of store.sessions.values()) if (attempts.some(wanted)) return true
  return false
}

export const isExpirable = (store: Store): boolean => {
  for (const { state } of store.sessions.values()) {
    if (state !== "settled" && state !== "failed" && state !== "cancelled" && state !== "expired") return true
  }
  return false
}

export const isUnresolved = (store: Store): boolean =>
  hasAttempt(store, ({ state }) => state === "in_flight" || state === "indeterminate") ||
  hasRefund(store, ({ state }) => isOpen(state))

/** Only attempts are left that wait for a person. */
export const isForPeople = (store: Store): boolean => {
  for (const { attempts, refunds, incidents } of store.sessions.values()) {
    const forPeople = new Set(incidents.map(({ attempt }) => attempt))
    const open = attempts.filter(({ state }) => state === "in_flight" || state === "indeterminate")
    if (open.some(({ attempt }) => !forPeople.has(attempt))) return false
    if (refunds.some(({ state }) => isOpen(state))) return false
  }
  return true
}

/** When somebody has to be asked about next, by the database's clock; never, where nothing is unresolved. */
export const nextCheckOf = (store: Store): number => {
  let next = Number.POSITIVE_INFINITY
  for (const { attempts, refunds } of store.sessions.values()) {
    for (const { state, nextCheckAt, leaseUntil } of refunds) {
      if (state === "in_flight") next = Math.min(next, leaseUntil)
      if (state === "indeterminate") next = Math.min(next, nextCheckAt)
    }
    for (const { state, nextCheckAt, claimedUntil, leaseUntil } of attempts) {
      if (state === "in_flight") next = Math.min(next, leaseUntil)
      if (state === "indeterminate") next = Math.min(next, Math.max(nextCheckAt, claimedUntil))
    }
  }
  return next
}

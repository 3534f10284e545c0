import { Context } from "effect"

/** Whether this server was told to stop: it says that it is not ready, and ends each connection with its answer. */
export interface ClosingState {
  readonly now: boolean
  /** Calls it as soon as the server is told; until what it answers is called. */
  readonly whenTold: (end: () => void) => () => void
}

export const Closing = Context.Reference<ClosingState>("payment-orchestration/http/Closing", {
  defaultValue: () => ({ now: false, whenTold: () => () => {} })
})

/** One that is told by `tell`. */
export const makeClosing = () => {
  const ends = new Set<() => void>()
  const closing = {
    now: false,
    whenTold: (end: () => void) => {
      ends.add(end)
      return () => void ends.delete(end)
    },
    tell: () => {
      closing.now = true
      for (const end of ends) end()
    }
  }
  return closing
}

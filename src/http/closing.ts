import { Context } from "effect"

/** Whether this server was told to stop: it says that it is not ready, and ends each connection with its answer. */
export const Closing = Context.Reference<{ readonly now: boolean }>("payment-orchestration/http/Closing", {
  defaultValue: () => ({ now: false })
})

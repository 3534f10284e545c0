import { Context } from "effect"

/** Whether this server was told to stop and takes no new connections any more. */
export const Closing = Context.Reference<{ readonly now: boolean }>("payment-orchestration/http/Closing", {
  defaultValue: () => ({ now: false })
})

import { Effect } from "effect"
import { adviseOnLedger } from "../http/refusals.ts"
import { Changes } from "../kernel/changes/Changes.ts"
import { NeedsApproval } from "../kernel/changes/changeRefusals.ts"
import type { Wanted } from "../kernel/changes/ChangeStore.ts"
import { admitTo } from "./access/admitted.ts"
import type { GraphqlContext } from "./context.ts"

/**
 * Asks for what two persons have to sign, and refuses with the request that waits. Answers when there is nothing to ask
 * for: true when it stands so now, because it did or because it tightens, false when there is no such thing.
 */
export const askForTwo = (
  { run, principal, key, operations }: GraphqlContext,
  asked: Wanted & { readonly reason: string }
): Promise<boolean> => {
  admitTo(["changes:request"], operations)
  return run(
    Effect.gen(function* () {
      const heard = yield* (yield* Changes).request({ by: principal, byKey: key }, asked)
      if (heard._tag === "Requested") return yield* new NeedsApproval({ change: heard.change })
      return heard._tag !== "NotThere"
    }).pipe(adviseOnLedger("operate"))
  )
}

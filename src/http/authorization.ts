import { Context, Effect, Option } from "effect"
import { ApiKeys, type AskedFor } from "../db/ApiKeys.ts"
import type { Caller } from "../kernel/access/Caller.ts"
import type { Principal } from "../kernel/ids.ts"
import type { RateLimited } from "../kernel/refusals.ts"
import { type LedgerDidNotAnswer, Unauthorized } from "./doorRefusals.ts"
import { adviseOnLedger } from "./refusals.ts"
import { RequestFacts, waitingToBeTold } from "./requestFacts.ts"

/** Who asks, as the API key of the request says. */
export class CurrentPrincipal extends Context.Service<CurrentPrincipal, Principal>()(
  "payment-orchestration/http/authorization/CurrentPrincipal"
) {}

/** Longer keys were never given out; they are not worth a hash. */
const longestKey = 256

/** Who the `Authorization` header names. Both doors ask here, so that they let the same callers in. */
export const callerOf = Effect.fn("callerOf")(function* (
  authorization: string | undefined,
  askedFor: AskedFor
): Effect.fn.Return<Caller, Unauthorized | RateLimited | LedgerDidNotAnswer, ApiKeys> {
  if (authorization === undefined || authorization === "") {
    return yield* new Unauthorized({ problem: "missing" })
  }
  const key = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1]
  if (key === undefined) return yield* new Unauthorized({ problem: "not_bearer" })
  if (key.length > longestKey) return yield* new Unauthorized({ problem: "unknown" })
  const apiKeys = yield* ApiKeys
  const caller = yield* apiKeys.authenticate(key, askedFor).pipe(adviseOnLedger("authorize"), waitingToBeTold)
  if (Option.isNone(caller)) return yield* new Unauthorized({ problem: "unknown" })
  const facts = yield* RequestFacts
  if (facts !== undefined) facts.principal = caller.value.principal
  return caller.value
})

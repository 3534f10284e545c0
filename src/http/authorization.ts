import { Context, Effect, Option } from "effect"
import { everything, type ReadScope } from "../db/reads/ReadScope.ts"
import { ApiKeys } from "../db/ApiKeys.ts"
import type { Principal } from "../kernel/ids.ts"
import { type LedgerDidNotAnswer, Unauthorized } from "./doorRefusals.ts"
import { adviseOnLedger } from "./refusals.ts"
import { RequestFacts } from "./requestFacts.ts"

/** Who asks, as the API key of the request says. */
export class CurrentPrincipal extends Context.Service<CurrentPrincipal, Principal>()(
  "payment-orchestration/http/authorization/CurrentPrincipal"
) {}

/** Longer keys were never given out; they are not worth a hash. */
const longestKey = 256

/** Who the `Authorization` header names. Both doors ask here, so that they let the same callers in. */
export const principalOf = Effect.fn("principalOf")(function* (
  authorization: string | undefined
): Effect.fn.Return<Principal, Unauthorized | LedgerDidNotAnswer, ApiKeys> {
  if (authorization === undefined || authorization === "") {
    return yield* new Unauthorized({ problem: "missing" })
  }
  const key = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1]
  if (key === undefined) return yield* new Unauthorized({ problem: "not_bearer" })
  if (key.length > longestKey) return yield* new Unauthorized({ problem: "unknown" })
  const apiKeys = yield* ApiKeys
  const principal = yield* apiKeys.authenticate(key).pipe(adviseOnLedger("authorize"))
  if (Option.isNone(principal)) return yield* new Unauthorized({ problem: "unknown" })
  const facts = yield* RequestFacts
  if (facts !== undefined) facts.principal = principal.value
  return principal.value
})

/** What of the payments a principal may read. Keys have no scopes yet: each reads everything. */
export const scopeOf = (_principal: Principal): ReadScope => everything

import { Effect, Schema } from "effect"
import type { RegistrySnapshot } from "../EntityRegistry.ts"
import { AcceptanceRules } from "../MerchantAccount.ts"
import { InvalidInput } from "../refusals.ts"
import { type AccountChange, changed } from "../routing/PolicyReplay.ts"
import type { RoutingValues } from "./ChangeStore.ts"

const encodeRules = Schema.encodeEffect(AcceptanceRules)

/** What a change of routing may not touch: it has doors of its own. */
const elsewhere = {
  killSwitch: "is setMidKillSwitch's to change",
  status: "is no rule of routing",
  underwrittenFor: "is setUnderwriting's to change",
  monthlyCap: "is setMonthlyCap's to change"
} as const

/** The exact new values of a changed routing policy: of each account just what differs. Refused is what makes no sense. */
export const routingWanted = Effect.fnUntraced(function* (
  { accounts }: RegistrySnapshot,
  changes: ReadonlyArray<AccountChange>
) {
  const wanted: Record<string, RoutingValues> = {}
  for (const [nr, change] of changes.entries()) {
    const refuse = (field: string, problem: string) =>
      Effect.fail(new InvalidInput({ field: `changes[${nr}]${field}`, problem }))
    for (const [field, problem] of Object.entries(elsewhere)) {
      if (new Map(Object.entries(change)).get(field) !== undefined) return yield* refuse(`.${field}`, problem)
    }
    const account = accounts.get(change.mid)
    if (account === undefined || wanted[change.mid] !== undefined)
      return yield* refuse(".mid", `has ${change.mid} twice, or it is not there any more`)
    const { priority, weight, accepts } = changed(account, change)
    if (accepts.currencies.length === 0) return yield* refuse(".accepts.currencies", "is empty; name one")
    if ((accepts.minimumAmount ?? 0) > (accepts.maximumAmount ?? Infinity))
      return yield* refuse(".accepts.minimumAmount", "is more than the maximumAmount")
    const [before, after] = yield* Effect.orDie(
      Effect.all([encodeRules(account.accepts), encodeRules(accepts)])
    )
    const values: RoutingValues = {
      ...(priority === account.priority ? {} : { priority }),
      ...(weight === account.weight ? {} : { weight }),
      ...(JSON.stringify(before) === JSON.stringify(after) ? {} : { accepts: new AcceptanceRules(accepts) })
    }
    if (Object.keys(values).length === 0) return yield* refuse("", `changes nothing of ${change.mid}`)
    wanted[change.mid] = values
  }
  if (changes.length === 0)
    return yield* new InvalidInput({ field: "changes", problem: "are none; say what is to change" })
  return { accounts: wanted }
})

import { DateTime } from "effect"
import { EntityId, MidId, ProviderName, SessionId } from "../../../src/kernel/ids.ts"
import {
  AcceptanceRules,
  type Gate,
  MerchantAccount,
  type PassedGate
} from "../../../src/kernel/MerchantAccount.ts"
import type { RoutingInputs } from "../../../src/kernel/routing/Eligibility.ts"
import type { Account } from "../../../src/kernel/routing/RoutingPolicy.ts"

export const entity = EntityId.make("loop_goods")

/** A session whose id ends in a number. */
export const sessionId = (n: number): SessionId => SessionId.make(`ps_${String(n).padStart(26, "0")}`)

interface Changes {
  readonly id?: string
  readonly entity?: string
  readonly provider?: string
  readonly status?: MerchantAccount["status"]
  readonly killSwitch?: boolean
  readonly underwrittenFor?: MerchantAccount["underwrittenFor"]
  readonly rules?: Partial<ConstructorParameters<typeof AcceptanceRules>[0]>
  readonly priority?: number
  readonly weight?: number
  readonly monthlyCap?: MerchantAccount["monthlyCap"]
  readonly capturedThisMonth?: number
  readonly providerConfigured?: boolean
  readonly credentials?: string
  readonly credentialsMissing?: boolean
  readonly live?: boolean
  /** Passed by two persons in turn, but for the changes. */
  readonly gates?: ReadonlyArray<Gate>
  readonly gatesBy?: ReadonlyArray<Pick<PassedGate, "by" | "person">>
}

const passing = ({ gatesBy = [{ by: "an officer" }, { by: "a banker" }] }: Changes, at: number) => ({
  by: "an officer",
  ...gatesBy[at % gatesBy.length]
})

/** An account that takes any merchandise in dollars, but for the changes. */
export const account = (changes: Changes = {}): Account => ({
  account: new MerchantAccount({
    id: MidId.make(changes.id ?? "mid_a"),
    entity: EntityId.make(changes.entity ?? entity),
    provider: ProviderName.make(changes.provider ?? "stub_a"),
    name: "an account",
    status: changes.status ?? "active",
    killSwitch: changes.killSwitch ?? false,
    underwrittenFor: changes.underwrittenFor ?? ["merchandise"],
    accepts: new AcceptanceRules({ currencies: ["USD"], ...changes.rules }),
    priority: changes.priority ?? 1,
    weight: changes.weight ?? 1,
    ...(changes.credentials === undefined ? {} : { credentials: changes.credentials }),
    ...(changes.live === undefined ? {} : { live: changes.live }),
    ...(changes.gates === undefined
      ? {}
      : {
          gates: changes.gates.map((gate, at) => ({
            gate,
            at: DateTime.makeUnsafe(0),
            ...passing(changes, at)
          }))
        }),
    ...(changes.monthlyCap === undefined ? {} : { monthlyCap: changes.monthlyCap })
  }),
  capturedThisMonth: changes.capturedThisMonth ?? 0,
  providerConfigured: changes.providerConfigured ?? true,
  credentialsMissing: changes.credentialsMissing ?? false
})

/** A charge of ten dollars for merchandise, of which nothing else is known. */
export const charge = (changes: Partial<RoutingInputs> = {}): RoutingInputs => ({
  entity,
  category: "merchandise",
  amount: 1000,
  currency: "USD",
  risk: "low",
  ...changes
})

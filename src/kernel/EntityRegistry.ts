import { Context, type Effect, Schema } from "effect"
import type { Brand, Entity } from "./Entity.ts"
import type { MidId, Principal } from "./ids.ts"
import type { MerchantAccount } from "./MerchantAccount.ts"
import type { LedgerUnavailable } from "./PaymentLedger.ts"
import type { RoutingPolicy } from "./routing/RoutingPolicy.ts"

/**
 * The companies, brands and merchant accounts at one version of the routing policy. It may be some seconds old
 * in a process; the write-ahead of every attempt judges kill switch, status and underwriting again.
 */
export interface RegistrySnapshot {
  readonly entities: ReadonlyMap<string, Entity>
  readonly brands: ReadonlyMap<string, Brand>
  readonly accounts: ReadonlyMap<string, MerchantAccount>
  readonly policy: RoutingPolicy
}

/** No merchant account of that id exists. */
export class UnknownMid extends Schema.TaggedError<UnknownMid>()("UnknownMid", { mid: Schema.String }) {
  get field(): string {
    return "mid"
  }
  override get message(): string {
    return `there is no merchant account ${this.mid}; merchantAccounts lists those that exist`
  }
}

/** The port to the registry of entities, brands and their merchant accounts. */
export class EntityRegistry extends Context.Service<
  EntityRegistry,
  {
    readonly snapshot: Effect.Effect<RegistrySnapshot, LedgerUnavailable>
    /** The next snapshot of this process has what was written by now. */
    readonly refresh: Effect.Effect<void, LedgerUnavailable>
    /**
     * Stops new sends on one account, at once and for every process: the next write-ahead sees it. Who did it and why is
     * audited. That it sends again is a change that two persons sign.
     */
    readonly stop: (change: {
      readonly mid: MidId
      readonly by: Principal
      readonly reason: string
    }) => Effect.Effect<MerchantAccount, UnknownMid | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/EntityRegistry") {}

import { Context, Duration, type Effect } from "effect"
import type { KeyId } from "../access/Caller.ts"
import type { ProductCategory } from "../Category.ts"
import type { MerchantAccount } from "../MerchantAccount.ts"
import type { Currency } from "../Money.ts"
import type { RefundOpening, RefundOrder } from "../refunds/RefundLedger.ts"
import type { MidId, Principal } from "../ids.ts"
import type { OperatorsOnly } from "../operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import type { ChangeKind, ChangeRequest, ChangeState } from "./ChangeRequest.ts"

/** Who asks or decides, and the key that they do it with. */
export interface Signer {
  readonly by: Principal
  readonly byKey: KeyId
}

/** How long a second person may take. */
export const ChangeLifetime = Context.Reference<Duration.Duration>(
  "payment-orchestration/kernel/changes/ChangeStore/ChangeLifetime",
  { defaultValue: () => Duration.hours(24) }
)

/** The exact new values of what somebody asks for. */
export type Wanted =
  | { readonly kind: "resume_mid"; readonly wanted: { readonly mid: MidId; readonly killSwitch: false } }
  | {
      readonly kind: "raise_refund_limit"
      readonly wanted: { readonly entity: string; readonly currency: Currency; readonly amount: number }
    }
  | {
      readonly kind: "raise_cap"
      readonly wanted: {
        readonly mid: MidId
        readonly monthlyCap: { readonly amount: number; readonly currency: Currency } | null
      }
    }
  | {
      readonly kind: "allow_category"
      readonly wanted: {
        readonly entity: string
        /** Absent: the company itself. */
        readonly mid?: MidId
        readonly category: ProductCategory
        readonly allowed: boolean
      }
    }
  | {
      readonly kind: "change_routing"
      readonly wanted: { readonly accounts: Readonly<Record<string, RoutingValues>> }
    }

/** What of an account routing goes by, as far as it is changed. */
export type RoutingValues = Partial<Pick<MerchantAccount, "priority" | "weight" | "accepts">>

export type Asking =
  | { readonly _tag: "Requested"; readonly change: ChangeRequest }
  | { readonly _tag: "NotOperator" }
  /** There is no such thing. */
  | { readonly _tag: "NotThere" }
  /** It stands so already, and nothing was asked for. */
  | { readonly _tag: "AsWanted" }
  /** It tightens, and was done. */
  | { readonly _tag: "Done" }
  | { readonly _tag: "OpenAlready"; readonly change: string }

export type Decision = "approved" | "rejected" | "withdrawn"

export type Signing =
  | { readonly _tag: "Decided"; readonly change: ChangeRequest }
  /** Nothing stands against the signature: the refund may be judged and written ahead. */
  | { readonly _tag: "GivesBack"; readonly change: ChangeRequest }
  | { readonly _tag: "NotOperator" }
  | { readonly _tag: "NoSuchChange" }
  | { readonly _tag: "DecidedBefore"; readonly state: ChangeState }
  | { readonly _tag: "SamePerson" }
  | { readonly _tag: "AskedByAnother" }
  /** The signer's own key is not for what the new one would be. */
  | { readonly _tag: "WiderThanOwn" }
  | { readonly _tag: "AskedByNoOperator" }
  | { readonly _tag: "ChangedSince"; readonly before: unknown; readonly stands: unknown }

/** A part of the list of requests, the newest first; positions are their numbers. */
export interface ChangeSlice {
  readonly size: number
  readonly from: "start" | "end"
  readonly after?: string | undefined
  readonly before?: string | undefined
  readonly states?: ReadonlyArray<ChangeState> | undefined
  readonly kinds?: ReadonlyArray<ChangeKind> | undefined
}

type Kept<A, E = never> = Effect.Effect<A, E | LedgerUnavailable>

/** The port to change requests. Each method is one statement and one commit; what is approved is done in it. */
export class ChangeStore extends Context.Service<
  ChangeStore,
  {
    readonly request: (
      who: Signer,
      asked: Wanted & { readonly reason: string },
      lifetime: Duration.Duration
    ) => Kept<Asking>
    /** `said` goes with a rejection and a withdrawal. */
    readonly decide: (who: Signer, change: string, decision: Decision, said?: string) => Kept<Signing>
    /** Signs a refund and writes it ahead, in one commit; what stands against it now is answered, and nothing is signed. */
    readonly signRefund: (
      who: Signer,
      change: string,
      order: RefundOrder
    ) => Kept<Exclude<Signing, { readonly _tag: "GivesBack" }> | RefundOpening>
    /** Those of them that there are. */
    readonly byId: (
      by: Principal,
      ids: ReadonlyArray<string>
    ) => Kept<ReadonlyArray<ChangeRequest>, OperatorsOnly>
    /** Up to one more than asked for, counted from the end that was asked for. */
    readonly list: (by: Principal, slice: ChangeSlice) => Kept<ReadonlyArray<ChangeRequest>, OperatorsOnly>
    /** Ends requests whose time is over; answers how many. */
    readonly expireDue: (limit: number) => Kept<number>
  }
>()("payment-orchestration/kernel/changes/ChangeStore") {}

import type { AttemptRow } from "../db/reads/attempts.ts"
import type { EventRow, IncidentRow } from "../db/reads/history.ts"
import type { DisputeRow, RefundRow } from "../db/reads/returns.ts"
import type { SessionRow } from "../db/reads/sessions.ts"
import type { Brand as KernelBrand, Entity as KernelEntity } from "../kernel/Entity.ts"
import type {
  EventDelivery as KernelDelivery,
  EventSubscription as KernelSubscription
} from "../kernel/events/EventSubscription.ts"
import type { MerchantAccount as KernelMerchantAccount } from "../kernel/MerchantAccount.ts"
import type { ChangeRequest as KernelChange } from "../kernel/changes/ChangeRequest.ts"
import type { Refund as KernelRefund } from "../kernel/refunds/Refund.ts"
import type { PaymentSession as KernelSession } from "../kernel/PaymentSession.ts"
import { builder } from "./builder.ts"
import { estimateOf } from "./pages.ts"

// The names of the types that refer to each other, and of the lists of them. What they have is in the file of each
// type.

export const PaymentSession = builder.objectRef<SessionRow | KernelSession>("PaymentSession")
export const Attempt = builder.objectRef<AttemptRow>("Attempt")
export const Entity = builder.objectRef<KernelEntity>("Entity")
export const Brand = builder.objectRef<KernelBrand>("Brand")
export const MerchantAccount = builder.objectRef<KernelMerchantAccount>("MerchantAccount")

export const EventSubscription = builder.objectRef<KernelSubscription>("EventSubscription")
export const EventDelivery = builder.objectRef<KernelDelivery>("EventDelivery")

export const ChangeRequest = builder.objectRef<KernelChange>("ChangeRequest")

export const Refund = builder.objectRef<RefundRow | KernelRefund>("Refund")
export const Dispute = builder.objectRef<DisputeRow>("Dispute")
export const RefundConnection = builder.connectionObject({ type: Refund, name: "RefundConnection" })
export const DisputeConnection = builder.connectionObject({ type: Dispute, name: "DisputeConnection" })

export const EventSubscriptionConnection = builder.connectionObject({
  type: EventSubscription,
  name: "EventSubscriptionConnection"
})
export const EventDeliveryConnection = builder.connectionObject({
  type: EventDelivery,
  name: "EventDeliveryConnection"
})
export const PaymentSessionConnection = builder.connectionObject({
  type: PaymentSession,
  name: "PaymentSessionConnection"
})
export const AttemptConnection = builder.connectionObject({ type: Attempt, name: "AttemptConnection" })
export const EntityConnection = builder.connectionObject({ type: Entity, name: "EntityConnection" })
export const MerchantAccountConnection = builder.connectionObject({
  type: MerchantAccount,
  name: "MerchantAccountConnection"
})

export const Incident = builder.objectRef<IncidentRow>("Incident")
export const IncidentConnection = builder.connectionObject({ type: Incident, name: "IncidentConnection" })
export const PaymentEvent = builder.objectRef<EventRow>("PaymentEvent")
export const PaymentEventConnection = builder.connectionObject({
  type: PaymentEvent,
  name: "PaymentEventConnection"
})

/** Whether a value is one of those that have ids of their own, such as `ps_` and what follows. */
const named = (value: object, prefix: string): boolean =>
  "id" in value && typeof value.id === "string" && value.id.startsWith(prefix)

export const isSession = (value: object): value is SessionRow | KernelSession => named(value, "ps_")
export const isAttempt = (value: object): value is AttemptRow => named(value, "at_")
export const isEvent = (value: object): value is EventRow => named(value, "evt_")
export const isRefund = (value: object): value is RefundRow | KernelRefund => named(value, "re_")

for (const connection of [PaymentSessionConnection, AttemptConnection, RefundConnection, DisputeConnection]) {
  builder.objectField(connection, "estimatedCount", (t) =>
    t.field({
      type: "WholeNumber",
      nullable: true,
      description:
        "About how many the whole list has, by the planner's statistics: nothing is counted for it. A key that sees only some has its own counted, up to 10,000. Exact when this page is all there is; null in lists of one parent.",
      resolve: (page) => estimateOf(page)
    })
  )
}

import type { AttemptRecord } from "../db/reads/AttemptRecord.ts"
import type { Brand as KernelBrand, Entity as KernelEntity } from "../kernel/Entity.ts"
import type {
  EventDelivery as KernelDelivery,
  EventSubscription as KernelSubscription
} from "../kernel/events/EventSubscription.ts"
import type { MerchantAccount as KernelMerchantAccount } from "../kernel/MerchantAccount.ts"
import type { Dispute as KernelDispute } from "../kernel/disputes/Dispute.ts"
import type { Refund as KernelRefund } from "../kernel/refunds/Refund.ts"
import type { PaymentSession as KernelSession } from "../kernel/PaymentSession.ts"
import { builder } from "./builder.ts"

// The names of the types that refer to each other, and of the lists of them. What they have is in the file of each
// type.

export const PaymentSession = builder.objectRef<KernelSession>("PaymentSession")
export const Attempt = builder.objectRef<AttemptRecord>("Attempt")
export const Entity = builder.objectRef<KernelEntity>("Entity")
export const Brand = builder.objectRef<KernelBrand>("Brand")
export const MerchantAccount = builder.objectRef<KernelMerchantAccount>("MerchantAccount")

export const EventSubscription = builder.objectRef<KernelSubscription>("EventSubscription")
export const EventDelivery = builder.objectRef<KernelDelivery>("EventDelivery")

export const Refund = builder.objectRef<KernelRefund>("Refund")
export const Dispute = builder.objectRef<KernelDispute>("Dispute")
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

import { builder } from "./builder.ts"
import "./Attempt.ts"
import "./cancelPaymentSession.ts"
import "./claimFulfilment.ts"
import "./confirmPaymentSession.ts"
import "./createPaymentSession.ts"
import "./Entity.ts"
import "./eventRefusals.ts"
import "./EventSubscription.ts"
import "./eventSubscriptionMutations.ts"
import "./MerchantAccount.ts"
import "./PaymentSession.ts"
import "./Refusal.ts"
import "./RoutingPreview.ts"
import "./scalars.ts"
import "./Webhook.ts"

/** The schema of the GraphQL door. The types are in the files of their names; here they are only gathered. */
export const schema = builder.toSchema({ sortSchema: true })

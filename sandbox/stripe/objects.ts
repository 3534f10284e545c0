import type { Charge, Dispute, Intent, Method, Refund } from "./records.ts"
import type { World } from "./world.ts"

/** The objects as the API shows them. */

export const methodObject = (method: Method) => ({
  id: method.id,
  object: "payment_method",
  allow_redisplay: "unspecified",
  billing_details: {
    address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
    email: method.billing["email"] ?? null,
    name: method.billing["name"] ?? null,
    phone: method.billing["phone"] ?? null,
    tax_id: null
  },
  card: {
    brand: method.brand,
    checks: {
      address_line1_check: null,
      address_postal_code_check: null,
      cvc_check: method.hasCvc ? "unchecked" : null
    },
    country: "US",
    display_brand: method.brand,
    exp_month: method.expMonth,
    exp_year: method.expYear,
    fingerprint: method.fingerprint,
    funding: "credit",
    generated_from: null,
    last4: method.last4,
    networks: { available: [method.brand], preferred: null },
    regulated_status: "unregulated",
    three_d_secure_usage: { supported: true },
    wallet: null
  },
  created: method.created,
  customer: method.customer,
  livemode: false,
  metadata: method.metadata,
  type: "card"
})

const nextAction = (world: World, intent: Intent) => {
  if (intent.status !== "requires_action") return null
  const url = `${world.origin()}/_sandbox/authenticate/${intent.id}`
  return intent.returnUrl === null
    ? { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect", stripe_js: url } }
    : { type: "redirect_to_url", redirect_to_url: { return_url: intent.returnUrl, url } }
}

export const intentObject = (world: World, intent: Intent) => ({
  id: intent.id,
  object: "payment_intent",
  allowed_payment_method_types: intent.allowedTypes,
  amount: intent.amount,
  amount_capturable: intent.amountCapturable,
  amount_details: { tip: {} },
  amount_received: intent.amountReceived,
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: intent.automaticMethods ? { allow_redirects: "always", enabled: true } : null,
  canceled_at: intent.canceledAt,
  cancellation_reason: intent.cancellationReason,
  capture_method: intent.captureMethod,
  client_secret: intent.clientSecret,
  confirmation_method: "automatic",
  created: intent.created,
  currency: intent.currency,
  customer: intent.customer,
  customer_account: null,
  description: intent.description,
  excluded_payment_method_types: null,
  last_payment_error: intent.lastError,
  latest_charge: intent.latestCharge,
  livemode: false,
  managed_payments: null,
  metadata: intent.metadata,
  next_action: nextAction(world, intent),
  on_behalf_of: null,
  payment_method: intent.method,
  payment_method_configuration_details: null,
  payment_method_options: {
    card: {
      installments: null,
      mandate_options: null,
      network: null,
      request_three_d_secure: "automatic"
    }
  },
  payment_method_types: intent.methodTypes,
  payment_record: null,
  processing: intent.status === "processing" ? { type: "card", card: {} } : null,
  receipt_email: intent.receiptEmail,
  review: null,
  setup_future_usage: intent.setupFutureUsage,
  shipping: null,
  source: null,
  statement_descriptor: intent.statementDescriptor,
  statement_descriptor_suffix: intent.statementDescriptorSuffix,
  status: intent.status,
  transfer_data: null,
  transfer_group: null
})

export const chargeObject = (world: World, charge: Charge) => {
  const method = world.methods.get(charge.method)
  const intent = world.intents.get(charge.intent)
  const failed = charge.status === "failed"
  return {
    id: charge.id,
    object: "charge",
    amount: charge.amount,
    amount_captured: charge.amountCaptured,
    amount_refunded: charge.amountRefunded,
    balance_transaction: null,
    billing_details: method === undefined ? null : methodObject(method).billing_details,
    captured: charge.captured,
    created: charge.created,
    currency: charge.currency,
    customer: intent?.customer ?? null,
    description: intent?.description ?? null,
    disputed: charge.disputed,
    failure_code: charge.failureCode,
    failure_message: charge.failureMessage,
    livemode: false,
    metadata: intent?.metadata ?? {},
    outcome: {
      network_status: charge.blocked
        ? "not_sent_to_network"
        : failed
          ? "declined_by_network"
          : "approved_by_network",
      reason: charge.blocked ? "highest_risk_level" : charge.declineCode,
      risk_level: charge.blocked ? "highest" : "normal",
      risk_score: charge.blocked ? 95 : 12,
      seller_message: failed ? "The payment was declined." : "Payment complete.",
      type: charge.blocked ? "blocked" : failed ? "issuer_declined" : "authorized"
    },
    paid: !failed,
    payment_intent: charge.intent,
    payment_method: charge.method,
    payment_method_details:
      method === undefined
        ? null
        : {
            type: "card",
            card: {
              amount_authorized: failed ? null : charge.amount,
              authorization_code: failed ? null : "123456",
              brand: method.brand,
              checks: {
                address_line1_check: null,
                address_postal_code_check: null,
                cvc_check: !method.hasCvc ? null : charge.declineCode === "incorrect_cvc" ? "fail" : "pass"
              },
              country: "US",
              exp_month: method.expMonth,
              exp_year: method.expYear,
              fingerprint: method.fingerprint,
              funding: "credit",
              last4: method.last4,
              network: method.brand,
              network_transaction_id: failed ? null : charge.id.slice(-15)
            }
          },
    refunded:
      charge.released || (charge.amountRefunded > 0 && charge.amountRefunded === charge.amountCaptured),
    status: charge.status
  }
}

export const refundObject = (refund: Refund) => ({
  id: refund.id,
  object: "refund",
  amount: refund.amount,
  balance_transaction: null,
  charge: refund.charge,
  created: refund.created,
  currency: refund.currency,
  destination_details: { type: "card", card: { reference_status: "pending", type: "refund" } },
  ...(refund.failureReason === null ? {} : { failure_reason: refund.failureReason }),
  metadata: refund.metadata,
  payment_intent: refund.intent,
  reason: refund.reason,
  receipt_number: null,
  status: refund.status
})

export const disputeObject = (world: World, dispute: Dispute) => ({
  id: dispute.id,
  object: "dispute",
  amount: dispute.amount,
  balance_transactions: [],
  charge: dispute.charge,
  created: dispute.created,
  currency: dispute.currency,
  evidence: {},
  evidence_details: {
    due_by: dispute.created + 7 * 24 * 3600,
    has_evidence: dispute.status === "under_review",
    past_due: false,
    submission_count: 0
  },
  is_charge_refundable: (world.charges.get(dispute.charge)?.amountRefunded ?? 0) === 0,
  livemode: false,
  metadata: {},
  payment_intent: dispute.intent,
  reason: dispute.reason,
  status: dispute.status
})

import { randomText } from "../plumbing/ids.ts"
import type { Fault } from "../plumbing/Fault.ts"
import { charge } from "./charging.ts"
import { emitIntent } from "./events.ts"
import { methodOf } from "./methods.ts"
import { intentObject } from "./objects.ts"
import { boolean, positiveAmount, text } from "./parameters.ts"
import type { Intent } from "./records.ts"
import { invalid, wrongState } from "./StripeRefusal.ts"
import { type Call, owned, seconds, type World } from "./world.ts"

const captureMethods = ["automatic", "automatic_async", "manual"] as const

/** From this version on `payment_method_types` is refused; `allowed_payment_method_types` came in its place. */
const typesRemoved = "2026-09-30"

/** The types that the caller names, under the name that its version of the API has for them. */
const methodTypes = ({ fields, version }: Call): ReadonlyArray<string> => {
  if (fields.has("payment_method_types") && version >= typesRemoved) {
    throw invalid(
      "The parameter payment_method_types is no longer supported. Use allowed_payment_method_types instead.",
      "payment_method_types",
      "payment_method_types_no_longer_supported"
    )
  }
  const rivals = ["payment_method_types", "excluded_payment_method_types", "automatic_payment_methods"]
  const rival = rivals.find((name) => fields.has(name))
  if (fields.has("allowed_payment_method_types") && rival !== undefined) {
    throw invalid(
      `You may only specify one of these parameters: allowed_payment_method_types, ${rival}.`,
      "allowed_payment_method_types",
      "parameters_exclusive"
    )
  }
  const types = [...fields.list("allowed_payment_method_types"), ...fields.list("payment_method_types")]
  if (types.length > 0 && !types.includes("card")) {
    throw invalid(`The sandbox has cards only, not ${types.join(", ")}.`, "allowed_payment_method_types")
  }
  return types
}

export const createIntent = (world: World, call: Call, fault: Fault | undefined) => {
  const { fields, account } = call
  const currency = text(fields, "currency", 3)?.toLowerCase()
  const amount = positiveAmount(fields, "amount")
  if (amount === undefined) throw invalid("Missing required param: amount.", "amount", "parameter_missing")
  if (currency === undefined)
    throw invalid("Missing required param: currency.", "currency", "parameter_missing")
  if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${currency}.`, "currency")
  if (amount < 50) {
    throw invalid("Amount must be at least $0.50 usd", "amount", "amount_too_small")
  }
  const confirm = boolean(fields, "confirm") ?? false
  for (const name of ["off_session", "error_on_requires_action", "return_url"]) {
    if (!confirm && fields.get(name) !== undefined && fields.get(name) !== "false") {
      throw invalid(`You cannot set ${name} unless confirm is set to true.`, name)
    }
  }
  const types = methodTypes(call)
  const automaticMethods = types.length === 0
  const wantsRedirects = fields.get("automatic_payment_methods[allow_redirects]") !== "never"
  if (confirm && automaticMethods && wantsRedirects && fields.get("return_url") === undefined) {
    throw invalid(
      "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of " +
        "these payment methods might redirect your customer off of your page, you must provide a `return_url`."
    )
  }
  const captureMethod = captureMethods.find((name) => name === (fields.get("capture_method") ?? "automatic"))
  if (captureMethod === undefined) throw invalid("Invalid capture_method.", "capture_method")
  const method = methodOf(world, call)
  const id = `pi_${randomText(24)}`
  const intent: Intent = {
    id,
    account,
    created: seconds(world),
    amount,
    currency,
    status: method === undefined ? "requires_payment_method" : "requires_confirmation",
    amountReceived: 0,
    amountCapturable: 0,
    captureMethod,
    method: method?.id ?? null,
    methodTypes: ["card"],
    allowedTypes: fields.has("allowed_payment_method_types") ? types : null,
    automaticMethods,
    latestCharge: null,
    lastError: null,
    returnUrl: fields.get("return_url") ?? null,
    setupFutureUsage: fields.get("setup_future_usage") ?? null,
    customer: fields.get("customer") ?? null,
    description: fields.get("description") ?? null,
    receiptEmail: fields.get("receipt_email") ?? null,
    statementDescriptor: fields.get("statement_descriptor") ?? null,
    statementDescriptorSuffix: fields.get("statement_descriptor_suffix") ?? null,
    metadata: fields.group("metadata"),
    canceledAt: null,
    cancellationReason: null,
    clientSecret: `${id}_secret_${randomText(25)}`,
    idempotencyKey: call.idempotencyKey,
    hiddenUntil: 0
  }
  if (confirm && method === undefined) {
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the " +
        "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a " +
        "payment method or ConfirmationToken.",
      undefined,
      "payment_intent_unexpected_state"
    )
  }
  world.intents.put(id, intent)
  emitIntent(world, "payment_intent.created", intent, call)
  return intentObject(
    world,
    confirm && method !== undefined ? charge(world, call, intent, method, fault) : intent
  )
}

export const confirmIntent = (world: World, call: Call, id: string, fault: Fault | undefined) => {
  const found = owned(world.intents, call.account, id, "payment_intent", "intent")
  if (found.status === "succeeded" || found.status === "requires_capture") {
    throw wrongState(
      "payment_intent_unexpected_state",
      "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.",
      intentObject(world, found)
    )
  }
  if (found.status === "canceled" || found.status === "processing") {
    throw wrongState(
      "payment_intent_unexpected_state",
      `You cannot confirm this PaymentIntent because it has a status of ${found.status}.`,
      intentObject(world, found)
    )
  }
  const kept = found.method === null ? undefined : world.methods.get(found.method)
  const method = methodOf(world, call) ?? kept
  if (method === undefined) {
    throw wrongState(
      "payment_intent_unexpected_state",
      "You cannot confirm this PaymentIntent because it's missing a payment method.",
      intentObject(world, found)
    )
  }
  methodTypes(call)
  const returnUrl = call.fields.get("return_url") ?? found.returnUrl
  return intentObject(
    world,
    charge(world, call, { ...found, method: method.id, returnUrl, lastError: null }, method, fault)
  )
}

const reasons = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"]

export const cancelIntent = (world: World, call: Call, id: string) => {
  const intent = owned(world.intents, call.account, id, "payment_intent", "intent")
  const reason = call.fields.get("cancellation_reason") ?? null
  if (reason !== null && !reasons.includes(reason)) {
    throw invalid(`Invalid cancellation_reason: must be one of ${reasons.join(", ")}`, "cancellation_reason")
  }
  if (intent.status === "succeeded" || intent.status === "canceled" || intent.status === "processing") {
    throw wrongState(
      "payment_intent_unexpected_state",
      `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with ` +
        "one of the following statuses may be canceled: requires_payment_method, requires_capture, " +
        "requires_confirmation, requires_action.",
      intentObject(world, intent)
    )
  }
  const held = intent.latestCharge === null ? undefined : world.charges.get(intent.latestCharge)
  if (intent.status === "requires_capture" && held !== undefined) {
    world.charges.put(held.id, { ...held, released: true })
  }
  const canceled: Intent = {
    ...intent,
    status: "canceled",
    amountCapturable: 0,
    canceledAt: seconds(world),
    cancellationReason: reason
  }
  world.intents.put(id, canceled)
  emitIntent(world, "payment_intent.canceled", canceled, call)
  return intentObject(world, canceled)
}

import { Schema } from "effect"
import type { Fault } from "../plumbing/Fault.ts"
import { randomText } from "../plumbing/ids.ts"
import { declineOf } from "./declines.ts"
import { disputeAtOnce } from "./disputes.ts"
import { type Cause, emitCharge, emitIntent } from "./events.ts"
import { intentObject, methodObject } from "./objects.ts"
import { boolean } from "./parameters.ts"
import type { Charge, Intent, Method } from "./records.ts"
import { apiError, cardError, StripeRefusal, wrongState } from "./StripeRefusal.ts"
import { behaviourOf } from "./testCards.ts"
import { type Call, seconds, type World } from "./world.ts"

const newCharge = (world: World, intent: Intent, method: Method): Charge => ({
  id: `ch_${randomText(24)}`,
  account: intent.account,
  created: seconds(world),
  intent: intent.id,
  method: method.id,
  amount: intent.amount,
  amountCaptured: 0,
  amountRefunded: 0,
  currency: intent.currency,
  captured: false,
  status: "succeeded",
  failureCode: null,
  failureMessage: null,
  declineCode: null,
  blocked: false,
  disputed: false,
  released: false
})

/** Money moves: the one place where it is taken from a card. */
const takeMoney = (world: World, intent: Intent, charge: Charge, method: Method, amount: number): void =>
  world.bench.books.write({
    at: world.bench.clock.now(),
    account: intent.account,
    kind: "captured",
    reference: intent.id,
    movement: charge.id,
    order: intent.metadata["attempt_id"] ?? "",
    idempotencyKey: intent.idempotencyKey,
    amount,
    currency: intent.currency,
    last4: method.last4,
    fingerprint: method.fingerprint
  })

export const approve = (world: World, intent: Intent, method: Method, cause: Cause | undefined): Intent => {
  const manual = intent.captureMethod === "manual"
  const charge: Charge = {
    ...newCharge(world, intent, method),
    captured: !manual,
    amountCaptured: manual ? 0 : intent.amount
  }
  const approved: Intent = {
    ...intent,
    status: manual ? "requires_capture" : "succeeded",
    method: method.id,
    amountReceived: manual ? 0 : intent.amount,
    amountCapturable: manual ? intent.amount : 0,
    latestCharge: charge.id,
    lastError: null
  }
  world.charges.put(charge.id, charge)
  world.intents.put(intent.id, approved)
  if (intent.setupFutureUsage === "off_session") world.methods.put(method.id, { ...method, setUp: true })
  emitCharge(world, "charge.succeeded", charge, cause)
  if (manual) {
    emitIntent(world, "payment_intent.amount_capturable_updated", approved, cause)
  } else {
    takeMoney(world, approved, charge, method, intent.amount)
    emitIntent(world, "payment_intent.succeeded", approved, cause)
    disputeAtOnce(world, approved, charge, method)
  }
  return approved
}

/** Captures what was authorized, or less of it. */
export const capture = (world: World, intent: Intent, amount: number, cause: Cause): Intent => {
  const charge = intent.latestCharge === null ? undefined : world.charges.get(intent.latestCharge)
  const method = intent.method === null ? undefined : world.methods.get(intent.method)
  if (charge === undefined || method === undefined) throw apiError(500)
  const taken: Charge = { ...charge, captured: true, amountCaptured: amount }
  const captured: Intent = { ...intent, status: "succeeded", amountReceived: amount, amountCapturable: 0 }
  world.charges.put(charge.id, taken)
  world.intents.put(intent.id, captured)
  takeMoney(world, captured, taken, method, amount)
  emitCharge(world, "charge.captured", taken, cause)
  emitIntent(world, "payment_intent.succeeded", captured, cause)
  disputeAtOnce(world, captured, taken, method)
  return captured
}

/** No money moves: the intent is back where another card may be tried. */
const decline = (
  world: World,
  call: Call,
  intent: Intent,
  method: Method,
  facts: ReturnType<typeof declineOf>,
  options: { readonly charged: boolean; readonly blocked: boolean }
): StripeRefusal => {
  const charge: Charge = {
    ...newCharge(world, intent, method),
    status: "failed",
    failureCode: facts.code,
    failureMessage: facts.message,
    declineCode: facts.decline_code,
    blocked: options.blocked
  }
  const error = {
    ...facts,
    ...(options.charged ? { charge: charge.id } : {}),
    payment_method: methodObject(method)
  }
  const declined: Intent = {
    ...intent,
    status: "requires_payment_method",
    method: null,
    latestCharge: options.charged ? charge.id : intent.latestCharge,
    lastError: { type: "card_error", ...error }
  }
  world.intents.put(intent.id, declined)
  if (options.charged) {
    world.charges.put(charge.id, charge)
    emitCharge(world, "charge.failed", charge, call)
  }
  emitIntent(world, "payment_intent.payment_failed", declined, call)
  return cardError({ ...error, payment_intent: intentObject(world, declined) })
}

const Later = Schema.Struct({ intent: Schema.String, method: Schema.String })

/** Money that moves after the answer was given. An intent that was canceled meanwhile is never charged. */
export const settleLater = (world: World): void =>
  world.bench.tasks.on("stripe.settle", Later, (later, done) => {
    done()
    const intent = world.intents.get(later.intent)
    const method = world.methods.get(later.method)
    if (intent === undefined || method === undefined) return
    if (intent.status === "processing" || intent.status === "requires_payment_method") {
      approve(world, intent, method, undefined)
    }
  })

const late = (world: World, call: Call, intent: Intent, method: Method, fault: Fault): Intent => {
  const at = world.bench.clock.now() + (fault.seconds ?? 8) * 1000
  world.bench.tasks.schedule("stripe.settle", at, { intent: intent.id, method: method.id })
  if (fault.answer === "decline") {
    const facts = declineOf(fault.code ?? "generic_decline")
    throw decline(world, call, intent, method, facts, { charged: true, blocked: false })
  }
  const processing: Intent = { ...intent, status: "processing", method: method.id }
  world.intents.put(intent.id, processing)
  emitIntent(world, "payment_intent.processing", processing, call)
  if (fault.answer === "pending") return processing
  throw apiError(fault.status ?? 500)
}

/** Answers that contradict themselves, although the money moved. */
const contradict = (world: World, approved: Intent, method: Method, variant: number): never => {
  const intent = intentObject(world, approved)
  switch (variant) {
    case 1:
      throw wrongState(
        "payment_intent_unexpected_state",
        "This PaymentIntent's state changed while the request was worked on.",
        intent
      )
    case 2:
      throw cardError({
        ...declineOf("generic_decline"),
        payment_method: methodObject(method),
        payment_intent: intent
      })
    default:
      throw cardError({
        ...declineOf("generic_decline"),
        payment_method: methodObject(method),
        payment_intent: { ...intent, status: "requires_payment_method" }
      })
  }
}

/** A confirmation: what the card, the parameters and the fault make of it. */
export const charge = (
  world: World,
  call: Call,
  before: Intent,
  method: Method,
  fault: Fault | undefined
): Intent => {
  const behaviour = behaviourOf(method.behaviour)
  const offSession =
    call.fields.get("off_session") !== undefined && boolean(call.fields, "off_session") === true
  const intent: Intent = {
    ...before,
    idempotencyKey: call.idempotencyKey,
    hiddenUntil:
      fault?.blindSeconds === undefined ? before.hiddenUntil : hiddenUntil(world, fault.blindSeconds)
  }
  if (fault?.kind === "error_saved") {
    world.intents.put(intent.id, intent)
    throw apiError(fault.status ?? 500)
  }
  if (fault?.kind === "code" && fault.code !== undefined) {
    throw decline(world, call, intent, method, declineOf(fault.code), { charged: true, blocked: false })
  }
  if (fault?.kind === "late_money") return late(world, call, intent, method, fault)
  if (fault?.kind === "blind") {
    return approve(world, { ...intent, hiddenUntil: hiddenUntil(world, fault.seconds ?? 20) }, method, call)
  }
  if (behaviour.declines !== undefined) {
    const blocked = behaviour.blocked === true
    throw decline(world, call, intent, method, declineOf(behaviour.declines), { charged: true, blocked })
  }
  const authenticates =
    behaviour.authenticates === "always" || (behaviour.authenticates === "until_set_up" && !method.setUp)
  if (authenticates) {
    if (offSession || boolean(call.fields, "error_on_requires_action") === true) {
      const facts = declineOf("authentication_required")
      throw decline(world, call, intent, method, facts, { charged: offSession, blocked: false })
    }
    const waiting: Intent = { ...intent, status: "requires_action", method: method.id }
    world.intents.put(intent.id, waiting)
    emitIntent(world, "payment_intent.requires_action", waiting, call)
    return waiting
  }
  const approved = approve(world, intent, method, call)
  if (fault?.kind === "contradictory") contradict(world, approved, method, fault.variant ?? 1)
  if (fault?.kind === "duplicate_answer") {
    throw new StripeRefusal(
      409,
      {
        type: "invalid_request_error",
        code: "idempotency_key_in_use",
        message: "There is currently another in-progress request using this Idempotent Key."
      },
      true
    )
  }
  return approved
}

const hiddenUntil = (world: World, forSeconds: number): number => world.bench.clock.now() + forSeconds * 1000

/** What the page of 3D Secure reports. */
export const authenticated = (world: World, intent: Intent, passed: boolean): Intent => {
  const method = intent.method === null ? undefined : world.methods.get(intent.method)
  if (intent.status !== "requires_action" || method === undefined) return intent
  if (passed) return approve(world, intent, method, undefined)
  const failed: Intent = {
    ...intent,
    status: "requires_payment_method",
    method: null,
    lastError: {
      type: "invalid_request_error",
      code: "payment_intent_authentication_failure",
      doc_url: "https://docs.stripe.com/error-codes/payment-intent-authentication-failure",
      message:
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new " +
        "PaymentMethod to attempt to fulfill this PaymentIntent again.",
      payment_method: methodObject(method)
    }
  }
  world.intents.put(intent.id, failed)
  emitIntent(world, "payment_intent.payment_failed", failed, undefined)
  return failed
}

import { Schema } from "effect"
import { json, type Reply, type Request } from "../plumbing/Http.ts"
import { randomText } from "../plumbing/ids.ts"
import { type Cause, emit, emitCharge } from "./events.ts"
import { refundObject } from "./objects.ts"
import { positiveAmount } from "./parameters.ts"
import type { Charge, Method, Refund } from "./records.ts"
import { invalid, wrongState } from "./StripeRefusal.ts"
import { behaviourOf } from "./testCards.ts"
import { type Call, owned, seconds, type World } from "./world.ts"

const move = (world: World, refund: Refund, kind: "refunded" | "refund_failed", key: string) => {
  const charge = world.charges.get(refund.charge)
  const method = charge === undefined ? undefined : world.methods.get(charge.method)
  world.bench.books.write({
    at: world.bench.clock.now(),
    account: refund.account,
    kind,
    reference: refund.intent,
    movement: refund.id,
    order: world.intents.get(refund.intent)?.metadata["attempt_id"] ?? "",
    idempotencyKey: key,
    amount: refund.amount,
    currency: refund.currency,
    last4: method?.last4 ?? "",
    fingerprint: method?.fingerprint ?? ""
  })
}

const tell = (world: World, type: string, refund: Refund, cause: Cause | undefined) =>
  emit(
    world,
    refund.account,
    type,
    refundObject(refund),
    cause === undefined ? undefined : { id: cause.requestId, key: cause.idempotencyKey }
  )

const chargeToRefund = (world: World, call: Call): Charge => {
  const { fields, account } = call
  const intentId = fields.get("payment_intent")
  const chargeId = fields.get("charge")
  if (intentId === undefined && chargeId === undefined) {
    throw invalid(
      "One of the following params should be provided for this request: payment_intent or charge."
    )
  }
  if (chargeId !== undefined) return owned(world.charges, account, chargeId, "charge", "charge")
  const intent = owned(world.intents, account, intentId ?? "", "payment_intent", "payment_intent")
  const charge = intent.latestCharge === null ? undefined : world.charges.get(intent.latestCharge)
  if (charge === undefined || charge.status === "failed" || !charge.captured) {
    throw wrongState(
      "payment_intent_unexpected_state",
      `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`
    )
  }
  return charge
}

const money = (amount: number) => `$${(amount / 100).toFixed(2)}`
const reasons = ["duplicate", "fraudulent", "requested_by_customer"]

export const createRefund = (world: World, call: Call) => {
  const { fields } = call
  const asked = positiveAmount(fields, "amount")
  const reason = fields.get("reason") ?? null
  if (reason !== null && !reasons.includes(reason)) {
    throw invalid(`Invalid reason: must be one of ${reasons.join(", ")}`, "reason")
  }
  const charge = chargeToRefund(world, call)
  if (charge.status === "failed" || !charge.captured) {
    throw wrongState("charge_not_refundable", `Charge ${charge.id} was not captured.`)
  }
  const left = charge.amountCaptured - charge.amountRefunded
  if (left === 0) {
    throw wrongState("charge_already_refunded", `Charge ${charge.id} has already been refunded.`)
  }
  if (charge.disputed && world.disputes.all().some((one) => one.charge === charge.id && one.withdrawn > 0)) {
    throw wrongState("charge_disputed", `Charge ${charge.id} has been charged back; cannot issue a refund.`)
  }
  const amount = asked ?? left
  if (amount > left) {
    throw wrongState(
      "amount_too_large",
      `Refund amount (${money(amount)}) is greater than unrefunded amount on charge (${money(left)})`
    )
  }
  const method = world.methods.get(charge.method)
  const pending = method !== undefined && behaviourOf(method.behaviour).refunds === "pending"
  const refund: Refund = {
    id: `re_${randomText(24)}`,
    account: call.account,
    created: seconds(world),
    intent: charge.intent,
    charge: charge.id,
    amount,
    currency: charge.currency,
    status: pending ? "pending" : "succeeded",
    failureReason: null,
    reason,
    metadata: fields.group("metadata")
  }
  world.refunds.put(refund.id, refund)
  const refunded: Charge = { ...charge, amountRefunded: charge.amountRefunded + amount }
  world.charges.put(charge.id, refunded)
  // The money leaves the merchant at once, also while the customer still waits for it.
  move(world, refund, "refunded", call.idempotencyKey)
  tell(world, "refund.created", refund, call)
  emitCharge(world, "charge.refunded", refunded, call)
  later(world, refund, method)
  return refundObject(refund)
}

const refundSeconds = 60
const Later = Schema.Struct({ refund: Schema.String })

const later = (world: World, refund: Refund, method: Method | undefined): void => {
  if (method === undefined || behaviourOf(method.behaviour).refunds === undefined) return
  world.bench.tasks.schedule("stripe.refund", world.bench.clock.now() + refundSeconds * 1000, {
    refund: refund.id
  })
}

/** What some test cards do to a refund a minute later: a pending one succeeds, a successful one fails. */
export const settleRefunds = (world: World): void =>
  world.bench.tasks.on("stripe.refund", Later, ({ refund: id }, done) => {
    done()
    const refund = world.refunds.get(id)
    if (refund === undefined) return
    if (refund.status === "pending") {
      const succeeded: Refund = { ...refund, status: "succeeded" }
      world.refunds.put(id, succeeded)
      return tell(world, "refund.updated", succeeded, undefined)
    }
    fail(world, refund)
  })

/** A refund fails, as its bank may say days later: the money is back, and the charge may be refunded again. */
const fail = (world: World, refund: Refund): Refund | undefined => {
  const charge = world.charges.get(refund.charge)
  if (!["succeeded", "pending"].includes(refund.status) || charge === undefined) return undefined
  const failed: Refund = { ...refund, status: "failed", failureReason: "expired_or_canceled_card" }
  world.refunds.put(refund.id, failed)
  world.charges.put(charge.id, { ...charge, amountRefunded: charge.amountRefunded - refund.amount })
  move(world, failed, "refund_failed", "")
  tell(world, "refund.failed", failed, undefined)
  return failed
}

/** POST /_sandbox/refunds/:id/fail: the refund does not arrive. */
export const controlRefunds = (world: World, request: Request): Reply | undefined => {
  const [, id] = /^\/_sandbox\/refunds\/(\w+)\/fail$/.exec(request.path) ?? []
  if (id === undefined || request.method !== "POST") return undefined
  const refund = world.refunds.get(id)
  const failed = refund && world.bench.store.transact(() => fail(world, refund))
  return failed === undefined
    ? json(400, { sandbox_error: "there is no such refund that may still fail" })
    : json(200, refundObject(failed))
}

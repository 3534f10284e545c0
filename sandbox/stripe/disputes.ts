import { Schema } from "effect"
import { json, parseJson, type Reply, type Request } from "../plumbing/Http.ts"
import { randomText } from "../plumbing/ids.ts"
import { emit } from "./events.ts"
import { disputeObject } from "./objects.ts"
import { type Charge, type Dispute, DisputeStatus, type Intent, type Method } from "./records.ts"
import { behaviourOf } from "./testCards.ts"
import { seconds, type World } from "./world.ts"

const move = (world: World, dispute: Dispute, kind: "disputed" | "dispute_reinstated", amount: number) => {
  const intent = world.intents.get(dispute.intent)
  const charge = world.charges.get(dispute.charge)
  const method = charge === undefined ? undefined : world.methods.get(charge.method)
  world.bench.books.write({
    at: world.bench.clock.now(),
    account: dispute.account,
    kind,
    reference: dispute.intent,
    movement: dispute.id,
    order: intent?.metadata["attempt_id"] ?? "",
    idempotencyKey: "",
    amount,
    currency: dispute.currency,
    last4: method?.last4 ?? "",
    fingerprint: method?.fingerprint ?? ""
  })
}

const tell = (world: World, type: string, dispute: Dispute) =>
  emit(world, dispute.account, `charge.dispute.${type}`, disputeObject(world, dispute), undefined)

/** What the merchant still has of a charge. */
const leftOf = (world: World, charge: Charge): number =>
  world.disputes
    .all()
    .filter((dispute) => dispute.charge === charge.id)
    .reduce((left, { withdrawn }) => left - withdrawn, charge.amountCaptured - charge.amountRefunded)

const isInquiry = (status: Dispute["status"]) => status.startsWith("warning_")
const isClosed = (status: Dispute["status"]) => ["won", "lost", "warning_closed"].includes(status)

/** Opens a dispute. An inquiry (`warning_…`) takes no money; a dispute takes it at once. */
const open = (
  world: World,
  charge: Charge,
  reason: string,
  amount: number,
  status: Dispute["status"]
): Dispute => {
  const dispute: Dispute = {
    id: `dp_${randomText(24)}`,
    account: charge.account,
    created: seconds(world),
    intent: charge.intent,
    charge: charge.id,
    amount,
    currency: charge.currency,
    reason,
    status,
    withdrawn: isInquiry(status) ? 0 : amount
  }
  world.disputes.put(dispute.id, dispute)
  world.charges.put(charge.id, { ...charge, disputed: true })
  tell(world, "created", dispute)
  if (dispute.withdrawn > 0) {
    move(world, dispute, "disputed", dispute.withdrawn)
    tell(world, "funds_withdrawn", dispute)
  }
  return dispute
}

/** Some test cards are disputed as soon as they are charged. */
export const disputeAtOnce = (world: World, intent: Intent, charge: Charge, method: Method): void => {
  const { disputes } = behaviourOf(method.behaviour)
  if (disputes !== undefined) open(world, charge, disputes, intent.amountReceived, "needs_response")
}

/** Moves a dispute on: the money goes or comes back with its new state. */
const update = (world: World, before: Dispute, status: Dispute["status"]): Dispute => {
  const takes = !isInquiry(status) && status !== "won" && isInquiry(before.status)
  const returns = (status === "won" || status === "warning_closed") && before.withdrawn > 0
  const charge = world.charges.get(before.charge)
  const takable = charge === undefined ? 0 : Math.min(before.amount, leftOf(world, charge))
  const withdrawn = takes ? takable : returns ? 0 : before.withdrawn
  const dispute: Dispute = { ...before, status, withdrawn }
  world.disputes.put(dispute.id, dispute)
  if (takes && withdrawn > 0) {
    move(world, dispute, "disputed", withdrawn)
    tell(world, "funds_withdrawn", dispute)
  }
  if (returns) {
    move(world, dispute, "dispute_reinstated", before.withdrawn)
    tell(world, "funds_reinstated", dispute)
  }
  tell(world, isClosed(status) ? "closed" : "updated", dispute)
  return dispute
}

const decodeOpening = Schema.decodeUnknownResult(
  Schema.Struct({
    payment_intent: Schema.String,
    reason: Schema.optionalKey(Schema.String),
    amount: Schema.optionalKey(Schema.Int),
    status: Schema.optionalKey(DisputeStatus)
  })
)
const decodeUpdate = Schema.decodeUnknownResult(Schema.Struct({ status: DisputeStatus }))

/** POST /_sandbox/disputes { payment_intent } opens one, POST /_sandbox/disputes/:id { status } moves it on. */
export const controlDisputes = (world: World, request: Request): Reply | undefined => {
  const [, id] = /^\/_sandbox\/disputes(?:\/(\w+))?$/.exec(request.path) ?? []
  if (request.method !== "POST" || !request.path.startsWith("/_sandbox/disputes")) return undefined
  const body = parseJson(request.body.toString("utf8"))
  if (id === undefined) {
    const asked = decodeOpening(body)
    if (asked._tag === "Failure") return json(400, { sandbox_error: String(asked.failure) })
    const { payment_intent, reason = "fraudulent", status = "needs_response" } = asked.success
    const charge = world.charges.get(world.intents.get(payment_intent)?.latestCharge ?? "")
    if (charge === undefined || charge.amountCaptured === 0) {
      return json(400, { sandbox_error: "that payment_intent has no captured charge" })
    }
    const left = leftOf(world, charge)
    const amount = Math.min(asked.success.amount ?? left, left)
    if (amount < 1) return json(400, { sandbox_error: "nothing is left of that charge to dispute" })
    const dispute = world.bench.store.transact(() => open(world, charge, reason, amount, status))
    return json(201, disputeObject(world, dispute))
  }
  const dispute = world.disputes.get(id)
  const asked = decodeUpdate(body)
  if (dispute === undefined || asked._tag === "Failure") {
    return json(400, { sandbox_error: "give the id of a dispute in the path, and { status }" })
  }
  if (isClosed(dispute.status)) return json(400, { sandbox_error: "that dispute is closed" })
  const updated = world.bench.store.transact(() => update(world, dispute, asked.success.status))
  return json(200, disputeObject(world, updated))
}

// The flavour for Effect, on whichever Node.
import { Payments } from "@payment-orchestration/sdk/effect"
import { Effect, Redacted } from "effect"

const { PAYMENTS_ORIGIN: origin, PAYMENTS_API_KEY: apiKey } = process.env
const card = (tokenRef) => ({ vaultToken: { vaultId: "stub", tokenRef } })

const program = Effect.gen(function* () {
  const payments = yield* Payments
  const { id } = yield* payments.create({
    customer: "loop_user_1",
    brand: "loop-bio",
    entity: "loop_bio_labs",
    mode: "hosted",
    intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tb500", quantity: 1 }] }
  })
  const first = yield* payments.confirm(id, card("tok_hard_decline"))
  const refused = yield* payments
    .claimFulfilment(id)
    .pipe(Effect.catchTag("session_not_settled", ({ details }) => Effect.succeed(details.state)))
  yield* payments.confirm(id, card("tok_captured"))
  const { end } = yield* payments.waitForSettlement(id)
  return refused === "pending" ? `${first.outcome}, then ${end}` : refused
})

const layer = Payments.layer({ origin, apiKey: Redacted.make(apiKey) })
console.log(await Effect.runPromise(Effect.provide(program, layer)))

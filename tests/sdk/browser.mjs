// The SDK where there is nothing of Node: in a realm of its own that has what browsers have, and no more.
import { readFileSync } from "node:fs"
import { createContext, SourceTextModule } from "node:vm"

const { PAYMENTS_ORIGIN: origin, PAYMENTS_API_KEY: apiKey } = process.env
const ofBrowsers = { fetch, crypto, URL, TextEncoder, TextDecoder, AbortController, AbortSignal, atob }
const more = { Headers, Request, Response, setTimeout, clearTimeout }
const context = createContext({ ...ofBrowsers, ...more })

const modules = new Map()
const load = (url) => {
  if (!modules.has(url.href)) {
    modules.set(url.href, new SourceTextModule(readFileSync(url, "utf8"), { context, identifier: url.href }))
  }
  return modules.get(url.href)
}
const entry = load(new URL(import.meta.resolve("@payment-orchestration/sdk")))
await entry.link((specifier, from) => load(new URL(specifier, from.identifier)))
await entry.evaluate()

const { createPayments, isPaymentsError, waitForSettlement } = entry.namespace
const expect = (what, holds) => {
  if (!holds) throw new Error(what)
}

const payments = createPayments({ origin, apiKey })
const config = {
  customer: "loop_user_1",
  brand: "loop-bio",
  entity: "loop_bio_labs",
  mode: "embedded",
  intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tb500", quantity: 1 }] }
}
const session = await payments.create(config)
expect("an embedded session has a token", session.embedToken !== undefined && session.state === "pending")

const card = (tokenRef) => ({ vaultToken: { vaultId: "stub", tokenRef } })
const declined = await payments.confirm(session.id, card("tok_hard_decline"))
expect("a decline is an answer", declined.outcome === "declined" && declined.state === "pending")
const waiting = waitForSettlement(payments, session.id, { firstDelayMs: 50 })
expect(
  "another card settles",
  (await payments.confirm(session.id, card("tok_captured"))).outcome === "settled"
)
const settlement = await waiting
expect("whoever waits hears of it", settlement.end === "settled" && settlement.session.attempts.length === 2)

const part = await payments.refund(session.id, { amount: 900, reason: "one came back" })
expect("a part goes back", part.state === "refunded" && part.kind === "refund")
expect("claims", (await payments.claimFulfilment(session.id)).fulfilment === "first")
expect("claims", (await payments.claimFulfilment(session.id)).fulfilment === "duplicate")
const rest = await payments.refund(session.id, { reason: "all came back" })
expect("the rest goes back", rest.money.amount === 5000)
const { refunds, captures } = await payments.readRefunds(session.id)
expect("both are on record", refunds.length === 2 && captures[0].refundable === 0)

const refused = await payments.cancel(session.id).result()
expect("what is paid is not cancelled", !refused.ok && refused.error.code === "session_not_payable")
const thrown = await payments.create({ ...config, product: "merchandise" }).catch((error) => error)
expect("a refusal has a code", isPaymentsError(thrown) && thrown.code === "category_claim_disagrees")
expect(
  "and says what would be right",
  thrown.details.derived === "ruo_compounds" && thrown.field === "product"
)
console.log("everything as promised")

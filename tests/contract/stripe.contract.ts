import { Effect, Layer } from "effect"
import { makeStripeDriver } from "../../src/layers/providers/stripe/driver.ts"
import { makeProxy } from "../../src/layers/vault/basis-theory/proxy.ts"
import { stripeCapabilities } from "../layers/providers/stripe/stripeUnderTest.ts"
import { providerSuite, ProviderUnderTest } from "../suites/provider.ts"
import { destinationOf, fieldsOf, interfering, tokenIn, type Wire } from "./interfering.ts"
import {
  accountsOf,
  amounts,
  keepCards,
  timesOf,
  transportTo,
  unchargeable,
  vaultSettings
} from "./sandbox.ts"
import { readySetting } from "./setting.ts"
import { stripeWitness } from "./stripeWitness.ts"

const setting = readySetting("stripe")

// The test cards that Stripe publishes.
const card = await keepCards(setting, {
  captured: "4242424242424242",
  lost: "4000056655665556",
  unsent: "5555555555554444",
  cut: "378282246310005",
  page: "5200828282828210",
  slow: "6011111111111117",
  waits: "4000002760003184",
  generic: "4000000000000002",
  funds: "4000000000009995",
  lostCard: "4000000000009987",
  stolen: "4000000000009979",
  expired: "4000000000000069",
  code: "4000000000000127",
  processing: "4000000000000119",
  fraudulent: "4100000000000019"
})

/** A card goes through the proxy once, to become a PaymentMethod; the money moves with the intent that names it. */
const wire: Wire = {
  charges: (request) => {
    const { path, proxied } = destinationOf(request)
    const charges = request.method === "POST" && !proxied && path === "/v1/payment_intents"
    return charges ? (fieldsOf(request).get("payment_method") ?? undefined) : undefined
  },
  names: (request, { body }) => {
    if (destinationOf(request).path !== "/v1/payment_methods") return undefined
    const token = tokenIn(fieldsOf(request).get("card[number]"))
    const method = /"id"\s*:\s*"(pm_\w+)"/.exec(new TextDecoder().decode(body))?.[1]
    return token === undefined || method === undefined ? undefined : [token, method]
  }
}

const { answer, read, horizon, late } = timesOf(setting)
const transport = interfering(
  transportTo(setting),
  wire,
  [
    [card("lost"), "lost"],
    [card("unsent"), "unsent"],
    [card("cut"), "cut"],
    [card("page"), "page"],
    [card("slow"), "late"]
  ],
  late
)
const provider = makeStripeDriver({
  origin: setting.origin,
  transport,
  accounts: accountsOf(setting),
  proxy: makeProxy(vaultSettings(setting), transport),
  returnUrl: (session) => `https://example.com/pay/${session}`,
  timings: {
    intentDeadline: answer,
    cancelDeadline: read,
    readDeadline: read,
    refundDeadline: answer,
    absenceHorizon: horizon
  }
})

providerSuite({
  name: "stripe, against a sandbox",
  layer: Layer.succeed(ProviderUnderTest, { provider, moved: stripeWitness(setting) }),
  clock: "live",
  passTime: Effect.sleep,
  capabilities: stripeCapabilities,
  nextAmount: amounts(),
  scenarios: {
    captured: card("captured"),
    declined: [
      { name: "a generic decline", token: card("generic"), kind: "soft" },
      { name: "insufficient funds", token: card("funds"), kind: "soft" },
      { name: "an error in processing", token: card("processing"), kind: "soft" },
      { name: "a lost card", token: card("lostCard"), kind: "hard" },
      { name: "a stolen card", token: card("stolen"), kind: "hard" },
      { name: "an expired card", token: card("expired"), kind: "hard" },
      { name: "an incorrect code", token: card("code"), kind: "hard" },
      { name: "a card blocked as fraudulent", token: card("fraudulent"), kind: "hard" },
      { name: "a token of nobody's", token: unchargeable.ofNobody, kind: "soft" },
      { name: "a token of another vault", token: unchargeable.ofAnotherVault, kind: "soft" },
      { name: "what is no token", token: unchargeable.noToken, kind: "hard" }
    ],
    unanswered: [
      { name: "the answer is lost", token: card("lost"), truth: "captured" },
      { name: "the request is lost", token: card("unsent"), truth: "nothing" }
    ],
    provesNothing: [
      { name: "half an answer", token: card("cut") },
      { name: "a web page", token: card("page") }
    ],
    waits: card("waits"),
    slow: card("slow"),
    // In every account's test mode.
    paymentMethodRef: "pm_card_visa",
    ...(setting.otherSecret === undefined ? { otherAccount: false as const } : {})
  }
})

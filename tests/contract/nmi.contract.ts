import { Effect, Layer } from "effect"
import { randomInt, randomUUID } from "node:crypto"
import { makeNmiDriver } from "../../src/layers/providers/nmi/driver.ts"
import { makeProxy } from "../../src/layers/vault/basis-theory/proxy.ts"
import { nmiCapabilities } from "../layers/providers/nmi/nmiUnderTest.ts"
import { providerSuite, ProviderUnderTest } from "../suites/provider.ts"
import { destinationOf, fieldsOf, interfering, tokenIn, type Wire } from "./interfering.ts"
import { askNmi, nmiStanding, nmiWitness } from "./nmiWitness.ts"
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

const setting = readySetting("nmi")
const standing = await nmiStanding(setting)
if ("problem" in standing) throw new Error(standing.problem)

// The test cards that NMI publishes.
const [visa, mastercard, discover, amex] = [
  "4111111111111111",
  "5431111111111111",
  "6011000991300009",
  "341111111111111"
] as const
const card = await keepCards(setting, {
  captured: visa,
  lost: mastercard,
  unsent: mastercard,
  cut: discover,
  page: discover,
  givenUp: amex,
  slow: amex
})

/** A card that NMI itself keeps; keeping it moves no money. */
const stored = `contract${randomUUID().slice(0, 8)}`
const kept = await askNmi(setting, "/api/transact.php", {
  customer_vault: "add_customer",
  customer_vault_id: stored,
  ccnumber: visa,
  ccexp: `10${String(new Date().getFullYear() + 3).slice(-2)}`
})
if (!/(^|&)response=1(&|$)/.test(kept)) throw new Error(`NMI keeps no card for the account: ${kept}`)

/** One request, through the proxy, is all of a charge. */
const wire: Wire = {
  charges: (request) => {
    const { path, proxied } = destinationOf(request)
    return proxied && path === "/api/transact.php" ? tokenIn(fieldsOf(request).get("ccnumber")) : undefined
  }
}

const { answer, read, horizon, late, proxy } = timesOf(setting)
const transport = interfering(
  transportTo(setting),
  wire,
  [
    [card("lost"), "lost"],
    [card("unsent"), "given_up_unsent"],
    [card("givenUp"), "given_up"],
    [card("cut"), "cut"],
    [card("page"), "page"],
    [card("slow"), "late"]
  ],
  late
)
const provider = makeNmiDriver({
  origin: setting.origin,
  transport,
  accounts: accountsOf(setting, standing.testMode ? { test_mode: "expected" } : {}),
  proxy: makeProxy(vaultSettings(setting), transport),
  timings: { transactDeadline: answer, queryDeadline: read, testModeTrust: proxy, absenceHorizon: horizon }
})

providerSuite({
  name: "nmi, against a sandbox",
  layer: Layer.succeed(ProviderUnderTest, { provider, moved: nmiWitness(setting) }),
  clock: "live",
  passTime: Effect.sleep,
  capabilities: nmiCapabilities,
  nextAmount: amounts(),
  scenarios: {
    captured: card("captured"),
    declined: [
      // What the sandbox declines by itself.
      { name: "an amount below 1.00", token: card("captured"), kind: "soft", amount: randomInt(10, 100) },
      { name: "a token of nobody's", token: unchargeable.ofNobody, kind: "soft" },
      { name: "a token of another vault", token: unchargeable.ofAnotherVault, kind: "soft" },
      { name: "what is no token", token: unchargeable.noToken, kind: "hard" }
    ],
    unanswered: [
      { name: "the proxy gives up, and the sale is made", token: card("givenUp"), truth: "captured" },
      { name: "the proxy gives up, and no sale is made", token: card("unsent"), truth: "nothing" }
    ],
    provesNothing: [
      { name: "the answer is lost", token: card("lost") },
      { name: "half an answer", token: card("cut") },
      { name: "a web page", token: card("page") }
    ],
    slow: card("slow"),
    paymentMethodRef: stored,
    ...(setting.otherSecret === undefined ? { otherAccount: false as const } : {})
  }
})

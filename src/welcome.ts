import { Console, Effect } from "effect"
import type { Settings } from "./config.ts"
import { developmentKey } from "./db/seedData.ts"
import { exampleCards } from "./http/exampleCards.ts"
import { Principal } from "./kernel/ids.ts"
import { PaymentSessions } from "./kernel/PaymentSessions.ts"
import type { SandboxOrigins } from "./sandboxed.ts"

/** What a person sees who has just started the service: where everything is, and three things to try. */
export const welcome = Effect.fn("welcome")(function* (
  settings: Settings,
  notes: ReadonlyArray<string>,
  sandbox: SandboxOrigins | undefined
) {
  const { publicOrigin } = settings
  const emulators = sandbox === undefined ? [] : emulated(sandbox)
  yield* Console.log(
    ["", ...notes.map((note) => `  ${note}\n`), ...addresses(publicOrigin), ...emulators].join("\n")
  )
  if (settings.seed === undefined || !settings.loopbackOnly) {
    return yield* Console.log(
      "\n  Callers need an API key: docs/guides/operating.md says how to give one out.\n  Stop with Ctrl-C.\n"
    )
  }
  const session = yield* (yield* PaymentSessions).create({
    by: Principal.make("welcome"),
    body: {
      customer: "loop_user_welcome",
      brand: "loop-health",
      entity: "loop_bio_labs",
      intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 1 }] },
      mode: "hosted"
    }
  })
  yield* Console.log(toTry(publicOrigin, session.id, sandbox))
})

const addresses = (origin: string): ReadonlyArray<string> => [
  `  GraphiQL         ${origin}/graphql`,
  `  REST reference   ${origin}/docs`
]

/** Beside what they emulate, where the emulators tell what really moved. */
const emulated = ({ stripe, nmi, basisTheory }: SandboxOrigins): ReadonlyArray<string> => [
  "",
  `  Stripe           ${stripe}   emulated; what moved: ${stripe}/_sandbox/books`,
  `  NMI              ${nmi}   emulated; what moved: ${nmi}/_sandbox/books`,
  `  Basis Theory     ${basisTheory}   emulated; its magic cards are tokens such as tok_4242 (sandbox/README.md)`
]

const toTry = (origin: string, session: string, sandbox: SandboxOrigins | undefined): string => {
  const post = (path: string, body: unknown) =>
    [
      `  curl -s ${origin}${path} \\`,
      `    -H 'Authorization: Bearer ${developmentKey.key}' -H 'Content-Type: application/json' \\`,
      `    -d '${JSON.stringify(body)}'`
    ].join("\n")
  const confirm = { vaultToken: exampleCards({ sandbox: sandbox !== undefined }).goesOn }
  const query = [
    "{ attempts(first: 5) { nodes { ordinal state merchantAccount { midId } evidence { nodes { message } } } }",
    `routingPreview(input: { entity: "loop_bio_labs", product: "ruo_compounds", amountCents: 9800, country: "US", risk: "high" })`,
    "{ ... on RoutingPreview { chosen { midId } leftOut { midId reasons { sentence } } } } }"
  ].join(" ")
  const laundering = {
    customer: "loop_user_1",
    brand: "loop-store",
    entity: "loop_goods",
    intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 1 }] },
    mode: "hosted",
    product: "merchandise"
  }
  return [
    `  Demo shop        ${origin}/demo   (the hosted page and the embedded checkout, with test cards)`,
    `  A ready session  ${origin}/v1/payment-sessions/${session}`,
    `  Development key  ${developmentKey.key}   (taken on loopback only)`,
    "",
    "  Three things to try:",
    "",
    "  1. Pay the session with a card that two accounts decline and the third one takes:",
    post(`/v1/payment-sessions/${session}/confirm`, confirm),
    "",
    "  2. See where it was tried and what the processors said, and which accounts a riskier charge leaves out and why:",
    post("/graphql", { query }),
    "",
    "  3. Try to sell a research compound through the merchandise company:",
    post("/v1/payment-sessions", laundering),
    "",
    "  Stop with Ctrl-C.",
    ""
  ].join("\n")
}

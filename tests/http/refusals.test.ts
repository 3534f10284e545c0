// Every refusal of the kernel has its own status and the one error body.
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { OpenApi } from "effect/http-api"
import { Api } from "../../src/http/api/Api.ts"
import { codeOf } from "../../src/http/errorBody.ts"
import { statusOf } from "../../src/http/refusals.ts"
import { MidId } from "../../src/kernel/ids.ts"
import { LedgerUnavailable } from "../../src/kernel/PaymentLedger.ts"
import type { ConfirmRefusal } from "../../src/kernel/PaymentOrchestrator.ts"
import type { CreateRefusal } from "../../src/kernel/PaymentSessions.ts"
import {
  BrandNotOfEntity,
  CategoryClaimDisagrees,
  CategoryNotUnderwritten,
  EntityCannotCollect,
  IdempotencyKeyReused,
  InvalidInput,
  MixedCategories,
  MixedCurrencies,
  NoEligibleMerchantAccount,
  OrderAlreadyDeclared,
  RedirectNotAllowed,
  SessionNotPayable,
  SessionNotSettled,
  UnknownBrand,
  UnknownEntity,
  UnknownPlan,
  UnknownPrice,
  UnknownSession
} from "../../src/kernel/refusals.ts"
import type { LeftOut } from "../../src/kernel/routing/ExclusionReason.ts"
import { UnknownToken, UnknownVault, VaultUnavailable } from "../../src/kernel/TokenVault.ts"
import { type Answer, config, confirmation, openDoor, type Script, sessionId } from "./support.ts"

const sessions = "/v1/payment-sessions"
const one = `${sessions}/${sessionId}`

interface Expected {
  readonly status: number
  readonly field: string | null
  readonly details: unknown
}

/** The answer says everything about the refusal, in the one shape, under the id of its request. */
const expectRefusal = (
  answer: Answer,
  refusal: { readonly _tag: string; readonly message: string },
  { status, field, details }: Expected
) => {
  expect(answer.status, refusal._tag).toBe(status)
  expect(answer.json).toEqual({
    error: {
      code: codeOf(refusal._tag),
      field,
      message: refusal.message,
      details,
      requestId: answer.headers.get("x-request-id")
    }
  })
}

const differences = [{ field: "customer", before: "a", now: "b" }]
const leftOut: ReadonlyArray<LeftOut> = [{ mid: MidId.make("mid_1"), reasons: [{ _tag: "KillSwitchOn" }] }]

const ofCreate: ReadonlyArray<readonly [CreateRefusal, Expected]> = [
  [
    new InvalidInput({ field: "intent.lineItems[1].quantity", problem: "is 0; at least 1" }),
    { status: 422, field: "intent.lineItems[1].quantity", details: { problem: "is 0; at least 1" } }
  ],
  [
    new UnknownEntity({ entity: "x", known: ["y"] }),
    { status: 422, field: "entity", details: { entity: "x", known: ["y"] } }
  ],
  [new EntityCannotCollect({ entity: "x" }), { status: 422, field: "entity", details: { entity: "x" } }],
  [
    new UnknownBrand({ brand: "x", known: [] }),
    { status: 422, field: "brand", details: { brand: "x", known: [] } }
  ],
  [
    new BrandNotOfEntity({ brand: "b", entity: "e", allowed: ["f"] }),
    { status: 422, field: "brand", details: { brand: "b", entity: "e", allowed: ["f"] } }
  ],
  [
    new UnknownPrice({ field: "intent.lineItems[0].providerPriceRef", price: "p" }),
    { status: 422, field: "intent.lineItems[0].providerPriceRef", details: { price: "p" } }
  ],
  [new UnknownPlan({ plan: "p" }), { status: 422, field: "intent.planKey", details: { plan: "p" } }],
  [
    new MixedCurrencies({ field: "intent.lineItems[1]", currency: "EUR", others: "USD" }),
    { status: 422, field: "intent.lineItems[1]", details: { currency: "EUR", others: "USD" } }
  ],
  [
    new MixedCategories({ field: "intent.lineItems[1]", category: "telehealth", others: "supplements" }),
    { status: 422, field: "intent.lineItems[1]", details: { category: "telehealth", others: "supplements" } }
  ],
  [
    new CategoryClaimDisagrees({ claimed: "telehealth", derived: "supplements" }),
    { status: 422, field: "product", details: { claimed: "telehealth", derived: "supplements" } }
  ],
  [
    new CategoryNotUnderwritten({ entity: "e", category: "telehealth", underwritten: ["supplements"] }),
    {
      status: 422,
      field: "entity",
      details: { entity: "e", category: "telehealth", underwritten: ["supplements"] }
    }
  ],
  [
    new RedirectNotAllowed({ field: "redirects.successUrl", origin: "https://a", allowed: ["https://b"] }),
    { status: 422, field: "redirects.successUrl", details: { origin: "https://a", allowed: ["https://b"] } }
  ],
  [
    new NoEligibleMerchantAccount({
      entity: "e",
      leftOut,
      passedOver: [{ mid: "mid_2", reason: "not_active" }]
    }),
    {
      status: 422,
      field: "entity",
      details: {
        entity: "e",
        leftOut: [{ mid: "mid_1", reasons: [{ code: "kill_switch_on", sentence: "its kill switch is on" }] }],
        passedOver: [{ mid: "mid_2", reason: "not_active" }]
      }
    }
  ],
  [
    new OrderAlreadyDeclared({ orderReference: "o", session: sessionId, state: "pending" }),
    {
      status: 409,
      field: "orderReference",
      details: { orderReference: "o", session: sessionId, state: "pending" }
    }
  ],
  [
    new IdempotencyKeyReused({ differences }),
    { status: 409, field: "Idempotency-Key", details: { differences } }
  ]
]

it.live("whatever a session may be refused for is answered with its status, field and details", () =>
  Effect.gen(function* () {
    for (const [refusal, expected] of ofCreate) {
      const door = yield* openDoor({ sessions: { create: () => Effect.fail(refusal) } })
      expectRefusal(yield* door.ask("POST", sessions, { body: config }), refusal, expected)
    }
  })
)

const notPayable = new SessionNotPayable({ session: sessionId, state: "in_review" })

const ofConfirm: ReadonlyArray<readonly [ConfirmRefusal, Expected]> = [
  [new UnknownSession({ session: "ps_x" }), { status: 404, field: "session", details: { session: "ps_x" } }],
  [notPayable, { status: 409, field: "session", details: { session: sessionId, state: "in_review" } }],
  [
    new UnknownVault({ vaultId: "v", configured: ["stub"] }),
    { status: 422, field: "vaultToken.vaultId", details: { vaultId: "v", configured: ["stub"] } }
  ],
  [
    new UnknownToken({ vaultId: "stub", tokenRef: "t" }),
    { status: 422, field: "vaultToken.tokenRef", details: { vaultId: "stub", tokenRef: "t" } }
  ],
  [
    new VaultUnavailable({ vaultId: "stub", problem: "a timeout" }),
    { status: 503, field: null, details: { vaultId: "stub" } }
  ],
  [
    new NoEligibleMerchantAccount({ entity: "e", leftOut: [], passedOver: [] }),
    { status: 422, field: "entity", details: { entity: "e", leftOut: [], passedOver: [] } }
  ]
]

it.live("so is whatever a confirmation may be refused for", () =>
  Effect.gen(function* () {
    for (const [refusal, expected] of ofConfirm) {
      const door = yield* openDoor({ orchestrator: { confirm: () => Effect.fail(refusal) } })
      expectRefusal(yield* door.ask("POST", `${one}/confirm`, { body: confirmation }), refusal, expected)
    }
  })
)

it.live("reading, cancelling and fulfilling are refused in the same shape", () =>
  Effect.gen(function* () {
    const unknown = new UnknownSession({ session: sessionId })
    const notSettled = new SessionNotSettled({ session: sessionId, state: "in_review" })
    const door = yield* openDoor({
      sessions: { get: () => Effect.fail(unknown), cancel: () => Effect.fail(notPayable) },
      gate: { claim: () => Effect.fail(notSettled) }
    })
    const ofUnknown = { status: 404, field: "session", details: { session: sessionId } }
    const inReview = { status: 409, field: "session", details: { session: sessionId, state: "in_review" } }
    expectRefusal(yield* door.ask("GET", one), unknown, ofUnknown)
    expectRefusal(yield* door.ask("POST", `${one}/cancel`), notPayable, inReview)
    expectRefusal(yield* door.ask("POST", `${one}/fulfilment`), notSettled, inReview)
  })
)

it.live("a silent ledger is told in the words of what was asked, and its cause in the log only", () =>
  Effect.gen(function* () {
    const silent = Effect.fail(
      new LedgerUnavailable({ operation: "x", cause: new Error("secret of the pool") })
    )
    const script: Script = {
      sessions: { create: () => silent, get: () => silent, cancel: () => silent },
      orchestrator: { confirm: () => silent },
      gate: { claim: () => silent }
    }
    const door = yield* openDoor(script)
    const locked = yield* openDoor({ keys: { authenticate: () => silent } })
    const asks = [
      [door, "POST", sessions, config, "nothing", /nothing was charged.*same Idempotency-Key/],
      [door, "GET", one, undefined, "nothing", /nothing was changed and nothing was charged/],
      [door, "POST", `${one}/confirm`, confirmation, "unknown", /read the session before.*do not pay again/],
      [
        door,
        "POST",
        `${one}/cancel`,
        undefined,
        "nothing",
        /may or may not be cancelled; nothing was charged/
      ],
      [door, "POST", `${one}/fulfilment`, undefined, "nothing", /may or may not have been recorded/],
      [locked, "POST", `${one}/confirm`, confirmation, "nothing", /could not be checked.*nothing was charged/]
    ] as const
    for (const [at, method, path, body, charged, words] of asks) {
      const answer = yield* at.ask(method, path, { body })
      expect(answer.status, path).toBe(503)
      expect(answer.json, path).toMatchObject({
        error: {
          code: "ledger_unavailable",
          field: null,
          message: expect.stringMatching(words),
          details: { charged }
        }
      })
      expect(answer.text).not.toContain("secret of the pool")
    }
    const confirm = yield* door.ask("POST", `${one}/confirm`, { body: confirmation })
    expect(confirm.text).not.toContain("nothing was charged")
    expect(door.log.some(({ whole }) => whole.includes("secret of the pool"))).toBe(true)
  })
)

it("the reference declares every refusal of an endpoint with its status", () => {
  const document = JSON.stringify(OpenApi.fromApi(Api))
  const ofTheDoorOnly = ["RouteNotFound", "MethodNotAllowed", "Internal"]
  // Of the door for webhooks, which is no endpoint for apps, and of what only GraphQL answers: gates, keys and changes.
  ofTheDoorOnly.push(
    "NoWebhooksHere",
    "WebhookNotSigned",
    "UnknownWebhook",
    "GatePassedBefore",
    "GateNotPassed",
    "WiderThanOwn",
    "TooManyKeys",
    "UnknownKey",
    "KeysNotKept",
    "UnknownChange",
    "ChangeDecided",
    "ChangedSince",
    "AskedByAnother"
  )
  // Of the customer's door, which only the checkout's own pages knock at.
  ofTheDoorOnly.push(
    "UnknownCheckout",
    "OtherOrigin",
    "TooManyRequests",
    "CardNotAccepted",
    "EmbedTokenRefused"
  )
  for (const [tag, status] of Object.entries(statusOf)) {
    if (ofTheDoorOnly.includes(tag)) continue
    expect(document.includes(`"enum":["${codeOf(tag)}"]`), tag).toBe(true)
    expect(document, tag).toMatch(new RegExp(`"${status}":\\{"description":"[^"]*\\b${tag}\\b`))
  }
})

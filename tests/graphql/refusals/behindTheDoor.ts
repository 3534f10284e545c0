// What is answered when something behind the door fails, or refuses what only it can know.
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import { SecretsNotKept } from "../../../src/kernel/events/eventRefusals.ts"
import { EventSubscriptions } from "../../../src/kernel/events/EventSubscriptions.ts"
import { SessionId } from "../../../src/kernel/ids.ts"
import {
  AskedByAnother,
  ChangeDecided,
  ChangedSince,
  ChangeOpenAlready,
  UnknownChange
} from "../../../src/kernel/changes/changeRefusals.ts"
import { Changes } from "../../../src/kernel/changes/Changes.ts"
import { KeyRecord } from "../../../src/kernel/access/KeyRecord.ts"
import { TooManyKeys, UnknownKey, WiderThanOwn } from "../../../src/kernel/access/keyRefusals.ts"
import { KeysNotKept } from "../../../src/kernel/access/KeySecrets.ts"
import { GateRecord } from "../../../src/kernel/operations/GateRecord.ts"
import {
  GateNotPassed,
  GatePassedBefore,
  OperatorsOnly
} from "../../../src/kernel/operations/operatorRefusals.ts"
import { PaymentOrchestrator } from "../../../src/kernel/PaymentOrchestrator.ts"
import { PaymentSessions } from "../../../src/kernel/PaymentSessions.ts"
import { RateLimited } from "../../../src/kernel/refusals.ts"
import {
  NothingToRefund,
  NotSettledYet,
  UnknownCharge,
  ProcessorUnavailable,
  RefundBlocked,
  RefundNotApproved,
  RefundTooLarge
} from "../../../src/kernel/refunds/refundRefusals.ts"
import { type RefundRefusal, Refunds } from "../../../src/kernel/refunds/Refunds.ts"
import {
  AskedByNoOperator,
  NothingToReview,
  ProcessorSilent,
  ReviewContradicted,
  ReviewDecided,
  ReviewOpenAlready,
  SecondPersonNeeded,
  UnknownReview
} from "../../../src/kernel/reviews/reviewRefusals.ts"
import { Reviews } from "../../../src/kernel/reviews/Reviews.ts"
import { VaultUnavailable } from "../../../src/kernel/TokenVault.ts"
import { WebhookInbox } from "../../../src/kernel/webhooks/WebhookInbox.ts"
import { UnknownWebhook } from "../../../src/kernel/webhooks/webhookRefusals.ts"
import { at, confirm, declared, Doors, field, house, openDoors } from "../support.ts"
import { createWith } from "./declarations.ts"

const unreachable = new LedgerUnavailable({
  operation: "declare_session",
  cause: "the line was cut at 10.0.0.7"
})
const silentVault = new VaultUnavailable({ vaultId: "stub", problem: "no answer in time" })

const session = SessionId.make(`ps_${"0".repeat(26)}`)

/** What a refund is refused for, by the id of the session that is asked for. */
const refundRefusals = new Map<string, RefundRefusal>([
  ["nothing", new NothingToRefund({ session, state: "pending", captures: [] })],
  ["several", new NothingToRefund({ session, state: "settled", captures: ["ch_1", "ch_2"] })],
  ["large", new RefundTooLarge({ amount: 2, refundable: 1, currency: "USD" })],
  ["blocked", new RefundBlocked({ session, reason: "disputed", by: "dp_1" })],
  ["unsigned", new RefundNotApproved({ change: "cr_1", state: "rejected" })],
  ["unsettled", new NotSettledYet({ amount: 1, captured: 2 })],
  ["unknown", new UnknownCharge({ provider: "stub_a", processorReference: "ch_1" })],
  ["silent", new ProcessorUnavailable({ provider: "stub_a", problem: "it did not answer in time" })]
])

/** Refuses for one reason after the other. */
const inTurn = <E extends ReadonlyArray<unknown>>(...refusals: E) => {
  let nr = 0
  return (): Effect.Effect<never, E[number]> =>
    Effect.suspend(() => {
      const refusal: E[number] | undefined = refusals[nr++]
      return refusal === undefined ? Effect.die("asked too often") : Effect.fail(refusal)
    })
}

const broken = openDoors({
  replace: (services) =>
    services.pipe(
      Context.add(PaymentSessions, {
        create: () => Effect.fail(unreachable),
        get: () => Effect.fail(unreachable),
        cancel: () => Effect.die(new Error("select secret from vault"))
      }),
      Context.add(PaymentOrchestrator, { confirm: inTurn(silentVault, RateLimited.after("card", 90_000)) }),
      Context.add(Reviews, {
        ...Context.get(services, Reviews),
        request: inTurn(
          NothingToReview.of("at_1"),
          new ReviewOpenAlready({ review: "rv_1" }),
          new ReviewContradicted({ by: "captured" })
        ),
        approve: inTurn(
          UnknownReview.of("rv_1"),
          new SecondPersonNeeded(),
          new AskedByNoOperator(),
          new ReviewDecided({ state: "expired" }),
          new ProcessorSilent({ provider: "stub_a", problem: "no answer" })
        )
      }),
      Context.add(Changes, {
        ...Context.get(services, Changes),
        approve: inTurn(
          UnknownChange.of("cr_1"),
          new ChangeDecided({ state: "expired" }),
          new ChangedSince({ differences: [] })
        ),
        withdraw: () => Effect.fail(new AskedByAnother()),
        request: () => Effect.fail(new ChangeOpenAlready({ change: "cr_1" }))
      }),
      Context.add(GateRecord, {
        pass: ({ mid, gate }) => Effect.fail(new GatePassedBefore({ mid, gate })),
        revoke: ({ mid, gate }) => Effect.fail(new GateNotPassed({ mid, gate }))
      }),
      Context.add(KeyRecord, {
        ...Context.get(services, KeyRecord),
        give: inTurn(new WiderThanOwn(), new TooManyKeys(), new KeysNotKept()),
        revoke: () => Effect.fail(new UnknownKey())
      }),
      Context.add(WebhookInbox, {
        ...Context.get(services, WebhookInbox),
        replay: (_, webhook) =>
          Effect.fail(webhook === "wh_1" ? new OperatorsOnly() : UnknownWebhook.of(webhook))
      }),
      Context.add(EventSubscriptions, {
        ...Context.get(services, EventSubscriptions),
        create: () => Effect.fail(new SecretsNotKept())
      }),
      Context.add(Refunds, {
        refund: (id) => Effect.fail(refundRefusals.get(id) ?? unreachable),
        ofSession: () => Effect.fail(unreachable)
      })
    )
}).pipe(Layer.provideMerge(house))

/** Tests of whoever calls it: what their process was answered counts there. */
export const behindTheDoor = (): void => {
  it.layer(broken, { excludeTestServices: true })("when something behind the door fails", (it) => {
    it.effect("says what may have happened, and not why", () =>
      Effect.gen(function* () {
        const { log } = yield* Doors
        const refused = yield* createWith("... on LedgerUnavailable { charged }", declared)
        assert.deepStrictEqual(
          [at(refused, "__typename"), at(refused, "code"), at(refused, "charged")],
          ["LedgerUnavailable", "ledger_unavailable", "nothing"]
        )
        assert.notInclude(String(at(refused, "message")), "10.0.0.7")
        assert.include(log.join("\n"), "10.0.0.7")
      })
    )

    it.effect("names the vault that did not answer", () =>
      Effect.gen(function* () {
        const refused = yield* confirm(`ps_${"0".repeat(26)}`, "tok_captured")
        assert.deepStrictEqual(
          [at(refused, "__typename"), at(refused, "code")],
          ["VaultUnavailable", "vault_unavailable"]
        )
      })
    )

    it.effect("says what was tried too often", () =>
      Effect.gen(function* () {
        const refused = yield* confirm(`ps_${"0".repeat(26)}`, "tok_captured")
        assert.deepInclude(refused, { __typename: "RateLimited", code: "rate_limited", field: "vaultToken" })
        assert.include(String(at(refused, "message")), "in 90 seconds")
      })
    )

    it.effect("says that the operator gave no key to keep signing secrets under", () =>
      Effect.gen(function* () {
        const refused = yield* field(
          `mutation { createEventSubscription(url: "https://shop.example/") { __typename ... on Refusal { code message } } }`,
          "createEventSubscription"
        )
        assert.strictEqual(at(refused, "code"), "secrets_not_kept")
      })
    )

    it.effect("says who may replay a webhook, and which there is none of", () =>
      Effect.gen(function* () {
        const replay = (webhook: string) =>
          field(
            `mutation { replayWebhook(webhook: "${webhook}") { ... on Refusal { code field } } }`,
            "replayWebhook"
          )
        assert.deepStrictEqual(yield* replay("wh_1"), { code: "operators_only", field: null })
        assert.deepStrictEqual(yield* replay("wh_2"), { code: "unknown_webhook", field: "webhook" })
      })
    )

    it.effect("says why nothing is given back", () =>
      Effect.gen(function* () {
        const told: Array<unknown> = []
        for (const id of [...refundRefusals.keys(), "unreachable"]) {
          const refused = yield* field(
            `mutation ($session: ID!) { refundPayment(input: { session: $session, reason: "it came back" }) {
            __typename
            ... on Refusal { code field message }
            ... on NothingToRefund { sessionId state captures }
            ... on RefundTooLarge { amount refundable currency }
            ... on RefundBlocked { sessionId reason by }
            ... on NotSettledYet { amount captured }
            ... on UnknownCharge { provider processorReference }
            ... on ProcessorUnavailable { provider }
            ... on LedgerUnavailable { charged } } }`,
            "refundPayment",
            { session: id }
          )
          told.push(refused)
        }
        assert.deepStrictEqual(
          told.map((one) => [at(one, "__typename"), at(one, "field")]),
          [
            ["NothingToRefund", "session"],
            ["NothingToRefund", "processorReference"],
            ["RefundTooLarge", "amount"],
            ["RefundBlocked", "session"],
            ["RefundNotApproved", null],
            ["NotSettledYet", "amount"],
            ["UnknownCharge", "processorReference"],
            ["ProcessorUnavailable", null],
            ["LedgerUnavailable", null]
          ]
        )
        assert.strictEqual(at(told[2], "refundable"), 1)
        assert.strictEqual(at(told[3], "reason"), "disputed")
        assert.strictEqual(at(told.at(-1), "charged"), "nothing")
      })
    )

    it.effect("says what stands against a review, and against a gate", () =>
      Effect.gen(function* () {
        const code = (asked: string, name: string) =>
          Effect.map(field(`mutation { ${asked} { ... on Refusal { code } } }`, name), (told) =>
            at(told, "code")
          )
        const request = `requestReview(attempt: "at_1", conclusion: absent, evidence: "seen")`
        for (const expected of ["nothing_to_review", "review_open_already", "review_contradicted"]) {
          assert.strictEqual(yield* code(request, "requestReview"), expected)
        }
        for (const expected of [
          "unknown_review",
          "second_person_needed",
          "asked_by_no_operator",
          "review_decided",
          "processor_silent"
        ]) {
          assert.strictEqual(yield* code(`approveReview(review: "rv_1")`, "approveReview"), expected)
        }
        const pass = `passGate(mid: "mid_bio_1", gate: banking, evidence: "a letter")`
        assert.strictEqual(yield* code(pass, "passGate"), "gate_passed_before")
        const revoke = `revokeGate(mid: "mid_bio_1", gate: banking, reason: "it lapsed")`
        assert.strictEqual(yield* code(revoke, "revokeGate"), "gate_not_passed")
        for (const expected of ["unknown_change", "change_decided", "changed_since"]) {
          assert.strictEqual(yield* code(`approveChange(changeRequest: "cr_1")`, "approveChange"), expected)
        }
        const withdraw = `withdrawChange(changeRequest: "cr_1", reason: "no")`
        assert.strictEqual(yield* code(withdraw, "withdrawChange"), "asked_by_another")
        const turn = `setMidKillSwitch(mid: "mid_bio_1", on: false, reason: "mended")`
        assert.strictEqual(yield* code(turn, "setMidKillSwitch"), "change_open_already")
        const key = 'createApiKey(principal: "x", operations: [sessions_read])'
        for (const expected of ["wider_than_own", "too_many_keys", "keys_not_kept"]) {
          assert.strictEqual(yield* code(key, "createApiKey"), expected)
        }
        assert.strictEqual(
          yield* code('revokeApiKey(key: "k", reason: "lost")', "revokeApiKey"),
          "unknown_key"
        )
      })
    )

    it.effect("masks a defect: a code, the request's id, and the cause in the log under it", () =>
      Effect.gen(function* () {
        const { ask, log } = yield* Doors
        const answer = yield* ask(`mutation { cancelPaymentSession(session: "ps_1") { __typename } }`, {
          headers: { "x-request-id": "req_of_the_test" }
        })
        assert.deepStrictEqual(at(answer.json, "errors", 0, "extensions"), {
          code: "INTERNAL",
          requestId: "req_of_the_test"
        })
        assert.notInclude(answer.text, "secret")
        const logged = log.find((one) => one.includes("select secret from vault"))
        assert.include(logged, "req_of_the_test")
      })
    )
  })
}

// What becomes of webhooks that were taken in: where they tell to look, the processor is asked.
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { Declined, Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import type { SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import { WebhookInbox } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { webhookRetryDelays, WebhookProcessing } from "../../src/kernel/webhooks/WebhookProcessing.ts"
import { Owner } from "../db/support/pgStorage.ts"
import * as w from "../suites/world.ts"
import {
  aboutCharge,
  bodyOf,
  capturedAs,
  Door,
  due,
  inboxOf,
  News,
  pendingStill,
  recordsOf,
  says,
  send,
  signed,
  silence,
  Truth,
  workOff
} from "./support.ts"

const midOf = ({ attempt }: SendPermit) => attempt.mid
const keyOf = ({ attempt }: SendPermit) => attempt.idempotencyKey

/** The last webhook of an account, without what nobody minds. */
const lastOf = (mid: string) =>
  Effect.map(inboxOf(mid), (rows) => {
    const { state, trouble, tries } = rows.at(-1) ?? {}
    return { state, trouble, tries }
  })

const inReview = Effect.gen(function* () {
  const charge = yield* w.charging(yield* w.newWorld)
  yield* w.record(charge.permit, w.timeout)
  return charge
})

it.layer(Door.layer, { excludeTestServices: true })("a webhook", (it) => {
  it.effect("tells where to look: what it says of a charge is not believed, the processor is asked", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const { session, permit } = yield* inReview
      truth.of.set(keyOf(permit), pendingStill)
      yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit), "ref_of_a_liar"))
      yield* workOff
      assert.strictEqual(truth.asked.get(keyOf(permit)), 1)
      assert.strictEqual(yield* w.stateOf(session), "in_review")
      assert.deepStrictEqual(yield* lastOf(midOf(permit)), { state: "processed", trouble: null, tries: 1 })

      truth.of.set(keyOf(permit), capturedAs(`ref_${session}`))
      yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
      yield* workOff
      assert.strictEqual(yield* w.stateOf(session), "settled")
      const { evidence } = yield* w.written(session)
      assert.deepStrictEqual(
        evidence.map(({ source, outcome }) => `${source} ${outcome}`),
        ["driver Indeterminate", "webhook Indeterminate", "webhook Captured"]
      )
    })
  )

  it.effect("of the void of a charge that never took money is heard once its processor proves that", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const told = yield* News
      const inbox = yield* WebhookInbox
      const declinedAs = (processorReference: string) =>
        says({
          _tag: "FoundDeclined",
          declined: new Declined({
            kind: "hard",
            processorReference,
            evidence: { code: "canceled", message: "voided before it was settled" }
          })
        })
      const tries: ReadonlyArray<
        readonly [Parameters<typeof truth.of.set>[1], void_: string, heard: boolean]
      > = [
        [declinedAs("sale_1"), "void_sale_1", true],
        // Another one of the key took nothing, this one is not its void, or nobody knows.
        [declinedAs("sale_2"), "void_sale_1", false],
        [declinedAs("sale_1"), "re_1", false],
        [pendingStill, "void_sale_1", false]
      ]
      told.known = false
      for (const [shows, refundReference, heard] of tries) {
        const world = yield* w.newWorld
        const { session, permit } = yield* w.charging(world)
        yield* w.record(permit, w.timeout)
        const { mid, provider } = permit.attempt
        truth.of.set(keyOf(permit), shows)
        yield* inbox.take({
          provider,
          mid,
          entity: world.entity.id,
          eventId: `msg_void_${session}`,
          type: "transaction.void.success",
          subjects: [
            { _tag: "Charge", processorReference: "sale_1", idempotencyKey: keyOf(permit) },
            { _tag: "Refund", refundReference, processorReference: "sale_1" }
          ]
        })
        yield* workOff
        assert.deepInclude(
          yield* lastOf(mid),
          heard ? { state: "processed", trouble: null } : { state: "pending", trouble: "unknown" }
        )
      }
      told.known = true
      yield* (yield* Owner)`update webhook_inbox set state = 'processed', trouble = null, problem = null, next_try_at = null
        where event_id like 'msg_void_%' and state = 'pending'`
    })
  )

  it.effect("of money that is known to have moved asks nobody", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const { session, permit } = yield* inReview
      yield* w.record(permit, w.captured(`ref_${session}`))
      yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit), `ref_${session}`))
      // By the processor's reference alone the charge is found as well.
      yield* send(
        midOf(permit),
        bodyOf({ object: "charge", mid: midOf(permit), reference: `ref_${session}` })
      )
      yield* workOff
      assert.isUndefined(truth.asked.get(keyOf(permit)))
      assert.deepStrictEqual(yield* lastOf(midOf(permit)), { state: "processed", trouble: null, tries: 1 })
    })
  )

  it.effect("that is quicker than the answer settles, and the answer then changes nothing", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const { session, permit } = yield* w.charging(yield* w.newWorld)
      truth.of.set(keyOf(permit), capturedAs(`ref_${session}`))
      yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
      yield* workOff
      const before = yield* recordsOf(session)
      const { settlement } = yield* w.record(permit, w.captured(`ref_${session}`))
      assert.strictEqual(settlement, "duplicate")
      assert.deepStrictEqual(yield* recordsOf(session), before)
      assert.deepInclude(before, {
        session: "settled",
        captures: ["1 4200 USD"],
        fulfilments: [1],
        incidents: null
      })
    })
  )

  it.effect("of a decline leaves it to the driver that is still at it, so that the cascade goes on", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const world = yield* w.newWorld
      const { session, permit } = yield* w.charging(world)
      truth.of.set(keyOf(permit), says({ _tag: "FoundDeclined", declined: w.declined() }))
      yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
      yield* workOff
      assert.deepStrictEqual(yield* lastOf(midOf(permit)), { state: "pending", trouble: "failed", tries: 1 })
      const { next } = yield* w.record(permit, w.declined(), { next: [world.candidates[1]] })
      assert.isDefined(next)
      yield* due
      yield* workOff
      assert.deepStrictEqual(yield* lastOf(midOf(permit)), { state: "processed", trouble: null, tries: 2 })
      assert.deepStrictEqual(yield* w.attemptStates(session), ["declined", "in_flight"])
    })
  )

  it.effect(
    "of money that moved after a decline opens an incident, even if the processor is silent at first",
    () =>
      Effect.gen(function* () {
        const truth = yield* Truth
        const { session, permit } = yield* w.charging(yield* w.newWorld)
        yield* w.record(permit, w.declined("hard"))
        truth.of.set(keyOf(permit), silence)
        yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit), `ref_${session}`))
        yield* workOff
        assert.deepStrictEqual(yield* lastOf(midOf(permit)), {
          state: "pending",
          trouble: "failed",
          tries: 1
        })
        truth.of.set(keyOf(permit), capturedAs(`ref_${session}`))
        yield* due
        yield* workOff
        assert.deepStrictEqual(yield* recordsOf(session), {
          session: "in_review",
          attempts: ["1 declined"],
          captures: ["1 4200 USD"],
          postings: 4200,
          fulfilments: null,
          incidents: ["1 late_capture"],
          charged: 0
        })
      })
  )

  it.effect("that says that money moved is not done while its processor shows that none did", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const inbox = yield* WebhookInbox
      const shows = (more: { readonly undone?: true }) =>
        says({ _tag: "FoundDeclined", declined: new Declined({ ...w.declined("hard"), ...more }) })
      for (const before of [w.timeout, w.declined("hard")]) {
        const world = yield* w.newWorld
        const { session, permit } = yield* w.charging(world)
        yield* w.record(permit, before)
        const states = yield* w.attemptStates(session)
        const subject = {
          _tag: "Charge",
          processorReference: `ref_${session}`,
          idempotencyKey: keyOf(permit)
        } as const
        const { mid, provider } = permit.attempt
        const common = { provider, mid, entity: world.entity.id, type: "charge.succeeded" }
        truth.of.set(keyOf(permit), shows({}))
        for (const said of [{ said: "captured" }, {}] as const) {
          yield* inbox.take({
            ...common,
            eventId: `msg_${session} ${said.said}`,
            subjects: [{ ...subject, ...said }]
          })
        }
        yield* workOff
        // Neither by itself, nor by another webhook, nor by a lookup.
        for (const nothing of [w.declined(), w.absent]) yield* w.record(permit, nothing, { source: "lookup" })
        assert.deepStrictEqual(yield* w.attemptStates(session), states)
        assert.deepStrictEqual(
          (yield* inboxOf(mid)).map(({ state, trouble }) => `${state} ${trouble}`),
          ["pending failed", "processed null"]
        )
        truth.of.set(keyOf(permit), capturedAs(`ref_${session}`))
        yield* due
        yield* workOff
        assert.deepInclude(
          yield* recordsOf(session),
          before === w.timeout
            ? { session: "settled", captures: ["1 4200 USD"], incidents: null }
            : { session: "in_review", captures: ["1 4200 USD"], incidents: ["1 late_capture"] }
        )
        assert.deepInclude(yield* lastOf(mid), { state: "processed", trouble: null })
      }
      // What was taken and taken back before it was settled contradicts nothing, and is looked at again.
      const world = yield* w.newWorld
      const { session, permit } = yield* w.charging(world)
      yield* w.record(permit, w.timeout)
      const { mid, provider } = permit.attempt
      truth.of.set(keyOf(permit), shows({ undone: true }))
      yield* inbox.take({
        provider,
        mid,
        entity: world.entity.id,
        eventId: `msg_${session}`,
        type: "charge.succeeded",
        subjects: [{ _tag: "Charge", idempotencyKey: keyOf(permit), said: "captured" }]
      })
      yield* workOff
      assert.deepStrictEqual(yield* w.attemptStates(session), ["declined"])
      assert.deepInclude(yield* lastOf(mid), { state: "pending", trouble: "failed" })
      assert.strictEqual((yield* w.open(world, session))._tag, "Permitted")
    })
  )

  it.effect("about a charge that is not written yet is parked, and finds it later", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const world = yield* w.newWorld
      const [{ id: mid }] = world.accounts
      const { session, permit: foreign } = yield* inReview
      // The same key under another account is not this account's charge.
      yield* send(mid, aboutCharge(mid, keyOf(foreign)))
      const reference = `ref_${w.fresh()}`
      yield* send(mid, bodyOf({ object: "charge", mid, reference }))
      yield* workOff
      assert.deepStrictEqual(
        (yield* inboxOf(mid)).map(({ state, trouble }) => `${state} ${trouble}`),
        ["pending unknown", "pending unknown"]
      )

      const charge = yield* w.charging(world)
      const named = new Indeterminate({ processorReference: reference, evidence: w.timeout.evidence })
      yield* w.record(charge.permit, named)
      truth.of.set(keyOf(charge.permit), capturedAs(reference))
      yield* due
      yield* workOff
      assert.strictEqual(yield* w.stateOf(charge.session), "settled")
      assert.deepStrictEqual(
        (yield* inboxOf(mid)).map(({ state, tries }) => `${state} ${tries}`),
        ["pending 2", "processed 2"]
      )
      assert.strictEqual(yield* w.stateOf(session), "in_review")
      assert.isUndefined(truth.asked.get(keyOf(foreign)))
    })
  )

  it.effect("about nothing that is known is left to a person after its last try", () =>
    Effect.gen(function* () {
      const [{ id: mid }] = (yield* w.newWorld).accounts
      yield* send(mid, aboutCharge(mid, "nobody's"), { id: "msg_unknown" })
      for (let nr = 0; nr <= webhookRetryDelays.length; nr++) {
        yield* due
        yield* workOff
      }
      const tries = webhookRetryDelays.length + 1
      assert.deepStrictEqual(yield* lastOf(mid), { state: "dead_letter", trouble: "unknown", tries })
      // Redelivered, it stays where it is.
      yield* send(mid, aboutCharge(mid, "nobody's"), { id: "msg_unknown" })
      yield* due
      yield* workOff
      assert.deepStrictEqual(yield* lastOf(mid), { state: "dead_letter", trouble: "unknown", tries })
    })
  )

  it.effect("that waits until another refund is known waits for as long as that takes", () =>
    Effect.gen(function* () {
      const [{ id: mid }] = (yield* w.newWorld).accounts
      const told = yield* News
      yield* send(mid, bodyOf({ object: "refund", mid, reference: "re_1", charge: "ch_1" }))
      const tries = webhookRetryDelays.length + 2
      Object.assign(told, { waits: true })
      for (let nr = 0; nr < tries; nr++) {
        yield* due
        yield* workOff
      }
      assert.deepStrictEqual(yield* lastOf(mid), { state: "pending", trouble: "failed", tries })
      // Afterwards it has all its tries before it.
      Object.assign(told, { waits: false, known: false })
      yield* due
      yield* workOff
      assert.deepStrictEqual(yield* lastOf(mid), { state: "pending", trouble: "unknown", tries: tries + 1 })
      Object.assign(told, { known: true })
      yield* due
      yield* workOff
      assert.deepStrictEqual(yield* lastOf(mid), { state: "processed", trouble: null, tries: tries + 2 })
    })
  )

  it.effect("is decided by whoever took it on last: who was slow changes nothing about it", () =>
    Effect.gen(function* () {
      const inbox = yield* WebhookInbox
      const world = yield* w.newWorld
      const [{ id: mid, provider }] = world.accounts
      yield* send(mid, bodyOf({ object: "refund", mid, reference: "re_slow", charge: "ch_slow" }))
      const taken = Effect.map(inbox.claim({ of: provider }, 1_000, Duration.zero), (all) =>
        all.find((one) => one.mid === mid)
      )
      const slow = (yield* taken) ?? assert.fail("nobody was given it")
      const last = (yield* taken) ?? assert.fail("it was not given out again")
      yield* inbox.record(slow, { outcome: "dead_letter", trouble: "failed", problem: "given up" })
      assert.deepStrictEqual(yield* lastOf(mid), { state: "pending", trouble: null, tries: 0 })
      yield* inbox.record(last, { outcome: "processed" })
      yield* inbox.record(slow, { outcome: "dead_letter", trouble: "failed", problem: "given up" })
      assert.deepStrictEqual(yield* lastOf(mid), { state: "processed", trouble: null, tries: 1 })
    })
  )

  it.effect("of a processor that never answers holds up nobody else's, nor any dispute", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const told = yield* News
      const { pass } = yield* WebhookProcessing
      const inbox = yield* WebhookInbox
      const hung = yield* Effect.forEach(Array.from({ length: 24 }), () => inReview)
      for (const { permit } of hung) {
        truth.of.set(keyOf(permit), Effect.never)
        yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
      }
      const world = yield* w.newWorld
      const [one, other] = world.accounts
      const dispute = { state: "open", amount: 100, currency: "USD", reason: "fraudulent" } as const
      yield* send(
        one.id,
        bodyOf({ object: "dispute", mid: one.id, reference: "dp_late", charge: "ch_1", ...dispute })
      )
      yield* inbox.take({
        provider: other.provider,
        mid: other.id,
        entity: world.entity.id,
        eventId: "msg_other",
        type: "refund.updated",
        subjects: [{ _tag: "Refund", refundReference: "re_late", processorReference: "ch_2" }]
      })
      assert.notStrictEqual(other.provider, one.provider)
      const before = told.heard.length
      const passing = yield* Effect.forkChild(pass)
      const expected = [`${one.id} dispute dp_late open`, `${other.id} refund re_late`]
      yield* Effect.repeat(
        Effect.delay(
          Effect.sync(() => told.heard.slice(before).toSorted()),
          10
        ),
        {
          until: (heard) => heard.length >= expected.length,
          times: 1000
        }
      )
      assert.deepStrictEqual(told.heard.slice(before).toSorted(), expected.toSorted())
      // Theirs goes on in their own lane, a few at a time.
      assert.isAtMost(hung.filter(({ permit }) => truth.asked.has(keyOf(permit))).length, 8)
      yield* Fiber.interrupt(passing)
      for (const { session } of hung) assert.strictEqual(yield* w.stateOf(session), "in_review")
      for (const { permit } of hung) truth.of.set(keyOf(permit), pendingStill)
      const owner = yield* Owner
      yield* owner`update webhook_inbox set next_try_at = now() where state = 'pending'`
      yield* workOff
    })
  )

  it.effect("that breaks whoever works on it holds up no other, and is a dead letter at last", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const poison = yield* inReview
      const others = yield* Effect.forEach([1, 2, 3], () => inReview)
      // One that this version cannot even read out of the inbox.
      const owner = yield* Owner
      const [{ id: mid }] = (yield* w.newWorld).accounts
      yield* send(mid, aboutCharge(mid, "a key"))
      yield* owner`update webhook_inbox set subjects = '[{"_tag": "Tomorrow"}]' where mid_id = ${mid}`
      const disputed = bodyOf({
        object: "dispute",
        mid: midOf(poison.permit),
        reference: "dp_1",
        charge: "ch_1",
        state: "open",
        amount: 100,
        currency: "USD",
        reason: "fraudulent"
      })
      const told = yield* News
      const poisoned = {
        push: () => {
          throw new Error("poison")
        }
      }
      const heard = told.heard
      Object.assign(told, { heard: poisoned })
      yield* send(midOf(poison.permit), disputed)
      for (const { session, permit } of others) {
        truth.of.set(keyOf(permit), capturedAs(`ref_${session}`))
        yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
      }
      for (let nr = 0; nr <= webhookRetryDelays.length; nr++) {
        yield* due
        yield* workOff
        for (const { session } of others) assert.strictEqual(yield* w.stateOf(session), "settled")
      }
      Object.assign(told, { heard })
      const tries = webhookRetryDelays.length + 1
      assert.deepStrictEqual(yield* lastOf(midOf(poison.permit)), {
        state: "dead_letter",
        trouble: "failed",
        tries
      })
      assert.deepStrictEqual(yield* lastOf(mid), { state: "dead_letter", trouble: "failed", tries: 1 })
    })
  )

  it.effect(
    "of which the database refuses something costs a try; one that it does not answer costs none",
    () =>
      Effect.gen(function* () {
        const truth = yield* Truth
        const owner = yield* Owner
        yield* owner.unsafe(`create function refuse_evidence() returns trigger language plpgsql as $body$
        begin
          if new.detail ->> 'code' ~ '^sqlstate_' then
            raise exception 'as the test says' using errcode = right(new.detail ->> 'code', 5);
          end if;
          return new;
        end $body$`)
        yield* owner`create trigger refuse_evidence before insert on payments.attempt_evidence
        for each row execute function refuse_evidence()`
        const saying = (state: string) =>
          says({
            _tag: "StillPending",
            evidence: { code: `sqlstate_${state}`, message: "it breaks the record" }
          })
        for (const state of ["22008", "22P05", "23514", "23505", "P0001", "54000"]) {
          const { session, permit } = yield* inReview
          truth.of.set(keyOf(permit), saying(state))
          yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
          yield* workOff
          assert.deepStrictEqual(
            yield* lastOf(midOf(permit)),
            { state: "pending", trouble: "failed", tries: 1 },
            state
          )
          // Of the money it says nothing.
          assert.strictEqual(yield* w.stateOf(session), "in_review")
          for (const _ of webhookRetryDelays) {
            yield* due
            yield* workOff
          }
          const tries = webhookRetryDelays.length + 1
          assert.deepStrictEqual(yield* lastOf(midOf(permit)), {
            state: "dead_letter",
            trouble: "failed",
            tries
          })
          assert.deepStrictEqual(yield* w.attemptStates(session), ["indeterminate"])
        }
        for (const state of ["40001", "40P01", "42501", "53100", "55P03", "57014", "57P01", "08006"]) {
          const { session, permit } = yield* inReview
          truth.of.set(keyOf(permit), saying(state))
          yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
          yield* workOff
          assert.deepStrictEqual(
            yield* lastOf(midOf(permit)),
            { state: "pending", trouble: null, tries: 0 },
            state
          )
          truth.of.set(keyOf(permit), capturedAs(`ref_${session}`))
          yield* due
          yield* workOff
          assert.strictEqual(yield* w.stateOf(session), "settled")
        }
        yield* owner`drop trigger refuse_evidence on payments.attempt_evidence`
      })
  )

  it.effect("about a refund or a dispute is handed to whoever keeps those, with the account's name", () =>
    Effect.gen(function* () {
      const told = yield* News
      const [{ id: mid }] = (yield* w.newWorld).accounts
      yield* send(mid, bodyOf({ object: "refund", mid, reference: "re_1", charge: "ch_1" }))
      const dispute = { object: "dispute", mid, reference: "dp_1", charge: "ch_1", state: "won" } as const
      yield* send(mid, bodyOf({ ...dispute, amount: 100, currency: "USD", reason: "fraudulent" }))
      told.known = false
      yield* workOff
      assert.deepStrictEqual(told.heard.filter((one) => one.startsWith(mid)).toSorted(), [
        `${mid} dispute dp_1 won`,
        `${mid} refund re_1`
      ])
      assert.deepStrictEqual(yield* lastOf(mid), { state: "pending", trouble: "unknown", tries: 1 })
      told.known = true
      yield* due
      yield* workOff
      assert.deepStrictEqual(
        (yield* inboxOf(mid)).map(({ state }) => state),
        ["processed", "processed"]
      )
    })
  )

  it.effect("that could not be read is read once it can be, though its signature is old by then", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const [{ id: mid }] = (yield* w.newWorld).accounts
      const headers = signed(mid, "not yet", { id: "msg_early" })
      const body = bodyOf({ object: "other", mid })
      yield* send(mid, "not yet", { id: "msg_early" })
      const [row] = yield* inboxOf(mid)
      assert.strictEqual(row?.trouble, "unreadable")
      // A newer version reads what it says: here the body is exchanged for one that today's reads.
      const raw = { headers: signed(mid, body, { id: "msg_early" }), body: btoa(body) }
      assert.notDeepEqual(raw.headers, headers)
      yield* owner`update webhook_inbox set raw = ${JSON.stringify(raw)}::jsonb, state = 'pending', next_try_at = now()
        where mid_id = ${mid}`
      yield* workOff
      const [read] = yield* inboxOf(mid)
      assert.deepInclude(read, { state: "processed", type: "charge.updated", trouble: null })
      assert.notInclude(read?.whole, "other\\")
    })
  )

  it.effect("is worked on by one worker, however many there are", () =>
    Effect.gen(function* () {
      const truth = yield* Truth
      const charges = yield* Effect.forEach(Array.from({ length: 12 }), () => inReview)
      for (const { session, permit } of charges) {
        truth.of.set(keyOf(permit), capturedAs(`ref_${session}`))
        yield* send(midOf(permit), aboutCharge(midOf(permit), keyOf(permit)))
      }
      const { pass } = yield* WebhookProcessing
      yield* Effect.all([pass, pass, pass, pass], { concurrency: "unbounded" })
      for (const { session, permit } of charges) {
        assert.strictEqual(truth.asked.get(keyOf(permit)), 1)
        assert.strictEqual(yield* w.stateOf(session), "settled")
      }
    })
  )
})

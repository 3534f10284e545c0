import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PermitRefusal } from "../../src/kernel/PaymentLedger.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { allowedSecond, attempts } from "./prohibitions/attempts.ts"
import { changes } from "./prohibitions/changes.ts"
import { columns } from "./prohibitions/columns.ts"
import { events } from "./prohibitions/events.ts"
import { history } from "./prohibitions/history.ts"
import { money } from "./prohibitions/money.ts"
import { keys } from "./prohibitions/keys.ts"
import { legalMoves, moves } from "./prohibitions/moves.ts"
import { once } from "./prohibitions/once.ts"
import { refunds } from "./prohibitions/refunds.ts"
import { sessions } from "./prohibitions/sessions.ts"
import { pages } from "./prohibitions/pages.ts"
import { reviews } from "./prohibitions/reviews.ts"
import { webhooks } from "./prohibitions/webhooks.ts"
import { everyChangeTable } from "./support/changeScene.ts"
import { everyEventTable } from "./support/eventScene.ts"
import { Owner } from "./support/pgStorage.ts"
import { refusalOfTrying } from "./support/refusal.ts"
import { everyTable, withoutTriggers } from "./support/scene.ts"
import { everyPageTable } from "./support/pageScene.ts"
import { everyReviewTable } from "./support/reviewScene.ts"
import { everyWebhookTable } from "./support/webhookScene.ts"

// Every prohibition of the database is tried with raw SQL as the owner of everything, the strongest who serves.

const groups = {
  attempts,
  sessions,
  moves,
  money,
  history,
  once,
  columns,
  events,
  refunds,
  webhooks,
  reviews,
  pages,
  keys,
  changes
}
const prohibitions = Object.values(groups).flat()

it.layer(Owner.layer.pipe(Layer.provide(TestDatabase.layer)), { excludeTestServices: true })(
  "the database refuses",
  (it) => {
    for (const [group, cases] of Object.entries(groups)) {
      for (const { by, what, given, tries } of cases) {
        it.effect(`${group}: ${what}`, () =>
          Effect.gen(function* () {
            const refusal = yield* refusalOfTrying(yield* Owner, given, tries)
            assert.strictEqual(refusal?.by, by, refusal?.message)
            assert.match(refusal?.code ?? "", /^23/)
          })
        )
      }
    }

    it.effect("and allows what the cases about attempts change one thing of", () =>
      Effect.gen(function* () {
        assert.isUndefined(yield* refusalOfTrying(yield* Owner, allowedSecond.given, allowedSecond.tries))
      })
    )

    it.effect("and allows every move that it should", () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        assert.strictEqual(legalMoves.length, 27)
        for (const { what, given, tries } of legalMoves) {
          assert.isUndefined(yield* refusalOfTrying(owner, given, tries), what)
        }
      })
    )

    it.effect("nothing where something has to be", () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        const needed = yield* owner<{ readonly tab: string; readonly col: string }>`
          select c.relname as tab, a.attname as col from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = 'payments'::regnamespace and c.relkind = 'r' and a.attnum > 0 and a.attnotnull
            and a.attidentity = ''`
        assert.isAbove(needed.length, 100)
        for (const { tab, col } of needed) {
          const refusal = yield* refusalOfTrying(
            owner,
            [
              ...everyTable,
              ...everyEventTable,
              ...everyWebhookTable,
              ...everyReviewTable,
              ...everyPageTable,
              ...everyChangeTable,
              withoutTriggers(tab)
            ],
            `update ${tab} set ${col} = null`
          )
          assert.strictEqual(refusal?.code, "23502", `${tab}.${col}: ${refusal?.message}`)
        }
      })
    )

    it.effect(
      "with nothing that is not tried here: constraints, unique indexes, triggers and their refusals",
      () =>
        Effect.gen(function* () {
          const owner = yield* Owner
          const catalogue = yield* owner<{ readonly by: string }>`
          select conrelid::regclass || '.' || conname as by from pg_constraint
          where connamespace = 'payments'::regnamespace and contype <> 'n'
          union all
          select i.indrelid::regclass || '.' || c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
          where c.relnamespace = 'payments'::regnamespace and i.indisunique
            and not exists (select from pg_constraint where conindid = i.indexrelid)
          union all
          select tgrelid::regclass || '.' || tgname from pg_trigger
          where not tgisinternal and tgfoid = 'refuse_change()'::regprocedure
          union all
          select distinct found[1] from pg_proc, regexp_matches(prosrc, 'constraint = ''(\\w+)''', 'g') as found
          where pronamespace = 'payments'::regnamespace and found[1] <> 'permit_'`
          const known = [
            ...catalogue.map(({ by }) => by),
            ...PermitRefusal.literals.map((reason) => `permit_${reason}`)
          ]
          assert.deepStrictEqual([...new Set(prohibitions.map(({ by }) => by))].toSorted(), known.toSorted())
        })
    )

    it.effect("through triggers that are all switched on, and none that is not known here", () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        const triggers = yield* owner<{
          readonly name: string
          readonly runs: string
          readonly enabled: string
        }>`
          select tgrelid::regclass || '.' || tgname as name, tgfoid::regproc::text as runs, tgenabled as enabled
          from pg_trigger join pg_class on pg_class.oid = tgrelid
          where relnamespace = 'payments'::regnamespace and not tgisinternal and tgfoid <> 'refuse_change()'::regprocedure
          order by 1`
        assert.deepStrictEqual(
          triggers.map(({ name, runs, enabled }) => `${name} ${runs} ${enabled}`),
          [
            "api_keys.guard_api_key guard_api_key O",
            "api_keys.note_keys note_keys O",
            "attempt_evidence.guard_person guard_person O",
            "attempts.guard_attempt guard_attempt O",
            "audit.chain_audit_row chain_audit_row O",
            "audit.note_change note_change O",
            "audit_heads.guard_audit_head guard_audit_head O",
            "brand_entities.new_policy_version bump_policy_version O",
            "brands.new_policy_version bump_policy_version O",
            "change_requests.guard_change guard_change O",
            "disputes.guard_dispute guard_dispute O",
            "entities.new_policy_version bump_policy_version O",
            "entity_underwriting.guard_underwriting guard_underwriting O",
            "entity_underwriting.new_policy_version bump_policy_version O",
            "event_subscriptions.guard_subscription guard_subscription O",
            "fulfilments.guard_fulfilment guard_fulfilment O",
            "idempotency_keys.guard_key guard_key O",
            "incidents.guard_incident guard_incident O",
            "merchant_accounts.guard_account_loosened guard_account_loosened O",
            "merchant_accounts.new_policy_version bump_policy_version O",
            "mid_underwriting.guard_underwriting guard_underwriting O",
            "mid_underwriting.new_policy_version bump_policy_version O",
            "outbox.guard_event guard_event O",
            "outbox.queue_fan_out queue_fan_out O",
            "passed_gates.guard_gate guard_gate O",
            "passed_gates.new_policy_version bump_policy_version O",
            "payment_sessions.guard_session guard_session O",
            "principals.guard_principal guard_principal O",
            "refund_evidence.guard_person guard_person O",
            "refund_limits.guard_refund_limit guard_refund_limit O",
            "refund_limits.new_policy_version bump_policy_version O",
            "refunds.guard_refund guard_refund O",
            "refunds.guard_refund_signed guard_refund_signed O",
            "reviews.guard_review guard_review O",
            "routing_decisions.guard_decision guard_decision O",
            "webhook_inbox.guard_webhook guard_webhook O"
          ]
        )
      })
    )
  }
)

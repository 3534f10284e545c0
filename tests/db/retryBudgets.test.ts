import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as fc from "fast-check"
import { MidId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import {
  type CountedCard,
  retryBudgets,
  retryRefusal,
  type Try
} from "../../src/kernel/routing/retryBudgets.ts"
import * as w from "../suites/world.ts"
import { Owner, pgStorage } from "./support/pgStorage.ts"
import { attemptRow, insert } from "./support/scene.ts"

// What the networks allow is written twice, in the kernel and in the database; here the two are held together.

const usd = (amount: number) => new Money({ amount, currency: "USD" })
const elsewhere = MidId.make("mid_goods_2")
const here = MidId.make("mid_goods_1")

/** Several tries of one kind. Their ages keep clear of the ends of all windows, which no clock here hits exactly. */
const tries = fc.record({
  count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constantFrom(9, 10, 19, 20, 34, 35)),
  mid: fc.constantFrom(here, here, here, elsewhere),
  tokenRef: fc.constantFrom("tok_1", "tok_2"),
  money: fc.constantFrom(usd(3500), usd(3500), usd(1)),
  state: fc.constantFrom("declined", "declined", "declined", "captured", "absent", "indeterminate"),
  advice: fc.constantFrom(undefined, undefined, undefined, undefined, "later", "updated", "never"),
  offNetwork: fc.constantFrom(false, false, true),
  hours: fc.constantFrom(0.5, 1.5, 23, 25, 719, 721)
})
const cases = fc.record({
  brand: fc.constantFrom("visa", "mastercard", "amex"),
  groups: fc.array(tries, { maxLength: 3 })
})

it.layer(pgStorage, { excludeTestServices: true })("the networks' rules on trying a card again", (it) => {
  it.effect("are the same in the database and in the kernel", () =>
    Effect.gen(function* () {
      const rows = yield* (yield* Owner)`
        select network, since::text, hours, same_amount as "sameAmount", most from retry_budgets`
      const sorted = (all: ReadonlyArray<unknown>) => all.map((one) => JSON.stringify(one)).toSorted()
      const ours = retryBudgets.map(({ network, since, hours, sameAmount, most }) => ({
        network,
        since,
        hours,
        sameAmount,
        most
      }))
      assert.deepStrictEqual(sorted(rows), sorted(ours))
    })
  )

  it.effect("lead to the same refusal, whatever was tried before", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const seen = new Map<string, number>()
      const now = Date.now()
      yield* owner
        .withTransaction(
          Effect.gen(function* () {
            yield* owner.unsafe(`update merchant_accounts set live = true where mid_id = '${here}'`)
            // The rows are tries and nothing else: no session hangs on them.
            yield* owner`alter table attempts disable trigger user`
            yield* owner`alter table attempts drop constraint attempt_as_declared`
            yield* owner`alter table attempts drop constraint attempt_has_decision`
            yield* owner`drop index one_live_attempt_per_session`
            for (const { brand, groups } of fc.sample(cases, { numRuns: 300, seed: 20_261_121 })) {
              const card: CountedCard = { brand, fingerprint: w.fresh(), tokenRef: "tok_1" }
              const before = groups.flatMap(({ count, hours, ...one }) =>
                Array.from({ length: count }, (): Try => ({
                  ...one,
                  offNetwork: one.offNetwork && one.state === "declined",
                  writtenAt: now - Duration.toMillis(Duration.hours(hours))
                }))
              )
              for (const [at, one] of before.entries())
                yield* owner.unsafe(insert("attempts", rowOf(card, one, at)))
              const [answer] = yield* owner<{ readonly refusal: string | null }>`
                select retry_refusal(${here}, 'loop_goods', ${card.fingerprint}, ${brand}, 'tok_1', 3500, 'USD') as refusal`
              const refusal = answer?.refusal ?? undefined
              assert.strictEqual(
                refusal,
                retryRefusal(now, card, here, usd(3500), before),
                JSON.stringify(groups)
              )
              seen.set(refusal ?? "allowed", (seen.get(refusal ?? "allowed") ?? 0) + 1)
            }
            return yield* Effect.fail("put back" as const)
          })
        )
        .pipe(Effect.catch((error) => (error === "put back" ? Effect.void : Effect.fail(error))))
      assert.deepStrictEqual([...seen.keys()].toSorted(), [
        "allowed",
        "card_needs_update",
        "retry_budget_spent",
        "retry_forbidden",
        "retry_too_early"
      ])
    })
  )
})

/** A try as an attempt that its own session would have left. */
const rowOf = (
  card: CountedCard,
  { mid, tokenRef, money, state, advice, offNetwork, writtenAt }: Try,
  at: number
) => {
  const id = `${card.fingerprint}_${at}`
  const time = new Date(writtenAt).toISOString()
  return {
    ...attemptRow(1, 1),
    attempt_id: `at_${id}_1`,
    session_id: `ps_${id}`,
    idempotency_key: id,
    mid_id: mid,
    provider: mid === here ? "stub_a" : "stub_b",
    token_ref: tokenRef,
    card_fingerprint: card.fingerprint,
    card_brand: card.brand,
    amount: money.amount,
    currency: money.currency,
    state,
    decline_kind: state === "declined" ? "hard" : null,
    processor_reference: state === "captured" ? id : null,
    evidence: {
      outcome: state,
      ...(advice === undefined ? {} : { advice }),
      ...(offNetwork === true ? { offNetwork } : {})
    },
    written_at: time,
    resolved_at: state === "indeterminate" ? null : time
  }
}

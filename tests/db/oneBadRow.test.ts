import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import * as w from "../suites/world.ts"
import { Owner, pgStorage } from "./support/pgStorage.ts"
import * as scene from "./support/scene.ts"

// The workers go through many attempts at once. One of which something is wrong keeps nobody from the others.

it.layer(pgStorage, { excludeTestServices: true })("one bad row", (it) => {
  it.effect("keeps no other from being taken over", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const ledger = yield* PaymentLedger
      const world = yield* w.newWorld
      const [before, bad, after] = [
        yield* w.charging(world, w.over),
        yield* w.charging(world, w.over),
        yield* w.charging(world, w.over)
      ]
      yield* owner.unsafe(`
        create function refuse_one() returns trigger language plpgsql as $body$
        begin
          raise exception 'something is wrong with %', new.attempt_id;
        end $body$`)
      yield* owner.unsafe(`
        create trigger refuse_one before insert on attempt_evidence for each row
          when (new.attempt_id = '${bad.permit.attempt.attempt}') execute function refuse_one()`)
      const states = Effect.forEach([before, bad, after], ({ session }) => w.stateOf(session))
      assert.strictEqual(yield* ledger.takeOver(w.everything), 2)
      assert.deepStrictEqual(yield* states, ["in_review", "processing", "in_review"])
      yield* owner`drop trigger refuse_one on attempt_evidence`
      assert.strictEqual(yield* ledger.takeOver(w.everything), 1)
      assert.deepStrictEqual(yield* states, ["in_review", "in_review", "in_review"])
    })
  )

  it.effect("keeps no other session from expiring", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const ledger = yield* PaymentLedger
      for (const nr of [20, 21, 22]) yield* owner.unsafe(scene.declare(nr, { lifetimeMs: 0 }))
      // Somebody booked money of the last by hand and left it pending.
      for (const statement of [
        scene.declare(23),
        scene.open(23),
        scene.record(23, 1, scene.outcome.declined),
        scene.insert("captures", scene.captureRow(23, 1)),
        `update payment_sessions set expires_at = now() - interval '1 day' where session_id = '${scene.session(23)}'`
      ]) {
        yield* owner.unsafe(statement)
      }
      assert.strictEqual(yield* ledger.expireDue(w.everything), 3)
      const states = yield* owner<{ readonly state: string }>`
        select state from payment_sessions where session_id >= ${scene.session(20)}
          and session_id <= ${scene.session(23)} order by session_id`
      assert.deepStrictEqual(
        states.map(({ state }) => state),
        ["expired", "expired", "expired", "pending"]
      )
    })
  )

  it.effect("keeps nobody from asking for the others", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const ledger = yield* PaymentLedger
      const world = yield* w.newWorld
      const first = yield* w.charging(world)
      yield* w.record(first.permit, w.timeout)
      for (const statement of [
        // A currency that this version of the service does not know.
        scene.declare(7).replace("USD", "XXX"),
        scene.open(7),
        scene.record(7, 1, scene.outcome.indeterminate)
      ]) {
        yield* owner.unsafe(statement)
      }
      const second = yield* w.charging(world)
      yield* w.record(second.permit, w.timeout)
      const given = yield* ledger.claimUnresolved(w.everything, w.long)
      const sessions = given.map(({ attempt }) => attempt.session)
      assert.includeMembers(sessions, [first.session, second.session])
      const claimed = yield* owner<{ readonly later: boolean }>`
        select next_check_at > now() as later from attempts where attempt_id = ${scene.attempt(7)}`
      assert.deepStrictEqual(claimed, [{ later: true }])
    })
  )
})

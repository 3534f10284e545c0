import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { mostNext } from "../../src/db/groupCommit.ts"
import { chargeAcrossProviders, permitLifetime } from "../../src/kernel/cascade/chargeAcrossProviders.ts"
import type { SessionId } from "../../src/kernel/ids.ts"
import { type PaymentProvider, Providers, providersOf } from "../../src/kernel/PaymentProvider.ts"
import * as w from "../suites/world.ts"
import { fixtureProviders } from "../suites/StorageFixture.ts"
import { Owner, pgStorage } from "./support/pgStorage.ts"

// Where writes take long and many charges wait, they wait before they are written ahead: who has a permit can use it.

/** So many that the last of them wait for longer than a permit lives. */
const many = 128

const lifetime = Duration.toMillis(permitLifetime)

/** Milliseconds that each attempt's row takes here: too many share a commit when it takes as long as a permit lives. */
const slow = 40

/** Attempts take so many milliseconds to be written, those of some sessions or all. */
const slowed = Effect.fnUntraced(function* (milliseconds: number, ofSessions?: ReadonlyArray<string>) {
  const owner = yield* Owner
  yield* owner.unsafe(`create or replace function takes_long() returns trigger language plpgsql as $body$
    begin perform pg_sleep(${milliseconds / 1000}); return new; end $body$`)
  const those = ofSessions === undefined ? "" : `when (new.session_id in ('${ofSessions.join("', '")}'))`
  yield* owner.unsafe(`create or replace trigger takes_long before insert on attempts for each row ${those}
    execute function takes_long()`)
})

/** Charges new sessions at once: how they ended, and which of them a processor was asked for. */
const charged = Effect.fnUntraced(function* (world: w.World, sessions: ReadonlyArray<SessionId>) {
  const sent: Array<string> = []
  const driver: PaymentProvider = {
    name: fixtureProviders[0],
    charge: () => Effect.die("not asked"),
    refund: () => Effect.die("not asked"),
    refundContext: () => Effect.die("not asked"),
    tokenCharge: {
      deadline: Duration.seconds(30),
      chargeToken: ({ attempt }) =>
        Effect.sync(() => {
          sent.push(attempt.session)
          return w.captured()
        })
    }
  }
  const confirmation = w.confirmation()
  const ends = yield* Effect.forEach(
    sessions,
    (session) =>
      chargeAcrossProviders({
        session,
        candidates: world.candidates.slice(0, 1),
        decision: w.decisionFor(world),
        confirmation,
        token: confirmation.body.vaultToken
      }),
    { concurrency: "unbounded" }
  ).pipe(Effect.provideService(Providers, providersOf([driver])))
  return { ends: ends.map((end) => (end._tag === "Ended" ? end.session : end._tag)), sent }
})

const sessionsOf = (world: w.World, count: number) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.map(w.declared(world), ({ id }) => id), {
    concurrency: 4
  })

it.layer(pgStorage, { excludeTestServices: true })("many charges on a slow machine", (it) => {
  it.effect("all are sent, with no more in a commit than their permits can wait for", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world, many)
      assert.isAbove((many * slow) / 2, lifetime)
      yield* slowed(slow)
      const { ends, sent } = yield* charged(world, sessions)
      assert.deepStrictEqual(new Set(ends), new Set(["settled"]))
      assert.sameMembers(sent, sessions)
      const commits = yield* owner<{
        readonly n: number
      }>`select count(*)::integer as n from routing_decisions
        where session_id in (select jsonb_array_elements_text(${JSON.stringify(sessions)}::jsonb))
        group by xmin::text`
      for (const { n } of commits) assert.isBelow(n * slow, lifetime / 2)
      // They share commits all the same.
      assert.isBelow(commits.length, many / 2)
    })
  )

  it.effect("are not sent where the write itself took longer than a permit lives, alone or together", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const sessions = yield* sessionsOf(world, 6)
      // Two go alone; whoever comes while they are under way goes when the quick one of them is back.
      const [alone = assert.fail(), quick = assert.fail(), ...together] = sessions
      yield* slowed(lifetime + 100, [alone, ...together.slice(-1)])
      const { ends, sent } = yield* charged(world, sessions)
      assert.deepStrictEqual(
        ends,
        sessions.map((session) => (session === quick ? "settled" : "LeftToReconciler"))
      )
      assert.deepStrictEqual(sent, [quick])
    })
  )
})

describe("how many share a commit", () => {
  const nanos = Duration.toNanosUnsafe(permitLifetime)
  const after = (flights: number, each: bigint, own = 0n, from = 16) => {
    let most = from
    for (let nr = 0; nr < flights; nr++) most = mostNext(most, most, own + BigInt(most) * each)
    return most
  }

  it("grows while commits are quick, and no further than all of them wait for", () => {
    assert.strictEqual(after(1, 1_000_000n), 32)
    assert.strictEqual(after(9, 1_000_000n), 64)
    // Nobody knows how long more of them take when fewer came.
    assert.strictEqual(mostNext(16, 15, 1_000_000n), 16)
  })

  it("shrinks at once when one takes long, whatever the machine was before", () => {
    for (const each of [10n, 20n, 30n].map((millis) => millis * 1_000_000n)) {
      const most = after(1, each, 0n, 64)
      assert.isAtMost(Number(BigInt(most) * each * 5n), Number(nanos))
      assert.isAbove(most, 8)
    }
  })

  it("stays where what takes long is the commit and not what is in it", () => {
    assert.strictEqual(after(99, 1_000n, nanos / 8n), 16)
    assert.strictEqual(after(99, 1_000n, nanos), 8)
  })
})

import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Result } from "effect"
import { refusalOf } from "../support/refusal.ts"
import { type Arena, makeArena } from "./Arena.ts"
import { drawing, glance, type Law, laws, move } from "./hands.ts"

// Hands of the owner, the strongest who serves, that write into the tables whatever chance says, many at once, and
// somebody who looks all the time. With everything in place no glance finds a law broken.

const hands = [0, 1, 2, 3, 4, 5]

/** A constraint or a trigger, an attempt that is not there, a deadlock, somebody who waited too long, an order without its index. */
const expected = /^23|^P0002$|^40P01$|^55P03$|^42P10$/

/** Lets all hands move about sessions that are new, until `enough`; answers the laws that a glance found broken. */
const wave = Effect.fnUntraced(function* (
  { administrator, as }: Arena,
  nr: number,
  moves: number,
  enough: (broken: ReadonlySet<string>) => boolean
) {
  const owner = yield* as("payments_owner")
  const broken = new Set<string>()
  let done = 0
  let moving = true
  const hand = Effect.fnUntraced(function* (worker: number) {
    const draw = drawing(nr * 1000 + worker)
    for (let at = 0; at < moves && !enough(broken); at++) {
      const statements = move(nr * 10, draw)
      const tried = yield* Effect.result(
        owner.withTransaction(
          Effect.forEach(statements, (statement) => owner.unsafe(statement), { discard: true })
        )
      )
      if (Result.isSuccess(tried)) {
        done += 1
        continue
      }
      const { code, message } = yield* refusalOf(tried.failure)
      if (!expected.test(code)) return yield* Effect.die(`${code} ${message}: ${statements.join("; ")}`)
    }
  })
  const look = Effect.map(
    administrator.unsafe<{ readonly law: number; readonly broken: number }>(glance),
    (found) => {
      for (const { law, broken: times } of found) if (times > 0) broken.add(laws[law]?.says ?? "")
    }
  )
  const work = Effect.ensuring(
    Effect.forEach(hands, hand, { concurrency: "unbounded", discard: true }),
    Effect.sync(() => {
      moving = false
    })
  )
  const watch = Effect.repeat(Effect.andThen(look, Effect.sleep("5 millis")), { while: () => moving })
  yield* Effect.all([work, watch], { concurrency: "unbounded", discard: true })
  yield* look
  return { broken, done }
})

class Place extends Context.Service<Place, Arena>()(
  "payment-orchestration/tests/db/dropped/hands.test/Place"
) {
  static readonly layer = Layer.effect(Place, makeArena)
}

/** Does something in the copy and puts it back afterwards. */
const inPlace = <A, E>(does: (arena: Arena) => Effect.Effect<A, E>): Effect.Effect<A, E, Place> =>
  Effect.flatMap(Place, (arena) => Effect.ensuring(does(arena), Effect.orDie(arena.restore)))

// Without the index of the orders no session can be declared but by hand, so it is dropped apart.
const apart = ({ carriedBy }: Law) => carriedBy === "index one_live_session_per_order"
const gone: ReadonlyArray<readonly [what: string, laws: ReadonlyArray<Law>]> = [
  ["the index of the orders", laws.filter(apart)],
  ["what carries the others", laws.filter((law) => !apart(law))]
]

it.layer(Place.layer, { excludeTestServices: true, timeout: 60_000 })(
  "hands that go around the money steps",
  (it) => {
    it.effect(
      "break no law",
      () =>
        inPlace((arena) =>
          Effect.gen(function* () {
            let done = 0
            // Many short waves: sessions soon come to where nothing moves them any more.
            for (let nr = 1; nr <= 30; nr++) {
              const seen = yield* wave(arena, nr, 16, () => false)
              assert.deepStrictEqual([...seen.broken], [])
              done += seen.done
            }
            // Hands that are always refused would prove nothing.
            assert.isAbove(done, 300)
          })
        ),
      120_000
    )

    for (const [what, some] of gone) {
      it.effect(
        `break every law when ${what} is gone`,
        () =>
          inPlace((arena) =>
            Effect.gen(function* () {
              for (const { carriedBy } of some) yield* arena.drop(carriedBy)
              const left = new Set(some.map(({ says }) => says))
              for (let nr = 1; nr <= 100 && left.size > 0; nr++) {
                const { broken } = yield* wave(arena, nr, 40, (so) => [...left].every((law) => so.has(law)))
                for (const law of broken) left.delete(law)
              }
              assert.deepStrictEqual([...left], [])
            })
          ),
        120_000
      )
    }
  }
)

// Persons with several keys each ask, sign, withdraw, revoke and stop, in any order and at once. A model says what each
// hears; whatever loosened was signed by two persons who might at that moment.
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as fc from "fast-check"
import { developmentIdOf } from "../../src/db/access/keyHash.ts"
import * as c from "../db/support/changeScene.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { giveKey } from "../support/apiKeys.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { at } from "../graphql/support.ts"

const runs = Number(process.env["CHANGE_RUNS"] ?? 12)

/** Five names of three persons. */
const names = ["ann", "ann, at home", "bob", "bob, at home", "cleo"] as const
type Name = (typeof names)[number]
const personOf = (name: Name): string => name.split(",")[0] ?? name

type Move =
  | { readonly does: "stop" | "revoke" | "restore"; readonly who: Name }
  | { readonly does: "ask"; readonly who: Name; readonly over: boolean }
  | { readonly does: "approved" | "rejected" | "withdrawn"; readonly who: Name }

const someone = fc.constantFrom(...names)
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("stop", "revoke", "restore"), who: someone }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("ask"),
      who: someone,
      over: fc.oneof(
        { weight: 4, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) }
      )
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constantFrom("approved", "approved", "approved", "rejected", "withdrawn"),
      who: someone
    })
  }
)

interface Asked {
  readonly by: Name
  readonly stops: number
  state: string
  decidedBy?: Name
}

/** What ought to be. */
class Model {
  stopped = true
  stops = 1
  readonly live = new Set<Name>(names)
  asked: Asked | undefined
  /** Who asked and who signed, each time that the account was let go. */
  readonly loosened: Array<readonly [Name, Name]> = []

  hears({ does, who, ...more }: Move): string {
    switch (does) {
      case "stop":
        this.stopped = true
        this.stops++
        return "true"
      case "revoke":
        this.live.delete(who)
        return "done"
      case "restore":
        this.live.add(who)
        return "done"
      case "ask": {
        if (!this.live.has(who)) return "NotOperator"
        if (!this.stopped) return "AsWanted"
        if (this.asked?.state === "over") this.asked.state = "expired"
        if (this.asked?.state === "open") return this.asked.stops === this.stops ? "Requested" : "OpenAlready"
        this.asked = { by: who, stops: this.stops, state: "over" in more && more.over ? "over" : "open" }
        return "Requested"
      }
      default:
        return this.decides(does, who)
    }
  }

  private decides(does: string, who: Name): string {
    const { asked } = this
    if (!this.live.has(who)) return "NotOperator"
    if (asked === undefined) return "NoSuchChange"
    if (asked.state === "over") asked.state = "expired"
    if (asked.state !== "open") {
      return asked.state === does && asked.decidedBy === who ? "Decided" : "DecidedBefore"
    }
    const same = personOf(asked.by) === personOf(who)
    if (does === "withdrawn" && !same) return "AskedByAnother"
    if (does === "approved") {
      if (same) return "SamePerson"
      if (!this.live.has(asked.by)) return "AskedByNoOperator"
      if (asked.stops !== this.stops) return "ChangedSince"
      this.stopped = false
      this.loosened.push([asked.by, who])
    }
    asked.state = does
    asked.decidedBy = who
    return "Decided"
  }
}

const literal = (value: unknown): string => `'${JSON.stringify(value)}'::jsonb`

/** An account of a company of its own, stopped, and its five names. */
const scene = Effect.fnUntraced(function* () {
  const owner = yield* Owner
  const nr = ++scenes
  const mid = `mid_signing_${nr}`
  yield* owner.unsafe(`insert into merchant_accounts (mid_id, entity_id, provider, name, status, accepts, priority, weight)
    select '${mid}', entity_id, provider, name, status, accepts, priority, weight from merchant_accounts where mid_id = 'mid_goods_1'`)
  const named = (name: Name) => `${name} ${nr}`
  const keys = new Map<Name, string>()
  const give = Effect.fnUntraced(function* (name: Name) {
    const key = `sk_${nr}_${name}_${++scenes}`
    keys.set(name, key)
    const person = personOf(name) === name ? undefined : `${personOf(name)} ${nr}`
    yield* owner.unsafe(
      giveKey(key, named(name), { operator: true, ...(person === undefined ? {} : { person }) })
    )
  })
  yield* Effect.forEach(names, give, { discard: true })
  yield* owner.unsafe(c.stop(mid))
  const who = (name: Name): c.Signer => ({
    by: named(name),
    byKey: developmentIdOf(keys.get(name) ?? "")
  })
  return { mid, who, give, named }
})
let scenes = 0

type Scene = Effect.Success<ReturnType<typeof scene>>

const answerTo = Effect.fnUntraced(function* (statement: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe(statement)
  const answer = Object.values(Object(row))[0]
  return String(at(answer, "_tag") ?? answer)
})

const does = Effect.fnUntraced(function* ({ mid, who, give, named }: Scene, turn: Move) {
  const owner = yield* Owner
  switch (turn.does) {
    case "stop":
      return yield* answerTo(c.stop(mid, named(turn.who)))
    case "revoke":
      yield* owner.unsafe(
        `update api_keys set revoked_at = now() where revoked_at is null and principal = '${named(turn.who)}'`
      )
      return "done"
    case "restore": {
      const [live] = yield* owner.unsafe(
        `select from api_keys where principal = '${named(turn.who)}' and revoked_at is null`
      )
      if (live === undefined) yield* give(turn.who)
      return "done"
    }
    case "ask":
      return yield* answerTo(
        c.requestResume(mid, { who: who(turn.who), lifetimeMs: turn.over ? 0 : 3_600_000 })
      )
    default:
      return yield* answerTo(
        `select decide_change(${literal({ ...who(turn.who), decision: turn.does, said: "no" })}
          || jsonb_build_object('nr', coalesce((
            select regexp_replace(detail ->> 'id', 'cr_', '') from audit
            where chain = 'mid:${mid}' and action = 'change.requested' order by position desc limit 1), '0')))`
      )
  }
})

/** Who asked and who signed, as the audit has it. */
const loosenedOf = Effect.fnUntraced(function* (mid: string) {
  const owner = yield* Owner
  assert.deepStrictEqual(yield* owner`select * from audit_faults(${`mid:${mid}`})`, [])
  return yield* owner<{ readonly asked: string; readonly signed: string }>`
    select detail ->> 'requestedBy' as asked, actor as signed from audit
    where chain = ${`mid:${mid}`} and action = 'mid.kill_switch' and not (detail -> 'on')::boolean order by position`
})

const isStopped = Effect.fnUntraced(function* (mid: string) {
  const owner = yield* Owner
  const [row] = yield* owner<{ readonly stopped: boolean }>`
    select kill_switch as stopped from merchant_accounts where mid_id = ${mid}`
  return row?.stopped
})

it.layer(Owner.layer.pipe(Layer.provideMerge(TestDatabase.appLayer)), {
  excludeTestServices: true,
  timeout: 300_000
})("what two persons sign", (it) => {
  it.effect("is loosened by two persons who may, in whatever order they come", () =>
    Effect.gen(function* () {
      const context = yield* Effect.context<Owner | SqlClient.SqlClient>()
      const seen = new Map<string, number>()
      const property = fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 40 }), (moves) =>
        Effect.runPromiseWith(context)(
          Effect.gen(function* () {
            const place = yield* scene()
            const model = new Model()
            for (const [nr, one] of moves.entries()) {
              const expected = model.hears(one)
              assert.strictEqual(yield* does(place, one), expected, `${nr}: ${JSON.stringify(one)}`)
              const told = `${one.does} ${expected}`
              seen.set(told, (seen.get(told) ?? 0) + 1)
            }
            assert.strictEqual(yield* isStopped(place.mid), model.stopped)
            const loosened = yield* loosenedOf(place.mid)
            assert.deepStrictEqual(
              loosened.map(({ asked, signed }) => [asked, signed]),
              model.loosened.map(([asked, signed]) => [place.named(asked), place.named(signed)])
            )
            for (const [asked, signed] of model.loosened)
              assert.notStrictEqual(personOf(asked), personOf(signed))
          })
        )
      )
      yield* Effect.promise(() => fc.assert(property, { numRuns: runs, seed: 7 }))
      if (process.env["CHANGE_RUNS"] !== undefined) yield* Effect.log(JSON.stringify([...seen].toSorted()))
      for (const told of ["approved Decided", "approved SamePerson", "ask Requested", "approved NotOperator"])
        assert.isTrue(seen.has(told), told)
    })
  )

  const asked: Move = { does: "ask", who: "ann", over: false }
  const together = Effect.fnUntraced(function* (first: Move, second: Move) {
    const place = yield* scene()
    yield* does(place, asked)
    const heard = yield* Effect.all([does(place, first), does(place, second)], { concurrency: "unbounded" })
    return { heard, stopped: yield* isStopped(place.mid), loosened: (yield* loosenedOf(place.mid)).length }
  })
  const often = Array.from({ length: 12 })

  it.effect("is done once by two who sign at once", () =>
    Effect.forEach(often, () =>
      Effect.gen(function* () {
        const { heard, loosened, stopped } = yield* together(
          { does: "approved", who: "bob" },
          { does: "approved", who: "cleo" }
        )
        assert.deepStrictEqual(heard.toSorted(), ["Decided", "DecidedBefore"])
        assert.deepStrictEqual([loosened, stopped], [1, false])
      })
    )
  )

  it.effect("is either done or ended, when somebody signs while another one withdraws or rejects", () =>
    Effect.forEach(often, (_, nr) =>
      Effect.gen(function* () {
        const ending: Move =
          nr % 2 === 0 ? { does: "withdrawn", who: "ann, at home" } : { does: "rejected", who: "cleo" }
        const { heard, loosened, stopped } = yield* together({ does: "approved", who: "bob" }, ending)
        assert.deepStrictEqual(heard.toSorted(), ["Decided", "DecidedBefore"])
        assert.deepStrictEqual([loosened, stopped], heard[0] === "Decided" ? [1, false] : [0, true])
      })
    )
  )

  it.effect("loses no stop that comes while somebody signs", () =>
    Effect.forEach(often, () =>
      Effect.gen(function* () {
        const { heard, stopped } = yield* together(
          { does: "approved", who: "bob" },
          { does: "stop", who: "cleo" }
        )
        assert.include(["Decided", "ChangedSince"], heard[0])
        assert.isTrue(stopped)
      })
    )
  )

  it.effect("is asked for once by five at once", () =>
    Effect.forEach([1, 2, 3], () =>
      Effect.gen(function* () {
        const place = yield* scene()
        const ask = (who: Name) => does(place, { does: "ask", who, over: false })
        const heard = yield* Effect.forEach(names, ask, { concurrency: "unbounded" })
        assert.deepStrictEqual([...new Set(heard)], ["Requested"])
        const owner = yield* Owner
        const rows = yield* owner`select from change_requests where about = ${place.mid}`
        assert.lengthOf(rows, 1)
      })
    )
  )
})

import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { writeFileSync } from "node:fs"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { Owner } from "../support/pgStorage.ts"
import { catalogue, namelessRefusals } from "./catalogue.ts"
import { withoutRefusal } from "./drop.ts"
import { newcomers } from "./newcomers.ts"
import { races, showsIt, type Trial, trials, type Tried, tryAll } from "./trials.ts"

// Everything that the database forbids is dropped in turn, and each time a race breaks a law that held before. So
// each of them is needed, and for each there is a test that would miss it.

class Verdicts extends Context.Service<Verdicts, ReadonlyMap<Trial, Tried>>()(
  "payment-orchestration/tests/db/dropped/dropped.test/Verdicts"
) {
  static readonly layer = Layer.effect(Verdicts, tryAll)
}

const storage = Layer.mergeAll(Verdicts.layer, Owner.layer.pipe(Layer.provide(TestDatabase.layer)))

it.layer(storage, { excludeTestServices: true, timeout: 240_000 })("dropped", (it) => {
  const items = Effect.flatMap(Owner, (owner) =>
    Effect.map(owner.unsafe<{ readonly item: string }>(catalogue), (rows) => rows.map(({ item }) => item))
  )

  for (const one of trials) {
    it.effect(one.name, () =>
      Effect.gen(function* () {
        const tried = (yield* Verdicts).get(one)
        if (tried === undefined) return assert.fail("it was not tried")
        for (const { race, withEverything, withOne, withNone } of yield* tried) {
          assert.strictEqual(withEverything, 0, `broken with everything in place: ${race.law}`)
          assert.strictEqual(withOne, 0, `broken though ${one.last} stands: ${race.law}`)
          assert.isAbove(withNone, 0, `it carries nothing, this holds without it: ${race.law}`)
        }
      })
    )
  }

  it.effect("is everything in the catalogue that forbids, and nothing else", () =>
    Effect.gen(function* () {
      const known = yield* items
      const verdicts = yield* Verdicts
      const shown = known.filter((item) => {
        const about = trials.filter(({ races: [race] }) => race?.drops.some((dropped) => dropped === item))
        return about.length > 0 && about.every((one) => showsIt(verdicts.get(one)))
      })
      const report = process.env["DROPPED_REPORT"]
      if (report !== undefined) {
        const alone = new Set<string>(races.flatMap(({ drops }) => (drops.length === 1 ? drops : [])))
        const figures = [
          {
            figure: "database prohibitions dropped in turn, each makes a race test fail",
            value: `${shown.length} of ${known.length}`,
            aim: "all"
          },
          {
            figure: "of these, prohibitions that hold a law only together with others, each with its reason",
            value: `${shown.filter((item) => !alone.has(item)).length}`,
            aim: "few"
          }
        ]
        writeFileSync(report, `${JSON.stringify({ figures }, null, 2)}\n`)
      }
      const dropped = new Set<string>(races.flatMap(({ drops }) => drops))
      assert.deepStrictEqual(
        {
          neverDropped: known.filter((item) => !dropped.has(item)),
          notThere: [...dropped].filter((item) => !known.includes(item)),
          notShown: known.filter((item) => dropped.has(item) && !shown.includes(item))
        },
        { neverDropped: [], notThere: [], notShown: [] }
      )
    })
  )

  it.effect("is looked up in a catalogue that sees what a migration may bring", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const before = yield* items
      const { after } = yield* owner
        .withTransaction(
          Effect.gen(function* () {
            for (const { made } of newcomers) yield* owner.unsafe(made)
            return yield* Effect.fail({ after: yield* items })
          })
        )
        .pipe(Effect.catchIf((failure) => "after" in failure, Effect.succeed))
      assert.deepStrictEqual(
        after.filter((item) => !before.includes(item)).toSorted(),
        newcomers.flatMap((newcomer) => newcomer.items).toSorted()
      )
    })
  )

  it.effect("is one refusal of a function, and no other goes with it", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      assert.deepStrictEqual(yield* owner.unsafe(namelessRefusals), [])
      const refusals = (source: string) => source.match(/raise exception/g)?.length ?? 0
      const all = (yield* items).filter((item) => item.startsWith("refusal "))
      assert.isAbove(all.length, 20)
      for (const item of all) {
        const [guard = "", name = ""] = item.slice("refusal ".length).split(".")
        const [found] = yield* owner<{ readonly source: string }>`
          select pg_get_functiondef(${guard}::regproc) as source`
        const source = found?.source ?? ""
        const rest = withoutRefusal(source, name)
        assert.strictEqual(refusals(rest), refusals(source) - 1, item)
        assert.notInclude(rest, `constraint = '${name}'`)
      }
    })
  )

  it("says why, wherever more than one holds a law", () => {
    for (const { drops, because, law } of races) {
      assert.strictEqual(because !== undefined, drops.length > 1, law)
    }
  })
})

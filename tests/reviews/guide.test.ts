// What the guide for operators says of a review's fields, asked at the door.
import { assert, it } from "@effect/vitest"
import { Effect, Predicate } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Conclusion } from "../../src/kernel/reviews/Review.ts"
import { at } from "../graphql/support.ts"
import { codeOf, first, house, rest } from "./support.ts"

const guide = readFileSync(join(import.meta.dirname, "../../docs/guides/operating.md"), "utf8")

/** The rows of the table: the conclusion, what it is of, and whether it has a reference and an amount. */
const rows = [
  ...guide.matchAll(/^\| `(\w+)` +\| (`\w+`(?: or `\w+`)?) +\|[^|]*\| ([^|]*) \| ([^|]*) \|[^|]*\|$/gm)
].flatMap(([, conclusion = "", of = "", reference = "", amount = ""]) =>
  [...of.matchAll(/\w+(?=`)/g)].map(([subject]) => ({
    conclusion,
    subject,
    reference: reference.trim() !== "-",
    amount: amount.trim() !== "-"
  }))
)

const subjects: Readonly<Record<string, unknown>> = {
  attempt: "at_01JD0000000000000000000000_1",
  refund: "re_01JD0000000000000000000000_1",
  incident: 7
}

/** What a row says that a review has. */
const bodyOf = ({ conclusion, subject, reference, amount }: (typeof rows)[number]) => ({
  [subject]: subjects[subject],
  conclusion,
  evidence: "seen in the dashboard",
  ...(reference ? { processorReference: "pi_1" } : {}),
  ...(amount ? { amount: 1000, currency: "USD" } : {})
})

/** A review that is whole, but there is nothing of that name. */
const whole = "422 nothing_to_review"

it.layer(house, { excludeTestServices: true })("the guide for operators", (it) => {
  it.effect("says of each conclusion what a review of it has, no more and no less", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        [...new Set(rows.map(({ conclusion }) => conclusion))].toSorted(),
        [...Conclusion.literals].toSorted()
      )
      assert.strictEqual(rows.length, 8)
      for (const row of rows) {
        const body: Readonly<Record<string, unknown>> = bodyOf(row)
        const told = yield* rest(first, "", body)
        assert.strictEqual(codeOf(told), whole, JSON.stringify(body))
        for (const left of Object.keys(body)) {
          const part = yield* rest(first, "", { ...body, [left]: undefined })
          assert.include(
            ["400 malformed_request", "422 invalid_input"],
            codeOf(part),
            `${row.conclusion} without ${left}`
          )
        }
        const more = { ...subjects, processorReference: "pi_1", amount: 1000, currency: "USD", ...body }
        for (const [name, value] of Object.entries(more)) {
          if (name in body) continue
          const refused = yield* rest(first, "", { ...body, [name]: value })
          assert.strictEqual(codeOf(refused), "422 invalid_input", `${row.conclusion} with ${name}`)
        }
      }
    })
  )

  it.effect("shows reviews that the door takes", () =>
    Effect.gen(function* () {
      const shown = [...guide.matchAll(/```json\n([^]*?)```/g)].map(([, json = ""]): unknown =>
        JSON.parse(json)
      )
      assert.strictEqual(shown.length, 4)
      for (const body of shown) {
        assert.isTrue(Predicate.isObject(body))
        const told = yield* rest(first, "", body)
        assert.strictEqual(codeOf(told), whole, JSON.stringify(at(told.json, "error", "message")))
      }
    })
  )
})

// What a refusal says goes out under the documented codes: no name that only the source code knows.
import { expect, it } from "@effect/vitest"
import { Arbitrary, Effect, Predicate, Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { Api } from "../../src/http/api/Api.ts"
import * as refusalSchemas from "../../src/http/api/refusalSchemas.ts"
import { codeOf } from "../../src/http/errorBody.ts"
import { ExclusionReason } from "../../src/kernel/routing/ExclusionReason.ts"

/** Every field of an answer with its value, however deep. */
const fieldsOf = (value: unknown): ReadonlyArray<readonly [name: string, value: unknown]> =>
  Array.isArray(value)
    ? value.flatMap(fieldsOf)
    : Predicate.isObject(value)
      ? Object.entries(value).flatMap((field) => [field, ...fieldsOf(field[1])])
      : []

it.effect.each(Object.entries(refusalSchemas))("%s is written in the words of the reference", ([tag, one]) =>
  Effect.gen(function* () {
    const reasons = new Set<unknown>()
    for (const refusal of yield* Arbitrary.sampleEffect(Arbitrary.schema(Schema.toType(one)), {
      count: 60,
      seed: 4
    })) {
      const body = yield* Schema.encodeUnknownEffect(one)(refusal)
      expect(body).toHaveProperty("error.code", codeOf(tag))
      for (const [name, value] of fieldsOf(body)) {
        expect(name).not.toBe("_tag")
        if (name === "code") reasons.add(value)
      }
    }
    if (tag === "NoEligibleMerchantAccount") {
      const codes = ExclusionReason.members.map(({ fields }) => codeOf(fields._tag.schema.literal))
      expect([...reasons].toSorted()).toEqual([codeOf(tag), ...codes].toSorted())
    }
  })
)

it("the reference knows no other name either", () => {
  expect(JSON.stringify(OpenApi.fromApi(Api)).includes("_tag")).toBe(false)
})

import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Secrets } from "../../src/kernel/Secrets.ts"

it.effect("without a source there is no secret of any name", () =>
  Effect.gen(function* () {
    const { get } = yield* Secrets
    expect(yield* get("stripe_goods")).toBeUndefined()
  })
)

it("the secrets have a key of their own, which says where they are declared", () => {
  expect(Secrets.key).toBe("payment-orchestration/kernel/Secrets")
})

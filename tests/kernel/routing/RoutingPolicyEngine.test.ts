import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { EntityId } from "../../../src/kernel/ids.ts"
import { compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { decide, RoutingDecision, selectMids } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import { account, charge, sessionId } from "../../support/kernel/accounts.ts"

const accounts = [
  account({ id: "mid_a", weight: 5 }),
  account({ id: "mid_b", weight: 3 }),
  account({ id: "mid_c", weight: 2 }),
  account({ id: "mid_backup", priority: 2 }),
  account({ id: "mid_stopped", killSwitch: true }),
  account({ id: "mid_of_another", entity: "loop_health" })
]
const policy = compile(7, accounts)

describe("a routing decision", () => {
  it("is the same for these sessions as when it was last reviewed", () => {
    const decisions = Array.from({ length: 12 }, (_, n) =>
      selectMids(policy, charge(), sessionId(n))
        .map(({ id }) => id)
        .join(" ")
    )
    expect(decisions).toMatchInlineSnapshot(`
      [
        "mid_c mid_a mid_b mid_backup",
        "mid_a mid_b mid_c mid_backup",
        "mid_c mid_a mid_b mid_backup",
        "mid_b mid_a mid_c mid_backup",
        "mid_a mid_b mid_c mid_backup",
        "mid_c mid_a mid_b mid_backup",
        "mid_b mid_c mid_a mid_backup",
        "mid_b mid_a mid_c mid_backup",
        "mid_a mid_c mid_b mid_backup",
        "mid_a mid_b mid_c mid_backup",
        "mid_c mid_b mid_a mid_backup",
        "mid_b mid_a mid_c mid_backup",
      ]
    `)
  })

  it("says what was asked, by which policy, what was chosen and what was left out", () => {
    const decision = decide(policy, charge({ bin: "424242" }), sessionId(1))
    expect(decision).toMatchObject({
      policyVersion: 7,
      inputs: { entity: "loop_goods", category: "merchandise", amount: 1000, bin: "424242" },
      leftOut: [{ mid: "mid_stopped", reasons: [{ _tag: "KillSwitchOn" }] }]
    })
    expect([...decision.chosen].toSorted()).toEqual(["mid_a", "mid_b", "mid_backup", "mid_c"])
  })

  it("survives being stored", () => {
    const decision = decide(policy, charge({ cardBrand: undefined }), sessionId(1))
    const stored: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(RoutingDecision)(decision)))
    const read = Schema.decodeUnknownSync(RoutingDecision)(stored)
    expect(read.chosen).toEqual(decision.chosen)
    expect(read.leftOut).toEqual(decision.leftOut)
  })

  it("never leaves the entity, and is empty for one that has no accounts", () => {
    const elsewhere = decide(policy, charge({ entity: EntityId.make("nobody") }), sessionId(1))
    expect(elsewhere).toMatchObject({ chosen: [], leftOut: [] })
  })
})

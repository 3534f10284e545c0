// Whatever is thrown at the emulators: no more goes back than came, and no key or orderid takes money twice.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Fault } from "../../sandbox/plumbing/Fault.ts"
import type { BooksSnapshot } from "../../sandbox/plumbing/Books.ts"
import type { Sandbox } from "../../sandbox/startSandbox.ts"
import { answer, chargeOf, methodOf, sale, sandboxed, sendJson, stripeClient } from "./support.ts"

const faults: ReadonlyArray<Fault> = [
  { kind: "cut_before" },
  { kind: "cut_after" },
  { kind: "error_before" },
  { kind: "error_after" },
  { kind: "error_saved" },
  { kind: "late_money", answer: "error", seconds: 30 },
  { kind: "late_money", answer: "pending", seconds: 30 },
  { kind: "late_money", answer: "cut", seconds: 30 },
  { kind: "contradictory", variant: 1 },
  { kind: "duplicate_answer" },
  { kind: "truncated" },
  { kind: "rate_limited" }
]

const attempts = ["a", "b", "c"] as const

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant("charge" as const), attempt: fc.constantFrom(...attempts) })
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("fault" as const), fault: fc.constantFrom(...faults) })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("refund" as const),
      charge: fc.nat(4),
      amount: fc.constantFrom(0, 1, 700, 1250, 2500)
    })
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("void" as const), charge: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("dispute" as const), charge: fc.nat(4) }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("wait" as const), seconds: fc.constantFrom(1, 10, 40) })
  }
)
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

/** No more goes back than came: of any charge, at any time. */
const neverGivesBackMoreThanItTook = ({ movements, charges }: BooksSnapshot): void => {
  const left = new Map<string, number>()
  for (const { kind, reference, amount } of movements) {
    expect(amount).toBeGreaterThan(0)
    const takes = kind === "captured" || kind === "refund_failed" || kind === "dispute_reinstated"
    left.set(reference, (left.get(reference) ?? 0) + (takes ? amount : -amount))
    expect(left.get(reference)).toBeGreaterThanOrEqual(0)
  }
  for (const charge of charges) {
    expect(charge.left).toBe(left.get(charge.reference))
    expect(charge.left).toBeLessThanOrEqual(charge.captured)
  }
}

const takesMoneyOncePerOrder = ({ charges }: BooksSnapshot): void => {
  const orders = charges.map(({ order }) => order)
  expect(new Set(orders).size).toBe(orders.length)
  for (const { captured } of charges) expect(captured).toBe(2500)
}

const chargeAgain = async (sandbox: Sandbox, gateway: "stripe" | "nmi", attempt: string, method: string) => {
  if (gateway === "stripe") {
    const charge = chargeOf(method, attempt)
    return stripeClient(sandbox).paymentIntents.create(charge, { idempotencyKey: attempt })
  }
  // One card for each attempt, so that the duplicate check alone guards it.
  const ccnumber = { a: "4111111111111111", b: "5431111111111111", c: "6011000991300009" }[attempt] ?? ""
  return answer(await sale(sandbox, { orderid: attempt, ccnumber }))
}

const takeBack = async (sandbox: Sandbox, gateway: "stripe" | "nmi", one: Step) => {
  if (one.does !== "refund" && one.does !== "void" && one.does !== "dispute") return
  const { charges } = sandbox[gateway].books()
  const reference = charges[one.charge % Math.max(charges.length, 1)]?.reference ?? "none"
  const control = `${sandbox[gateway].origin}/_sandbox`
  if (one.does === "dispute") {
    const body = gateway === "stripe" ? { payment_intent: reference } : { transaction_id: reference }
    await sendJson(`${control}/${gateway === "stripe" ? "disputes" : "chargebacks"}`, "POST", body)
  } else if (gateway === "nmi") {
    const amount = one.does === "refund" ? { amount: (one.amount / 100).toFixed(2) } : { amount: "" }
    await sale(sandbox, { type: one.does, transactionid: reference, ...amount })
  } else if (one.does === "void") {
    await stripeClient(sandbox).paymentIntents.cancel(reference)
  } else {
    const amount = one.amount === 0 ? {} : { amount: one.amount }
    await stripeClient(sandbox).refunds.create({ payment_intent: reference, ...amount })
  }
}

const run = async (
  sandbox: Sandbox,
  gateway: "stripe" | "nmi",
  steps: ReadonlyArray<Step>
): Promise<void> => {
  const method = await methodOf(stripeClient(sandbox), "4242424242424242")
  for (const one of steps) {
    if (one.does === "fault") sandbox[gateway].faults.add({ fault: one.fault })
    else if (one.does === "wait") sandbox.clock.advance(one.seconds * 1000)
    else if (one.does === "charge")
      await chargeAgain(sandbox, gateway, one.attempt, method).catch(() => undefined)
    else await takeBack(sandbox, gateway, one).catch(() => undefined)
    neverGivesBackMoreThanItTook(sandbox[gateway].books())
    takesMoneyOncePerOrder(sandbox[gateway].books())
  }
  sandbox.clock.advance(60_000)
  neverGivesBackMoreThanItTook(sandbox[gateway].books())
  takesMoneyOncePerOrder(sandbox[gateway].books())
}

describe.each(["stripe", "nmi"] as const)("the books of %s", (gateway) => {
  it("never give back more than they took, and a replay never takes twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) =>
        sandboxed((sandbox) => run(sandbox, gateway, steps))()
      ),
      { numRuns: 100 }
    )
  })
})

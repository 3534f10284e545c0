// Every fault of the emulators at every step of the driver's way: what it says is held against what really moved.
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { expect } from "vitest"
import { type Fault, faultDoes } from "../../../../sandbox/plumbing/Fault.ts"
import { openScene } from "./scene.ts"

type Kind = Fault["kind"]
type Known = "Captured" | "Declined" | "Indeterminate"

interface Row {
  readonly fault: Fault
  /** What the driver says of the sale. */
  readonly says: Known
  /** Minor units that are captured at once, and in the end. */
  readonly atOnce: number
  readonly later?: number
}

const row = (fault: Fault, says: Known, atOnce: number, later = atOnce): Row => ({
  fault,
  says,
  atOnce,
  later
})

const titleOf = ({ fault: { kind, answer, variant, code, moves } }: { readonly fault: Fault }): string =>
  [kind, answer, variant, code, moves === true ? "moves" : undefined]
    .filter((one) => one !== undefined)
    .join(" ")

/** At NMI, as the sale arrives there. */
const atNmi: ReadonlyArray<Row> = [
  row({ kind: "cut_before" }, "Indeterminate", 0),
  row({ kind: "cut_after" }, "Indeterminate", 1250),
  row({ kind: "slow", seconds: 0.05 }, "Captured", 1250),
  row({ kind: "late_answer", seconds: 0.05 }, "Captured", 1250),
  row({ kind: "error_before", status: 503 }, "Indeterminate", 0),
  row({ kind: "error_after", status: 502 }, "Indeterminate", 1250),
  row({ kind: "error_saved" }, "Indeterminate", 0),
  row({ kind: "rate_limited" }, "Declined", 0),
  row({ kind: "late_money", answer: "error" }, "Indeterminate", 0, 1250),
  row({ kind: "late_money", answer: "pending" }, "Indeterminate", 0, 1250),
  row({ kind: "late_money", answer: "cut" }, "Indeterminate", 0, 1250),
  row({ kind: "malformed" }, "Indeterminate", 1250),
  row({ kind: "truncated" }, "Indeterminate", 1250),
  row({ kind: "empty" }, "Indeterminate", 1250),
  row({ kind: "answer_twice" }, "Indeterminate", 1250),
  row({ kind: "contradictory", variant: 1 }, "Indeterminate", 1250),
  row({ kind: "contradictory", variant: 2 }, "Indeterminate", 1250),
  row({ kind: "contradictory", variant: 3 }, "Indeterminate", 1250),
  row({ kind: "duplicate_answer" }, "Indeterminate", 1250),
  row({ kind: "code", code: "202" }, "Declined", 0),
  row({ kind: "code", code: "252" }, "Declined", 0),
  row({ kind: "code", code: "300" }, "Indeterminate", 0),
  row({ kind: "code", code: "430", moves: true }, "Indeterminate", 1250),
  row({ kind: "partial", amount: 600 }, "Indeterminate", 600),
  row({ kind: "blind" }, "Captured", 1250)
]

/** At the proxy, on the sale's way there and back. */
const atProxy: ReadonlyArray<Row> = [
  row({ kind: "cut_before" }, "Indeterminate", 0),
  row({ kind: "cut_after" }, "Indeterminate", 1250),
  row({ kind: "slow", seconds: 0.05 }, "Captured", 1250),
  row({ kind: "late_answer", seconds: 0.05 }, "Captured", 1250),
  row({ kind: "error_before", status: 503 }, "Indeterminate", 0),
  row({ kind: "error_after", status: 502 }, "Indeterminate", 1250),
  row({ kind: "rate_limited" }, "Indeterminate", 0),
  row({ kind: "malformed" }, "Indeterminate", 1250),
  row({ kind: "truncated" }, "Indeterminate", 1250),
  row({ kind: "empty" }, "Indeterminate", 1250),
  row({ kind: "answer_twice" }, "Indeterminate", 1250),
  row({ kind: "proxy_408_before" }, "Indeterminate", 0),
  row({ kind: "proxy_408_after" }, "Indeterminate", 1250),
  row({ kind: "proxy_408_then" }, "Indeterminate", 0, 1250),
  row({ kind: "proxy_error" }, "Declined", 0)
]

/** What can go wrong with any request, whatever it asks for; the pace of an answer aside. */
const ofAnyRequest: ReadonlyArray<Fault> = [
  { kind: "cut_before" },
  { kind: "cut_after" },
  { kind: "error_before", status: 503 },
  { kind: "error_after", status: 502 },
  { kind: "rate_limited" },
  { kind: "malformed" },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "answer_twice" }
]
const paces: ReadonlyArray<Fault> = [
  { kind: "slow", seconds: 0.05 },
  { kind: "late_answer", seconds: 0.05 }
]

describe("a fault at the sale", () => {
  it("is in the tables, unless it is one of webhooks", () => {
    const tried = new Set<Kind>([...atNmi, ...atProxy].map(({ fault }) => fault.kind))
    const due = Object.keys(faultDoes).filter((kind) => !kind.startsWith("webhook_"))
    expect(due.filter((kind) => ![...tried].some((one) => one === kind))).toEqual([])
  })

  for (const [place, rows] of [
    ["at NMI", atNmi],
    ["at the proxy", atProxy]
  ] as const) {
    for (const one of rows) {
      it.live(`${titleOf(one)} ${place}: ${one.says}, and the lookup finds what moved`, () =>
        Effect.gen(function* () {
          const { fault, says, atOnce, later = atOnce } = one
          const scene = yield* openScene({ settings: { duplicateSeconds: 0 } })
          const { nmi, basisTheory } = scene.sandbox
          if (place === "at NMI") nmi.faults.add({ fault, match: { path: "/transact.php" } })
          else basisTheory.faults.add({ fault, match: { path: "/proxy" } })
          const about = scene.newCharge()
          const captures = () => scene.moved(about, "captured")

          const outcome = yield* scene.charge(about)
          expect(outcome._tag).toBe(says)
          expect(captures()).toEqual(atOnce === 0 ? [] : [atOnce])
          if (outcome._tag === "Captured") expect(captures()).toEqual([outcome.amount])
          expect(scene.sentTo("/proxy")).toHaveLength(1)

          // Before everything has happened a lookup may say too little; it says nothing that is wrong.
          const early = yield* scene.lookUp(about)
          if (early._tag === "FoundCaptured") expect(captures()).toEqual([early.captured.amount])
          if (early._tag === "FoundDeclined") expect(later).toBe(0)

          yield* scene.laterOn
          yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 30)))
          expect(captures()).toEqual(later === 0 ? [] : [later])
          const found = yield* scene.lookUp(about)
          if (later > 0) expect(found).toMatchObject({ _tag: "FoundCaptured", captured: { amount: later } })
          else expect(["NotFound", "FoundDeclined", "Indeterminate"]).toContain(found._tag)
          if (says === "Declined") expect(later).toBe(0)

          // Whoever asks again moves nothing more.
          yield* scene.charge(about)
          yield* scene.laterOn
          expect(captures()).toEqual(later === 0 ? [] : [later])
        }).pipe(Effect.scoped)
      )
    }
  }

  it.live("that declines and takes the money all the same is one that no answer shows; the lookup does", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      scene.sandbox.nmi.faults.add({ fault: { kind: "late_money", answer: "decline" } })
      const about = scene.newCharge()
      expect((yield* scene.charge(about))._tag).toBe("Declined")
      yield* scene.laterOn
      expect(scene.moved(about, "captured")).toEqual([1250])
      expect((yield* scene.lookUp(about))._tag).toBe("FoundCaptured")
    }).pipe(Effect.scoped)
  )
})

describe("a fault at the question before the sale", () => {
  for (const fault of ofAnyRequest) {
    it.live(`${titleOf({ fault })}: nothing is sent`, () =>
      Effect.gen(function* () {
        const scene = yield* openScene()
        scene.sandbox.nmi.faults.add({ fault, match: { path: "/query.php" } })
        const about = scene.newCharge()
        expect(yield* scene.charge(about)).toMatchObject({ _tag: "Declined", kind: "soft" })
        expect(scene.sentTo("/proxy")).toEqual([])
        expect(scene.moved(about, "captured")).toEqual([])
      }).pipe(Effect.scoped)
    )
  }
  for (const fault of paces) {
    it.live(`${titleOf({ fault })}: it is only slower`, () =>
      Effect.gen(function* () {
        const scene = yield* openScene()
        scene.sandbox.nmi.faults.add({ fault, match: { path: "/query.php" } })
        yield* scene.capturedCharge()
      }).pipe(Effect.scoped)
    )
  }
})

describe("a fault at a lookup", () => {
  for (const fault of [...ofAnyRequest, ...paces]) {
    const slow = paces.includes(fault)
    it.live(
      `${titleOf({ fault })}: ${slow ? "it is only slower" : "it says nothing, and the next one tells"}`,
      () =>
        Effect.gen(function* () {
          const scene = yield* openScene()
          const about = yield* scene.capturedCharge()
          yield* scene.settle
          const refunded = yield* scene.refund(about, "r1", 400)
          expect(refunded).toHaveProperty("refundReference")
          const asked = [
            { ask: scene.lookUp(about), tells: { _tag: "FoundCaptured" } },
            { ask: scene.lookUpRefund(about, "r1", 400), tells: { _tag: "RefundDone", refunded } },
            { ask: scene.lookUpRefund(about, "r2", 100), tells: { _tag: "RefundNotFound" } },
            { ask: scene.context(about), tells: { refundedAmount: 400 } }
          ]
          for (const { ask, tells } of asked) {
            for (const nth of [1, 2, 3]) {
              scene.sandbox.nmi.faults.clear()
              scene.sandbox.nmi.faults.add({ fault, match: { path: "/query.php" }, nth })
              const found = yield* ask
              const struck = scene.sandbox.nmi.faults.list().some((rule) => rule.struck > 0)
              if (slow || !struck) expect(found).toMatchObject(tells)
              else expect(found).toMatchObject({ _tag: "Indeterminate" })
            }
            scene.sandbox.nmi.faults.clear()
            expect(yield* ask).toMatchObject(tells)
          }
        }).pipe(Effect.scoped)
    )
  }
})

describe("a fault at giving back", () => {
  for (const fault of [...ofAnyRequest, ...paces]) {
    it.live(`${titleOf({ fault })} at a refund: what it says is what moved, and it moves once`, () =>
      Effect.gen(function* () {
        const scene = yield* openScene()
        const about = yield* scene.capturedCharge()
        yield* scene.settle
        scene.sandbox.nmi.faults.add({ fault, match: { path: "/transact.php" } })
        const outcome = yield* scene.refund(about, "r1", 400)
        const refunds = () => scene.moved(about, "refunded")
        if (!("_tag" in outcome)) expect(refunds()).toEqual([400])
        else if (outcome._tag === "Declined") expect(refunds()).toEqual([])
        expect(paces.includes(fault)).toBe(!("_tag" in outcome))
        const found = yield* scene.lookUpRefund(about, "r1", 400)
        expect(found._tag).toBe(refunds().length > 0 ? "RefundDone" : "RefundNotFound")
        expect(yield* scene.context(about)).toMatchObject({
          refundedAmount: refunds().reduce((sum, amount) => sum + amount, 0)
        })
        yield* scene.refund(about, "r1", 400)
        expect(refunds().length).toBeLessThanOrEqual(1)
      }).pipe(Effect.scoped)
    )

    it.live(`${titleOf({ fault })} at a void: what it says is what moved, and its charge tells it`, () =>
      Effect.gen(function* () {
        const scene = yield* openScene()
        const about = yield* scene.capturedCharge()
        scene.sandbox.nmi.faults.add({ fault, match: { path: "/transact.php" } })
        const outcome = yield* scene.voidIt(about)
        const voids = () => scene.moved(about, "voided")
        if ("evidence" in outcome && !("_tag" in outcome)) expect(voids()).toEqual([1250])
        else if ("_tag" in outcome && outcome._tag === "Declined") expect(voids()).toEqual([])
        expect(paces.includes(fault)).toBe(!("_tag" in outcome))
        expect(yield* scene.context(about)).toMatchObject({ refundedAmount: voids().length > 0 ? 1250 : 0 })
        yield* scene.voidIt(about)
        expect(voids().length).toBeLessThanOrEqual(1)
      }).pipe(Effect.scoped)
    )
  }
})

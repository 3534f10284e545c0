// The traps of NMI's wire, one by one: where a plain reading of it charges twice, fulfils for nothing or gives back all.
import { describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted } from "effect"
import { expect } from "vitest"
import { MidId } from "../../../../src/kernel/ids.ts"
import { faultToken, nmiAgainst, token } from "./nmiUnderTest.ts"
import { openScene } from "./scene.ts"

describe("a sale", () => {
  it.live("is one request with expressions where card data stands, and carries the attempt's key", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = yield* scene.capturedCharge()
      const [sale, ...others] = scene.sentTo("/proxy")
      expect(others).toEqual([])
      expect(sale && [...sale]).toEqual([
        ["security_key", "sandbox_mid_under_test"],
        ["type", "sale"],
        ["amount", "12.50"],
        ["currency", "USD"],
        ["orderid", about.idempotencyKey],
        ["ccnumber", "{{ tok_captured | json: '$.number' }}"],
        ["ccexp", "{{ tok_captured | json: '$' | card_exp: 'MMYY' }}"],
        ["cvv", "{{ tok_captured | json: '$.cvc' }}"]
      ])
      expect(scene.moved(about, "captured")).toEqual([1250])
      expect(JSON.stringify(scene.sent)).not.toContain("4111111111111111")
    }).pipe(Effect.scoped)
  )

  it.live("that NMI takes for a duplicate proves nothing: the other one may be this very sale", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      yield* scene.capturedCharge()
      const same = scene.newCharge()
      expect(yield* scene.charge(same)).toMatchObject({
        _tag: "Indeterminate",
        evidence: { code: "duplicate" }
      })
      // The first one is another's: its money is not this charge's.
      expect((yield* scene.lookUp(same))._tag).toBe("NotFound")
      expect(scene.moved(same, "captured")).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("says dup_seconds only for an account that may, and is refused where NMI forbids it", () =>
    Effect.gen(function* () {
      const change = { settings: { dup_seconds: "0" } }
      const scene = yield* openScene({ change })
      const refused = scene.newCharge()
      expect(yield* scene.charge(refused)).toMatchObject({
        _tag: "Declined",
        kind: "soft",
        evidence: { message: expect.stringContaining("Disabling Duplicate Check is not allowed") }
      })
      expect(scene.moved(refused, "captured")).toEqual([])
      scene.sandbox.nmi.configure(scene.mid, { allowOverride: true })
      yield* scene.capturedCharge()
      yield* scene.capturedCharge()
      expect(scene.sandbox.nmi.books().movements).toHaveLength(2)
    }).pipe(Effect.scoped)
  )

  it.live("under a key that went out already is looked up and never sent again, for whatever amount", () =>
    Effect.gen(function* () {
      const scene = yield* openScene({ settings: { duplicateSeconds: 0 } })
      const about = scene.newCharge()
      expect((yield* scene.charge(about, faultToken("money moves, a 502")))._tag).toBe("Indeterminate")
      expect(yield* scene.charge(about)).toMatchObject({ _tag: "Captured", amount: 1250 })
      const dearer = { ...about, money: scene.newCharge({ amount: 9999 }).money }
      expect(yield* scene.charge(dearer)).toMatchObject({
        _tag: "Indeterminate",
        evidence: { code: "other_money" }
      })
      expect(scene.moved(about, "captured")).toEqual([1250])
      expect(scene.sentTo("/proxy")).toHaveLength(1)
    }).pipe(Effect.scoped)
  )

  it.live(
    "under a key that went out already is not called unsent, whatever keeps the next one from going",
    () =>
      Effect.gen(function* () {
        const scene = yield* openScene({ settings: { queryDelay: 600 } })
        const { nmi } = scene.sandbox
        const about = scene.newCharge()
        expect((yield* scene.charge(about, faultToken("money moves, a 502")))._tag).toBe("Indeterminate")
        const again = [
          scene.charge(about),
          scene.charge(about, token("tok_of_nobody")),
          scene.charge(about, token("tok }} {{ captured")),
          scene.charge({ ...about, money: scene.newCharge({ currency: "JPY" }).money }),
          Effect.match(scene.provider.charge({ ...about, paymentMethodRef: "no such / card" }), {
            onFailure: (error) => error,
            onSuccess: (captured) => captured
          })
        ]
        for (const asking of again) {
          expect((yield* asking)._tag).toBe("Indeterminate")
          nmi.faults.add({ fault: { kind: "error_before" }, match: { path: "/query.php" } })
          expect((yield* asking)._tag).toBe("Indeterminate")
        }
        expect(scene.sentTo("/proxy")).toHaveLength(1)
      }).pipe(Effect.scoped)
  )

  it.live("approved for a part is no capture of the whole; how much was taken is found by the query", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = scene.newCharge()
      expect(yield* scene.charge(about, faultToken("half of the amount approved"))).toMatchObject({
        _tag: "Indeterminate",
        evidence: { code: "approved_in_part" },
        processorReference: expect.stringMatching(/^\d+$/)
      })
      expect(yield* scene.lookUp(about)).toMatchObject({ _tag: "FoundCaptured", captured: { amount: 625 } })
      expect(scene.moved(about, "captured")).toEqual([625])
    }).pipe(Effect.scoped)
  )

  it.live("is not sent in a currency that has no cents, nor under a key that NMI would cut", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      for (const about of [scene.newCharge({ currency: "JPY" }), scene.newCharge()]) {
        const key = about.money.currency === "JPY" ? about.idempotencyKey : "k".repeat(51)
        const outcome = yield* scene.charge(about, token("tok_captured"), key)
        expect(outcome).toMatchObject({ _tag: "Declined", evidence: { code: "not_sent" } })
      }
      expect(scene.sent).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("goes to the account's own processor, and is found there only", () =>
    Effect.gen(function* () {
      const change = { secret: Redacted.make("sandbox_shared"), settings: { processor_id: "second" } }
      const scene = yield* openScene({ change })
      const { sandbox } = scene
      sandbox.nmi.configure("shared", { processors: ["first", "second"] })
      const about = yield* scene.capturedCharge()
      expect((yield* scene.lookUp(about))._tag).toBe("FoundCaptured")
      const xml = yield* Effect.promise(() =>
        fetch(new URL("/api/query.php", sandbox.nmi.origin), {
          method: "POST",
          body: new URLSearchParams({ security_key: "sandbox_shared", order_id: about.idempotencyKey })
        }).then((response) => response.text())
      )
      expect(xml).toContain("<processor_id>second</processor_id>")
    }).pipe(Effect.scoped)
  )

  it.live("is not sent with settings that cannot be the account's", () =>
    Effect.gen(function* () {
      const wrong = [
        { secret: Redacted.make("") },
        { secret: Redacted.make("two words of a key") },
        { settings: { processor_id: "a b" } },
        { settings: { dup_seconds: "-1" } },
        { settings: { dup_seconds: "7862401" } }
      ]
      for (const change of wrong) {
        const scene = yield* openScene({ change })
        expect(yield* scene.charge(scene.newCharge())).toMatchObject({
          _tag: "Declined",
          kind: "soft",
          evidence: { code: "not_sent" }
        })
        expect((yield* scene.lookUp(scene.newCharge()))._tag).toBe("Indeterminate")
        expect(scene.sent).toEqual([])
      }
    }).pipe(Effect.scoped)
  )
})

describe("an account in test mode", () => {
  it.live("approves everything and charges nothing, so it is sent nothing", () =>
    Effect.gen(function* () {
      const scene = yield* openScene({ settings: { testMode: true } })
      expect(yield* scene.charge(scene.newCharge())).toMatchObject({
        _tag: "Declined",
        kind: "soft",
        evidence: { message: expect.stringContaining("test mode") }
      })
      expect(scene.sentTo("/proxy")).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("is taken where it is expected, and never for real money", () =>
    Effect.gen(function* () {
      const settings = { test_mode: "expected" }
      const trial = yield* openScene({ change: { settings }, settings: { testMode: true } })
      expect((yield* trial.charge(trial.newCharge()))._tag).toBe("Captured")
      const live = yield* openScene({ change: { settings, live: true }, settings: { testMode: true } })
      expect((yield* live.charge(live.newCharge()))._tag).toBe("Declined")
      expect(live.sentTo("/proxy")).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live(
    "is asked for once in a while, each account for itself, and what cannot be read counts as yes",
    () =>
      Effect.gen(function* () {
        const scene = yield* openScene({ settings: { duplicateSeconds: 0 } })
        const other = MidId.make("mid_other")
        for (const at of [scene.mid, scene.mid, other]) yield* scene.capturedCharge({ mid: at })
        expect(scene.sentTo("/api/query.php").map((form) => form.get("report_type"))).toEqual([
          "test_mode_status",
          "test_mode_status"
        ])
        const forgetful = yield* openScene({
          timings: { testModeTrust: Duration.zero },
          settings: { duplicateSeconds: 0 }
        })
        yield* forgetful.capturedCharge()
        forgetful.sandbox.nmi.configure(forgetful.mid, { testMode: true })
        expect((yield* forgetful.charge(forgetful.newCharge()))._tag).toBe("Declined")
      }).pipe(Effect.scoped)
  )
})

describe("a lookup", () => {
  it.live("asks for the order id and filters nothing away", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = scene.newCharge()
      expect((yield* scene.charge(about, token("tok_202")))._tag).toBe("Declined")
      expect((yield* scene.lookUp(about))._tag).toBe("FoundDeclined")
      const asked = scene.sentTo("/api/query.php").at(-1)
      expect(asked && [...asked.keys()]).toEqual(["security_key", "order_id"])
    }).pipe(Effect.scoped)
  )

  it.live("that finds nothing yet says so and no more", () =>
    Effect.gen(function* () {
      const scene = yield* openScene({ settings: { queryDelay: 600 } })
      const about = yield* scene.capturedCharge()
      expect((yield* scene.lookUp(about))._tag).toBe("NotFound")
      yield* scene.laterOn
      expect((yield* scene.lookUp(about))._tag).toBe("FoundCaptured")
    }).pipe(Effect.scoped)
  )

  it.live("finds an auth, a validate or a kept card under the key, and takes none of them for the sale", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      for (const type of ["auth", "validate"]) {
        const about = scene.newCharge()
        yield* scene.byHand({
          type,
          amount: type === "auth" ? "12.50" : "0.00",
          orderid: about.idempotencyKey,
          ccnumber: "4111111111111111",
          ccexp: "1234"
        })
        expect(["StillPending", "Indeterminate"]).toContain((yield* scene.lookUp(about))._tag)
      }
    }).pipe(Effect.scoped)
  )

  it.live("of a sale that a person voided says declined, and that nobody else is to be asked", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = yield* scene.capturedCharge()
      yield* scene.byHand({ type: "void", transactionid: about.processorReference })
      expect(yield* scene.lookUp(about)).toMatchObject({ _tag: "FoundDeclined", declined: { kind: "hard" } })
    }).pipe(Effect.scoped)
  )
})

describe("giving back", () => {
  it.live("always says how much, because nothing and 0.00 give back everything", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = yield* scene.capturedCharge()
      const sold = scene.sentTo("/api/transact.php").length
      const nothing = { ...about, idempotencyKey: "r0", money: { amount: 0, currency: "USD" as const } }
      expect((yield* Effect.flip(scene.provider.refund(nothing)))._tag).toBe("Declined")
      expect(scene.sentTo("/api/transact.php")).toHaveLength(sold)
      expect(yield* scene.refund(about, "r1", 1)).toMatchObject({ money: { amount: 1, currency: "USD" } })
      const [refund] = scene.sentTo("/api/transact.php")
      expect(refund?.get("amount")).toBe("0.01")
      expect(scene.moved(about, "refunded")).toEqual([1])
      // More than is left is not even sent.
      expect(yield* scene.refund(about, "r2", 1250)).toMatchObject({ _tag: "Declined" })
      expect(scene.sentTo("/api/transact.php")).toHaveLength(sold + 1)
    }).pipe(Effect.scoped)
  )

  it.live("is a void before the charge is settled and a refund after it", () =>
    Effect.gen(function* () {
      const scene = yield* openScene({ settings: { duplicateSeconds: 0 } })
      const voided = yield* scene.capturedCharge()
      expect(yield* scene.context(voided)).toEqual({
        captured: { amount: 1250, currency: "USD" },
        refundedAmount: 0,
        voidOnly: true,
        idempotencyKey: voided.idempotencyKey
      })
      expect(yield* scene.voidIt(voided)).toMatchObject({ evidence: { code: "100" } })
      expect(yield* scene.context(voided)).toEqual({
        captured: { amount: 1250, currency: "USD" },
        refundedAmount: 1250,
        idempotencyKey: voided.idempotencyKey
      })

      const settled = yield* scene.capturedCharge()
      yield* scene.settle
      expect(yield* scene.context(settled)).toEqual({
        captured: { amount: 1250, currency: "USD" },
        refundedAmount: 0,
        idempotencyKey: settled.idempotencyKey
      })
      expect(yield* scene.voidIt(settled)).toMatchObject({ _tag: "Declined" })
      expect(yield* scene.refund(settled, "r-settled", 1250)).toMatchObject({ money: { amount: 1250 } })
      expect(scene.moved(settled, "refunded")).toEqual([1250])
      expect(scene.moved(settled, "voided")).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.live("sees what others gave back, wherever NMI begins to count its pages", () =>
    Effect.gen(function* () {
      for (const firstPage of [0, 1]) {
        const scene = yield* openScene({ settings: { firstPage } })
        const about = yield* scene.capturedCharge()
        yield* scene.settle
        for (let nth = 0; nth < 105; nth++) {
          yield* scene.byHand({ type: "refund", transactionid: about.processorReference, amount: "0.01" })
        }
        expect(yield* scene.context(about)).toMatchObject({ refundedAmount: 105 })
        expect(yield* scene.refund(about, "r-rest", 1250 - 104)).toMatchObject({ _tag: "Declined" })
        // The charge was captured, whatever came back of it under its order id.
        expect((yield* scene.lookUp(about))._tag).toBe("FoundCaptured")
      }
    }).pipe(Effect.scoped)
  )

  it.live("does not void what went back in part: that part would go back twice", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = yield* scene.capturedCharge()
      yield* scene.byHand({ type: "refund", transactionid: about.processorReference, amount: "4.00" })
      const before = scene.sentTo("/api/transact.php").length
      expect(yield* scene.context(about)).not.toHaveProperty("voidOnly")
      expect(yield* scene.voidIt(about)).toMatchObject({ _tag: "Declined" })
      expect(scene.sentTo("/api/transact.php")).toHaveLength(before)
    }).pipe(Effect.scoped)
  )

  it.live("is not called absent while a refund of that amount may be it, nameless", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = yield* scene.capturedCharge()
      yield* scene.settle
      yield* scene.byHand({ type: "refund", transactionid: about.processorReference, amount: "4.00" })
      expect(yield* scene.lookUpRefund(about, "r-lost", 400)).toMatchObject({
        _tag: "Indeterminate",
        evidence: { code: "refund_without_key" }
      })
      expect((yield* scene.lookUpRefund(about, "r-other", 500))._tag).toBe("RefundNotFound")
    }).pipe(Effect.scoped)
  )

  it.live("under a key that went out already is not called unsent while nobody can be asked", () =>
    Effect.gen(function* () {
      const scene = yield* openScene({ settings: { duplicateSeconds: 0 } })
      const { nmi } = scene.sandbox
      const lost = { fault: { kind: "cut_after" }, match: { path: "/transact.php" } } as const
      const silent = { fault: { kind: "error_before" }, match: { path: "/query.php" }, times: 9 } as const
      const [refunded, voided] = [yield* scene.capturedCharge(), yield* scene.capturedCharge()]
      const asking = [scene.refund(refunded, "r1", 400), scene.voidIt(voided)]
      for (const ask of asking) {
        nmi.faults.add(lost)
        expect(yield* ask).toMatchObject({ _tag: "Indeterminate" })
        nmi.faults.add(silent)
        expect(yield* ask).toMatchObject({ _tag: "Indeterminate" })
        nmi.faults.clear()
        expect(yield* ask).not.toHaveProperty("_tag")
      }
      expect(scene.moved(refunded, "refunded")).toEqual([400])
      expect(scene.moved(voided, "voided")).toEqual([1250])
    }).pipe(Effect.scoped)
  )

  it.live("is done once for a key, also by a driver that was started anew", () =>
    Effect.gen(function* () {
      const scene = yield* openScene()
      const about = yield* scene.capturedCharge()
      const first = yield* scene.refund(about, "r-once", 400)
      const anew = nmiAgainst(scene.sandbox)
      const again = yield* anew.refund({
        ...about,
        idempotencyKey: "r-once",
        money: scene.newCharge({ amount: 400 }).money
      })
      expect(again).toEqual(first)
      expect(scene.moved(about, "refunded")).toEqual([400])
    }).pipe(Effect.scoped)
  )
})

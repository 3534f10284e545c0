// The customer's own door: what its secret opens, and that nothing at it charges twice.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { PaymentSessions } from "../../../src/kernel/PaymentSessions.ts"
import { Principal } from "../../../src/kernel/ids.ts"
import { addresses } from "../../support/checkoutAddresses.ts"
import { attemptsOf, CheckoutDoor, checkoutHouse, codeOf, declare, pathOf, payWith } from "./support.ts"

it.layer(checkoutHouse, { excludeTestServices: true })("the customer's door", (it) => {
  it.effect("opens with the secret of that very session, and with nothing else", () =>
    Effect.gen(function* () {
      const { get, post } = yield* CheckoutDoor
      const [mine, other] = [yield* declare(), yield* declare()]
      const secret = addresses.secretOf(mine.id) ?? ""
      assert.strictEqual((yield* get(pathOf(mine))).status, 200)
      assert.deepStrictEqual((yield* get(`${pathOf(mine)}/state`)).json, { stage: "pay", turn: 0 })

      const flipped = `${secret.startsWith("A") ? "B" : "A"}${secret.slice(1)}`
      const wrong = [
        `/pay/${other.id}/${secret}`,
        `/pay/${mine.id}/${flipped}`,
        `/pay/${mine.id}/${secret.slice(0, -1)}`,
        `/pay/${mine.id}/${secret}x`,
        `/pay/${mine.id.toLowerCase()}/${secret}`,
        `/pay/ps_00000000000000000000000000/${secret}`
      ]
      const pages = new Set<string>()
      for (const path of wrong) {
        const page = yield* get(path)
        pages.add(`${page.status} ${page.text}`)
        assert.strictEqual(codeOf(yield* get(`${path}/state`)), "unknown_checkout", path)
        const paid = yield* post(`${path}/payments`, { turn: 0, vaultId: "stub", tokenRef: "tok_captured" })
        assert.strictEqual(codeOf(paid), "unknown_checkout", path)
        for (const more of ["embedded", "challenge", "back"]) {
          assert.strictEqual((yield* get(`${path}/${more}`)).status, 404)
        }
      }
      // Not even whether there is such a session can be told from them.
      assert.strictEqual(pages.size, 1)
      assert.isTrue([...pages][0]?.startsWith("404 "))
      assert.deepStrictEqual(yield* attemptsOf(mine.id), [])
      assert.deepStrictEqual(yield* attemptsOf(other.id), [])
    })
  )

  it.effect("shows what is paid and to whom, and nothing else of the customer or the app", () =>
    Effect.gen(function* () {
      const { get } = yield* CheckoutDoor
      const session = yield* declare({ orderReference: "order_of_the_app" })
      const { text } = yield* get(pathOf(session))
      for (const shown of ["Loop Bio", "Loop Bio Labs LLC", "$98.00", "BPC-157, 5 mg vial"])
        assert.include(text, shown)
      for (const kept of [
        "loop_user_nobody_else",
        "metadata_of_the_app",
        "order_of_the_app",
        "mid_bio",
        "stub_a"
      ])
        assert.notInclude(text, kept)
    })
  )

  it.effect("writes what an app declared as text, whatever it is", () =>
    Effect.gen(function* () {
      const { get } = yield* CheckoutDoor
      const name = `</script><img src=x onerror=alert(1)>"'&\u2028`
      const session = yield* declare({
        intent: {
          type: "line_items",
          lineItems: [
            { quantity: 1, priceData: { amountCents: 4900, currency: "USD", name, product: "ruo_compounds" } }
          ]
        },
        theme: {
          accent: `red;}</style><script>alert(1)</script>`,
          radius: "9</style>",
          locale: "<b>",
          scheme: "x"
        }
      })
      const { text } = yield* get(pathOf(session))
      assert.include(text, "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;")
      assert.notInclude(text, "<img")
      assert.notInclude(text, "alert(1)</script>")
      assert.match(text, /<style>:root\{color-scheme:light;[^<]*<\/style>/)
      assert.notInclude(text, "red;")
      assert.include(text, '<html lang="en"')
    })
  )

  it.effect(
    "keeps the direction of a name to that name, and takes none that turns around what stands beside it",
    () =>
      Effect.gen(function* () {
        const { get } = yield* CheckoutDoor
        const priced = (name: string) =>
          declare({
            intent: {
              type: "line_items",
              lineItems: [
                {
                  quantity: 1,
                  priceData: { amountCents: 4900, currency: "USD", name, product: "ruo_compounds" }
                }
              ]
            }
          })
        const { text } = yield* get(pathOf(yield* priced("قارورة 12")))
        assert.include(text, "<bdi>قارورة 12</bdi>")
        assert.include(text, "Pay <bdi>Loop Bio</bdi>")
        for (const mark of ["\u202e", "\u202a", "\u2066", "\u2069"]) {
          const refused = yield* Effect.flip(priced(`Vial ${mark}egnirts`))
          assert.strictEqual(refused._tag, "InvalidInput")
          assert.include(refused.message, "intent.lineItems[0].priceData.name")
        }
      })
  )

  it.effect("charges one turn once, however many clicks, tabs and cards ask for it at the same time", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      const cards = ["tok_captured", "tok_captured", "tok_captured_mastercard", "tok_slow", "tok_captured"]
      const told = yield* Effect.all(
        cards.map((card) => payWith(session, 0, card)),
        { concurrency: "unbounded" }
      )
      for (const { status, json } of told) {
        assert.strictEqual(status, 200)
        assert.include(
          ["paid", "processing"],
          Object.entries(json ?? {}).find(([name]) => name === "stage")?.[1]
        )
      }
      const attempts = yield* attemptsOf(session.id)
      assert.strictEqual(attempts.length, 1)
      // And later, from a tab that was left open.
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_captured_amex")).status, 200)
      assert.strictEqual((yield* attemptsOf(session.id)).length, 1)
    })
  )

  it.effect("takes another card in the next turn after a decline, and none in the turn that is over", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      const declined = yield* payWith(session, 0, "tok_hard_decline")
      assert.deepStrictEqual(declined.json, { stage: "declined", turn: 1 })
      const stale = yield* payWith(session, 0, "tok_captured")
      assert.deepStrictEqual(stale.json, { stage: "declined", turn: 1 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), ["declined"])
      const paid = yield* payWith(session, 1, "tok_captured")
      assert.deepStrictEqual(paid.json, { stage: "paid", turn: 2 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), ["declined", "captured"])
    })
  )

  it.effect("says in review of an outcome that nobody knows, and takes no other card then", () =>
    Effect.gen(function* () {
      const { get } = yield* CheckoutDoor
      const session = yield* declare()
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_timeout_nothing")).json, {
        stage: "in_review",
        turn: 1
      })
      assert.deepStrictEqual((yield* payWith(session, 1, "tok_captured")).json, {
        stage: "in_review",
        turn: 1
      })
      assert.include((yield* get(pathOf(session))).text, "You will not be charged twice")
      assert.strictEqual((yield* attemptsOf(session.id)).length, 1)
    })
  )

  it.effect("tells of a session that the app cancelled, and charges nothing in it", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      yield* (yield* PaymentSessions).cancel(session.id, Principal.make("a shop"))
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_captured")).json, {
        stage: "cancelled",
        turn: 0
      })
      assert.deepStrictEqual(yield* attemptsOf(session.id), [])
    })
  )

  it.effect("refuses what no page of its own sends, and repeats nothing of it", () =>
    Effect.gen(function* () {
      const { get, post, log } = yield* CheckoutDoor
      const session = yield* declare()
      const payments = `${pathOf(session)}/payments`
      const payment = { turn: 0, vaultId: "stub", tokenRef: "tok_captured" }
      const number = "4000 0566 5566 5556"
      const cases: ReadonlyArray<readonly [body: unknown, headers: Record<string, string>, code: string]> = [
        [payment, { "sec-fetch-site": "cross-site" }, "other_origin"],
        [payment, { "sec-fetch-site": "same-site" }, "other_origin"],
        [payment, { "content-type": "text/plain" }, "unsupported_media_type"],
        [{ ...payment, tokenRef: number }, {}, "invalid_input"],
        [{ ...payment, tokenRef: "tok_of_nobody" }, {}, "card_not_accepted"],
        [{ ...payment, vaultId: "basis_theory" }, {}, "card_not_accepted"],
        [{ ...payment, turn: -1 }, {}, "malformed_request"],
        [{ ...payment, turn: number }, {}, "malformed_request"],
        [{ card: { number } }, {}, "malformed_request"],
        [{ ...payment, riskLevel: "low" }, {}, "malformed_request"],
        [{ ...payment, [number]: number }, {}, "malformed_request"]
      ]
      for (const [body, headers, code] of cases) {
        const told = yield* post(payments, body, headers)
        assert.strictEqual(codeOf(told), code, JSON.stringify(body))
        assert.notInclude(told.text, "5566")
        assert.notInclude(told.text, "mid_bio")
      }
      const { text } = yield* post(payments, { ...payment, riskLevel: "low" })
      assert.include(text, "riskLevel is not a field of this request")
      assert.notInclude(log.join("\n"), "5566")
      assert.strictEqual((yield* get(`${pathOf(session)}/vault-session`)).status, 404)
      assert.deepStrictEqual(yield* attemptsOf(session.id), [])
    })
  )

  it.effect(
    "counts what is asked of one session, and stops whoever tries too much; another one goes on",
    () =>
      Effect.gen(function* () {
        const [tried, other] = [yield* declare(), yield* declare()]
        const codes = new Set<unknown>()
        for (let times = 0; times < 14; times++)
          codes.add(codeOf(yield* payWith(tried, times, "tok_of_nobody")))
        assert.deepStrictEqual([...codes], ["card_not_accepted", "too_many_requests"])
        assert.strictEqual((yield* payWith(other, 0, "tok_captured")).status, 200)
      })
  )

  it.effect(
    "shows the frame's first page to who has been given a token of that session, and to nobody else",
    () =>
      Effect.gen(function* () {
        const { get } = yield* CheckoutDoor
        const session = yield* declare({ mode: "embedded" })
        const { embedToken = "" } = yield* addresses.wayTo(session)
        const beginning = embedToken.slice(3, -20)
        const page = yield* get(`/embed/${beginning}`)
        assert.strictEqual(page.status, 200)
        assert.include(
          page.headers.get("content-security-policy") ?? "",
          "frame-ancestors https://loopbio.example"
        )
        const last = beginning.endsWith("A") ? "B" : "A"
        const wrong = [
          session.id,
          beginning.slice(0, -1) + last,
          beginning.slice(0, -1),
          embedToken.slice(3),
          "x"
        ]
        for (const address of wrong) {
          const nothing = yield* get(`/embed/${address}`)
          assert.strictEqual(nothing.status, 404, address)
          assert.include(nothing.headers.get("content-security-policy") ?? "", "frame-ancestors 'none'")
        }
      })
  )

  it.effect("takes an embed token once: for the first page, which may ask again", () =>
    Effect.gen(function* () {
      const { post } = yield* CheckoutDoor
      const session = yield* declare({ mode: "embedded" })
      const { embedToken = "" } = yield* addresses.wayTo(session)
      const [first, second] = ["a".repeat(48), "b".repeat(48)]
      const exchange = (token: string, holder: string) =>
        post("/embed/exchange", { embedToken: token, holder })
      const page = { page: addresses.pathOf(session.id) }
      assert.deepStrictEqual((yield* exchange(embedToken, first)).json, page)
      assert.deepStrictEqual((yield* exchange(embedToken, first)).json, page)
      assert.strictEqual(codeOf(yield* exchange(embedToken, second)), "embed_token_refused")
      const changed = embedToken.replace(/^et_[0-9A-Z]{26}/, `et_${(yield* declare()).id.slice(3)}`)
      assert.strictEqual(codeOf(yield* exchange(changed, first)), "embed_token_refused")
      const another = (yield* addresses.wayTo(session)).embedToken ?? ""
      assert.notStrictEqual(another, embedToken)
      assert.deepStrictEqual((yield* exchange(another, second)).json, page)
    })
  )
})

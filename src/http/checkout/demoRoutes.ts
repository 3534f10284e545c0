import { Effect, Option, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { EntityRegistry } from "../../kernel/EntityRegistry.ts"
import { Principal, SessionId } from "../../kernel/ids.ts"
import { PaymentLedger } from "../../kernel/PaymentLedger.ts"
import { PaymentSessions } from "../../kernel/PaymentSessions.ts"
import { doesOf } from "../../layers/providers/stub/behaviours.ts"
import { testCards } from "../../layers/providers/stub/testCards.ts"
import { RouteNotFound } from "../doorRefusals.ts"
import type { CheckoutAddresses } from "./addresses.ts"
import type { Assets } from "./assets.ts"
import { CardFields } from "./CardFields.ts"
import { fromOurPage } from "./fromOurPage.ts"
import { html } from "./html.ts"
import { catalogue } from "./messages/catalogue.ts"
import { scriptTags, styleTag } from "./page.ts"
import { pageHeaders } from "./policy.ts"
import { told } from "./told.ts"

const Asked = Schema.Struct({
  mode: Schema.Literals(["hosted", "embedded"]),
  locale: Schema.Literals(["", ...catalogue.map(({ locale }) => locale)])
})
const decodeAsked = Schema.decodeUnknownOption(Asked)

const brand = "loop-health"

/** A shop in which the checkout can be tried, with the key of nobody: for development, on this machine alone. */
export const demoRoutes = (addresses: CheckoutAddresses, assets: Assets) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const sessions = yield* PaymentSessions
      const ledger = yield* PaymentLedger
      const registry = yield* EntityRegistry
      const { offered } = yield* CardFields
      const { publicOrigin } = addresses

      const declare = Effect.gen(function* () {
        yield* fromOurPage
        const request = yield* HttpServerRequest.HttpServerRequest
        const asked = Option.flatMap(yield* Effect.option(request.json), decodeAsked)
        if (Option.isNone(asked)) return yield* new RouteNotFound()
        const { mode, locale } = asked.value
        const { brands } = yield* registry.snapshot
        // The shop is back at its own page afterwards, if the seeded brand allows this port.
        const redirects =
          brands.get(brand)?.redirectOrigins.includes(publicOrigin) === true
            ? { redirects: { successUrl: `${publicOrigin}/demo`, cancelUrl: `${publicOrigin}/demo` } }
            : {}
        const session = yield* sessions.create({
          by: Principal.make("demo shop"),
          body: {
            customer: "loop_user_demo",
            brand,
            entity: "loop_bio_labs",
            mode,
            intent: {
              type: "line_items",
              lineItems: [
                { providerPriceRef: "price_bpc157", quantity: 2 },
                { providerPriceRef: "price_tb500", quantity: 1 }
              ]
            },
            ...(locale === "" ? {} : { theme: { locale } }),
            ...redirects
          }
        })
        return HttpServerResponse.jsonUnsafe({ id: session.id, ...(yield* addresses.wayTo(session)) })
      })

      const read = Effect.gen(function* () {
        const { session = "" } = yield* HttpRouter.params
        const { state, id } = yield* sessions.get(session)
        const attempts = yield* ledger.attempts(SessionId.make(id))
        return HttpServerResponse.jsonUnsafe({
          state,
          attempts: attempts.map((one) => `${one.mid} ${one.state}`)
        })
      })

      const shop = HttpServerResponse.setHeaders(
        HttpServerResponse.text(
          shopPage(assets, offered?.vault === "basis_theory" ? sandboxCards : stubCards),
          {
            contentType: "text/html; charset=utf-8"
          }
        ),
        pageHeaders({ frames: ["'self'"] }, publicOrigin)
      )

      yield* router.add("GET", "/demo", Effect.succeed(shop))
      // Without the seeded companies there is nothing to try.
      const orNotHere = Effect.mapError(() => new RouteNotFound())
      yield* router.add("POST", "/demo/sessions", told(declare.pipe(orNotHere)))
      yield* router.add("GET", "/demo/sessions/:session", told(read.pipe(orNotHere)))
    })
  )

interface Card {
  readonly number: string
  readonly does: string
}

const stubCards: ReadonlyArray<Card> = testCards
  // The amount of the demo's cart never changes.
  .filter(({ rule }) => rule !== "by_amount")
  .map(({ number, rule }) => ({ number, does: doesOf(rule).replaceAll("`", "") }))

/** The cards of the emulators that show something on the page; sandbox/README.md has all of them. */
const sandboxCards: ReadonlyArray<Card> = [
  { number: "4242424242424242", does: "captured" },
  { number: "4000002760003184", does: "the bank asks for authentication" },
  { number: "4000000000009995", does: "declined: insufficient funds" },
  { number: "4000990000000210", does: "declined at Stripe, captured at NMI" },
  { number: "4000990000000236", does: "money moves, the answer is lost: in review, then paid" },
  { number: "4000990000000061", does: "answered as pending, money moves 8 s later" }
]

const shopPage = (assets: Assets, cards: ReadonlyArray<Card>): string =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <link rel="icon" href="data:," />
    <title>Demo shop</title>
    ${[styleTag(assets.get("demo/demo.css")), ...scriptTags(assets, "demo/demo")]}
    <script type="module" src="/embed/v1.js"></script>
  </head>
  <body>
    <header>
      <h1>Demo shop</h1>
      <p>For development: no card here is real, and no money moves.</p>
      <label>Language of the checkout <select id="language"><option value="">the browser's</option>${catalogue.map(
        ({ locale }) => html`<option value="${locale}">${locale}</option>`
      )}</select></label>
    </header>
    <main>
      <section>
        <h2>Embedded: the checkout in the shop's page</h2>
        <div id="embedded-place"></div>
        <div class="row"><button id="embedded-new" class="plain" type="button">A new session</button></div>
        <ol id="embedded-events" aria-label="Events of the embedded checkout" aria-live="polite"></ol>
      </section>
      <section>
        <h2>Hosted: the checkout on a page of its own</h2>
        <p>The shop sends its customer there, and gets them back when they have paid.</p>
        <div class="row"><a id="hosted-link" class="button" href="/demo" target="_blank" rel="noopener" hidden>Go to the checkout</a>
          <button id="hosted-new" class="plain" type="button">A new session</button></div>
        <ol id="hosted-events" aria-label="Events of the hosted checkout" aria-live="polite"></ol>
      </section>
      <section class="wide">
        <h2>Test cards</h2>
        <p>Any later date and any code. A click copies the number.</p>
        <div class="scroll"><table><thead><tr><th>card</th><th>what it does</th></tr></thead><tbody>${cards.map(
          ({ number, does }) =>
            html`<tr><td><button class="plain" type="button" data-copy="${number}">${number}</button></td><td>${does}</td></tr>`
        )}</tbody></table></div>
      </section>
    </main>
  </body>
</html>`.text

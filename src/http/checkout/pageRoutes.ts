import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Checkout } from "../../kernel/checkout/Checkout.ts"
import type { Brand } from "../../kernel/Entity.ts"
import { EntityRegistry } from "../../kernel/EntityRegistry.ts"
import { PaymentLedger } from "../../kernel/PaymentLedger.ts"
import { RouteNotFound } from "../doorRefusals.ts"
import { refusalResponse } from "../refusalResponse.ts"
import { adviseOnLedger } from "../refusals.ts"
import { RequestId } from "../requestId.ts"
import type { CheckoutAddresses } from "./addresses.ts"
import { type Assets, assetResponse } from "./assets.ts"
import { CardFields } from "./CardFields.ts"
import { messagesFor } from "./messages/catalogue.ts"
import { checkoutPage, type Page } from "./page.ts"
import { told } from "./told.ts"
import { backPage, bootPage, challengePage, notFoundPage } from "./smallPages.ts"

interface PageSettings {
  readonly addresses: CheckoutAddresses
  readonly assets: Assets
  readonly loopbackOnly: boolean
}

/** The pages of the checkout, and what they load. */
export const pageRoutes = ({ addresses, assets, loopbackOnly }: PageSettings) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const checkout = yield* Checkout
      const ledger = yield* PaymentLedger
      const registry = yield* EntityRegistry
      const { offered } = yield* CardFields
      const { publicOrigin } = addresses

      const around = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => ({
        messages: messagesFor(undefined, headers["accept-language"]),
        assets,
        publicOrigin
      }))
      const notFound = Effect.map(around, (found) => send(notFoundPage(found), 404))

      /** The session of the address, if its secret is right; whoever has it sees the page of that session only. */
      const looked = Effect.gen(function* () {
        const { session = "", secret = "" } = yield* HttpRouter.params
        const opened = addresses.opened(session, secret)
        return opened === undefined
          ? undefined
          : yield* checkout.look(opened).pipe(
              Effect.catchTag("UnknownSession", () => Effect.undefined),
              adviseOnLedger("read")
            )
      })

      /** The origins that may stand around a brand's checkout; the demo shop is one of this very server's. */
      const hostsOf = ({ redirectOrigins }: Brand) =>
        loopbackOnly ? [...new Set([...redirectOrigins, publicOrigin])] : redirectOrigins

      const shown = (embedded: boolean) =>
        Effect.gen(function* () {
          const found = yield* looked
          if (found === undefined) return yield* notFound
          const { headers } = yield* HttpServerRequest.HttpServerRequest
          return send(
            checkoutPage({
              looked: found,
              door: addresses.pathOf(found.session.id),
              publicOrigin,
              messages: messagesFor(found.session.theme["locale"], headers["accept-language"]),
              assets,
              offered,
              hosts: embedded ? hostsOf(found.brand) : undefined
            })
          )
        })

      const challenge = Effect.gen(function* () {
        const found = yield* looked
        const action = found?.session.action?.url
        if (found === undefined || action === undefined || !/^https?:\/\//.test(action))
          return yield* notFound
        return send(challengePage(yield* around, hostsOf(found.brand), action, loopbackOnly))
      })

      /** Alone in its window it makes way for the session's page, without what a bank wrote into the address. */
      const back = Effect.gen(function* () {
        const found = yield* looked
        if (found === undefined) return yield* notFound
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        return headers["sec-fetch-dest"] === "document"
          ? HttpServerResponse.redirect(addresses.pathOf(found.session.id), { status: 303 })
          : send(backPage(yield* around, hostsOf(found.brand)))
      })

      const boot = Effect.gen(function* () {
        const { token = "" } = yield* HttpRouter.params
        const session = addresses.namedByToken(token)
        const declared =
          session === undefined ? undefined : yield* ledger.declaration(session).pipe(adviseOnLedger("read"))
        const { brands } = yield* registry.snapshot.pipe(adviseOnLedger("read"))
        const brand = declared?.mode === "embedded" ? brands.get(declared.brand) : undefined
        return send(
          bootPage(yield* around, brand === undefined ? [] : hostsOf(brand)),
          brand === undefined ? 404 : 200
        )
      })

      const asset = Effect.gen(function* () {
        const { "*": rest = "" } = yield* HttpRouter.params
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        const name = /^[0-9a-f]{16}\/(.+)$/.exec(rest)?.[1] ?? ""
        const found = assets.find(name)
        // Under another version's address another version would be kept forever.
        return found === undefined || found.path !== `/checkout/assets/${rest}`
          ? refusalResponse(new RouteNotFound(), {}, yield* RequestId)
          : assetResponse(found, headers["accept-encoding"])
      })

      /** The component's script has an address that stays; it is asked for anew, and answered from its hash. */
      const component = Effect.gen(function* () {
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        const response = assetResponse(assets.get("element.js"), headers["accept-encoding"])
        return HttpServerResponse.setHeaders(response, {
          "cache-control": "public, max-age=300",
          "access-control-allow-origin": "*",
          "cross-origin-resource-policy": "cross-origin"
        })
      })

      yield* router.add("GET", "/pay/:session/:secret", told(shown(false)))
      yield* router.add("GET", "/pay/:session/:secret/embedded", told(shown(true)))
      yield* router.add("GET", "/pay/:session/:secret/challenge", told(challenge))
      yield* router.add("GET", "/pay/:session/:secret/back", told(back))
      yield* router.add("GET", "/pay/:session", notFound)
      yield* router.add("GET", "/embed/:token", told(boot))
      yield* router.add("GET", "/embed/v1.js", component)
      yield* router.add("GET", "/checkout/assets/*", asset)
    })
  )

const send = ({ body, headers }: Page, status = 200) =>
  HttpServerResponse.setHeaders(
    HttpServerResponse.text(body, { status, contentType: "text/html; charset=utf-8" }),
    headers
  )

import { Effect } from "effect"
import { createHash } from "node:crypto"
import { createServer } from "node:http"
import { testCards } from "../../layers/providers/stub/testCards.ts"
import type { Assets } from "./assets.ts"
import { dataBlock, html } from "./html.ts"
import { messagesFor } from "./messages/catalogue.ts"
import type { Messages } from "./messages/Messages.ts"
import { scriptTags, styleTag } from "./page.ts"
import { typed } from "./policy.ts"
import { readTheme, themeStyle } from "./theme.ts"

/** The tokens of the documented test cards, by a hash of their numbers: the page needs no list of numbers. */
const known = Object.fromEntries(
  testCards.map(({ number, tokenRef }) => [
    createHash("sha256").update(`stub vault ${number}`).digest("hex"),
    tokenRef
  ])
)

const fieldsPage = (
  checkout: string,
  assets: Assets,
  { locale, direction, fields }: Messages,
  theme: Readonly<Record<string, string>>
): { readonly body: string; readonly style: string } => {
  const { radius, scheme = "light" } = readTheme(theme)
  const style = themeStyle({ radius, scheme })
  const problem = (of: string, name: string, text: string) =>
    html`<p class="problem" id="${of}-${name}" data-of="${of}" data-problem="${name}" hidden>${text}</p>`
  const body = html`<!doctype html>
<html lang="${locale}" dir="${direction}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${fields.frame}</title>
    <link rel="icon" href="data:," />
    ${[styleTag(assets.get("vault/vault.css")), html`<style>${style.css}</style>`, ...scriptTags(assets, "vault/vault")]}
  </head>
  <body>
    <main>
      <div class="field">
        <label for="number">${fields.number}</label>
        <input id="number" name="cardnumber" autocomplete="cc-number" inputmode="numeric" maxlength="26" placeholder="1234 1234 1234 1234" required />
        ${problem("number", "number", fields.wrongNumber)}
      </div>
      <div class="pair">
        <div class="field">
          <label for="expiry">${fields.expiry}</label>
          <input id="expiry" name="cc-exp" autocomplete="cc-exp" inputmode="numeric" maxlength="9" placeholder="${fields.expiryForm}" required />
          ${problem("expiry", "expiry", fields.wrongExpiry)}${problem("expiry", "over", fields.over)}
        </div>
        <div class="field">
          <label for="code">${fields.code}</label>
          <input id="code" name="cvc" autocomplete="cc-csc" inputmode="numeric" maxlength="4" placeholder="123" required />
          ${problem("code", "code", fields.wrongCode)}
        </div>
      </div>
    </main>
    ${dataBlock({ checkout, known })}
  </body>
</html>`
  return { body: body.text, style: style.hash }
}

/**
 * The simulated vault's own origin: another port of this machine, any that is free. It answers a page and its
 * scripts and takes nothing: the card stays in the browser, and the page's policy lets it reach nobody. Answers the
 * origin. `hosts`: who may stand around the checkout.
 */
export const serveStubVault = Effect.fnUntraced(function* (settings: {
  readonly host: string
  readonly checkout: string
  readonly assets: Assets
}) {
  const { host, checkout, assets } = settings
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://vault.invalid")
    const headers = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" }
    // What is not asked for by GET is not even read.
    if (request.method !== "GET") return response.writeHead(405, { ...headers, connection: "close" }).end()
    const asset = assets.all.find(({ path }) => path === url.pathname)
    if (asset !== undefined) {
      const gzip = /\bgzip\b/.test(String(request.headers["accept-encoding"]))
      return response
        .writeHead(200, {
          ...headers,
          "content-type": asset.type,
          "cache-control": "public, max-age=31536000, immutable",
          "cross-origin-resource-policy": "same-origin",
          ...(gzip ? { "content-encoding": "gzip" } : {})
        })
        .end(gzip ? asset.gzip() : asset.body)
    }
    if (url.pathname !== "/") return response.writeHead(404, headers).end()
    const theme = Object.fromEntries(url.searchParams)
    const page = fieldsPage(checkout, assets, messagesFor(theme["lang"], undefined), theme)
    return response
      .writeHead(200, {
        ...headers,
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": [
          "default-src 'none'",
          "script-src 'self'",
          `style-src 'self' ${page.style}`,
          "img-src data:",
          "base-uri 'none'",
          "form-action 'none'",
          // Development only: shops of any port of this machine may stand around the checkout.
          `frame-ancestors ${checkout} http://localhost:* http://127.0.0.1:*`,
          ...typed
        ].join("; ")
      })
      .end(page.body)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, host, () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`
})

import type { Assets } from "./assets.ts"
import { dataBlock, html, type Html } from "./html.ts"
import type { Messages } from "./messages/Messages.ts"
import { type Page, scriptTags, styleTag } from "./page.ts"
import { pageHeaders } from "./policy.ts"
import { themeStyle } from "./theme.ts"

interface Surroundings {
  readonly messages: Messages
  readonly assets: Assets
  readonly publicOrigin: string
}

const style = themeStyle({})

const small = (
  { messages, assets }: Surroundings,
  title: string,
  scripts: ReadonlyArray<Html>,
  body: Html
): string =>
  html`<!doctype html>
<html lang="${messages.locale}" dir="${messages.direction}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex, nofollow" />
    <link rel="icon" href="data:," />
    <title>${title}</title>
    ${[styleTag(assets.get("page.css")), html`<style>${style.css}</style>`, ...scripts]}
  </head>
  <body>${body}</body>
</html>`.text

/** What is shown at an address that opens nothing; it does not say why. */
export const notFoundPage = (around: Surroundings): Page => {
  const { heading, text } = around.messages.notFound
  return {
    body: small(
      around,
      heading,
      [],
      html`<main class="sheet"><section class="card"><div class="state"><h1>${heading}</h1><p>${text}</p></div></section></main>`
    ),
    headers: pageHeaders({ silent: true, styles: [style.hash] }, around.publicOrigin)
  }
}

/** The first page in an embedded checkout's frame: it waits for the embed token of the page around it. */
export const bootPage = (around: Surroundings, hosts: ReadonlyArray<string>): Page => {
  const { heading, text } = around.messages.notFound
  return {
    body: small(
      around,
      "Checkout",
      scriptTags(around.assets, "boot"),
      html`<main class="sheet"><section class="card"><div class="state" role="status"><span class="spin" aria-hidden="true"></span></div>
        <div class="state" role="alert" data-refused hidden><h1>${heading}</h1><p>${text}</p></div></section></main>${dataBlock(hosts)}`
    ),
    headers: pageHeaders({ styles: [style.hash], ancestors: hosts }, around.publicOrigin)
  }
}

/**
 * A bank's page in a frame of the checkout. Where banks lead their customers nobody knows beforehand, so this page may
 * frame every site; it holds nothing else, no script and no card field.
 */
export const challengePage = (
  around: Surroundings,
  hosts: ReadonlyArray<string>,
  action: string,
  loopbackOnly: boolean
): Page => ({
  body: html`<!doctype html>
<html lang="${around.messages.locale}">
  <head><meta charset="utf-8" /><title>${around.messages.bankFrame}</title>${styleTag(around.assets.get("frame.css"))}</head>
  <body><iframe title="${around.messages.bankFrame}" src="${action}" sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe></body>
</html>`.text,
  headers: pageHeaders(
    {
      silent: true,
      frames: loopbackOnly ? ["https:", "http:"] : ["https:"],
      ancestors: ["'self'", ...hosts]
    },
    around.publicOrigin
  )
})

/** Where a bank sends its customer back to, in the frame in which its page was. */
export const backPage = (around: Surroundings, hosts: ReadonlyArray<string>): Page => ({
  body: small(
    around,
    "Checkout",
    scriptTags(around.assets, "back"),
    html`<main class="sheet"><div class="state" role="status"><span class="spin" aria-hidden="true"></span></div></main>`
  ),
  headers: pageHeaders(
    { silent: true, styles: [style.hash], ancestors: ["'self'", ...hosts] },
    around.publicOrigin
  )
})

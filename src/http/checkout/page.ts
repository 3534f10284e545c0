import type { Stage } from "../../kernel/checkout/Stage.ts"
import type { Looked } from "../../kernel/checkout/Stage.ts"
import type { Fields, PageData } from "../../checkout/wire.ts"
import type { Asset, Assets } from "./assets.ts"
import type { Offered } from "./CardFields.ts"
import { dataBlock, html, type Html } from "./html.ts"
import { fill } from "./messages/catalogue.ts"
import type { Messages, StageWords } from "./messages/Messages.ts"
import { pageHeaders } from "./policy.ts"
import { readTheme, themeStyle } from "./theme.ts"
import { allowedRedirect, amountText, linesOf, standingOf } from "./view.ts"

/** A page and the headers that it is answered with. */
export interface Page {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export const scriptTags = (assets: Assets, entry: string): ReadonlyArray<Html> => {
  const asset = assets.get(`${entry}.js`)
  const preload = (one: Asset) =>
    html`<link rel="modulepreload" href="${one.path}" integrity="${one.integrity}" />`
  return [
    ...asset.imports.map((name) => preload(assets.get(name))),
    html`<script type="module" src="${asset.path}" integrity="${asset.integrity}"></script>`
  ]
}

export const styleTag = ({ path, integrity }: Asset): Html =>
  html`<link rel="stylesheet" href="${path}" integrity="${integrity}" />`

/** What all pages of the checkout begin with. */
const head = (title: string, parts: ReadonlyArray<Html>): Html => html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex, nofollow" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="data:," />
    <title>${title}</title>
    ${parts}
  </head>`

const lock = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <rect x="4" y="10.5" width="16" height="10" rx="2.5" /><path d="M8 10.5V7a4 4 0 0 1 8 0v3.5" />
</svg>`

const signs = {
  good: html`<span class="sign good"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="m5 12.5 4.5 4.5L19 7.5" /></svg></span>`,
  bad: html`<span class="sign bad"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7 7 17" /></svg></span>`,
  wait: html`<span class="sign"><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5V12l3 2" /></svg></span>`,
  bank: html`<span class="sign"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9.5 12 5l8 4.5M6 10v7m4-7v7m4-7v7m4-7v7M4 19.5h16" /></svg></span>`,
  spin: html`<span class="spin" aria-hidden="true"></span>`
}

const signOf: Readonly<Record<Exclude<Stage, "pay" | "declined">, Html>> = {
  processing: signs.spin,
  authenticate: signs.bank,
  in_review: signs.wait,
  paid: signs.good,
  refused: signs.bad,
  ended: signs.bad,
  cancelled: signs.bad,
  expired: signs.wait
}

const stages = Object.keys(signOf) as ReadonlyArray<keyof typeof signOf>

const over: ReadonlySet<Stage> = new Set(["refused", "ended", "cancelled", "expired"])

interface Drawing {
  readonly looked: Looked
  /** The address of the session's door, without the origin. */
  readonly door: string
  readonly publicOrigin: string
  readonly messages: Messages
  readonly assets: Assets
  readonly offered: Offered | undefined
  /** The origins that may stand around the page: none of a hosted one. */
  readonly hosts: ReadonlyArray<string> | undefined
}

/** The checkout of one session: every panel is there, and the one of its stage is shown. */
export const checkoutPage = (drawing: Drawing): Page => {
  const { looked, door, publicOrigin, messages, assets, offered, hosts } = drawing
  const embedded = hosts !== undefined
  const { session, brand, entity, stage } = looked
  const read = readTheme(session.theme)
  const scheme = read.scheme ?? (embedded ? "light" : "auto")
  const style = themeStyle({ ...read, scheme })
  const values = {
    brand: brand.name,
    entity: entity.name,
    amount: amountText(session.money.amount, session.money.currency, messages)
  }
  const say = (message: string) => sentence(message, values)
  const successUrl = allowedRedirect(looked, "successUrl")
  const cancelUrl = allowedRedirect(looked, "cancelUrl")
  const fields = offered === undefined ? undefined : fieldsOf(offered, messages)
  const data: PageData = {
    door,
    standing: standingOf(looked),
    ...(fields === undefined ? {} : { fields }),
    ...(successUrl === undefined ? {} : { successUrl }),
    ...(hosts === undefined ? {} : { hosts })
  }

  const state = (one: keyof typeof signOf): Html => {
    const words: StageWords = messages.stages[one]
    // Nobody whose outcome is not known yet is led to where an order may be paid again.
    const back = one === "paid" ? successUrl : over.has(one) ? cancelUrl : undefined
    return html`<div class="state" data-panel="${one}" ${one === stage ? "" : html`hidden`}>
      ${signOf[one]}
      <h2 tabindex="-1">${say(words.heading)}</h2>
      <p>${say(words.text)}</p>
      ${one === "authenticate" && !embedded && html`<a class="button" data-action href="${door}">${messages.continueAtBank}</a>`}
      ${one === "authenticate" && embedded && html`<iframe data-challenge title="${messages.bankFrame}" src="about:blank"></iframe><a data-action href="${door}" target="_blank" rel="noopener noreferrer">${messages.openBank}</a>`}
      ${back !== undefined && !embedded && html`<a href="${back}" ${one !== "paid" && html`data-back`}>${say(messages.back)}</a>`}
    </div>`
  }

  const takes = stage === "pay" || stage === "declined"
  const body = html`<!doctype html>
<html lang="${messages.locale}" dir="${messages.direction}" data-stage="${stage}" ${embedded && html`data-embedded`}>
  ${head(fill(messages.title, values), [
    styleTag(assets.get("page.css")),
    html`<style>${style.css}</style>`,
    ...vaultScript(offered),
    ...scriptTags(assets, "page")
  ])}
  <body>
    <main class="sheet">
      <section class="summary" aria-labelledby="what">
        <p class="brand"><svg viewBox="0 0 40 40" aria-hidden="true"><text x="20" y="27">${[...brand.name][0] ?? ""}</text></svg><bdi>${brand.name}</bdi></p>
        <h1 id="what">${say(messages.payTo)} <span class="amount">${values.amount}</span></h1>
        ${lineList(looked, messages)}
        <p class="payee">${say(messages.payee)}</p>
      </section>
      <section class="card">
        <div role="status">${stages.map(state)}</div>
        <form id="form" novalidate data-panel="pay declined" ${takes ? "" : html`hidden`}>
          <div class="note" role="alert" tabindex="-1" data-panel="declined" ${stage === "declined" ? "" : html`hidden`}>
            <strong>${messages.declined.heading}</strong><span>${messages.declined.text}</span>
          </div>
          <h2>${messages.card}</h2>
          <noscript><p class="note">${messages.needsScript}</p></noscript>
          ${fieldsHtml(offered, messages, scheme, session.theme)}
          <button class="button" type="submit" disabled>${say(messages.pay)}</button>
        </form>
        <div role="alert">${Object.entries(messages.problems).map(
          ([name, text]) => html`<p class="note" data-problem="${name}" hidden>${text}</p>`
        )}</div>
        <p class="quiet safe" data-panel="pay declined" ${takes ? "" : html`hidden`}>${lock}<span>${say(messages.safe)}${offered?.vault === "stub" && html` <br />${messages.testCardsOnly}`}</span></p>
        ${cancelUrl !== undefined && !embedded && html`<p class="quiet" data-panel="pay declined" ${takes ? "" : html`hidden`}><a href="${cancelUrl}" data-back>${say(messages.back)}</a></p>`}
      </section>
    </main>
    ${dataBlock(data)}
  </body>
</html>`

  return {
    body: body.text,
    headers: pageHeaders(
      {
        scripts: offered?.vault === "basis_theory" ? [new URL(offered.script).origin] : [],
        styles: [style.hash],
        frames: ["'self'", ...(offered === undefined ? [] : framesOf(offered))],
        connect: offered?.vault === "basis_theory" ? offered.origins : [],
        ancestors: hosts ?? [],
        untyped: offered?.vault === "basis_theory"
      },
      publicOrigin
    )
  }
}

/** A message in which names keep their direction to themselves, whatever stands around them. */
const sentence = (message: string, values: Readonly<Record<string, string>>): Html =>
  html`${message
    .split(/(\{\w+\})/)
    .map((part) =>
      /^\{(brand|entity)\}$/.test(part) ? html`<bdi>${fill(part, values)}</bdi>` : html`${fill(part, values)}`
    )}`

const framesOf = (offered: Offered): ReadonlyArray<string> =>
  offered.vault === "stub" ? [offered.origin] : offered.origins

const fieldsOf = (offered: Offered, { fields }: Messages): Fields =>
  offered.vault === "stub"
    ? { vault: "stub", origin: offered.origin }
    : {
        vault: "basis_theory",
        publicKey: offered.publicKey,
        labels: { number: fields.number, expiry: fields.expiry, code: fields.code },
        placeholders: { number: "1234 1234 1234 1234", expiry: fields.expiryForm, code: "123" }
      }

const vaultScript = (offered: Offered | undefined): ReadonlyArray<Html> =>
  offered?.vault !== "basis_theory"
    ? []
    : [
        html`<script async data-vault src="${offered.script}" crossorigin="anonymous" ${offered.integrity !== undefined && html`integrity="${offered.integrity}"`}></script>`
      ]

const lineList = (looked: Looked, messages: Messages): Html | false => {
  const lines = linesOf(looked, messages)
  return (
    lines.length > 0 &&
    html`<ul class="lines">${lines.map(
      ({ name, quantity, amount }) =>
        html`<li><span><bdi>${name}</bdi>${quantity > 1 && html` <span class="quantity">× ${quantity}</span>`}</span><span class="price">${amount}</span></li>`
    )}</ul>`
  )
}

/** Where the card goes in: a frame of the simulated vault, or the places of Basis Theory's elements. */
const fieldsHtml = (
  offered: Offered | undefined,
  { fields, noFields, locale }: Messages,
  scheme: string,
  theme: Readonly<Record<string, string>>
): Html => {
  if (offered === undefined) return html`<p class="note">${noFields}</p>`
  if (offered.vault === "stub") {
    const looks = new URLSearchParams({ lang: locale, scheme, radius: theme["radius"] ?? "" })
    // The frame has its own origin, and may go nowhere but there.
    return html`<iframe data-fields title="${fields.frame}" src="${offered.origin}/?${looks.toString()}" sandbox="allow-scripts allow-same-origin allow-forms" referrerpolicy="no-referrer"></iframe>`
  }
  const element = (name: "number" | "expiry" | "code", label: string, problem: string) =>
    html`<div class="element"><label for="${name}-input">${label}</label><div id="element-${name}"></div><p id="element-${name}-problem" hidden>${problem}</p></div>`
  return html`<div class="fields">
    ${element("number", fields.number, fields.wrongNumber)}
    <div class="pair">${element("expiry", fields.expiry, fields.wrongExpiry)}${element("code", fields.code, fields.wrongCode)}</div>
  </div>`
}

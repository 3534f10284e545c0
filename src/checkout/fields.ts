import type { Door } from "./door.ts"
import type { Fields, FromVault, ToVault } from "./wire.ts"

export type Tokenized =
  | { readonly vaultId: string; readonly tokenRef: string }
  /** The fields say themselves what is wrong. */
  | "invalid"
  | "unavailable"

/** Card fields of a vault: what is typed into them never reaches this page. */
export interface CardFields {
  readonly tokenize: () => Promise<Tokenized>
  readonly clear: () => void
  readonly focus: () => void
}

/** What the page has to know of its fields. */
export interface Listening {
  readonly onReady: () => void
  readonly onSubmit: () => void
  readonly onUnavailable: () => void
}

/** How long a vault may take for a token, or for its fields. */
const patience = 20_000

/** What a vault answers in time. */
const within = <A>(asked: Promise<A>): Promise<A | undefined> =>
  Promise.race([asked, new Promise<undefined>((resolve) => setTimeout(resolve, patience))])

/** The fields of the simulated vault: a page of its own origin in a frame. */
export const stubFields = (
  frame: HTMLIFrameElement,
  { origin }: Extract<Fields, { readonly vault: "stub" }>,
  { onReady, onSubmit, onUnavailable }: Listening
): CardFields => {
  const waiting = new Map<number, (tokenized: Tokenized) => void>()
  let asks = 0
  let ready = false
  const say = (message: ToVault) => frame.contentWindow?.postMessage(message, origin)
  const settle = (ask: number, tokenized: Tokenized) => {
    waiting.get(ask)?.(tokenized)
    waiting.delete(ask)
  }
  addEventListener("message", ({ origin: from, source, data }: MessageEvent<FromVault>) => {
    // The very frame, and still on the vault's own origin: nothing else is listened to.
    if (from !== origin || source !== frame.contentWindow) return
    switch (data.type) {
      case "ready":
        say({ type: "heard" })
        if (!ready) onReady()
        ready = true
        return
      case "height":
        frame.style.height = `${Math.min(Math.max(Number(data.height) || 0, 40), 900)}px`
        return
      case "submit":
        return onSubmit()
      case "token":
        return settle(data.ask, { vaultId: String(data.vaultId), tokenRef: String(data.tokenRef) })
      case "refused":
        return settle(data.ask, "invalid")
    }
  })
  setTimeout(() => {
    if (!ready) onUnavailable()
  }, patience)
  return {
    tokenize: () =>
      new Promise((resolve) => {
        const ask = (asks += 1)
        waiting.set(ask, resolve)
        say({ type: "tokenize", ask })
        setTimeout(() => settle(ask, "unavailable"), patience)
      }),
    clear: () => say({ type: "clear" }),
    focus: () => say({ type: "focus" })
  }
}

/** The part of Basis Theory's web elements that is used here. */
interface Elements {
  readonly createElement: (type: string, options: Record<string, unknown>) => CardElement
  readonly tokenIntents: {
    readonly create: (
      intent: { readonly type: "card"; readonly data: Record<string, unknown> },
      options: { readonly apiKey: string }
    ) => Promise<{ readonly id: string }>
  }
}
interface CardElement {
  readonly mount: (place: string) => Promise<void>
  readonly on: (type: string, listener: (event: ElementEvent) => void) => unknown
  readonly clear: () => void
  readonly focus: () => void
  readonly update: (options: Record<string, unknown>) => Promise<void>
  readonly month: () => unknown
  readonly year: () => unknown
}
interface ElementEvent {
  readonly key?: string
  readonly cardBrand?: string
  readonly complete?: boolean
  readonly empty?: boolean
  readonly errors?: ReadonlyArray<unknown>
}

declare global {
  interface Window {
    basistheory?: (key: string, options: Record<string, unknown>) => Promise<Elements | undefined>
  }
}

/** The places of the three elements, and what each is called there. */
const places = [
  ["number", "cardNumber", "cc-number"],
  ["expiry", "cardExpirationDate", "cc-exp"],
  ["code", "cardVerificationCode", "cc-csc"]
] as const

/** The fields of Basis Theory: its own elements, each a frame of its origin. */
export const basisTheoryFields = async (
  { publicKey, labels, placeholders }: Extract<Fields, { readonly vault: "basis_theory" }>,
  door: Door,
  { onReady, onSubmit, onUnavailable }: Listening
): Promise<CardFields | undefined> => {
  const script = document.querySelector<HTMLScriptElement>("script[data-vault]")
  if (window.basistheory === undefined) {
    await new Promise((resolve) => {
      script?.addEventListener("load", resolve, { once: true })
      script?.addEventListener("error", resolve, { once: true })
      setTimeout(resolve, patience)
    })
  }
  const opening = window.basistheory?.(publicKey, { disableTelemetry: true }).catch(() => undefined)
  const vault = opening === undefined ? undefined : await within(opening)
  if (vault === undefined) {
    onUnavailable()
    return undefined
  }
  const style = getComputedStyle(document.body)
  const elements = places.map(([place, type, autoComplete]) => {
    const element = vault.createElement(type, {
      targetId: `${place}-input`,
      "aria-label": labels[place],
      placeholder: placeholders[place],
      autoComplete,
      style: {
        base: { color: style.color, fontFamily: style.fontFamily, fontSize: "16px" },
        invalid: { color: style.getPropertyValue("--bad").trim() }
      }
    })
    const holder = document.getElementById(`element-${place}`)
    // A label of this page cannot name a field of another origin's.
    holder?.parentElement?.querySelector("label")?.addEventListener("click", () => element.focus())
    const problem = document.getElementById(`element-${place}-problem`)
    const show = (wrong: boolean) => {
      holder?.classList.toggle("wrong", wrong)
      if (problem !== null) problem.hidden = !wrong
    }
    element.on("focus", () => holder?.classList.add("focused"))
    element.on("blur", () => holder?.classList.remove("focused"))
    element.on("change", ({ errors }) => show((errors ?? []).length > 0))
    element.on("keydown", ({ key }) => {
      if (key === "Enter") onSubmit()
    })
    return { place, element, show, complete: false }
  })
  const [number, expiry, code] = elements
  if (number === undefined || expiry === undefined || code === undefined) return undefined
  for (const one of elements) {
    one.element.on("change", ({ complete }) => {
      one.complete = complete === true
    })
  }
  number.element.on("change", ({ cardBrand }) => void code.element.update({ cardBrand }))
  const mounted = Promise.all(elements.map(({ place, element }) => element.mount(`#element-${place}`)))
  if ((await within(mounted.catch(() => undefined))) === undefined) {
    onUnavailable()
    return undefined
  }
  onReady()
  return {
    clear: () => {
      for (const { element, show } of elements) {
        element.clear()
        show(false)
      }
    },
    focus: () => number.element.focus(),
    tokenize: async () => {
      const wrong = elements.filter(({ complete }) => !complete)
      for (const { show } of wrong) show(true)
      if (wrong.length > 0) {
        wrong[0]?.element.focus()
        return "invalid"
      }
      const apiKey = await door.openVaultSession()
      if (apiKey === undefined) return "unavailable"
      try {
        const data = {
          number: number.element,
          expiration_month: expiry.element.month(),
          expiration_year: expiry.element.year(),
          cvc: code.element
        }
        const intent = await within(vault.tokenIntents.create({ type: "card", data }, { apiKey }))
        return intent === undefined ? "unavailable" : { vaultId: "basis_theory", tokenRef: intent.id }
      } catch (error) {
        return error instanceof Error && error.name === "BasisTheoryValidationError"
          ? "invalid"
          : "unavailable"
      }
    }
  }
}

"use client"

import { createElement, type CSSProperties, type ReactElement, useEffect, useRef } from "react"

/** How a payment ended without money. */
export type EndedStage = "refused" | "ended" | "cancelled" | "expired"

/**
 * What the checkout tells the page around it. All of it is for showing only: an order is fulfilled by what your
 * server is told.
 */
export interface CheckoutEvents {
  /** The card fields are there. */
  readonly onReady?: (() => void) | undefined
  /** The customer has paid, and the charge is on its way. */
  readonly onProcessing?: (() => void) | undefined
  /** The customer's bank asks them to confirm; the checkout shows its page. */
  readonly onAuthenticate?: (() => void) | undefined
  /** The card was declined; the checkout takes another one. */
  readonly onDeclined?: (() => void) | undefined
  /** Nobody knows yet whether the payment went through. Offer no other way to pay. */
  readonly onInReview?: (() => void) | undefined
  readonly onSettled?: (() => void) | undefined
  readonly onEnded?: ((stage: EndedStage) => void) | undefined
  /** The embed token opens nothing: too old, or exchanged by another page. Get a new one from your server. */
  readonly onRefused?: ((problem: string) => void) | undefined
  /** The checkout could not be loaded for now. It goes on trying. */
  readonly onUnavailable?: (() => void) | undefined
}

export interface PaymentCheckoutProps extends CheckoutEvents {
  /** Where the checkout is: `https://pay.example`. */
  readonly origin: string
  /** The `embedToken` of the session, from your server. */
  readonly embedToken: string
  /** What screen readers call the frame. */
  readonly frameTitle?: string | undefined
  readonly className?: string | undefined
  readonly style?: CSSProperties | undefined
}

const longest = 30_000

/** Whose script is loaded or on its way. */
const asked = new Set<string>()

/**
 * Loads the component's script once for each origin. One that did not arrive is asked for again, under another address
 * because browsers remember what failed; checkouts that wait for it are told.
 */
const load = (origin: string): void => {
  const source = `${origin}/embed/v1.js`
  if (asked.has(source) || [...document.scripts].some(({ src }) => src === source)) return
  asked.add(source)
  const ask = (times: number) => {
    const script = document.createElement("script")
    script.type = "module"
    script.src = times === 0 ? source : `${source}?${times}`
    script.crossOrigin = "anonymous"
    script.addEventListener("error", () => {
      script.remove()
      for (const waiting of document.querySelectorAll("payment-checkout:not(:defined)"))
        waiting.dispatchEvent(new CustomEvent("unavailable"))
      setTimeout(() => ask(times + 1), Math.min(1000 * 2 ** times, longest))
    })
    document.head.append(script)
  }
  ask(0)
}

/** The checkout in a React tree. */
export const PaymentCheckout = (props: PaymentCheckoutProps): ReactElement => {
  const { origin, embedToken, frameTitle, className, style } = props
  const element = useRef<HTMLElement>(null)
  // The newest handlers are called, and no listener is changed for them.
  const handlers = useRef<CheckoutEvents>(props)
  useEffect(() => {
    handlers.current = props
  })
  useEffect(() => load(origin), [origin])
  useEffect(() => {
    const { current } = element
    if (current === null) return
    const listeners: ReadonlyArray<readonly [type: string, listener: (event: Event) => void]> = [
      ["ready", () => handlers.current.onReady?.()],
      ["processing", () => handlers.current.onProcessing?.()],
      ["authenticate", () => handlers.current.onAuthenticate?.()],
      ["declined", () => handlers.current.onDeclined?.()],
      ["inReview", () => handlers.current.onInReview?.()],
      ["settled", () => handlers.current.onSettled?.()],
      ["ended", (event) => handlers.current.onEnded?.(detailOf(event).stage ?? "ended")],
      ["unavailable", () => handlers.current.onUnavailable?.()],
      ["refused", (event) => handlers.current.onRefused?.(detailOf(event).problem ?? "unknown")]
    ]
    for (const [type, listener] of listeners) current.addEventListener(type, listener)
    return () => {
      for (const [type, listener] of listeners) current.removeEventListener(type, listener)
    }
  }, [])
  return createElement("payment-checkout", {
    ref: element,
    "embed-token": embedToken,
    "frame-title": frameTitle,
    class: className,
    style
  })
}

const detailOf = (event: Event): { readonly stage?: EndedStage; readonly problem?: string } =>
  event instanceof CustomEvent ? event.detail : {}

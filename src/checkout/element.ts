import type { ToHost } from "./wire.ts"

/**
 * `<payment-checkout embed-token="et_...">`: the checkout in a frame of its own origin, which this page can neither
 * read nor write. It fires `ready`, `processing`, `authenticate`, `declined`, `inReview`, `settled`, `ended` and
 * `refused`; what they say is for showing only, and an order is fulfilled by what the server is told.
 *
 * ```html
 * <script type="module" src="https://pay.example/embed/v1.js"></script>
 * <payment-checkout embed-token="et_..."></payment-checkout>
 * ```
 */
export class PaymentCheckout extends HTMLElement {
  static readonly observedAttributes = ["embed-token"]

  /** Where the checkout is: this script came from there. */
  readonly #origin = new URL(import.meta.url).origin
  readonly #root = this.attachShadow({ mode: "closed" })
  #frame: HTMLIFrameElement | undefined

  connectedCallback() {
    addEventListener("message", this.#hear)
    this.#open()
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear)
    this.#close()
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null) {
    if (this.isConnected && before !== now) this.#open()
  }

  #close() {
    this.#frame?.remove()
    this.#frame = undefined
  }

  #open() {
    this.#close()
    const token = this.getAttribute("embed-token") ?? ""
    const [, session] = /^et_([0-9A-Z]{26})\./.exec(token) ?? []
    if (session === undefined) return
    const frame = document.createElement("iframe")
    frame.title = this.getAttribute("frame-title") ?? "Payment"
    frame.referrerPolicy = "no-referrer"
    frame.allow = "payment; publickey-credentials-get *"
    // Nothing in the frame may take this page elsewhere.
    frame.sandbox.add(
      "allow-scripts",
      "allow-same-origin",
      "allow-forms",
      "allow-popups",
      "allow-popups-to-escape-sandbox"
    )
    Object.assign(frame.style, {
      border: "0",
      width: "100%",
      height: "560px",
      display: "block",
      colorScheme: "auto"
    })
    // Only the first page in the frame takes the token, and only if it is of the checkout's origin.
    frame.addEventListener(
      "load",
      () => frame.contentWindow?.postMessage({ embedToken: token }, this.#origin),
      {
        once: true
      }
    )
    frame.src = `${this.#origin}/embed/ps_${session}`
    this.#frame = frame
    this.#root.replaceChildren(frame)
  }

  readonly #hear = ({ origin, source, data }: MessageEvent<ToHost & { readonly from?: string }>) => {
    const frame = this.#frame
    if (origin !== this.#origin || frame === undefined || source !== frame.contentWindow) return
    if (data.from !== "payment-checkout") return
    if (data.type === "height") {
      frame.style.height = `${Math.min(Math.max(Number(data.height) || 0, 120), 2000)}px`
      return
    }
    const { from: _ours, type, ...detail } = data
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }))
  }
}

if (customElements.get("payment-checkout") === undefined)
  customElements.define("payment-checkout", PaymentCheckout)

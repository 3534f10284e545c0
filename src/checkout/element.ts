import type { ToHost } from "./wire.ts"

/** So long nothing may be heard from the frame before it is loaded anew, and at the most. */
const first = 15_000
const longest = 60_000

/**
 * `<payment-checkout embed-token="et_...">`: the checkout in a frame of its own origin, which this page can neither
 * read nor write. It fires `ready`, `processing`, `authenticate`, `declined`, `inReview`, `settled`, `ended`, `refused`
 * and `unavailable`; what they say is for showing only, and an order is fulfilled by what the server is told.
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
  #timer: ReturnType<typeof setTimeout> | undefined
  #patience = first
  /** Whose token it is, however often the frame is loaded anew. */
  #holder = ""

  connectedCallback() {
    addEventListener("message", this.#hear)
    this.#begin()
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear)
    this.#close()
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null) {
    if (this.isConnected && before !== now) this.#begin()
  }

  #close() {
    clearTimeout(this.#timer)
    this.#frame?.remove()
    this.#frame = undefined
  }

  #tell(type: string, detail: object) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }))
  }

  #begin() {
    this.#close()
    this.#patience = first
    this.#holder = [...crypto.getRandomValues(new Uint8Array(24))]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("")
    const token = this.getAttribute("embed-token") ?? ""
    if (token === "") return
    // The last part stays out of every address.
    const [, beginning] = /^et_([0-9A-Z]{26}\.[0-9a-z]+\.[\w-]{16}\.[\w-]{12})[\w-]{20}$/.exec(token) ?? []
    if (beginning !== undefined) return this.#open(token, `${this.#origin}/embed/${beginning}`)
    // Who listens may be added after the element.
    this.#timer = setTimeout(() => this.#tell("refused", { problem: "malformed_token" }))
  }

  #open(token: string, address: string) {
    this.#close()
    const frame = document.createElement("iframe")
    frame.title = this.getAttribute("frame-title") ?? "Payment"
    frame.referrerPolicy = "no-referrer"
    frame.allow = "payment; publickey-credentials-get *"
    // Nothing in the frame may take this page elsewhere. A page of the same origin, as the demo is, it would not hold.
    if (location.origin !== this.#origin)
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
      () => frame.contentWindow?.postMessage({ embedToken: token, holder: this.#holder }, this.#origin),
      { once: true }
    )
    frame.src = address
    this.#frame = frame
    this.#root.replaceChildren(frame)
    this.#await(token, address)
  }

  /** A page that did not arrive says nothing: it is asked for again. */
  #await(token: string, address: string) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#tell("unavailable", {})
      this.#patience = Math.min(this.#patience * 2, longest)
      this.#open(token, address)
    }, this.#patience)
  }

  readonly #hear = ({ origin, source, data }: MessageEvent<ToHost & { readonly from?: string }>) => {
    const frame = this.#frame
    if (origin !== this.#origin || frame === undefined || source !== frame.contentWindow) return
    if (data.from !== "payment-checkout") return
    if (data.type === "opening") return this.#await(this.getAttribute("embed-token") ?? "", frame.src)
    // The checkout is there, or says why it never will be.
    if (data.type !== "unavailable") clearTimeout(this.#timer)
    if (data.type === "height") {
      frame.style.height = `${Math.min(Math.max(Number(data.height) || 0, 120), 2000)}px`
      return
    }
    const { from: _ours, type, ...detail } = data
    this.#tell(type, detail)
  }
}

if (customElements.get("payment-checkout") === undefined)
  customElements.define("payment-checkout", PaymentCheckout)

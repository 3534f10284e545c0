// The demo shop: a page of a brand's with the checkout in it, and beside it the one on a page of its own. It asks its
// own server for sessions, as a shop would ask the payments service with an API key that no browser sees.

interface Session {
  readonly id: string
  readonly url?: string
  readonly embedToken?: string
}

const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`no #${id}`)
  return found
}

const events = [
  "ready",
  "processing",
  "authenticate",
  "declined",
  "inReview",
  "settled",
  "ended",
  "refused",
  "unavailable"
]

const note = (list: HTMLElement, text: string) => {
  const line = document.createElement("li")
  const time = document.createElement("time")
  time.textContent = new Date().toLocaleTimeString()
  line.append(time, ` ${text}`)
  list.prepend(line)
}

const declare = async (mode: "hosted" | "embedded"): Promise<Session> => {
  const response = await fetch("/demo/sessions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ mode, locale: languages instanceof HTMLSelectElement ? languages.value : "" })
  })
  return response.json()
}

const languages = byId("language")

/** Tells of a session's state whenever it has changed, as the shop's own server would learn it. */
const follow = async (id: string, list: HTMLElement) => {
  let told = ""
  for (;;) {
    const response = await fetch(`/demo/sessions/${id}`)
    const { state, attempts } = await response.json()
    const now = `session ${state}${attempts.length === 0 ? "" : `: ${attempts.join(", ")}`}`
    if (now !== told) note(list, now)
    told = now
    if (["settled", "failed", "cancelled", "expired"].includes(state) || !list.isConnected) return
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? 3000 : 800))
  }
}

const openHosted = async () => {
  const list = byId("hosted-events")
  list.replaceChildren()
  const { id, url = "" } = await declare("hosted")
  note(list, `declared ${id}`)
  const link = byId("hosted-link")
  if (link instanceof HTMLAnchorElement) {
    link.href = url
    link.hidden = false
    link.focus()
  }
  await follow(id, list)
}

const openEmbedded = async () => {
  const list = byId("embedded-events")
  list.replaceChildren()
  const { id, embedToken = "" } = await declare("embedded")
  note(list, `declared ${id}`)
  const checkout = document.createElement("payment-checkout")
  checkout.setAttribute("embed-token", embedToken)
  checkout.setAttribute("frame-title", "Payment")
  for (const event of events)
    checkout.addEventListener(event, (heard) => {
      const detail = heard instanceof CustomEvent ? Object.values(heard.detail ?? {}).join(" ") : ""
      note(list, `event ${event} ${detail}`)
    })
  byId("embedded-place").replaceChildren(checkout)
  await follow(id, list)
}

byId("hosted-new").addEventListener("click", () => void openHosted())
byId("embedded-new").addEventListener("click", () => void openEmbedded())
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]"))
  button.addEventListener("click", () => void navigator.clipboard.writeText(button.dataset["copy"] ?? ""))

void openHosted()
void openEmbedded()

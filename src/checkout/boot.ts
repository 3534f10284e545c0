import { exchange } from "./door.ts"
import type { ToHost } from "./wire.ts"

// The first page in an embedded checkout's frame: it is handed the embed token by the page around it, exchanges it,
// and makes way for the session's own page.

const hosts: ReadonlyArray<string> = JSON.parse(document.getElementById("data")?.textContent ?? "[]")

/** This tab's own name, under which a token may be exchanged again when an answer was lost or the page is reloaded. */
const holderOf = (token: string): string => {
  const fresh = [...crypto.getRandomValues(new Uint8Array(24))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
  const name = `holder ${token.slice(0, 60)}`
  try {
    const known = sessionStorage.getItem(name)
    if (known !== null) return known
    sessionStorage.setItem(name, fresh)
  } catch {
    // A browser that gives frames of others no storage: the token is good for one load of the page.
  }
  return fresh
}

let begun = false

addEventListener("message", ({ origin, source, data }) => {
  if (begun || source !== parent || !hosts.includes(origin) || typeof data?.embedToken !== "string") return
  begun = true
  void open(origin, data.embedToken)
})

const open = async (host: string, embedToken: string) => {
  const holder = holderOf(embedToken)
  for (let pause = 500; ; pause = Math.min(pause * 2, 8_000)) {
    const { page, problem } = await exchange(embedToken, holder)
    if (page !== undefined) return location.replace(`${page}/embedded#host=${encodeURIComponent(host)}`)
    if (problem !== "unavailable") {
      const message: ToHost = { type: "refused", problem: problem ?? "unknown" }
      parent.postMessage({ ...message, from: "payment-checkout" }, host)
      for (const hidden of document.querySelectorAll<HTMLElement>("[data-refused]")) hidden.hidden = false
      return
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

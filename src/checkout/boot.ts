import { exchange } from "./door.ts"
import { wait } from "./paying.ts"
import type { ToHost } from "./wire.ts"

// The first page in an embedded checkout's frame: it is handed the embed token by the page around it, exchanges it,
// and makes way for the session's own page.

const hosts: ReadonlyArray<string> = JSON.parse(document.getElementById("data")?.textContent ?? "[]")

/** This tab's own name, under which a token may be exchanged again when an answer was lost or the page is reloaded. */
const holderOf = (token: string, fresh: string): string => {
  const name = `holder ${token.slice(0, 60)}`
  try {
    const known = sessionStorage.getItem(name)
    if (known !== null) return known
    sessionStorage.setItem(name, fresh)
  } catch {
    // A browser that gives frames of others no storage: the token is good for one load of the shop's page.
  }
  return fresh
}

let begun = false

addEventListener("message", ({ origin, source, data }) => {
  if (begun || source !== parent || !hosts.includes(origin)) return
  if (typeof data?.embedToken !== "string" || !/^[0-9a-f]{48}$/.test(data.holder)) return
  begun = true
  void open(origin, data.embedToken, holderOf(data.embedToken, data.holder))
})

const open = async (host: string, embedToken: string, holder: string) => {
  const say = (message: ToHost) => parent.postMessage({ ...message, from: "payment-checkout" }, host)
  for (let pause = 500; ; pause = Math.min(pause * 2, 8_000)) {
    say({ type: "opening" })
    const { page, problem } = await exchange(embedToken, holder)
    if (page !== undefined) return location.replace(`${page}/embedded#host=${encodeURIComponent(host)}`)
    if (problem !== "unavailable") {
      say({ type: "refused", problem })
      for (const hidden of document.querySelectorAll<HTMLElement>("[data-refused]")) hidden.hidden = false
      for (const spin of document.querySelectorAll<HTMLElement>('[role="status"]')) spin.hidden = true
      return
    }
    // Once may be bad luck.
    if (pause > 500) say({ type: "unavailable" })
    await wait(pause)
  }
}

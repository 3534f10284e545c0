import type { PageReport } from "./wire.ts"

// What must not be in this page: scripts, frames, forms and fields that the server did not write into it. The policy
// keeps most of them from running; this tells that somebody tried.

const kinds = "script, iframe, form, object, embed, input, textarea, select, [contenteditable]"

/** A frame that is made by a script gets its address a moment later. */
const moment = 1_000

const allowed = new Set(
  [...document.querySelectorAll<HTMLElement>("script[data-vault], iframe[data-fields]")].map(
    (node) => new URL(node.getAttribute("src") ?? "", location.href).origin
  )
)

/** What the server wrote. */
const ours = new WeakSet(document.querySelectorAll(kinds))

/** Frames and scripts of the vault's own are made by its script; the policy says from where they may come. */
const expected = (node: Element): boolean => {
  if (!/^(script|iframe)$/.test(node.localName)) return ours.has(node)
  const source = node.getAttribute("src") ?? ""
  // An empty frame can be filled with anything by who made it.
  if (source === "" || source === "about:blank") return ours.has(node)
  const { origin } = new URL(source, location.href)
  return origin === location.origin || allowed.has(origin)
}

const told = new Set<string>()

const tell = (node: Element, door: string) => {
  const source = node.getAttribute("src") ?? node.getAttribute("action") ?? ""
  const { origin } = new URL(
    source !== "" && URL.canParse(source, location.href) ? source : "about:blank",
    location.href
  )
  const report: PageReport = {
    type: "tamper",
    element: node.localName,
    origin: origin === "null" ? "none" : origin,
    page: door
  }
  const text = JSON.stringify(report)
  if (told.has(text) || told.size > 9) return
  told.add(text)
  navigator.sendBeacon("/checkout/reports", text)
}

export const keepGuard = (door: string) => {
  const judge = (node: Element) => {
    if (expected(node)) return
    if (node.localName !== "iframe") return tell(node, door)
    setTimeout(() => {
      if (node.isConnected && !expected(node)) tell(node, door)
    }, moment)
  }
  const look = (node: Node) => {
    if (!(node instanceof Element)) return
    for (const one of [node, ...node.querySelectorAll(kinds)]) if (one.matches(kinds)) judge(one)
  }
  new MutationObserver((changes) => {
    for (const { addedNodes, target, type } of changes) {
      if (type === "attributes") look(target)
      for (const node of addedNodes) look(node)
    }
  }).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["src", "action", "contenteditable"]
  })
}

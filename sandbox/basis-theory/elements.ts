import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import type { Reply, Request } from "../plumbing/Http.ts"

const read = (name: string) => readFileSync(new URL(`elements/${name}`, import.meta.url), "utf8")

const path = "/web-elements/2.17.0"

/** What browsers compare the vault's script with. */
export const elementsIntegrity = `sha384-${createHash("sha384").update(read("index.js")).digest("base64")}`

const script = (name: string): Reply => ({
  status: 200,
  headers: { "content-type": "text/javascript; charset=utf-8", "access-control-allow-origin": "*" },
  body: read(name)
})

const field: Reply = {
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<!doctype html>
<html lang="en"><meta charset="utf-8" /><title>Card field</title><link rel="icon" href="data:," />
<style>html { color-scheme: light dark } body { margin: 0; background: transparent }
input { all: unset; width: 100%; height: 24px; line-height: 24px; font: 16px system-ui, sans-serif }</style>
<body><main><input inputmode="numeric" aria-label="Card field" /></main><script type="module" src="element.js"></script></body></html>
`
}

/** The vault's pages and scripts for browsers, which need no key. */
export const elements = (request: Request): Reply | undefined => {
  if (request.method !== "GET" || !request.path.startsWith(`${path}/`)) return undefined
  switch (request.path.slice(path.length)) {
    case "/index.js":
      return script("index.js")
    case "/hosted-elements/element.js":
      return script("element.js")
    case "/hosted-elements/":
      return field
    default:
      return { status: 404, headers: {}, body: "" }
  }
}

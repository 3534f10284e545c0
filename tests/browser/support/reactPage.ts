import { readFileSync } from "node:fs"
import { createRequire, stripTypeScriptTypes } from "node:module"
import { join } from "node:path"

const ours = createRequire(import.meta.url)
const reactDoms = createRequire(ours.resolve("react-dom/package.json"))

const fileOf = (require: NodeJS.Require, name: string, file: string): string =>
  readFileSync(join(require.resolve(`${name}/package.json`), "..", "cjs", file), "utf8")

/** The wrapper as a module that asks for React by `require`, as React's own files do. */
const wrapper = (): string =>
  stripTypeScriptTypes(
    readFileSync(join(import.meta.dirname, "../../../packages/react-checkout/src/PaymentCheckout.ts"), "utf8")
  )
    .replace('"use client"', "")
    .replace(/import \{([^}]*)\} from "react"/, (_, names: string) => {
      const taken = names.split(",").filter((name) => name.trim() !== "")
      return `const {${taken.join(",")}} = require("react")`
    })
    .replaceAll(/export const (\w+)/g, "const $1 = exports.$1")

const modules = (): Readonly<Record<string, string>> => ({
  react: fileOf(ours, "react", "react.production.js"),
  scheduler: fileOf(reactDoms, "scheduler", "scheduler.production.js"),
  "react-dom": fileOf(ours, "react-dom", "react-dom.production.js"),
  "react-dom/client": fileOf(ours, "react-dom", "react-dom-client.production.js"),
  wrapper: wrapper()
})

/** A page of a shop that shows the checkout with React, and writes down what it hears. */
export const reactPage = (origin: string, embedToken: string): string => `<!doctype html>
<title>a shop with React</title><div id="root"></div>
<script>
  window.heard = []
  const sources = { ${Object.entries(modules())
    .map(([name, text]) => `${JSON.stringify(name)}: (require, module, exports) => {${text}\n}`)
    .join(",\n")} }
  const made = {}
  window.process = { env: { NODE_ENV: "production" } }
  const require = (name) => {
    if (made[name] === undefined) {
      const module = (made[name] = { exports: {} })
      sources[name](require, module, module.exports)
    }
    return made[name].exports
  }
  const { createElement, StrictMode } = require("react")
  const { PaymentCheckout } = require("wrapper")
  const hear = (name) => (detail) => window.heard.push(detail === undefined ? name : name + " " + detail)
  require("react-dom/client").createRoot(document.getElementById("root")).render(
    createElement(StrictMode, null, createElement(PaymentCheckout, {
      origin: ${JSON.stringify(origin)}, embedToken: ${JSON.stringify(embedToken)},
      onReady: hear("ready"), onProcessing: hear("processing"), onDeclined: hear("declined"),
      onInReview: hear("inReview"), onSettled: hear("settled"), onEnded: hear("ended"), onRefused: hear("refused"),
      onUnavailable: hear("unavailable")
    }))
  )
</script>`

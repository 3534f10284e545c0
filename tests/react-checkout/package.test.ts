// The React component as an app gets it: packed, installed into an empty project beside React without a network, read
// by a compiler, and drawn on a server. In a browser it is tried in tests/browser.
import { readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { type App, blocksOf, compile, installPacked, nodes, root } from "../sdk/packed.ts"

let app: App | undefined
afterAll(() => app?.remove())

const guide = readFileSync(join(root, "packages/react-checkout/README.md"), "utf8")

it("installs beside React without a network, and its example is read by a compiler and drawn on a server", async () => {
  app = await installPacked("react-checkout", [join(root, "node_modules", "react")])
  expect(app.files.toSorted()).toEqual([
    "README.md",
    "dist/PaymentCheckout.d.ts",
    "dist/PaymentCheckout.js",
    "package.json"
  ])
  const script = readFileSync(join(app.installed, "dist/PaymentCheckout.js"), "utf8")
  expect(script.startsWith('"use client"')).toBe(true)
  expect([...script.matchAll(/from "([^"]*)"/g)].map(([, name]) => name)).toEqual(["react"])

  const [example = ""] = blocksOf("tsx", guide)
  const typesOfReact = join(root, "node_modules/@types/react")
  const options = {
    jsx: "react-jsx",
    lib: ["es2023", "dom"],
    types: [],
    exactOptionalPropertyTypes: true,
    paths: {
      react: [join(typesOfReact, "index.d.ts")],
      "react/jsx-runtime": [join(typesOfReact, "jsx-runtime.d.ts")]
    }
  }
  await compile(app, "typed", { "Checkout.tsx": example }, options)
  const wrong = example.replace('origin="https://pay.example"', "")
  await expect(compile(app, "wrong", { "Checkout.tsx": wrong }, options)).rejects.toThrow(
    /'origin' is missing/
  )

  symlinkSync(join(root, "node_modules/react-dom"), join(app.folder, "node_modules/react-dom"))
  writeFileSync(
    join(app.folder, "draw.mjs"),
    `import { PaymentCheckout } from "@payment-orchestration/react-checkout"
     import { createElement } from "react"
     import { renderToStaticMarkup } from "react-dom/server"
     const props = { origin: "https://pay.example", embedToken: "et_1", frameTitle: "Pay", className: "wide" }
     console.log(renderToStaticMarkup(createElement(PaymentCheckout, props)))`
  )
  for (const node of nodes) {
    expect(await app.run(node, ["draw.mjs"])).toBe(
      '<payment-checkout embed-token="et_1" frame-title="Pay" class="wide"></payment-checkout>\n'
    )
  }
})

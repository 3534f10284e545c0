// What an app's customers download: only what the app imports, and no more of it than the README says.
import { gzipSync } from "node:zlib"
import { join } from "node:path"
import { rolldown } from "rolldown"
import { expect, it } from "vitest"
import { readme } from "./packed.ts"

const source = join(import.meta.dirname, "..", "..", "packages", "sdk", "src")

/** The code of an app that has one line, bundled and minified. */
const bundled = async (line: string): Promise<string> => {
  const bundle = await rolldown({
    input: "app",
    plugins: [
      {
        name: "app",
        resolveId: (id) =>
          id === "app" ? id : id.startsWith("sdk/") ? join(source, `${id.slice(4)}.ts`) : null,
        load: (id) => (id === "app" ? line : null)
      }
    ]
  })
  const { output } = await bundle.generate({ minify: true, format: "esm" })
  await bundle.close()
  return output[0].code
}

/** Thousands of bytes that go over the line. */
const kilobytes = (code: string): number => gzipSync(code, { level: 9 }).length / 1000

const bundles = {
  "the client alone": 'export { createPayments } from "sdk/index"',
  "verifying webhooks alone": 'export { verifyWebhook } from "sdk/index"',
  "all of it with GraphQL and every operation": 'export * from "sdk/index"; export * from "sdk/graphql"'
}

for (const [name, line] of Object.entries(bundles)) {
  it(`${name} is as small as the README says`, async () => {
    const said = Number(new RegExp(`${name} ([0-9.]+) kB`).exec(readme)?.[1])
    const size = kilobytes(await bundled(line))
    expect(said, `it is ${size} kB`).toBeGreaterThanOrEqual(size)
    expect(said, `it is ${size} kB`).toBeLessThan(size * 1.15)
  })
}

it("what is not imported is not there", async () => {
  const one = await bundled('export { graphql, Session } from "sdk/graphql"')
  expect(/query Session\(/.test(one)).toBe(true)
  expect(/query Sessions|mutation \w+\(/.test(one)).toBe(false)
  const webhooks = await bundled(bundles["verifying webhooks alone"])
  expect(/webhook-signature/.test(webhooks)).toBe(true)
  expect(/payment-sessions|retry-after/.test(webhooks)).toBe(false)
  // Everything is one module graph, so nothing is imported from elsewhere.
  expect(await bundled('export * from "sdk/index"; export * from "sdk/graphql"')).not.toMatch(
    /\bfrom\s*"|\bimport\b/
  )
})

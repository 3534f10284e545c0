// Makes the folder of a new driver and lists it: `npm run new:provider -- acme`. What it makes passes the check, sends
// nothing that it was not told how to send, and fails the provider suite with a list of what to fill in.
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { parseArgs } from "node:util"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { root: { type: "string", default: join(import.meta.dirname, "..") } }
})
const { root } = values
const [name = "", ...more] = positionals
const templates = join(import.meta.dirname, "newProvider/template")

const problem =
  more.length > 0 || !/^[a-z][a-z0-9]{1,19}$/.test(name)
    ? `say one name of 2 to 20 lower-case letters and digits: npm run new:provider -- acme`
    : existsSync(join(root, "src/layers/providers", name))
      ? `there is a provider ${name} already`
      : undefined
if (problem !== undefined) {
  console.error(problem)
  process.exit(1)
}

const capital = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
const named = (text: string): string =>
  text.replaceAll("ACME", name.toUpperCase()).replaceAll("Acme", capital).replaceAll("acme", name)

const written: Array<string> = []
const write = async (path: string, text: string): Promise<void> => {
  await writeFile(join(root, path), text)
  written.push(path)
}

/** Puts lines into a file beside some that stand in it once. */
const edit = async (
  path: string,
  ...edits: ReadonlyArray<readonly [find: string, put: string]>
): Promise<void> => {
  let text = await readFile(join(root, path), "utf8")
  for (const [find, put] of edits) {
    if (text.split(find).length !== 2) throw new Error(`${path} does not have once: ${find}`)
    text = text.replace(find, () => put)
  }
  await write(path, text)
}

for (const [part, folder] of [
  ["src", join("src/layers/providers", name)],
  ["tests", join("tests/layers/providers", name)]
] as const) {
  await mkdir(join(root, folder), { recursive: true })
  for (const file of readdirSync(join(templates, part))) {
    const text = await readFile(join(templates, part, file), "utf8")
    await write(join(folder, named(file.replace(/\.template$/, ""))), named(text))
  }
}
await edit(
  "src/layers/providers/providers.ts",
  [
    `import { nmiOrigin } from`,
    `import { ${name}Origin } from "./${name}/config.ts"\nimport { make${capital}Driver } from "./${name}/driver.ts"\nimport { nmiOrigin } from`
  ],
  [`"nmi"].map(`, `"nmi", "${name}"].map(`],
  [
    `        makeNmiDriver({ origin: yield* nmiOrigin, transport, accounts, proxy })\n`,
    `        makeNmiDriver({ origin: yield* nmiOrigin, transport, accounts, proxy }),\n        make${capital}Driver({ origin: yield* ${name}Origin, transport, accounts, proxy })\n`
  ]
)
await edit(
  "src/config.ts",
  [
    `import { nmiOrigin } from`,
    `import { ${name}Origin } from "./layers/providers/${name}/config.ts"\nimport { nmiOrigin } from`
  ],
  [`[stripeOrigin, nmiOrigin]`, `[stripeOrigin, nmiOrigin, ${name}Origin]`]
)
const listed = spawnSync(
  process.execPath,
  [join(import.meta.dirname, "print-settings.ts"), "write", "--root", root],
  { encoding: "utf8" }
)
if (listed.status !== 0) throw new Error(`print-settings: ${listed.stderr}`)
written.push("README.md")

// Lines are as long as the name makes them.
const formatted = spawnSync(join(root, "node_modules/.bin/oxfmt"), written, { cwd: root, encoding: "utf8" })
if (formatted.status !== 0) throw new Error(`oxfmt: ${formatted.stderr}`)

console.log(
  [
    ...written.map((path) => `wrote ${relative(process.cwd(), join(root, path))}`),
    "",
    `Next: npx vitest run tests/layers/providers/${name} says what to fill in; CONTRIBUTING.md says how.`
  ].join("\n")
)

// Everything that is checked besides the tests, in one go: `npm run check`. A part of it: `npm run check -- lint`.
import { spawnSync } from "node:child_process"
import { delimiter, join } from "node:path"
import { performance } from "node:perf_hooks"

/** The name of each step, and the command that must succeed, in the order in which they run. */
const steps: ReadonlyArray<readonly [name: string, command: string]> = [
  // Puts the build of TypeScript that knows Effect in place of the plain one; does nothing when it is there.
  ["patch", "effect-tsgo patch --typescript && tsc --version | grep -q effect-tsgo"],
  ["types", "tsc --project ."],
  ["kernel", "tsc --project src/kernel"],
  ["browser", "tsc --project src/checkout"],
  ["sdk", "tsc --project packages/sdk --noEmit && npm run --silent sdk:check"],
  ["lint", "oxlint --deny-warnings --report-unused-disable-directives"],
  ["format", "oxfmt --check"],
  ["unused", "knip"],
  ["schema", "npm run --silent schema:check"],
  ["settings", "node scripts/print-settings.ts --check"]
]

const root = join(import.meta.dirname, "..")
const binaries = join(root, "node_modules", ".bin")
const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH ?? ""}` }

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !steps.some(([step]) => step === name))
if (unknown.length > 0) {
  console.error(`no step ${unknown.join(", ")}; there are: ${steps.map(([name]) => name).join(", ")}`)
  process.exit(2)
}

for (const [name, command] of steps) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(command, { cwd: root, env, shell: true, encoding: "utf8" })
  const line = `${name.padEnd(8)} ${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s`
  if (status === 0) {
    console.log(`ok   ${line}`)
  } else {
    console.error(`${stdout}${stderr}\nFAIL ${line}   ${command}`)
    process.exit(1)
  }
}

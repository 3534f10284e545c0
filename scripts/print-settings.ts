// Writes the README's table of settings from the settings themselves: `node scripts/print-settings.ts write`. With
// `--check` it writes nothing and fails when the table is not what the code says.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { settingRows } from "../src/settings/list.ts"
import type { Setting } from "../src/settings/setting.ts"
import { markdownTable } from "./markdownTable.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean" }, root: { type: "string", default: join(import.meta.dirname, "..") } }
})
const mode = values.check === true ? "--check" : positionals[0]
if (mode !== "write" && mode !== "--check") {
  console.error("say what to do: node scripts/print-settings.ts write | --check")
  process.exit(2)
}

// A repository that was copied lists what its own code reads.
const { everySetting }: { readonly everySetting: ReadonlyArray<Setting<unknown>> } = await import(
  join(values.root, "src/config.ts")
)
const page = join(values.root, "README.md")
const standing = readFileSync(page, "utf8")
const wanted = standing.replace(
  /(<!-- generated: settings -->\n)[^]*?(<!-- end -->)/,
  (_, begin: string, end: string) => `${begin}\n${markdownTable(settingRows(everySetting))}\n\n${end}`
)
if (!standing.includes("<!-- generated: settings -->")) {
  console.error("README.md has no place for the table of settings")
  process.exit(1)
}
if (mode === "write") {
  writeFileSync(page, wanted)
} else if (standing !== wanted) {
  console.error("README.md is out of date: run `node scripts/print-settings.ts write`")
  process.exit(1)
}

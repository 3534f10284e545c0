import { Schema } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const folder = join(import.meta.dirname, "..")

const Package = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.String,
    dependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  })
)
const read = (...path: ReadonlyArray<string>) => {
  const file = join(folder, ...path, "package.json")
  return existsSync(file) ? Schema.decodeUnknownSync(Package)(readFileSync(file, "utf8")) : undefined
}

/** What the service is compared with is no dependency of its own: it is installed here, when it is not. */
export const installPeers = (): void => {
  const wanted = Object.entries(read()?.dependencies ?? {})
  if (wanted.every(([name, version]) => read("node_modules", name)?.version === version)) return
  console.error("installing what the service is compared with")
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" })
  if (status !== 0) throw new Error("npm ci in bench/ failed")
}

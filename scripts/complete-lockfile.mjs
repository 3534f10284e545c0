// Completes package-lock.json, here and in bench/, with the optional platform packages that a registry mirror did not
// serve when it was written. Without an entry for each of them `npm ci` refuses the whole lockfile,
// on every platform. Run it after any change of dependencies: node scripts/complete-lockfile.mjs
import { readFileSync, writeFileSync } from "node:fs"

const systems = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
  "aix"
]
const processors = ["arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "wasm32"]

/** What a platform package installs on, read from its name: `@scope/tool-linux-arm64-musl`. */
const platformOf = (name) => {
  const words = name.split(/[-/]/)
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  const libc = words.some((word) => word.startsWith("musl"))
    ? "musl"
    : words.includes("gnu")
      ? "glibc"
      : undefined
  if (cpu === "wasm32") return { cpu: [cpu] }
  if (os === undefined || cpu === undefined) return undefined
  return { ...(libc === undefined || os !== "linux" ? {} : { libc: [libc] }), cpu: [cpu], os: [os] }
}

const complete = (file) => {
  const path = new URL(`../${file}`, import.meta.url)
  const lock = JSON.parse(readFileSync(path, "utf8"))
  const added = []
  for (const [owner, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`
      if (lock.packages[key] !== undefined || lock.packages[`${owner}/${key}`] !== undefined) continue
      const platform = platformOf(name)
      if (platform === undefined)
        throw new Error(`${name} is missing from the lockfile, and its name tells no platform`)
      lock.packages[key] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true }
      added.push(name)
    }
  }

  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(path, JSON.stringify(lock, null, 2) + "\n")
  console.log(
    added.length === 0 ? `${file} is complete` : `${file}: added ${added.length}:\n  ${added.join("\n  ")}`
  )
}

complete("package-lock.json")
complete("bench/package-lock.json")

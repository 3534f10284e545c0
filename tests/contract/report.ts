import { Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { otherSecretOf, type Setting } from "./setting.ts"

/**
 * What a run that passed says of itself: what a person needs who vouches for it. It is short enough to be put on record
 * as it is, and which laws there are stands in the commit.
 */
export const reportOf = (run: {
  readonly setting: Setting
  readonly account: string | undefined
  readonly began: Date
  readonly laws: number
}): string => {
  const { setting, account, began, laws } = run
  const rows: ReadonlyArray<readonly [name: string, value: string]> = [
    ["provider", setting.name],
    ["result", `all ${laws} laws passed`],
    ["when", `${began.toISOString()} to ${new Date().toISOString()}`],
    ["account", account ?? "the processor does not say which"],
    ["secret", `its SHA-256 begins with ${fingerprint(setting.secret)}`],
    ["processor", setting.origin],
    ["vault", setting.vault.origin],
    ["commit", commit()],
    ...(setting.otherSecret === undefined
      ? [["not tried", `two accounts beside each other: ${otherSecretOf(setting.name)} is not set`] as const]
      : []),
    ...(setting.onThisMachine
      ? [["note", "against emulators on this machine: no evidence for a gate"] as const]
      : [])
  ]
  return `Contract run\n${rows.map(([name, value]) => `${name.padEnd(9)}  ${value}\n`).join("")}`
}

/** Tells two secrets apart, and nothing of either: they are too long to be tried out. */
const fingerprint = (secret: Redacted.Redacted<string>): string =>
  createHash("sha256").update(Redacted.value(secret)).digest("hex").slice(0, 12)

const git = (...words: ReadonlyArray<string>): string =>
  execFileSync("git", words, {
    cwd: import.meta.dirname,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  })

const commit = (): string => {
  try {
    const changed = git("status", "--porcelain").trim() !== ""
    return `${git("rev-parse", "--short=12", "HEAD").trim()}${changed ? ", with changes that are not committed" : ""}`
  } catch {
    return "unknown: this is no checkout"
  }
}

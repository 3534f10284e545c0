// Runs the laws of a provider against a real sandbox: `npm run contract -- stripe`. Without credentials it is skipped,
// loudly; with live ones it is refused. `--report FILE` writes what a person records for the gate `contract_run`.
import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { nmiAccount, nmiStanding } from "./nmiWitness.ts"
import { reportOf } from "./report.ts"
import { contractNames, readSetting, type Setting } from "./setting.ts"
import { stripeAccount } from "./stripeWitness.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { report: { type: "string" } }
})
const file = values.report === undefined ? undefined : resolve(values.report)

/** What the processor calls the account, or why nothing is charged on it. */
const accountAt = async (
  setting: Setting
): Promise<{ readonly account: string | undefined } | { readonly problem: string }> => {
  try {
    switch (setting.name) {
      case "stripe":
        return { account: await stripeAccount(setting) }
      case "nmi": {
        const standing = await nmiStanding(setting)
        if ("problem" in standing) return standing
        const processors = await nmiAccount(setting)
        const parts = [
          ...(processors === undefined ? [] : [processors]),
          ...(standing.testMode ? ["in test mode"] : [])
        ]
        return { account: parts.length === 0 ? undefined : parts.join(", ") }
      }
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { problem: `${setting.origin} could not be asked for the account: ${problem}` }
  }
}

/** How many laws passed; nothing if one did not. */
const passedLaws = async ({ name, onThisMachine }: Setting): Promise<number | undefined> => {
  // Loaded only when there is something to run.
  const { startVitest } = await import("vitest/node")
  const root = join(import.meta.dirname, "../..")
  const vitest = await startVitest([`tests/contract/${name}.contract.ts`], {
    root,
    config: join(import.meta.dirname, "vitest.config.ts"),
    run: true,
    watch: false,
    // An emulator refuses nobody for asking much.
    ...(onThisMachine ? { maxConcurrency: 16 } : {})
  })
  const modules = vitest.state.getTestModules()
  const tests = modules.flatMap(({ children }) => [...children.allTests()])
  const passed = tests.filter((test) => test.result().state === "passed").length
  const whole =
    passed > 0 &&
    passed === tests.length &&
    modules.every((module) => module.ok()) &&
    vitest.state.getUnhandledErrors().length === 0
  await vitest.close()
  return whole ? passed : undefined
}

const run = async (): Promise<0 | 1> => {
  const [name = "", ...more] = positionals
  const reading = readSetting(name, process.env)
  if (more.length > 0 || reading._tag === "Unknown") {
    console.error(
      `Say which provider: npm run contract -- ${contractNames.join(" | ")}${name === "" ? "" : `; there is no contract for ${positionals.join(" ")}`}.`
    )
    return 1
  }
  if (reading._tag === "Refused") {
    console.error(`REFUSED: ${reading.problem}`)
    return 1
  }
  if (reading._tag === "Missing") {
    const line = "!".repeat(78)
    console.error(
      [
        line,
        `SKIPPED: the contract run of ${name} did not take place, and nothing was proved.`,
        "Missing in the environment:",
        ...reading.missing.map(({ variable, wants }) => `  ${variable}: ${wants}`),
        line
      ].join("\n")
    )
    return 0
  }
  const { setting } = reading
  const began = new Date()
  const at = await accountAt(setting)
  if ("problem" in at) {
    console.error(`REFUSED: ${at.problem}`)
    return 1
  }
  const laws = await passedLaws(setting)
  if (laws === undefined) {
    console.error(`FAILED: ${name} does not keep its contract at ${setting.origin}. There is no report.`)
    return 1
  }
  const report = reportOf({ setting, account: at.account, began, laws })
  console.log(`\n${report}`)
  if (file !== undefined) {
    writeFileSync(file, report)
    console.log(`Written to ${file}`)
  }
  return 0
}

process.exitCode = await run()

import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { writeReport } from "../support/commandLine.ts"

// The first layer of the proof, shown with the compiler itself: programs that would charge a card twice, each with
// its twin that differs in nothing else and compiles.

const root = join(import.meta.dirname, "..", "..")
const kernel = (file: string) => JSON.stringify(join(root, "src", "kernel", file))

const preamble = `
import { failover, step, type CascadeState } from ${kernel("cascade/Cascade.ts")}
import { Absent, Captured, Declined, Indeterminate } from ${kernel("cascade/Disposition.ts")}
import { SendPermit, type CommittedAttempt } from ${kernel("cascade/SendPermit.ts")}
import type { Candidate } from ${kernel("PaymentLedger.ts")}
import type { TokenCharge } from ${kernel("PaymentProvider.ts")}
import type { VaultToken } from ${kernel("Card.ts")}
declare const declined: Declined, indeterminate: Indeterminate, captured: Captured, absent: Absent
declare const remaining: ReadonlyArray<Candidate>, sending: CascadeState, committed: CommittedAttempt
declare const permit: SendPermit, token: VaultToken, driver: TokenCharge
export const all = [failover, step, declined, indeterminate, captured, absent, remaining, sending, committed, permit, token, driver, SendPermit]
`

interface Twins {
  readonly law: string
  readonly compiles: string
  readonly doesNot: string
  /** What the compiler says of it. */
  readonly because: RegExp
}

const twins: ReadonlyArray<Twins> = [
  {
    law: "an unknown outcome is not handed to the step that fails over",
    compiles: "failover(declined, remaining)",
    doesNot: "failover(indeterminate, remaining)",
    because: /'Indeterminate'.* type 'Declined'/
  },
  {
    law: "neither is a capture",
    compiles: "failover(declined, remaining)",
    doesNot: "failover(captured, remaining)",
    because: /'Captured'.* type 'Declined'/
  },
  {
    law: "neither is an absence",
    compiles: "failover(declined, remaining)",
    doesNot: "failover(absent, remaining)",
    because: /'Absent'.* type 'Declined'/
  },
  {
    law: "an unknown outcome is not told to the cascade as a decline",
    compiles: 'step(sending, { _tag: "ChargeDeclined", declined })',
    doesNot: 'step(sending, { _tag: "ChargeDeclined", declined: indeterminate })',
    because: /'Indeterminate'.* type 'Declined'/
  },
  {
    law: "a charge is not sent without a permit",
    compiles: "driver.chargeToken(permit, token)",
    doesNot: "driver.chargeToken(undefined, token)",
    because: /'undefined' is not assignable to parameter of type 'SendPermit'/
  },
  {
    law: "what a permit says is no permit",
    compiles: "driver.chargeToken(permit, token)",
    doesNot: "driver.chargeToken({ attempt: committed }, token)",
    because: /missing the following properties from type 'SendPermit': #committed/
  },
  {
    law: "a permit is not made by hand",
    compiles: "SendPermit.afterCommit(committed)",
    doesNot: "new SendPermit(committed)",
    because: /Constructor of class 'SendPermit' is private/
  }
]

/** Only these may say that an attempt's row is committed. */
const ledgers = ["src/db/PaymentLedgerPg.ts", "src/layers/memory/open.ts"]

describe("a permit", () => {
  it("is given out by the ledgers and by nothing else", () => {
    const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join("src", file))
    const makers = sources.filter((file) =>
      readFileSync(join(root, file), "utf8").includes("SendPermit.afterCommit(")
    )
    expect(makers.toSorted()).toEqual(ledgers)
  })
})

describe("a program that would charge twice does not compile", () => {
  let folder = ""
  let said = ""

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "does-not-compile-"))
    for (const [index, { compiles, doesNot }] of twins.entries()) {
      writeFileSync(join(folder, `compiles${index}.mts`), `${preamble}export const it = ${compiles}\n`)
      writeFileSync(join(folder, `doesNot${index}.mts`), `${preamble}export const it = ${doesNot}\n`)
    }
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.json"),
        compilerOptions: { types: [] },
        include: [join(folder, "*.mts")]
      })
    )
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    said = spawnSync(process.execPath, [tsc, "--noEmit", "--pretty", "false", "--project", folder], {
      encoding: "utf8"
    }).stdout
  }, 120_000)

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    const refused = twins.filter((_, index) => saidOf(`doesNot${index}`).length > 0).length
    writeReport(process.env["TYPES_REPORT"], {
      figures: [
        {
          figure: "programs that would charge twice and do not compile",
          value: `${refused} of ${twins.length}`,
          aim: "all"
        }
      ]
    })
  })

  const saidOf = (file: string) => said.split("\n").filter((line) => line.includes(`${file}.mts(`))

  it.each(twins.map((pair, index) => [pair.law, index, pair.because] as const))("%s", (_, index, because) => {
    expect(saidOf(`compiles${index}`)).toEqual([])
    const [first = "it compiles"] = saidOf(`doesNot${index}`)
    expect(first).toMatch(because)
  })
})

// The command, as a process of its own, against emulators: what it runs, what it skips and what it refuses to send.
import { Effect, Exit, Scope } from "effect"
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox } from "../../sandbox/startSandbox.ts"
import { checkText } from "../../src/kernel/text.ts"
import { type Environment, readSetting } from "./setting.ts"

const command = join(import.meta.dirname, "contract.ts")

/** Runs it with this environment and no other. */
const contract = (words: ReadonlyArray<string>, environment: Environment) =>
  new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...environment }
    const child = execFile(
      process.execPath,
      [command, ...words],
      { env, timeout: 150_000, maxBuffer: 2 ** 24 },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, said: `${stdout}${stderr}` })
    )
  })

const listening = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`)
    })
  })

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString("utf8")
}

/** A far end before the emulated one: it counts what it is asked, and forwards it in its own way. */
const before = async (
  origin: string,
  options: {
    /** A header that it does not pass on. */
    readonly drops?: string
    /** How often it passes a request on. */
    readonly times?: (body: string) => number
  } = {}
) => {
  const { drops, times = () => 1 } = options
  const asked: Array<string> = []
  const server = createServer((request, response) => {
    const forward = async () => {
      const body = await bodyOf(request)
      asked.push(`${request.url} ${body}`)
      const headers = Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === "string" && ![drops, "host", "connection", "content-length"].includes(name)
          ? [[name, value] as [string, string]]
          : []
      )
      const send = () =>
        fetch(new URL(request.url ?? "/", origin), {
          method: request.method ?? "GET",
          headers,
          ...(body === "" ? {} : { body })
        })
      for (let more = times(body); more > 1; more--) await (await send()).arrayBuffer()
      const answer = await send()
      const bytes = Buffer.from(await answer.arrayBuffer())
      const said = [...answer.headers].filter(([name]) => /^(content-type|idempotent-replayed)$/.test(name))
      response.writeHead(answer.status, { ...Object.fromEntries(said), "content-length": bytes.length })
      response.end(bytes)
    }
    forward().catch(() => response.destroy())
  })
  return { origin: await listening(server), asked, close: () => server.close() }
}

const opened = Scope.makeUnsafe()
let sandbox: Sandbox
let folder = ""

beforeAll(async () => {
  sandbox = await Effect.runPromise(Scope.provide(startSandbox(), opened))
  folder = await mkdtemp(join(tmpdir(), "contract-"))
})
afterAll(async () => {
  await Effect.runPromise(Scope.close(opened, Exit.void))
  await rm(folder, { recursive: true, force: true })
})

const vault = () => ({
  CONTRACT_BASIS_THEORY_KEY: "key_sandbox_private",
  BASIS_THEORY_ORIGIN: sandbox.basisTheory.origin
})
const stripe = (account: string, origin = sandbox.stripe.origin) => ({
  CONTRACT_STRIPE_SECRET: `sk_test_sandbox_${account}`,
  STRIPE_ORIGIN: origin,
  ...vault()
})
const nmi = (account: string, origin = sandbox.nmi.origin) => ({
  CONTRACT_NMI_SECRET: `sandbox_${account}`,
  NMI_ORIGIN: origin,
  CONTRACT_NMI_SANDBOX_HOST: new URL(origin).host,
  ...vault()
})
const capturesOf = (emulator: Sandbox["stripe"] | Sandbox["nmi"], account: string) =>
  emulator.books().movements.filter((line) => line.account.endsWith(account) && line.kind === "captured")

describe("npm run contract", () => {
  it("runs the laws where the environment points, and writes what a gate may rest on", async () => {
    sandbox.nmi.configure("good", { processors: ["ccprocessora"] })
    const files = { stripe: join(folder, "stripe.txt"), nmi: join(folder, "nmi.txt") }
    const [one, other] = await Promise.all([
      contract(["stripe", "--report", files.stripe], stripe("good")),
      contract(["nmi", "--report", files.nmi], {
        ...nmi("good"),
        CONTRACT_NMI_OTHER_SECRET: "sandbox_beside"
      })
    ])
    expect(one).toEqual({ code: 0, said: expect.stringContaining("all 40 laws passed") })
    expect(other).toEqual({ code: 0, said: expect.stringContaining("all 34 laws passed") })
    // The money moved there, and nowhere else.
    expect(capturesOf(sandbox.stripe, "good").length).toBeGreaterThan(10)
    expect(capturesOf(sandbox.nmi, "good").length).toBeGreaterThan(10)

    const said = { stripe: await readFile(files.stripe, "utf8"), nmi: await readFile(files.nmi, "utf8") }
    expect(said.stripe).toMatch(/^account {4}acct_sandbox_good$/m)
    expect(said.nmi).toMatch(/^account {4}ccprocessora$/m)
    expect(said.stripe).toContain("CONTRACT_STRIPE_OTHER_SECRET is not set")
    expect(said.nmi).not.toContain("not tried")
    const beside = "finds nothing of an account's charges under another account's credentials"
    expect(other.said).toContain(beside)
    expect(one.said).not.toContain(beside)
    for (const text of Object.values(said)) {
      // What the gate's evidence may be.
      expect(text.length).toBeLessThanOrEqual(2000)
      Effect.runSync(checkText({ evidence: text }))
      expect(text).toMatch(/^commit {5}([0-9a-f]{12}\b|unknown)/m)
      // Nobody is to take an emulator for a sandbox.
      expect(text).toContain("no evidence for a gate")
      expect(text).not.toMatch(/sk_test|key_sandbox|sandbox_beside/)
    }
  }, 180_000)

  it("fails without a report where one key moves money twice", async () => {
    sandbox.nmi.configure("bad", { duplicateSeconds: 0 })
    const forgetful = await before(sandbox.stripe.origin, { drops: "idempotency-key" })
    const doubling = await before(sandbox.nmi.origin, {
      times: (body) => (new URLSearchParams(body).get("type") === "sale" ? 2 : 1)
    })
    const file = join(folder, "bad.txt")
    const [one, other] = await Promise.all([
      contract(["stripe", "--report", file], stripe("bad", forgetful.origin)),
      contract(["nmi", "--report", file], nmi("bad", doubling.origin))
    ])
    forgetful.close()
    doubling.close()
    for (const { code, said } of [one, other]) {
      expect(code).toBe(1)
      expect(said).toContain("FAILED")
      expect(said).not.toContain("laws passed")
    }
    expect(one.said).toMatch(/FAIL .*moves money once for one key, asked again and again/)
    expect(other.said).toMatch(/FAIL .*is captured only with proof, and the money moves once/)
    expect(existsSync(file)).toBe(false)
  }, 180_000)

  it("is skipped loudly without credentials, and proves nothing then", async () => {
    const file = join(folder, "skipped.txt")
    const nothing = await contract(["stripe", "--report", file], {})
    expect(nothing.code).toBe(0)
    expect(nothing.said).toContain(
      "SKIPPED: the contract run of stripe did not take place, and nothing was proved."
    )
    expect(nothing.said).toContain("CONTRACT_STRIPE_SECRET: a secret key of Stripe's test mode")
    expect(nothing.said).toContain("CONTRACT_BASIS_THEORY_KEY: ")
    const half = await contract(["nmi", "--report", file], { ...vault(), CONTRACT_NMI_SECRET: "" })
    expect(half.code).toBe(0)
    expect(half.said).toContain("SKIPPED: the contract run of nmi")
    expect(half.said).toContain("CONTRACT_NMI_SECRET: ")
    expect(half.said).not.toContain("CONTRACT_BASIS_THEORY_KEY")
    expect(existsSync(file)).toBe(false)
  })

  it("sends nothing with live credentials", async () => {
    const processor = await before(sandbox.stripe.origin)
    const keeper = await before(sandbox.basisTheory.origin)
    const movedBefore = sandbox.stripe.books().movements.length
    for (const secret of ["sk_live_51abc", "rk_live_51abc"]) {
      const { code, said } = await contract(["stripe", "--report", join(folder, "live.txt")], {
        ...stripe("live", processor.origin),
        BASIS_THEORY_ORIGIN: keeper.origin,
        CONTRACT_STRIPE_SECRET: secret
      })
      expect(code).toBe(1)
      expect(said).toContain("REFUSED: CONTRACT_STRIPE_SECRET is a live credential")
      expect(said).not.toContain(secret)
    }
    expect([...processor.asked, ...keeper.asked]).toEqual([])
    expect(sandbox.stripe.books().movements).toHaveLength(movedBefore)
    processor.close()
    keeper.close()
  })

  it("charges no account of NMI's that charges for real", async () => {
    const processor = await before(sandbox.nmi.origin)
    const keeper = await before(sandbox.basisTheory.origin)
    const { code, said } = await contract(["nmi", "--report", join(folder, "real.txt")], {
      ...nmi("real", processor.origin),
      BASIS_THEORY_ORIGIN: keeper.origin,
      CONTRACT_NMI_SANDBOX_HOST: "sandbox.example.com"
    })
    expect(code).toBe(1)
    expect(said).toContain("is not in test mode")
    // It was asked how it stands, and nothing else.
    expect(processor.asked).toEqual(["/api/query.php security_key=sandbox_real&report_type=test_mode_status"])
    expect(keeper.asked).toEqual([])
    expect(capturesOf(sandbox.nmi, "real")).toEqual([])
    processor.close()
    keeper.close()
  })

  it("says whose contracts there are", async () => {
    for (const words of [[], ["acme"], ["stripe", "nmi"]]) {
      const { code, said } = await contract(words, {})
      expect(code).toBe(1)
      expect(said).toContain("npm run contract -- stripe | nmi")
    }
  })
})

describe("the environment of a contract run", () => {
  const complete = {
    CONTRACT_STRIPE_SECRET: "sk_test_1",
    CONTRACT_NMI_SECRET: "12345678",
    CONTRACT_BASIS_THEORY_KEY: "key_1"
  }

  it("is that of the sandboxes unless it says otherwise", () => {
    expect(readSetting("stripe", complete)).toMatchObject({
      setting: { origin: "https://api.stripe.com", onThisMachine: false }
    })
    expect(readSetting("nmi", complete)).toMatchObject({
      setting: { origin: "https://sandbox.nmi.com", sandboxHost: "sandbox.nmi.com", onThisMachine: false }
    })
  })

  it.each([
    ["a live key, though another is missing", "stripe", { CONTRACT_STRIPE_SECRET: "rk_live_1" }],
    ["a live key beside a good one", "stripe", { ...complete, CONTRACT_STRIPE_OTHER_SECRET: "sk_live_1" }],
    ["a publishable key", "stripe", { ...complete, CONTRACT_STRIPE_SECRET: "pk_test_1" }],
    ["Stripe's live key at NMI", "nmi", { ...complete, CONTRACT_NMI_SECRET: "sk_live_12345" }],
    ["one account as two", "nmi", { ...complete, CONTRACT_NMI_OTHER_SECRET: "12345678" }],
    ["plain HTTP to elsewhere", "stripe", { ...complete, STRIPE_ORIGIN: "http://api.stripe.com" }],
    ["production as a sandbox", "nmi", { ...complete, CONTRACT_NMI_SANDBOX_HOST: "secure.nmi.com" }]
  ])("is refused with %s", (_, name, environment) => {
    expect(readSetting(name, environment)._tag).toBe("Refused")
  })
})

// With a folder, books and state outlive the process that wrote them, however it ended.
import { Effect, Exit, Scope } from "effect"
import { spawn } from "node:child_process"
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/startSandbox.ts"
import {
  chargeOf,
  day,
  field,
  hour,
  methodOf,
  postForm,
  receiver,
  sale,
  stripeClient,
  vaultClient
} from "./support.ts"

let folder = ""
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "sandbox-"))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** One life of the sandbox on the folder. */
const living = async <T>(
  body: (sandbox: Sandbox) => Promise<T>,
  options: SandboxOptions = {}
): Promise<T> => {
  const scope = await Effect.runPromise(Scope.make())
  try {
    return await body(await Effect.runPromise(Scope.provide(startSandbox({ folder, ...options }), scope)))
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

describe("a restart", () => {
  it("finds the books, the objects, the keys, the tokens and the clock as they were", async () => {
    const before = await living(async (sandbox) => {
      const client = stripeClient(sandbox)
      const charge = chargeOf(await methodOf(client, "4242424242424242"), "a1")
      const paid = await client.paymentIntents.create(charge, { idempotencyKey: "k1" })
      await client.refunds.create({ payment_intent: paid.id, amount: 500 })
      await sale(sandbox, { orderid: "o1" })
      const token = await vaultClient(sandbox).tokens.create({
        type: "card",
        data: { number: "4242424242424242" }
      })
      sandbox.clock.advance(hour)
      return {
        charge,
        paid,
        token,
        stripe: sandbox.stripe.books(),
        nmi: sandbox.nmi.books(),
        ahead: sandbox.clock.now() - Date.now()
      }
    })
    await living(async (sandbox) => {
      expect(sandbox.stripe.books()).toEqual(before.stripe)
      expect(sandbox.nmi.books()).toEqual(before.nmi)
      expect(sandbox.clock.now() - Date.now()).toBeGreaterThan(before.ahead - 1000)
      const again = await stripeClient(sandbox).paymentIntents.create(before.charge, { idempotencyKey: "k1" })
      expect(again.id).toBe(before.paid.id)
      sandbox.nmi.configure("shop", { duplicateSeconds: 7200 })
      expect((await sale(sandbox, { orderid: "o1" })).text).toContain("Duplicate transaction")
      expect((await vaultClient(sandbox).tokens.get(before.token.id ?? "")).fingerprint).toBe(
        before.token.fingerprint
      )
      expect(sandbox.stripe.books()).toEqual(before.stripe)
    })
  })

  it("does what was due meanwhile: late money moves, webhooks arrive", async () => {
    const shop = await receiver([500, 200])
    await living(async (sandbox) => {
      sandbox.nmi.listen("shop", shop.url)
      sandbox.nmi.faults.add({ fault: { kind: "late_money", answer: "cut", seconds: 600 } })
      await sale(sandbox).catch(() => undefined)
      await sale(sandbox, { amount: "9.00" })
      await Effect.runPromise(sandbox.nmi.quiet)
      expect(sandbox.nmi.books().charges).toHaveLength(1)
    })
    expect(shop.received).toHaveLength(1)
    await living(async (sandbox) => {
      sandbox.clock.advance(day)
      await Effect.runPromise(sandbox.nmi.quiet)
      expect(sandbox.nmi.books().charges.map(({ captured }) => captured)).toEqual([900, 2500])
    })
    expect(shop.received.slice(1).map(({ body }) => field(body, "event_type"))).toEqual([
      "transaction.sale.success",
      "transaction.sale.success"
    ])
    shop.close()
  })

  it("leaves out the line that a killed process did not finish", async () => {
    await living(async (sandbox) => void (await sale(sandbox)))
    appendFileSync(join(folder, "nmi.jsonl"), '[["books","2",{"line":2,"kind":"capt')
    await living(async (sandbox) => {
      expect(sandbox.nmi.books().movements).toHaveLength(1)
      await sale(sandbox, { amount: "9.00" })
    })
    await living(async (sandbox) => expect(sandbox.nmi.books().movements).toHaveLength(2))
  })

  it("keeps no card number anywhere but in the vault", async () => {
    await living(async (sandbox) => {
      const client = stripeClient(sandbox)
      await client.paymentIntents.create(chargeOf(await methodOf(client, "4000056655665564"), "a1"))
      await sale(sandbox, { ccnumber: "4000056655665564" })
      const books = JSON.stringify([sandbox.stripe.books(), sandbox.nmi.books()])
      expect(books).not.toContain("4000056655665564")
    })
    for (const file of ["stripe.jsonl", "nmi.jsonl"]) {
      const text = readFileSync(join(folder, file), "utf8")
      expect(text.length).toBeGreaterThan(100)
      expect(text).not.toContain("4000056655665564")
    }
  })
})

describe("a kill -9", () => {
  const program = join(import.meta.dirname, "..", "..", "sandbox", "sandbox.ts")

  /** The program itself, on ports of its own choice. */
  const start = async () => {
    const ports = ["--stripe", "0", "--nmi", "0", "--basis-theory", "0"]
    const child = spawn(process.execPath, [program, "--folder", folder, ...ports], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    let output = ""
    child.stdout.on("data", (chunk) => (output += String(chunk)))
    const origin = () => /NMI +(http:\/\/[\d.]+:\d+)/.exec(output)?.[1]
    while (origin() === undefined && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
    return {
      origin: origin() ?? "",
      output: () => output,
      kill: (signal: NodeJS.Signals) => {
        child.kill(signal)
        return ended
      }
    }
  }

  const chargeAt = (origin: string, number: number) =>
    postForm(`${origin}/api/transact.php`, {
      security_key: "sandbox_shop",
      type: "sale",
      amount: `${number}.00`,
      orderid: `o${number}`,
      ccnumber: "4111111111111111",
      ccexp: "1234"
    })

  const ordersAt = async (origin: string): Promise<ReadonlyArray<string>> => {
    const books = field(await (await fetch(`${origin}/_sandbox/books`)).text(), "charges")
    return Array.isArray(books) ? books.map((charge) => String(charge.order)) : []
  }

  it("in the middle of a stream of charges loses none that was answered", async () => {
    const answered: Array<string> = []
    const first = await start()
    expect(first.output()).toContain("Magic cards")
    for (let number = 1; number <= 200; number += 1) {
      if (number === 60) void first.kill("SIGKILL")
      const response = await chargeAt(first.origin, number).catch(() => undefined)
      if (response === undefined) break
      expect(response.text).toMatch(/^response=1&/)
      answered.push(`o${number}`)
    }
    expect(answered.length).toBeGreaterThan(50)
    expect(answered.length).toBeLessThan(200)
    const second = await start()
    const kept = await ordersAt(second.origin)
    expect(kept.slice(0, answered.length)).toEqual(answered)
    // At most the one that was under way is there beside them.
    expect(kept.length - answered.length).toBeLessThanOrEqual(1)
    await second.kill("SIGTERM")
  })
})

// The package as an app gets it: packed, installed into an empty project without a network, read by a compiler that
// knows browsers alone and by one that knows Node alone, and run against a server, on this Node and on the machine's.
import { assert, it } from "@effect/vitest"
import { Effect, Predicate, Redacted, Schedule } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { developmentKey } from "../../src/db/seedData.ts"
import { ask, payWith, type Started, startService } from "../service/server.ts"
import { end, freePort } from "../support/serverProcess.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { type App, blocksOf, compile, installPacked, nodes, root, typesOfNode } from "./packed.ts"

const eventually = (what: () => string, holds: Effect.Effect<boolean>) =>
  holds.pipe(
    Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("50 millis"), times: 600 }),
    Effect.map((now) => assert.isTrue(now, what()))
  )

const installed = Effect.acquireRelease(
  Effect.promise(() => installPacked()),
  (app) => Effect.sync(() => app.remove())
)

const serving = Effect.gen(function* () {
  const server = yield* startService({
    DATABASE_URL: Redacted.value((yield* TestDatabase).url),
    DATABASE_CONNECTIONS: "4",
    DATABASE_READ_CONNECTIONS: "2",
    EVENT_SECRETS_KEY: randomBytes(32).toString("base64")
  })
  yield* eventually(
    () => `the server listens:\n${server.output()}`,
    Effect.sync(() => server.output().includes("Stop with Ctrl-C"))
  )
  return server
})

const environment = (server: Started) => ({
  PAYMENTS_ORIGIN: server.origin,
  PAYMENTS_API_KEY: developmentKey.key
})

/** The shop of the README, as it stands there. */
const shop = Effect.fnUntraced(function* (app: App, node: string, server: Started) {
  const port = yield* freePort
  const address = `http://127.0.0.1:${port}`
  const subscribed = yield* ask(server, "/v1/event-subscriptions", { url: `${address}/payments` })
  const secret = Predicate.hasProperty(subscribed.json, "secret") ? String(subscribed.json.secret) : ""
  let said = ""
  yield* Effect.acquireRelease(
    Effect.sync((): ChildProcess => {
      const child = spawn(node, ["shop.mjs"], {
        cwd: app.folder,
        env: { ...process.env, ...environment(server), WEBHOOK_SECRET: secret, PORT: String(port) }
      })
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)))
      return child
    }),
    (child) => end(child, "SIGKILL")
  )
  const get = (path: string) =>
    Effect.promise(() => fetch(`${address}${path}`, { redirect: "manual" }).catch(() => undefined))
  yield* eventually(
    () => `the shop opens:\n${said}`,
    Effect.map(get("/checkout?order="), (response) => response !== undefined)
  )
  return { get, said: () => said, address }
})

it.layer(TestDatabase.layer, { excludeTestServices: true, timeout: 240_000 })("the packed package", (it) => {
  it.effect("installs without a network, knows its types everywhere, and takes a payment on every Node", () =>
    Effect.gen(function* () {
      const app = yield* installed
      assert.isTrue(app.files.every((file) => /^(package\.json|README\.md|dist\/.*\.(js|d\.ts))$/.test(file)))
      holdsNothingOfNode(app)

      const examples = Object.fromEntries(blocksOf("ts").map((block, nr) => [`example${nr}.ts`, block]))
      assert.isAtLeast(Object.keys(examples).length, 2)
      yield* Effect.promise(() => compile(app, "browser", examples, { lib: ["es2023", "dom"], types: [] }))
      yield* Effect.promise(() =>
        compile(app, "node", examples, { lib: ["es2023"], exactOptionalPropertyTypes: true, ...typesOfNode })
      )

      // Who works in Effect has it already.
      symlinkSync(join(root, "node_modules", "effect"), join(app.folder, "node_modules", "effect"))
      const inEffect = { "app.ts": blocksOf("ts effect")[0] ?? "" }
      yield* Effect.promise(() =>
        compile(app, "effect", inEffect, { lib: ["es2023", "dom"], types: [], skipLibCheck: true })
      )

      const [code = ""] = blocksOf("js")
      writeFileSync(join(app.folder, "shop.mjs"), code)
      for (const file of ["browser.mjs", "inEffect.mjs"]) {
        cpSync(join(import.meta.dirname, file), join(app.folder, file))
      }
      const server = yield* serving
      for (const node of nodes) {
        const version = (yield* Effect.promise(() => app.run(node, ["--version"]))).trim()
        const withoutNode = yield* Effect.promise(() =>
          app.run(node, ["--experimental-vm-modules", "--no-warnings", "browser.mjs"], environment(server))
        )
        assert.strictEqual(withoutNode, "everything as promised\n", version)
        const inEffectToo = yield* Effect.promise(() => app.run(node, ["inEffect.mjs"], environment(server)))
        assert.strictEqual(inEffectToo, "declined, then settled\n", version)
        yield* Effect.scoped(sells(app, node, server, `order-${version}`))
      }
    })
  )
})

/** Nothing is imported but what is in the package itself. */
const holdsNothingOfNode = (app: App): void => {
  const scripts = app.files.filter((file) => file.endsWith(".js"))
  assert.isAtLeast(scripts.length, 5)
  for (const file of scripts) {
    const text = readFileSync(join(app.installed, file), "utf8")
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) => name)
    const foreign = imports.filter((name) => !name.startsWith("./") && !name.startsWith("../"))
    assert.deepStrictEqual(foreign, file === join("dist", "effect.js") ? ["effect"] : [], file)
  }
}

const sells = Effect.fnUntraced(function* (app: App, node: string, server: Started, order: string) {
  const { get, said, address } = yield* shop(app, node, server)
  const first = yield* get(`/checkout?order=${order}`)
  assert.strictEqual(first?.status, 303, said())
  const location = first?.headers.get("location") ?? ""
  const session = sessionIn(location)
  // Whoever clicks twice has one payment.
  const second = yield* get(`/checkout?order=${order}`)
  assert.strictEqual(second?.headers.get("location"), location)

  // Nor does one that ended without a payment stand in the way.
  const other = `${order}-again`
  const left = (yield* get(`/checkout?order=${other}`))?.headers.get("location") ?? ""
  yield* ask(server, `/v1/payment-sessions/${sessionIn(left)}/cancel`, {})
  const anew = (yield* get(`/checkout?order=${other}`))?.headers.get("location") ?? ""
  assert.match(sessionIn(anew), /^ps_/)
  assert.notStrictEqual(sessionIn(anew), sessionIn(left))

  const paid = yield* ask(server, `/v1/payment-sessions/${session}/confirm`, payWith("tok_captured"))
  assert.propertyVal(paid.json, "outcome", "settled")
  yield* eventually(
    () => `the order is shipped:\n${said()}`,
    Effect.sync(() => said().includes(`ship ${order}\n`))
  )
  const claimed = yield* ask(server, `/v1/payment-sessions/${session}/fulfilment`, {})
  assert.propertyVal(claimed.json, "fulfilment", "duplicate")
  const forged = yield* Effect.promise(() =>
    fetch(`${address}/payments`, {
      method: "POST",
      headers: { "webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA" },
      body: "{}"
    })
  )
  assert.strictEqual(forged.status, 401)
  assert.strictEqual(said(), `ship ${order}\n`)
})

/** The session that the address of a checkout is of. */
const sessionIn = (address: string): string => /\/pay\/(ps_[0-9A-Z]{26})/.exec(address)?.[1] ?? "(none)"

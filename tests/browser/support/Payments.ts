import { Effect, Exit, Redacted, Schema, Scope } from "effect"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { SqlClient } from "effect/sql"
import { inject } from "vitest"
import * as Database from "../../../src/db/Database.ts"
import { migrate } from "../../../src/db/migrate.ts"
import { type Seed, seed } from "../../../src/db/seed.ts"
import { developmentKey } from "../../../src/db/seedData.ts"
import type { SessionConfig } from "../../../src/kernel/SessionConfig.ts"
import { startService } from "../../service/server.ts"
import { templateDatabase } from "../../support/globalSetup.ts"
import { freePort } from "../../support/serverProcess.ts"
import { type Tee, teeOf, teeOfPostgres } from "./tee.ts"

const Declared = Schema.Struct({
  id: Schema.String,
  url: Schema.optionalKey(Schema.String),
  embedToken: Schema.optionalKey(Schema.String)
})

/** The service as a process of its own, and everything that it hears and says on its lines. */
export interface Payments {
  /** Where browsers reach it: over a line that keeps what passes. */
  readonly origin: string
  readonly declare: (config?: Partial<SessionConfig>) => Promise<typeof Declared.Type>
  /** Asks the door of the apps. */
  readonly ask: (path: string, body?: unknown) => Promise<unknown>
  /** The states of a session's attempts. */
  readonly attempts: (session: string) => Promise<ReadonlyArray<string>>
  readonly state: (session: string) => Promise<string>
  /** Runs SQL as the database's administrator. */
  readonly sql: (statement: string) => Promise<void>
  /** Every byte so far: over HTTP in and out, to the database, to the vault and the processors, and what it printed. */
  readonly heard: () => Buffer
  /** What it printed so far. */
  readonly printed: () => string
  readonly close: () => Promise<void>
}

/** Where a shop of the brand's may run in these tests, beside the server. */
interface Opening {
  readonly name: string
  readonly seed: Seed
  readonly shops: ReadonlyArray<string>
  readonly environment: (origin: string) => Readonly<Record<string, string>>
  /** More lines that lead out of the process. */
  readonly lines?: ReadonlyArray<Tee>
}

const address = (database: string, folder: string) =>
  `postgres:///${database}?host=${folder}&port=5432&user=postgres`

export const openPayments = async ({
  name,
  seed: which,
  shops,
  environment,
  lines = []
}: Opening): Promise<Payments> => {
  const socket = inject("postgres")
  const database = `browser_${name}`
  const administrator = (of: string) => Database.administrator(Redacted.make(address(of, socket)))
  const sql = (statement: string) =>
    Effect.runPromise(
      Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (client) => client.unsafe(statement)),
        administrator(database)
      ).pipe(Effect.asVoid)
    )
  if (which === "stub") {
    await Effect.runPromise(
      Effect.provide(Database.createDatabase(database, templateDatabase), administrator("postgres"))
    )
  } else {
    await Effect.runPromise(Effect.provide(Database.createDatabase(database), administrator("postgres")))
    await Effect.runPromise(Effect.provide(migrate, administrator(database)))
    await Effect.runPromise(
      seed(which).pipe(
        Effect.provide([
          Database.layer({
            url: Redacted.make(address(database, socket)),
            role: "payments_owner",
            maxConnections: 1
          }),
          NodeCrypto.layer
        ])
      )
    )
  }
  await sql(
    `update payments.brands set redirect_origins = redirect_origins || array[${shops.map((one) => `'${one}'`).join()}]`
  )

  const postgres = await teeOfPostgres(socket)
  const port = await Effect.runPromise(freePort)
  const front = await teeOf(() => port)
  const origin = `http://127.0.0.1:${front.port}`
  const scope = await Effect.runPromise(Scope.make())
  const server = await Effect.runPromise(
    startService({
      PORT: String(port),
      PUBLIC_ORIGIN: origin,
      DATABASE_URL: address(database, postgres.folder),
      ...environment(origin)
    }).pipe(Effect.provideService(Scope.Scope, scope))
  )
  const key = { authorization: `Bearer ${developmentKey.key}`, "content-type": "application/json" }
  const ask = async (path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${origin}${path}`, {
      headers: key,
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    })
    return response.json()
  }
  for (let tries = 0; ; tries++) {
    const up = await fetch(`${origin}/health`).then(
      ({ ok }) => ok,
      () => false
    )
    if (up) break
    if (tries > 600) throw new Error(`the server does not answer:\n${server.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }

  const Read = Schema.Struct({
    state: Schema.String,
    attempts: Schema.Array(Schema.Struct({ state: Schema.String }))
  })
  const read = async (session: string) =>
    Schema.decodeUnknownSync(Read)(await ask(`/v1/payment-sessions/${session}`))

  return {
    origin,
    ask,
    sql,
    declare: async (config = {}) =>
      Schema.decodeUnknownSync(Declared)(
        await ask("/v1/payment-sessions", {
          customer: "loop_user_in_a_browser",
          brand: "loop-health",
          entity: "loop_bio_labs",
          mode: "hosted",
          intent: {
            type: "line_items",
            lineItems: [
              { providerPriceRef: "price_bpc157", quantity: 2 },
              { providerPriceRef: "price_tb500", quantity: 1 }
            ]
          },
          redirects: { successUrl: `${shops[0]}/thanks`, cancelUrl: `${shops[0]}/cart` },
          ...config
        })
      ),
    attempts: async (session) => (await read(session)).attempts.map(({ state }) => state),
    state: async (session) => (await read(session)).state,
    printed: server.output,
    heard: () =>
      Buffer.concat([
        front.heard(),
        postgres.heard(),
        ...lines.map((line) => line.heard()),
        Buffer.from(server.output())
      ]),
    close: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      for (const line of [front, postgres, ...lines]) await line.close()
      await Effect.runPromise(Effect.provide(Database.dropDatabase(database), administrator("postgres")))
    }
  }
}

// The guide to boarding an account, done as it says: what a driver then knows of the account.
import { it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import * as EntityRegistryPg from "../../src/db/EntityRegistryPg.ts"
import { MidId } from "../../src/kernel/ids.ts"
import { environmentSecrets } from "../../src/layers/environmentSecrets.ts"
import { nmiAccount } from "../../src/layers/providers/nmi/client.ts"
import { ProviderAccounts } from "../../src/layers/providers/ProviderAccounts.ts"
import { providerNames } from "../../src/layers/providers/providers.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { Owner } from "./support/pgStorage.ts"

const guide = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../../docs/guides/${name}.md`), "utf8")
const statementsOf = (name: string): ReadonlyArray<string> =>
  [...guide(name).matchAll(/```sql\n([^]*?)```/g)].flatMap(([, sql = ""]) =>
    sql.split(";").filter((one) => one.trim() !== "")
  )
const statements = statementsOf("stripe")

const mid = MidId.make("mid_health_9")

it.layer(Owner.layer.pipe(Layer.provideMerge(TestDatabase.appLayer)), { excludeTestServices: true })(
  "an account that is boarded as the guide says",
  (it) => {
    const asked = Effect.fnUntraced(function* (env: Record<string, string>, of: MidId = mid) {
      const accounts = ProviderAccounts.layer.pipe(
        Layer.provide(
          Layer.mergeAll(EntityRegistryPg.layer.pipe(Layer.provide(providerNames)), environmentSecrets)
        ),
        Layer.provide(Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)))
      )
      return yield* Effect.flatMap(ProviderAccounts, ({ get }) => Effect.result(get(of))).pipe(
        Effect.provide(accounts)
      )
    })
    const secret = { SECRET_STRIPE_HEALTH: "sk_test_1" }

    it.effect("is known by the secrets of its name, and by two of its webhooks during a rotation", () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        expect(statements).toHaveLength(2)
        for (const statement of statements) yield* owner.unsafe(statement)

        const plain = yield* asked(secret)
        if (plain._tag === "Failure") return expect.fail(plain.failure.message)
        expect(Redacted.value(plain.success.secret)).toBe("sk_test_1")
        expect(plain.success).toMatchObject({ mid, webhookSecrets: [], settings: {}, live: false })
        expect(JSON.stringify(plain.success)).not.toContain("sk_test_1")

        const rotated = yield* asked({ ...secret, SECRET_STRIPE_HEALTH_WEBHOOK: "whsec_new, whsec_old," })
        if (rotated._tag === "Failure") return expect.fail(rotated.failure.message)
        expect(rotated.success.webhookSecrets.map((one) => Redacted.value(one))).toEqual([
          "whsec_new",
          "whsec_old"
        ])
      })
    )

    it.effect("is known to NMI by its key and its processor, with the settings that the guide names", () =>
      Effect.gen(function* () {
        const owner = yield* Owner
        expect(statementsOf("nmi")).toHaveLength(2)
        for (const statement of statementsOf("nmi")) yield* owner.unsafe(statement)
        const boarded = MidId.make("mid_health_8")
        const known = yield* asked({ SECRET_NMI_HEALTH: "security_key_1" }, boarded)
        if (known._tag === "Failure") return expect.fail(known.failure.message)
        expect(yield* nmiAccount(known.success)).toMatchObject({ processorId: "ccprocessora" })
        const listed = [...guide("nmi").matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, setting]) => setting)
        expect(listed).toEqual(["processor_id", "dup_seconds", "test_mode"])
      })
    )

    it.effect("is refused by name while its secret is not there, and so is one that names none", () =>
      Effect.gen(function* () {
        const problems = [
          yield* asked({}),
          yield* asked(secret, MidId.make("mid_health_1")),
          yield* asked(secret, MidId.make("mid_of_nobody"))
        ].map((one) => (one._tag === "Failure" ? one.failure.message : "known"))
        expect(problems).toEqual([
          "mid_health_9 cannot be asked: its credentials stripe_health are not configured",
          "mid_health_1 cannot be asked: it names no credentials",
          "mid_of_nobody cannot be asked: there is no such merchant account"
        ])
      })
    )
  }
)

// Draws an API key for whoever sets a service up and has no operator's key yet. The key goes to the terminal, once; what
// the database keeps of it goes out as SQL, for its owner:
// `node scripts/drawKey.ts anna --operator | psql ...`. Give it the API_KEY_SECRET of the servers.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { parseArgs } from "node:util"
import { loadSettings } from "../src/config.ts"
import * as KeySecretsHmac from "../src/db/access/KeySecretsHmac.ts"
import { Operation } from "../src/kernel/access/Operation.ts"
import { KeySecrets } from "../src/kernel/access/KeySecrets.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    operator: { type: "boolean", default: false },
    operations: { type: "string" },
    entities: { type: "string" },
    brands: { type: "string" }
  }
})
const [principal = "", ...more] = positionals
const operations = values.operations?.split(",") ?? Operation.literals
const known = new Set<string>(Operation.literals)
if (!/^[\w@.-]{1,100}$/.test(principal) || more.length > 0 || !operations.every((one) => known.has(one))) {
  console.error(
    `usage: node scripts/drawKey.ts <name> [--operator] [--operations ${Operation.literals.join(",")}] [--entities a,b] [--brands a,b]`
  )
  process.exit(2)
}

const text = (word: string): string => `'${word.replaceAll("'", "''")}'`
const list = (words: ReadonlyArray<string> | undefined): string =>
  words === undefined ? "null" : `array[${words.map(text).join(", ")}]::text[]`

const program = Effect.gen(function* () {
  const { id, key, mac } = yield* Effect.flatMap(KeySecrets, ({ draw }) => draw).pipe(
    Effect.provide(KeySecretsHmac.layer(yield* loadSettings).pipe(Layer.provide(SecureRandom.layerWebCrypto)))
  )
  yield* Console.error(`The key of ${principal}, shown this once:\n\n  ${Redacted.value(key)}\n`)
  yield* Console.log(`set role payments_owner;
set search_path to payments, pg_temp;
insert into principals (principal, operator) values (${text(principal)}, ${values.operator})
  on conflict (principal) do update set operator = principals.operator or excluded.operator;
insert into api_keys (key_id, principal, mac, development, operations, entities, brands)
  values (${text(id)}, ${text(principal)}, ${text(mac)}, false, ${list(operations)}, ${list(values.entities?.split(","))}, ${list(values.brands?.split(","))});`)
})

NodeRuntime.runMain(program)

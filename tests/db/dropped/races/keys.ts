import { none, owners, type Prohibition, type Race } from "../Race.ts"

// Who may knock, and what their keys may do.

const shop = (nr: number) => [`insert into principals values ('shop ${nr}')`]

const id = (nr: number, at: number) => `lpad('${nr}x${at}', 16, 'k')`

const key = (nr: number, at: number, fields = "'{sessions:read}'", more = ""): string =>
  `insert into api_keys (key_id, principal, mac, development, operations${more})
    values (${id(nr, at)}, 'shop ${nr}', repeat('0', 64), false, ${fields})`

const own = (nr: number) => `principal = 'shop ${nr}'`

const wrong = (
  drops: Prohibition,
  law: string,
  does: (nr: number, at: number) => string,
  broken: string,
  given: Race["given"] = shop
): Race => ({
  drops: [drops],
  law,
  given,
  workers: (nr) => owners(2, (at) => does(nr, at)),
  broken: (nr) => none(`api_keys where principal like 'shop ${nr}%' and ${broken}`)
})

const one = (nr: number) => [...shop(nr), key(nr, 0)]

/** Six at once, of which five may be. */
const crowd = (drops: Prohibition): Race => ({
  drops: [drops],
  law: "nobody has more than five keys that are taken",
  given: (nr) => [...shop(nr), ...[5, 6, 7, 8].map((at) => key(nr, at))],
  workers: (nr) => owners(4, (at) => key(nr, at)),
  broken: (nr) => `select greatest(count(*) - 5, 0)::int as broken from api_keys where ${own(nr)}`
})

/** That another person gave out. */
const seen = (nr: number, at: number) => key(nr, at, "'{sessions:read}', 'development'", ", given_by")
const promoted = (nr: number) => `update principals set operator = true where ${own(nr)}`

const promotion = (drops: Prohibition): Race => ({
  drops: [drops],
  law: "nobody has a key with which they sign for another operator",
  given: (nr) => [...shop(nr), seen(nr, 0)],
  workers: (nr) => owners(2, () => promoted(nr)),
  broken: (nr) => none(`principals where operator and ${own(nr)}`)
})

export const keys: ReadonlyArray<Race> = [
  wrong(
    "constraint api_keys.key_kept_hashed",
    "no key is kept in the clear",
    (nr, at) => `insert into api_keys values ('sk_${nr}_${at}', 'shop ${nr}', null, false, '{}')`,
    "key_id like 'sk%'"
  ),
  wrong(
    "constraint api_keys.operations_known",
    "a key is for what somebody asks for",
    (nr, at) => key(nr, at, "'{money:take}'"),
    "operations = '{money:take}'"
  ),
  wrong(
    "constraint api_keys.sees_what_it_decides",
    "who decides for all companies sees all of them",
    (nr, at) => key(nr, at, "'{registry:write}', '{loop_goods}'", ", entities"),
    "entities is not null"
  ),
  wrong("constraint api_keys.api_keys_principal_fkey", "a key is somebody's", key, "true", () => []),
  ...(["refusal guard_api_key.few_live_keys", "lock guard_api_key"] as const).map(crowd),
  wrong(
    "refusal guard_api_key.operator_key_is_own",
    "nobody gives out a key in the name of another operator",
    seen,
    "given_by is not null",
    (nr) => [...shop(nr), promoted(nr)]
  ),
  ...(["refusal guard_principal.operator_keys_unseen", "trigger principals.guard_principal"] as const).map(
    promotion
  ),
  wrong(
    "refusal guard_api_key.key_unchanged",
    "a key may do what it was given for",
    (nr) => `update api_keys set operations = '{refunds:write}' where ${own(nr)}`,
    "operations = '{refunds:write}'",
    one
  ),
  wrong(
    "refusal guard_api_key.key_ends_for_good",
    "what was revoked stays revoked",
    (nr) => `update api_keys set revoked_at = null where ${own(nr)}`,
    "revoked_at is null",
    (nr) => [...one(nr), `update api_keys set revoked_at = now() where ${own(nr)}`]
  ),
  wrong(
    "trigger api_keys.guard_api_key",
    "a key stays what it was given as",
    (nr) => `update api_keys set operations = '{refunds:write}' where ${own(nr)}`,
    "operations = '{refunds:write}'",
    one
  )
]

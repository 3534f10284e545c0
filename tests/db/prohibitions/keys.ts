import type { Prohibition } from "./Prohibition.ts"

// Who may knock, and what their keys may do.

const shop = ["insert into principals values ('shop')"]

const id = (nr: number) => `lpad('${nr}', 16, 'k')`

const key = (nr: number, fields = "'{sessions:read}'", more = ""): string =>
  `insert into api_keys (key_id, principal, mac, development, operations${more})
    values (${id(nr)}, 'shop', repeat('0', 64), false, ${fields})`

/** That another person gave out. */
const seen = key(3, "'{sessions:read}', 'development'", ", given_by")
const operator = "update principals set operator = true where principal = 'shop'"

const refused = (by: string, what: string, tries: string): Prohibition => ({
  by,
  what,
  given: [...shop, key(1), key(2), `update api_keys set revoked_at = now() where key_id = ${id(2)}`],
  tries
})

const change = (by: string, set: string, nr = 1): Prohibition =>
  refused(by, `a key set ${set}`, `update api_keys set ${set} where key_id = ${id(nr)}`)

const kept = (name: string, mac: string, development: boolean): Prohibition =>
  refused(
    "api_keys.key_kept_hashed",
    `a key ${name} with ${mac}, ${development ? "known to all" : "of somebody"}`,
    `insert into api_keys values (${name}, 'shop', ${mac}, ${development}, '{}')`
  )

const hex = "repeat('0', 64)"

export const keys: ReadonlyArray<Prohibition> = [
  kept("'sk_in_clear'", hex, false),
  kept(hex, hex, false),
  kept(id(3), "null", false),
  kept(id(3), "'in clear'", false),
  kept(id(3), "null", true),
  kept(hex, hex, true),
  refused("api_keys.operations_known", "a key for what nobody knows", key(3, "'{money:take}'")),
  ...["registry:write", "operations:manage", "keys:manage", "changes:request", "changes:approve"].flatMap(
    (operation) =>
      ["entities", "brands"].map((part) =>
        refused(
          "api_keys.sees_what_it_decides",
          `a key that may ${operation} with some ${part}`,
          key(3, `'{${operation}}', '{loop_goods}'`, `, ${part}`)
        )
      )
  ),
  {
    by: "api_keys.api_keys_principal_fkey",
    what: "a key of nobody",
    given: [],
    tries: key(3)
  },
  {
    by: "few_live_keys",
    what: "a sixth key of one principal",
    given: [...shop, ...[1, 2, 3, 4, 5].map((nr) => key(nr))],
    tries: key(6)
  },
  {
    by: "operator_key_is_own",
    what: "a key that somebody gives out in the name of another operator",
    given: [...shop, operator],
    tries: seen
  },
  {
    by: "operator_keys_unseen",
    what: "an operator of whose keys another person has one",
    given: [...shop, seen],
    tries: operator
  },
  change("key_unchanged", "operations = '{refunds:write}'"),
  change("key_unchanged", "principal = 'development'"),
  change("key_unchanged", "brands = '{loop-bio}'"),
  change("key_unchanged", "mac = repeat('1', 64)"),
  change("key_unchanged", "given_by = 'development'"),
  change("key_ends_for_good", "revoked_at = null", 2),
  {
    by: "key_ends_for_good",
    what: "a key that ends later than was said",
    given: [...shop, key(1), "update api_keys set ends_at = now() where principal = 'shop'"],
    tries: "update api_keys set ends_at = null where principal = 'shop'"
  },
  {
    by: "key_ends_for_good",
    what: "a key that was rotated and goes on beyond the overlap",
    given: [...shop, key(1), "update api_keys set overlap_ends_at = now() where principal = 'shop'"],
    tries: "update api_keys set overlap_ends_at = null where principal = 'shop'"
  }
]

import { createHash } from "node:crypto"

/**
 * SQL that gives a principal a key that may do everything. It is one that everybody may know, so that a test can say
 * it, and is taken on loopback alone.
 */
export const giveKey = (
  key: string,
  principal: string,
  { operator = false, person }: { readonly operator?: boolean; readonly person?: string } = {}
): string => `with who as (
    insert into payments.principals (principal, operator, person)
    values ('${principal}', ${operator}, ${person === undefined ? "null" : `'${person}'`}) on conflict do nothing)
  insert into payments.api_keys (key_id, principal, development, operations)
  values ('${createHash("sha256").update(key).digest("hex")}', '${principal}', true, payments.api_operations())
  on conflict do nothing`

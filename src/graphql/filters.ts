import { DateTime, Effect } from "effect"
import type { AmountRange as ReadAmounts, TimeRange as ReadTimes } from "../db/reads/where.ts"
import type { RegistrySnapshot } from "../kernel/EntityRegistry.ts"
import { UnknownMid } from "../kernel/EntityRegistry.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { Currency } from "./enums.ts"
import { plainId } from "./plainId.ts"
import { entityNamed } from "./registry.ts"

export const ListOrder = builder.enumType("ListOrder", {
  description: "The order of a list. Cursors are good for the order that they were made in.",
  values: {
    newest_first: {},
    oldest_first: {},
    largest_first: { description: "By amount; needs `filter.amount.currency`." },
    smallest_first: { description: "By amount; needs `filter.amount.currency`." }
  }
})

export const AmountRange = builder.inputType("AmountRange", {
  description: "Minor units of one currency, both ends inclusive. Amounts of two currencies do not compare.",
  fields: (t) => ({
    currency: t.field({ type: Currency, required: true }),
    from: t.field({ type: "MinorUnits" }),
    to: t.field({ type: "MinorUnits" })
  })
})

export const TimeRange = builder.inputType("TimeRange", {
  description: "From an instant on, and before another one.",
  fields: (t) => ({ from: t.field({ type: "DateTime" }), until: t.field({ type: "DateTime" }) })
})

/** What is null was left out. */
const given = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined

/** A list of words without its order and repeats, so that the same filter has the same cursors. */
export const wordsOf = <Word extends string>(
  words: ReadonlyArray<Word> | null | undefined
): ReadonlyArray<Word> | undefined =>
  words === null || words === undefined ? undefined : [...new Set(words)].toSorted()

export const amountsOf = Effect.fnUntraced(function* (
  range: typeof AmountRange.$inferInput | null | undefined
): Effect.fn.Return<ReadAmounts | undefined, InvalidInput> {
  if (range === null || range === undefined) return undefined
  const { currency, from, to } = range
  for (const [name, amount] of Object.entries({ from, to })) {
    if (typeof amount !== "number" || (Number.isSafeInteger(amount) && amount >= 0)) continue
    return yield* new InvalidInput({
      field: `filter.amount.${name}`,
      problem: `is ${amount}; say whole minor units, 0 or more`
    })
  }
  return { currency, from: given(from), to: given(to) }
})

export const timesOf = (range: typeof TimeRange.$inferInput | null | undefined): ReadTimes | undefined => {
  if (range === null || range === undefined) return undefined
  const iso = (at: DateTime.Utc | null | undefined) =>
    at === null || at === undefined ? undefined : DateTime.formatIso(at)
  return { from: iso(range.from), until: iso(range.until) }
}

export type OrderName = typeof ListOrder.$inferType

export const orderOf = Effect.fnUntraced(function* (
  order: OrderName | null | undefined,
  amount: ReadAmounts | undefined
): Effect.fn.Return<OrderName, InvalidInput> {
  const name = order ?? "newest_first"
  if ((name === "largest_first" || name === "smallest_first") && amount === undefined) {
    return yield* new InvalidInput({
      field: "orderBy",
      problem: `is ${name}; amounts of two currencies do not compare, so say filter.amount.currency beside it`
    })
  }
  return name
})

interface Places {
  readonly entity?: string | null | undefined
  readonly brand?: string | null | undefined
  readonly mid?: string | null | undefined
  readonly provider?: string | null | undefined
}

/** What a filter says of companies, brands and accounts, and which accounts that leaves. */
export const placesOf = Effect.fnUntraced(function* (
  { entities, brands, accounts }: RegistrySnapshot,
  filter: Places
) {
  const entity =
    typeof filter.entity === "string"
      ? (yield* entityNamed({ entities }, plainId("Entity", filter.entity))).id
      : undefined
  const brand = typeof filter.brand === "string" ? brands.get(filter.brand) : undefined
  if (typeof filter.brand === "string" && brand === undefined) {
    return yield* new InvalidInput({
      field: "filter.brand",
      problem: `is no brand; there are ${[...brands.keys()].join(", ")}`
    })
  }
  const mid = typeof filter.mid === "string" ? plainId("MerchantAccount", filter.mid) : undefined
  if (mid !== undefined && !accounts.has(mid)) return yield* new UnknownMid({ mid: mid.slice(0, 80) })
  const provider = given(filter.provider)
  const providers = new Set([...accounts.values()].map((account): string => account.provider))
  if (provider !== undefined && !providers.has(provider)) {
    return yield* new InvalidInput({
      field: "filter.provider",
      problem: `is no provider; there are ${[...providers].toSorted().join(", ")}`
    })
  }
  const left = [...accounts.values()].filter(
    (account) =>
      (entity === undefined || account.entity === entity) &&
      (brand === undefined || brand.entities.includes(account.entity)) &&
      (mid === undefined || account.id === mid) &&
      (provider === undefined || account.provider === provider)
  )
  return {
    entity,
    brand: brand?.id,
    entitiesOfBrand: brand?.entities,
    /** By account, not only by whose account it is. */
    byAccount: mid !== undefined || provider !== undefined,
    restricted: [entity, brand, mid, provider].some((one) => one !== undefined),
    mids: left.map(({ id }): string => id).toSorted(),
    entitiesOfMids: [...new Set(left.map((account): string => account.entity))].toSorted()
  }
})

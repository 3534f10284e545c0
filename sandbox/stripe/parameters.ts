import type { Fields } from "../plumbing/Fields.ts"
import { invalid } from "./StripeRefusal.ts"

/** Refuses what the endpoint does not know, as the API does. */
export const onlyKnown = (fields: Fields, known: ReadonlyArray<string>): void => {
  const unknown = fields.topNames().find((name) => !known.includes(name) && name !== "expand")
  if (unknown !== undefined) {
    throw invalid(`Received unknown parameter: ${unknown}`, unknown, "parameter_unknown")
  }
}

export const text = (fields: Fields, name: string, length: number): string | undefined => {
  const value = fields.get(name)
  if (value !== undefined && value.length > length) {
    throw invalid(`Invalid string: ${name} must be at most ${length} characters`, name)
  }
  return value
}

export const boolean = (fields: Fields, name: string): boolean | undefined => {
  const value = fields.get(name)
  if (value === undefined) return undefined
  if (value !== "true" && value !== "false") throw invalid(`Invalid boolean: ${value}`, name)
  return value === "true"
}

export const integer = (fields: Fields, name: string): number | undefined => {
  const value = fields.get(name)
  if (value === undefined || value === "") return undefined
  if (!/^-?\d{1,15}$/.test(value))
    throw invalid(`Invalid integer: ${value}`, name, "parameter_invalid_integer")
  return Number(value)
}

export const positiveAmount = (fields: Fields, name: string): number | undefined => {
  const amount = integer(fields, name)
  if (amount === undefined) return undefined
  if (amount < 1) {
    throw invalid("This value must be greater than or equal to 1.", name, "parameter_invalid_integer")
  }
  if (amount > 99_999_999) {
    throw invalid("Amount must be no more than $999,999.99", name, "amount_too_large")
  }
  return amount
}

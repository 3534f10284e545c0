// Reading what a door answered, without trusting it.

/** What stands at a path of some JSON. */
export const at = (json: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && key in value ? Reflect.get(value, key) : undefined,
    json
  )

export const textAt = (json: unknown, ...path: ReadonlyArray<string | number>): string => {
  const value = at(json, ...path)
  return typeof value === "string" ? value : `(no text at ${path.join(".")}: ${JSON.stringify(json)})`
}

export const numberAt = (json: unknown, ...path: ReadonlyArray<string | number>): number => {
  const value = at(json, ...path)
  return typeof value === "number" ? value : Number.NaN
}

export const listAt = (json: unknown, ...path: ReadonlyArray<string | number>): ReadonlyArray<unknown> => {
  const value = at(json, ...path)
  return Array.isArray(value) ? value : []
}

const outcomes = ["settled", "declined", "in_review", "processing", "failed"] as const

export const outcomeAt = (json: unknown, ...path: ReadonlyArray<string | number>) => {
  const text = textAt(json, ...path)
  const known = outcomes.find((outcome) => outcome === text)
  if (known === undefined) throw new Error(`there is no outcome ${text}`)
  return known
}

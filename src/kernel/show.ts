/** A value of a request as a refusal repeats it: at most 80 characters of it. */
export const show = (value: unknown): string => {
  // JSON has no NaN and no Infinity, and would call both null.
  const text = typeof value === "number" ? String(value) : JSON.stringify(value)
  return text === undefined ? "missing" : text.length > 80 ? `${text.slice(0, 80)}...` : text
}

/** Of each pool, how often somebody waited for a connection so far and how many seconds that took altogether. */
export const poolWaits = (
  text: string
): ReadonlyMap<string, { readonly count: number; readonly seconds: number }> => {
  const found = new Map<string, { count: number; seconds: number }>()
  for (const [, what, pool = "", value] of text.matchAll(
    /^payments_pool_wait_seconds_(sum|count)\{[^}]*pool="([^"]+)"[^}]*\} (\S+)$/gm
  )) {
    const entry = found.get(pool) ?? { count: 0, seconds: 0 }
    found.set(pool, entry)
    if (what === "sum") entry.seconds = Number(value)
    else entry.count = Number(value)
  }
  return found
}

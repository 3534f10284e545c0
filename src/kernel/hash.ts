/**
 * A 32-bit hash of a text (FNV-1a with a final avalanche): integer arithmetic only, so that the same text
 * gives the same number on every machine. Not for secrets.
 */
export const hash32 = (text: string, seed = 0): number => {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return mix32(hash)
}

/** Spreads every bit of a 32-bit number over all of them; no two numbers give the same. */
export const mix32 = (number: number): number => {
  let mixed = number ^ (number >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

import { hash32, mix32 } from "../../src/kernel/hash.ts"

/** Numbers that look random and are the same for the same names: from 0 up to 1. */
export type Draw = (what: string) => number

/** What is drawn for one payment; another payment, or another run, draws something else. */
export const drawOf = (run: number, nr: number): Draw => {
  const start = mix32(mix32(run) ^ nr)
  return (what) => hash32(what, start) / 2 ** 32
}

/** One of several, each as likely as its weight says. */
export const pick = <Value>(
  at: number,
  choices: readonly [readonly [Value, number], ...ReadonlyArray<readonly [Value, number]>]
): Value => {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0)
  let left = at * total
  for (const [value, weight] of choices) {
    left -= weight
    if (left < 0) return value
  }
  return choices[0][0]
}

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** A session's id, as if it had been drawn at that time: a ULID, so that ids stand in the order of time. */
export const sessionIdAt = (millis: number, draw: Draw): string => {
  let time = ""
  for (let rest = millis, place = 0; place < 10; place++) {
    time = `${digits[rest % 32]}${time}`
    rest = Math.floor(rest / 32)
  }
  let tail = ""
  for (let place = 0; place < 16; place++) tail += digits[Math.floor(draw(`id ${place}`) * 32)]
  return `ps_${time}${tail}`
}

const day = 86_400_000

/**
 * When the payment is made that stands at this place, from 0 to 1, of a span that ends at `until`: business grows over
 * the months, and nights are quieter. Whoever stands later is made later.
 */
export const timeOf = (place: number, until: number, span: number): number => {
  const steady = until - span + span * place ** 0.8
  return Math.min(
    Math.floor(steady - (day / (2 * Math.PI)) * 0.6 * Math.sin((2 * Math.PI * steady) / day)),
    until
  )
}

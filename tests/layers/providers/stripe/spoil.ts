// Spoils valid answers: what a far end, a proxy or an attacker may make of them.
import * as fc from "fast-check"
import type { Answered } from "../../../../src/layers/transport/Exchange.ts"
import { answered, replayHeader } from "./answers.ts"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

const isObject = (json: unknown): json is { readonly [name: string]: Json } =>
  typeof json === "object" && json !== null && !Array.isArray(json)

/** Values that mean something at some place, to be put at every other. */
const values: ReadonlyArray<Json> = [
  ..."succeeded canceled requires_payment_method requires_confirmation requires_action processing requires_capture".split(
    " "
  ),
  ..."pending failed usd eur payment_intent refund list pi_1 pi_2 re_1 ref_1 card_error api_error".split(" "),
  ..."invalid_request_error rate_limit amount_too_small a_code_of_tomorrow lock_timeout".split(" "),
  ..."1250 0".split(" "),
  0,
  1,
  -1,
  400,
  1249,
  1250,
  12.5,
  1e21,
  true,
  false,
  null,
  "",
  [],
  {},
  { attempt_id: "ps_2-1-abcdef0123" }
]

type Path = ReadonlyArray<string>

const pathsOf = (json: unknown, path: Path = []): ReadonlyArray<Path> => [
  ...(path.length === 0 ? [] : [path]),
  ...(typeof json === "object" && json !== null
    ? Object.entries(json).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))
    : [])
]

/** The value at a path replaced by another one; left out when there is none. */
const put = (json: unknown, [name, ...rest]: Path, value: unknown): unknown => {
  if (name === undefined) return value
  if (Array.isArray(json)) {
    return json.flatMap((inner, index) => {
      if (String(index) !== name) return [inner]
      const changed = put(inner, rest, value)
      return changed === undefined ? [] : [changed]
    })
  }
  if (!isObject(json)) return json
  return Object.fromEntries(
    Object.entries(json).flatMap(([other, inner]) => {
      if (other !== name) return [[other, inner]]
      const changed = put(inner, rest, value)
      return changed === undefined ? [] : [[other, changed]]
    })
  )
}

const at = (json: unknown, [name, ...rest]: Path): unknown =>
  name === undefined
    ? json
    : at(
        typeof json === "object" && json !== null
          ? Object.entries(json).find(([n]) => n === name)?.[1]
          : undefined,
        rest
      )

/** One field left out, changed, or exchanged with another. */
const changed = (json: unknown, [kind, one, other, value]: Change): unknown => {
  const paths = pathsOf(json)
  const first = paths[one % Math.max(paths.length, 1)]
  const second = paths[other % Math.max(paths.length, 1)]
  if (first === undefined || second === undefined) return json
  switch (kind % 3) {
    case 0:
      return put(json, first, undefined)
    case 1:
      return put(json, first, values[value % values.length])
    default:
      return put(put(json, first, at(json, second)), second, at(json, first))
  }
}

/** The same with its fields in another order. */
export const reordered = (json: unknown, turn: number): unknown => {
  if (Array.isArray(json)) return json.map((inner) => reordered(inner, turn))
  if (!isObject(json)) return json
  const entries = Object.entries(json).map(([name, inner]) => [name, reordered(inner, turn)] as const)
  const cut = turn % Math.max(entries.length, 1)
  return Object.fromEntries([...entries.slice(cut), ...entries.slice(0, cut)].toReversed())
}

export interface Spoilt {
  readonly answer: Answered
  /** What it says, if it is read as a whole, as JSON, and no name comes twice. */
  readonly json: unknown
  readonly replayed: boolean
}

const statuses = [200, 200, 200, 201, 302, 400, 401, 402, 402, 403, 404, 409, 424, 429, 500, 503]

const number = fc.nat({ max: 1000 })

type Change = readonly [kind: number, one: number, other: number, value: number]

const changesOf: fc.Arbitrary<ReadonlyArray<Change>> = fc.oneof(
  fc.constant([]),
  fc.array(fc.tuple(number, number, number, number), { maxLength: 3 })
)

const seldom = fc.constantFrom(true, ...Array.from({ length: 9 }, () => false))

/** An answer of these, spoilt or not: its fields, its text, its status, its headers. */
export const spoiltOf = (
  valid: ReadonlyArray<{ readonly status: number; readonly body: unknown }>
): fc.Arbitrary<Spoilt> =>
  fc
    .record({
      which: fc.constantFrom(...valid),
      changes: changesOf,
      turn: number,
      status: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.constantFrom(...statuses)),
      text: fc.oneof(
        { weight: 3, arbitrary: fc.constant("as it is") },
        fc.constantFrom("cut", "twice", "a name twice", "a byte off")
      ),
      place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      unframed: seldom,
      replayed: seldom
    })
    .map(({ which, changes, turn, status, text, place, unframed, replayed }) => {
      const whole = !unframed
      const json = reordered(changes.reduce(changed, which.body), turn)
      const original = JSON.stringify(json)
      const index = Math.floor(place * original.length)
      const body =
        text === "cut"
          ? original.slice(0, index)
          : text === "twice"
            ? `${original}\n${original}`
            : text === "a name twice"
              ? original.replace(/"(\w+)":/, '"$1":"succeeded","$1":')
              : text === "a byte off"
                ? `${original.slice(0, index)}\u0000${original.slice(index + 1)}`
                : original
      return {
        answer: answered(
          status ?? which.status,
          body,
          replayed ? replayHeader : [["content-type", "application/json"]],
          { whole }
        ),
        json: whole && body === original ? json : undefined,
        replayed
      }
    })

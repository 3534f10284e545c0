// What clients and operators ask, drawn. Sessions are named by their place in the run (`#0`), so that a run that was
// made shorter still makes sense.
import * as fc from "fast-check"
import { accounts, cards } from "../expected/facts.ts"
import type { Caller, Confirm, Create, Declaration, Door, Request } from "../expected/requests.ts"
import { declarations } from "./declarations.ts"
import { neverFrom } from "./Tale.ts"

const door = fc.constantFrom<Door>("rest", "graphql")

const by = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Caller>("shop") },
  { weight: 4, arbitrary: fc.constant<Caller>("kiosk") }
)
const anybody = fc.oneof(
  { weight: 30, arbitrary: by },
  { weight: 1, arbitrary: fc.constant<Caller>("nobody") }
)

const slot = fc.oneof(
  { weight: 25, arbitrary: fc.nat(2).map((place) => `#${place}`) },
  { weight: 1, arbitrary: fc.constantFrom(`#${neverFrom}`, `#${neverFrom + 1}`) }
)

const key = fc.oneof(
  { weight: 10, arbitrary: fc.constant(undefined) },
  { weight: 10, arbitrary: fc.constantFrom("k1", "k2", "k3") },
  { weight: 1, arbitrary: fc.constantFrom("", "x".repeat(256)) }
)

/** A field that is left out where there is nothing to say. */
const given = <Name extends string, Value>(
  name: Name,
  value: Value | undefined
): { readonly [Key in Name]?: Value } | object => (value === undefined ? {} : { [name]: value })

const orders = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constantFrom("o1", "o2") }
)

const create = (drawn: fc.Arbitrary<Declaration>): fc.Arbitrary<Request> =>
  fc
    .record({
      door,
      by: anybody,
      key,
      declaration: drawn,
      order: orders,
      malformed: fc.oneof(
        { weight: 30, arbitrary: fc.constant(undefined) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<NonNullable<Create["malformed"]>>(
            "no customer",
            "a quantity in words",
            "a field that nobody knows"
          )
        }
      )
    })
    .map(({ key: drawnKey, order, malformed, declaration, ...rest }) => ({
      kind: "create",
      ...rest,
      ...given("key", drawnKey),
      ...given("malformed", malformed),
      declaration: {
        ...declaration,
        ...("orderReference" in declaration ? {} : given("orderReference", order))
      }
    }))

/** A key, or none; never one that is refused. */
const goodKey = fc.constantFrom(undefined, undefined, "k1", "k2")

/** Nothing about it is refused by itself. */
const createPlainly: fc.Arbitrary<Request> = fc
  .record({ door, by, key: goodKey, declaration: declarations.good, order: orders })
  .map(({ key: drawnKey, order, declaration, ...rest }) => ({
    kind: "create",
    ...rest,
    ...given("key", drawnKey),
    declaration: { ...declaration, ...given("orderReference", order) }
  }))

const documented = Object.keys(cards)

const token = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...documented) },
  { weight: 1, arbitrary: fc.constantFrom("tok_nobodys", "", "4000000000000002") }
)

const confirmWith = (tokens: fc.Arbitrary<string>): fc.Arbitrary<Confirm> =>
  fc
    .record({
      door,
      by: anybody,
      key,
      session: slot,
      vault: fc.oneof(
        { weight: 40, arbitrary: fc.constant("stub") },
        { weight: 1, arbitrary: fc.constantFrom("vault_of_old", "") }
      ),
      token: tokens,
      risk: fc.oneof(
        { weight: 20, arbitrary: fc.constant(undefined) },
        { weight: 3, arbitrary: fc.constantFrom("low", "medium", "high") },
        { weight: 1, arbitrary: fc.constant("enormous") }
      )
    })
    .map(({ key: drawnKey, risk, ...rest }) => ({
      kind: "confirm",
      ...rest,
      ...given("key", drawnKey),
      ...given("risk", risk)
    }))

const cancel: fc.Arbitrary<Request> = fc.record({
  kind: fc.constant("cancel" as const),
  door,
  by: anybody,
  session: slot
})

const claim: fc.Arbitrary<Request> = fc
  .record({ door, by: anybody, key, session: slot })
  .map(({ key: drawnKey, ...rest }) => ({ kind: "claim", ...rest, ...given("key", drawnKey) }))

const read: fc.Arbitrary<Request> = fc
  .record({ door, by: anybody, session: slot })
  .map((rest) => ({ kind: "read", ...rest, whole: rest.door === "graphql" }))

const flip: fc.Arbitrary<Request> = fc.record({
  kind: fc.constant("switch" as const),
  mid: fc.constantFrom(...accounts.map(({ mid }) => mid)),
  on: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: fc.constant(false) })
})

/** Longer than a lease and a late capture; than a lie and the horizon; than a session's lifetime. */
export const waits = [90_000, 600_000, 7_200_000] as const

const timePasses: fc.Arbitrary<Request> = fc.record({
  kind: fc.constant("timePasses" as const),
  ms: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(waits[0], waits[1]) },
    { weight: 1, arbitrary: fc.constant(waits[2]) }
  )
})

const reconcile: fc.Arbitrary<Request> = fc.constant({ kind: "reconcile" as const })
const takeOver: fc.Arbitrary<Request> = fc.constant({ kind: "takeOver" as const })
const expire: fc.Arbitrary<Request> = fc.constant({ kind: "expire" as const })
const processPauses: fc.Arbitrary<Request> = fc.constant({ kind: "processPauses" as const, ms: 3_000 })

const weighed = (...parts: ReadonlyArray<readonly [number, fc.Arbitrary<Request>]>) =>
  fc.oneof(...parts.map(([weight, arbitrary]) => ({ weight, arbitrary })))

/** What a client asks when it is alone. */
export const aloneRecipe = weighed(
  [10, create(declarations.mostlyGood)],
  [5, create(declarations.bad)],
  [22, confirmWith(token)],
  [3, cancel],
  [7, claim],
  [4, read],
  [3, flip],
  [7, reconcile],
  [2, takeOver],
  [2, expire],
  [4, timePasses]
)

/** The first session mostly, so that those who come at once meet. */
const mostlyFirst = fc.constantFrom("#0", "#0", "#0", "#1", "#2")

export const confirmRecipe: fc.Arbitrary<Confirm> = fc
  .record({ door, by, key: goodKey, session: mostlyFirst, token: fc.constantFrom(...documented) })
  .map(({ key: drawnKey, ...rest }) => ({
    kind: "confirm",
    ...rest,
    vault: "stub",
    ...given("key", drawnKey)
  }))

const cancelFirst: fc.Arbitrary<Request> = fc.record({
  kind: fc.constant("cancel" as const),
  door,
  by,
  session: mostlyFirst
})

const claimFirst: fc.Arbitrary<Request> = fc
  .record({ door, by, key: goodKey, session: mostlyFirst })
  .map(({ key: drawnKey, ...rest }) => ({ kind: "claim", ...rest, ...given("key", drawnKey) }))

const readFirst: fc.Arbitrary<Request> = fc
  .record({ door, by, session: mostlyFirst })
  .map((rest) => ({ kind: "read", ...rest, whole: false }))

/** What has happened before two clients come at once: little, so that they meet. */
export const prefixRecipe = weighed(
  [2, createPlainly],
  [3, confirmRecipe],
  [1, claimFirst],
  [1, flip],
  [1, timePasses]
)

export const firstRecipe = createPlainly

/** What each of two clients asks beside the other: mostly to pay... */
export const payingRecipe = weighed(
  [2, createPlainly],
  [12, confirmRecipe],
  [2, cancelFirst],
  [3, claimFirst],
  [2, readFirst],
  [1, confirmWith(token)]
)

/** ...or to fulfil what is paid... */
export const fulfillingRecipe = weighed([6, claimFirst], [2, confirmRecipe], [1, cancelFirst], [1, readFirst])

/** ...or to declare one and the same thing. */
export const declaringRecipe = weighed(
  [
    6,
    fc
      .record({
        door,
        by,
        key: goodKey,
        order: orders,
        customer: fc.constantFrom("loop_user_1", "loop_user_2")
      })
      .map(({ key: drawnKey, order, customer, ...rest }) => ({
        kind: "create" as const,
        ...rest,
        ...given("key", drawnKey),
        declaration: { ...declarations.one, customer, ...given("orderReference", order) }
      }))
  ],
  [2, confirmRecipe],
  [2, cancelFirst]
)

/** The first session is paid. */
export const paid: Request = {
  kind: "confirm",
  door: "rest",
  by: "shop",
  session: "#0",
  vault: "stub",
  token: "tok_captured"
}

/** An account of the first session's company. */
const flipOwn: fc.Arbitrary<Request> = fc.record({
  kind: fc.constant("switch" as const),
  mid: fc.nat(2).map((nr) => `@${nr}`),
  on: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) })
})

type Work = fc.Arbitrary<ReadonlyArray<Request>>

const once = (one: fc.Arbitrary<Request>): Work => one.map((request) => [request])

/** A process that stands still for so long that others do its work. */
const givenUp = (ms: number): Work =>
  fc.constant([{ kind: "timePasses", ms }, { kind: "takeOver" }, { kind: "reconcile" }])

/** What is done behind the doors meanwhile, where everybody waits for their turn. */
export const steppedWork: Work = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: once(reconcile) },
      { weight: 2, arbitrary: once(takeOver) },
      { weight: 1, arbitrary: once(expire) },
      { weight: 4, arbitrary: once(flipOwn) },
      { weight: 2, arbitrary: once(timePasses) },
      { weight: 3, arbitrary: once(processPauses) },
      { weight: 3, arbitrary: givenUp(waits[0]) },
      { weight: 2, arbitrary: givenUp(waits[1]) }
    ),
    { maxLength: 3, size: "max" }
  )
  .map((parts) => parts.flat())

/** The same where statements really overlap: no time passes there, for nobody could say when. */
export const racingWork: Work = fc.array(weighed([4, reconcile], [1, takeOver], [1, expire], [4, flipOwn]), {
  maxLength: 3,
  size: "max"
})

import { expect } from "@effect/vitest"
import { Effect } from "effect"
import { Declined } from "../../../src/kernel/cascade/Disposition.ts"
import type { PermitRefusal } from "../../../src/kernel/PaymentLedger.ts"
import * as w from "../world.ts"

// What the card networks allow of trying one card again. Windows of days are held against the kernel's own judge in
// `tests/db/retryBudgets.test.ts`.

const aCard = (cardBrand: w.KnownCard["cardBrand"] = "visa"): w.KnownCard => ({
  cardBrand,
  fingerprint: w.fresh()
})

/** Tries the card in a new session on the first of the accounts and has it declined. */
const decline = Effect.fnUntraced(function* (
  world: w.World,
  card: w.KnownCard,
  outcome: Declined = w.declined("hard"),
  tokenRef = "tok_1"
) {
  const session = yield* w.declared(world)
  const opening = yield* w.open(world, session.id, {
    candidates: world.candidates.slice(0, 1),
    card,
    request: w.confirmation(undefined, tokenRef)
  })
  if (opening._tag !== "Permitted") return yield* Effect.die(`expected a permit, got ${opening._tag}`)
  yield* w.record(opening.permit, outcome)
})

/** Which account a new session with that card is charged on, and why none or another than the first. */
const tried = Effect.fnUntraced(function* (
  world: w.World,
  card: w.KnownCard | undefined,
  tokenRef = "tok_1"
) {
  const session = yield* w.declared(world)
  const opening = yield* w.open(world, session.id, {
    ...(card === undefined ? {} : { card }),
    request: w.confirmation(undefined, tokenRef)
  })
  const { mid } = opening._tag === "Permitted" ? opening.permit.attempt : { mid: undefined }
  const at = world.accounts.findIndex(({ id }) => id === mid)
  const reasons = "passedOver" in opening ? opening.passedOver.map(({ reason }) => reason) : []
  return { at, reasons }
})

const none = (reason: PermitRefusal) => ({ at: -1, reasons: [reason, reason, reason] })

/** An issuer's `never` speaks of the card: no account of the entity tries it again. */
export const aCardThatIsNeverToBeTriedAgainIsNot = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  const card = aCard()
  yield* decline(world, card, w.declined("hard", "never"))
  expect(yield* tried(world, card)).toEqual(none("retry_forbidden"))
  // Another card is none of its business, and neither is the card at another company.
  expect(yield* tried(world, aCard())).toEqual({ at: 0, reasons: [] })
  expect(yield* tried(yield* w.newLiveWorld, card)).toEqual({ at: 0, reasons: [] })
})

/** A decline that says `never` ends the cascade too, however soft its driver called it. */
export const neverIsNotFailedOver = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  const session = yield* w.declared(world)
  const opening = yield* w.open(world, session.id, { card: aCard() })
  if (opening._tag !== "Permitted") return expect(opening._tag).toBe("Permitted")
  const recording = yield* w.record(opening.permit, w.declined("soft", "never"), {
    next: world.candidates.slice(1)
  })
  expect(recording.next).toBe(undefined)
  expect(recording.passedOver.map(({ reason }) => reason)).toEqual(["retry_forbidden", "retry_forbidden"])
  expect(recording.session).toBe("pending")
})

/** A card whose data has to be corrected is tried again as the token that it became. */
export const aCardThatNeedsAnUpdateIsTriedAsAnotherToken = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  const card = aCard()
  yield* decline(world, card, w.declined("hard", "updated"))
  expect(yield* tried(world, card)).toEqual({ at: 1, reasons: ["card_needs_update"] })
  expect(yield* tried(world, card, "tok_2")).toEqual({ at: 0, reasons: [] })
})

/** Mastercard's issuers mean an hour at the least; the others leave it to the customer. */
export const laterIsNotAtOnce = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  const mastercard = aCard("mastercard")
  yield* decline(world, mastercard, w.declined("hard", "later"))
  expect(yield* tried(world, mastercard)).toEqual({ at: 1, reasons: ["retry_too_early"] })
  const visa = aCard()
  yield* decline(world, visa, w.declined("hard", "later"))
  expect(yield* tried(world, visa)).toEqual({ at: 0, reasons: [] })
})

/** The budget is the account's: after the last try that it allows, the next account is asked. */
export const aSpentBudgetPassesOn = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  for (const [card, most] of [
    [aCard("mastercard"), 10],
    [aCard("visa"), 20]
  ] as const) {
    yield* Effect.replicateEffect(decline(world, card), most)
    expect(yield* tried(world, card)).toEqual({ at: 1, reasons: ["retry_budget_spent"] })
    expect(yield* tried(world, aCard(card.cardBrand))).toEqual({ at: 0, reasons: [] })
  }
})

/** What came to no network is none of its tries, however often: the budget is the network's. */
export const whatCameToNoNetworkSpendsNoBudget = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  const card = aCard("mastercard")
  const unsent = new Declined({
    kind: "hard",
    offNetwork: true,
    evidence: { code: "not_sent", message: "no charge was sent" }
  })
  yield* Effect.replicateEffect(decline(world, card, unsent), 12)
  expect(yield* tried(world, card)).toEqual({ at: 0, reasons: [] })
  yield* Effect.replicateEffect(decline(world, card), 9)
  expect(yield* tried(world, card)).toEqual({ at: 1, reasons: ["retry_budget_spent"] })
})

/** What captured is no try that failed, and what nobody knows yet may become one. */
export const whatIsOnItsWayCountsAndWhatCapturedDoesNot = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  const card = aCard("mastercard")
  const first = { candidates: world.candidates.slice(0, 1), card }
  const capture = Effect.gen(function* () {
    const opening = yield* w.open(world, (yield* w.declared(world)).id, first)
    if (opening._tag === "Permitted") yield* w.record(opening.permit, w.captured())
    return opening._tag
  })
  expect(yield* Effect.replicateEffect(capture, 11)).toEqual(Array(11).fill("Permitted"))
  const onItsWay = Effect.gen(function* () {
    return (yield* w.open(world, (yield* w.declared(world)).id, first))._tag
  })
  expect(yield* Effect.replicateEffect(onItsWay, 11)).toEqual([
    ...Array(10).fill("Permitted"),
    "NonePermitted"
  ])
})

/** The networks count charges of money: a test account may be tried as often as anybody likes. */
export const testAccountsHaveNoBudget = Effect.gen(function* () {
  const world = yield* w.newWorld
  const card = aCard("mastercard")
  yield* decline(world, card, w.declined("hard", "never"))
  yield* Effect.replicateEffect(decline(world, card), 11)
  expect(yield* tried(world, card)).toEqual({ at: 0, reasons: [] })
})

/** A card that the routing did not know is not counted, and never forbidden. */
export const anUnknownCardIsNotCounted = Effect.gen(function* () {
  const world = yield* w.newLiveWorld
  yield* Effect.replicateEffect(tried(world, undefined), 25)
  expect(yield* tried(world, undefined)).toEqual({ at: 0, reasons: [] })
})

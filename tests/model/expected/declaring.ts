// How a declaration becomes a session.
import type { Steps } from "./calls.ts"
import { times } from "./facts.ts"
import { fieldWithCardNumber, judge } from "./judging.ts"
import { type Answer, type Create, refused } from "./requests.ts"
import { route } from "./routing.ts"
import { type Session, spelt, withSession, type World } from "./world.ts"

/** States in which a session may still pay for its order, or has paid for it. */
const holdsOrder = (state: Session["state"]): boolean => !["failed", "cancelled", "expired"].includes(state)

export const createSteps: Steps<"create"> = (world, request, stage, { newSession }) => {
  if (stage.at === "asked") {
    const unreadable = refusedAtTheDoor(request)
    if (unreadable !== undefined) return [{ world, answer: unreadable }]
    // Text that holds a card number is never kept, so it is refused before anything is looked up.
    const number = fieldWithCardNumber(request.declaration)
    if (number !== undefined) return [{ world, answer: refused("invalid_input", number), did: "card number" }]
    return [{ world, stage: { at: "judged", refusal: refusalOf(world, request) } }]
  }
  if (stage.at !== "judged") return []

  const { key, by, declaration } = request
  const body = spelt(declaration)
  const slot = keySlot(by, "create", key)
  const before = slot === undefined ? undefined : world.keys[slot]
  if (before !== undefined) {
    // A repeated declaration is answered as it was, even if accounts have changed since.
    const session = world.sessions[before.session]
    if (before.body !== body || session === undefined) {
      return [
        { world, answer: refused("idempotency_key_reused", "idempotencyKey"), did: "create key reused" }
      ]
    }
    return [{ world, answer: createdAs(session), did: "create replayed" }]
  }
  if (stage.refusal !== undefined) return [{ world, answer: stage.refusal }]

  const holder = Object.values(world.sessions).find(
    ({ company, order, state }) =>
      order !== undefined &&
      order === declaration.orderReference &&
      company === declaration.entity &&
      holdsOrder(state)
  )
  if (holder !== undefined) {
    const answer = refused("order_already_declared", "orderReference", { state: holder.state })
    return [{ world, answer, did: "order taken" }]
  }
  const priced = judge(declaration)
  // A session that the service did not name, or one whose name was there before, is no new session.
  if ("is" in priced || newSession === undefined || world.sessions[newSession] !== undefined) return []
  const session: Session = {
    id: newSession,
    company: declaration.entity,
    category: priced.category,
    amount: priced.amount,
    currency: priced.currency,
    order: declaration.orderReference,
    state: "pending",
    round: 0,
    expiresAt: world.now + times.lifetime,
    attempts: [],
    decisions: [],
    firstOfEquals: undefined,
    facts: [],
    incidents: 0,
    neverFoundOut: [],
    claimed: undefined
  }
  const written = withSession(world, session)
  const keys = slot === undefined ? world.keys : { ...world.keys, [slot]: { session: session.id, body } }
  return [{ world: { ...written, keys }, answer: createdAs(session), did: "created" }]
}

const createdAs = ({ id, state, amount, currency, category }: Session): Answer => ({
  is: "created",
  session: id,
  state,
  amount,
  currency,
  category
})

/** The place of a key: every caller has keys of its own, and so has every operation. */
export const keySlot = (by: string, operation: string, key: string | undefined): string | undefined =>
  key === undefined ? undefined : `${by} ${operation} ${key}`

/** The longest key that is taken. */
const longestKey = 255

/** What no kernel is asked about: who asks, a key that is none, a form that nobody can read. */
export const refusedAtTheDoor = (request: {
  readonly door: string
  readonly by: string
  readonly key?: string
  readonly malformed?: string
}): Answer | undefined => {
  if (request.by === "nobody") return refused("unauthorized", "Authorization")
  if (request.malformed !== undefined) return refused("malformed_request", null)
  if (request.key !== undefined && (request.key === "" || request.key.length > longestKey)) {
    // REST has the key in a header, which is part of the form; in GraphQL it is a value.
    return request.door === "rest"
      ? refused("malformed_request", null)
      : refused("invalid_input", "idempotencyKey")
  }
  return undefined
}

/** What the declaration is refused for by what the routing of this process knows now. */
const refusalOf = (world: World, { declaration }: Create): Answer | undefined => {
  const judged = judge(declaration)
  if ("is" in judged) return judged
  const charge = { ...judged, company: declaration.entity, risk: "low" }
  const { chosen, leftOut } = route(charge, world.knownStopped)
  return chosen.length > 0
    ? undefined
    : refused("no_eligible_merchant_account", "entity", { reasons: leftOut })
}

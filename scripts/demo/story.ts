import { Effect, Fiber, Schedule, type Scope } from "effect"
import type { Answer, Client } from "./client.ts"
import type { Books } from "./books.ts"
import { expect, heading, line } from "./print.ts"
import type { RunningServer } from "./server.ts"

/** What the scenes share. */
export interface Stage {
  readonly client: Client
  readonly books: Books
  /** A server after the one that was killed, on the same database. */
  readonly restart: Effect.Effect<RunningServer & { readonly client: Client }, unknown, Scope.Scope>
  readonly server: RunningServer
}

const peptide = {
  customer: "loop_user_1",
  brand: "loop-bio",
  entity: "loop_bio_labs",
  intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 1 }] },
  mode: "hosted"
}

const card = (tokenRef: string) => ({ vaultToken: { vaultId: "stub", tokenRef } })

const declare = Effect.fnUntraced(function* (client: Client, config: object = {}) {
  const session = yield* client.post("/v1/payment-sessions", { ...peptide, ...config })
  return session.id ?? (yield* Effect.die(`a session was refused: ${JSON.stringify(session)}`))
})

const confirm = (client: Client, session: string, tokenRef: string, idempotencyKey?: string) =>
  client.post(`/v1/payment-sessions/${session}/confirm`, card(tokenRef), idempotencyKey)

const fulfil = (client: Client, session: string) => client.post(`/v1/payment-sessions/${session}/fulfilment`)

const refusal = (answer: Answer & { readonly status: number }): string =>
  `${answer.status} ${answer.error?.code ?? "?"}: ${answer.error?.message ?? "?"}`

/** Asks until the session is in that state; gives up after half a minute. */
const waitFor = (client: Client, session: string, state: string) =>
  client.get(`/v1/payment-sessions/${session}`).pipe(
    Effect.repeat({
      until: (answer) => answer.state === state,
      times: 150,
      schedule: Schedule.spaced("200 millis")
    })
  )

export const capturedAtOnce = Effect.fnUntraced(function* ({ client }: Stage) {
  yield* heading("A charge that is captured at once")
  const session = yield* declare(client)
  const answer = yield* confirm(client, session, "tok_captured")
  yield* expect(`the charge is ${answer.outcome}`, answer.outcome === "settled")
})

export const capturedOnTheThird = Effect.fnUntraced(function* ({ client }: Stage) {
  yield* heading("Declined on two merchant accounts, captured on the third")
  const session = yield* declare(client)
  const answer = yield* confirm(client, session, "tok_declined_at_stub_a")
  yield* expect(`the customer sees one charge: ${answer.outcome}`, answer.outcome === "settled")
})

export const hardDecline = Effect.fnUntraced(function* ({ client }: Stage) {
  yield* heading("A hard decline stops the cascade")
  const session = yield* declare(client)
  const answer = yield* client.post(`/v1/payment-sessions/${session}/confirm`, {
    ...card("tok_hard_decline"),
    riskLevel: "high"
  })
  yield* expect(
    `the charge is ${answer.outcome}, and no other account was asked`,
    answer.outcome === "declined"
  )
})

export const unknownOutcome = Effect.fnUntraced(function* ({ client }: Stage) {
  yield* heading("A processor that does not answer: the session halts in review")
  const session = yield* declare(client, { orderReference: "order-1001" })
  const answer = yield* confirm(client, session, "tok_timeout_captured_late", "checkout-1001")
  yield* expect(`the outcome is ${answer.outcome}: “${answer.message}”`, answer.outcome === "in_review")
  const again = yield* confirm(client, session, "tok_captured", "another-click")
  yield* expect(`a second confirm is refused: ${refusal(again)}`, again.status === 409)
  const second = yield* client.post("/v1/payment-sessions", { ...peptide, orderReference: "order-1001" })
  yield* expect(`a second client with the same order is refused: ${refusal(second)}`, second.status === 409)
  const early = yield* fulfil(client, session)
  yield* expect(`fulfilment is refused: ${refusal(early)}`, early.status === 409)
  yield* line("... the reconciler asks the processor, with longer and longer pauses")
  const late = yield* waitFor(client, session, "settled")
  yield* expect(
    "the late truth arrives: the money had moved, and the session is settled",
    late.state === "settled"
  )
  const first = yield* fulfil(client, session)
  const duplicate = yield* fulfil(client, session)
  yield* expect(
    `fulfilment: ${first.fulfilment}, then ${duplicate.fulfilment}`,
    first.fulfilment === "first" && duplicate.fulfilment === "duplicate"
  )
})

export const laundering = Effect.fnUntraced(function* ({ client, books }: Stage) {
  yield* heading("A laundering try: a research compound through the merchandise company")
  const honest = { ...peptide, brand: "loop-store", entity: "loop_goods" }
  const refused = yield* client.post("/v1/payment-sessions", honest)
  yield* expect(
    `refused at creation: ${refusal(refused)}`,
    refused.error?.code === "category_not_underwritten"
  )
  const lying = yield* client.post("/v1/payment-sessions", { ...honest, product: "merchandise" })
  yield* expect(
    `so is the claim that it is merchandise: ${refusal(lying)}`,
    lying.error?.code === "category_claim_disagrees"
  )
  for (const attempt of yield* books.launderingTries) {
    yield* expect(`${attempt.by}: ${attempt.answer}`, attempt.refused)
  }
})

export const killSwitch = Effect.fnUntraced(function* ({ client }: Stage) {
  yield* heading("A kill switch flipped in mid-cascade")
  const session = yield* declare(client)
  const charge = yield* Effect.forkChild(confirm(client, session, "tok_declined_slowly_at_stub_a"))
  yield* Effect.sleep("700 millis")
  yield* setKillSwitch(client, "mid_bio_2", true)
  yield* line("while mid_bio_1 is being asked, an operator stops mid_bio_2")
  const answer = yield* Fiber.join(charge)
  yield* expect(
    `mid_bio_2 was passed over, and the charge is ${answer.outcome}`,
    answer.outcome === "settled"
  )
  const asked = requestIn(yield* setKillSwitch(client, "mid_bio_2", false))
  yield* expect("that it sends again takes two persons: the request waits", asked !== undefined)
  const approve = {
    query: "mutation ($id: ID!) { approveChange(changeRequest: $id) { __typename } }",
    variables: { id: asked }
  }
  const alone = JSON.stringify((yield* client.post("/graphql", approve)).data)
  yield* expect("whoever asked cannot sign as well", alone.includes("SecondPersonNeeded"))
  const signed = JSON.stringify((yield* client.postAsSecond("/graphql", approve)).data)
  yield* expect("a second operator signs, and it sends again", signed.includes("ApproveChangePayload"))
})

const requestIn = ({ data }: Answer): string | undefined => /cr_[0-9]+/.exec(JSON.stringify(data))?.[0]

const setKillSwitch = (client: Client, mid: string, on: boolean) =>
  client.post("/graphql", {
    query: `mutation ($mid: ID!, $on: Boolean!) {
      setMidKillSwitch(mid: $mid, on: $on, reason: "demonstration") {
        ... on NeedsApproval { changeId }
      }
    }`,
    variables: { mid, on }
  })

export const killedInMidCharge = Effect.fnUntraced(function* (stage: Stage) {
  yield* heading("The server is killed with -9 in mid-charge")
  const session = yield* declare(stage.client)
  yield* Effect.forkChild(Effect.exit(confirm(stage.client, session, "tok_slow")))
  yield* Effect.sleep("700 millis")
  yield* stage.server.kill
  yield* line("killed while the processor was being asked; nobody heard the answer")
  const { client } = yield* stage.restart
  const found = yield* client.get(`/v1/payment-sessions/${session}`)
  yield* line(
    `the next start finds the session ${found.state}; its attempt belongs to the dead driver until its lease ends`
  )
  const settled = yield* waitFor(client, session, "settled")
  yield* expect("taken over, looked up, settled: nothing was charged again", settled.state === "settled")
  return client
})

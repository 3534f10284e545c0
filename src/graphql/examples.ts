import { exampleCards } from "../http/exampleCards.ts"
import type { VaultToken } from "../kernel/Card.ts"

// Queries to begin with: the tabs of GraphiQL, the README, and golden files of the tests, which run them.

/** Which merchant accounts would serve this charge, and why not the others? */
const preview = `query WhichAccounts {
  routingPreview(
    input: {
      entity: "loop_bio_labs"
      product: "ruo_compounds"
      amountCents: 9800
      country: "US"
      cardBrand: "visa"
      risk: "high"
    }
  ) {
    ... on RoutingPreview {
      chosen { midId provider priority }
      leftOut { midId reasons { code sentence } }
    }
    ... on Refusal { code field message }
  }
}
`

/** Two vials, declared as a payment. */
const declare = `mutation Declare {
  createPaymentSession(
    input: {
      customer: "loop_user_1"
      brand: "loop-bio"
      entity: "loop_bio_labs"
      mode: "hosted"
      intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 2 }] }
    }
  ) {
    ... on CreatePaymentSessionPayload { url session { sessionId state money { formatted } } }
    ... on Refusal { code field message }
  }
}
`

/** Charged with a card that two accounts decline and the third one takes. */
const confirmWith = ({ vaultId, tokenRef }: VaultToken) => `mutation Confirm($session: ID!) {
  confirmPaymentSession(
    input: { session: $session, vaultToken: { vaultId: "${vaultId}", tokenRef: "${tokenRef}" } }
  ) {
    ... on ConfirmPaymentSessionPayload {
      outcome
      message
      session { attempts { nodes { ordinal state provider merchantAccount { midId } } } }
    }
    ... on Refusal { code field message }
  }
}
`

/** Every try to charge, newest first: what was heard of it, and why it went where it went. */
const history = `query History {
  attempts(first: 10) {
    nodes {
      attemptId
      state
      money { formatted }
      merchantAccount { midId provider }
      evidence { nodes { source outcome code } }
      decision { chosen { midId } leftOut { midId reasons { sentence } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`

/** `card`: the one that `confirm` charges. */
export const examplesWith = (card: VaultToken) =>
  ({ preview, declare, confirm: confirmWith(card), history }) as const

/** As the README shows them. */
export const examples = examplesWith(exampleCards({ sandbox: false }).goesOn)

// What the customers asked over HTTP and what they heard. The auditor knows this and the gateways' books, and
// nothing else.

export type SessionState =
  | "pending"
  | "processing"
  | "in_review"
  | "settled"
  | "failed"
  | "cancelled"
  | "expired"

export const finalStates: ReadonlySet<SessionState> = new Set(["settled", "failed", "cancelled", "expired"])

export interface Money {
  /** Minor units. */
  readonly amount: number
  readonly currency: string
}

/** What can be asked. A key is the caller's own idempotency key; of a claim, that of one worker. */
export type Question =
  | { readonly ask: "declare"; readonly order: Order; readonly key: string }
  | { readonly ask: "confirm"; readonly session: string; readonly tokenRef: string; readonly key: string }
  | { readonly ask: "cancel"; readonly session: string }
  | { readonly ask: "claim"; readonly session: string; readonly key: string }
  | { readonly ask: "read"; readonly session: string }

/** What a customer buys, and from which company. */
export interface Order extends Money {
  readonly brand: string
  readonly entity: string
  readonly product: string
}

export type Answer =
  | { readonly is: "declared"; readonly session: string; readonly state: SessionState }
  | { readonly is: "confirmed"; readonly outcome: string; readonly state: SessionState }
  | { readonly is: "standing"; readonly state: SessionState }
  | { readonly is: "fulfilment"; readonly fulfilment: "first" | "duplicate"; readonly own: boolean }
  /** A refusal that the contract knows; with the state in which the session was, where it says so. */
  | { readonly is: "refused"; readonly code: string; readonly state: SessionState | undefined }
  /** Our side could not say: 503. It may or may not have been done. */
  | { readonly is: "unavailable"; readonly why: string }
  /** An answer that the contract does not know. */
  | { readonly is: "broken"; readonly words: string }
  /** No answer: refused, cut, hung up. It may or may not have been done. */
  | { readonly is: "lost"; readonly why: string }

export type Door = "REST" | "GraphQL"

/** One request and what came of it. Times are epoch milliseconds. */
export interface Exchange {
  /** Sent as `X-Request-Id`, so that the server's log can be found again. */
  readonly id: string
  readonly question: Question
  readonly replica: number
  readonly door: Door
  readonly askedAt: number
  readonly heardAt: number
  readonly answer: Answer
}

/** The session that an exchange was about; of a declaration that was not answered there is none. */
export const sessionOf = ({ question, answer }: Exchange): string | undefined =>
  question.ask !== "declare" ? question.session : answer.is === "declared" ? answer.session : undefined

/** The state of the session that an answer tells. */
export const stateTold = ({ answer }: Exchange): SessionState | undefined => {
  switch (answer.is) {
    case "declared":
    case "confirmed":
    case "standing":
    case "refused":
      return answer.state
    case "fulfilment":
      return "settled"
    case "unavailable":
    case "broken":
    case "lost":
      return undefined
  }
}

/** Whether somebody said anything that holds; who hears nothing may ask the same again. */
export const isAnswered = ({ is }: Answer): boolean => is !== "lost" && is !== "unavailable"

// What may be asked of the service, and what it may answer: the words of the doors, whichever door it was.

export type Door = "rest" | "graphql"

/** Who asks: two apps with a key each, and somebody whose key is unknown. */
export type Caller = "shop" | "kiosk" | "nobody"

export interface Line {
  readonly providerPriceRef?: string
  readonly priceData?: {
    readonly amountCents: number
    readonly currency: string
    readonly name: string
    readonly product: string
  }
  readonly quantity: number
}

/** What an app declares. */
export interface Declaration {
  readonly customer: string
  readonly brand: string
  readonly entity: string
  readonly mode: string
  readonly intent: {
    readonly type: string
    readonly planKey?: string
    readonly lineItems?: ReadonlyArray<Line>
    readonly amountCents?: number
    readonly currency?: string
  }
  readonly product?: string
  readonly redirects?: { readonly successUrl: string; readonly cancelUrl: string }
  readonly metadata?: Readonly<Record<string, string>>
  readonly orderReference?: string
}

/** What is wrong with the form of a declaration that is sent, so that nobody can read it. */
export type Malformed = "no customer" | "a quantity in words" | "a field that nobody knows"

interface Asked {
  readonly door: Door
  readonly by: Caller
}

export interface Create extends Asked {
  readonly kind: "create"
  readonly key?: string
  readonly declaration: Declaration
  readonly malformed?: Malformed
}

export interface Confirm extends Asked {
  readonly kind: "confirm"
  readonly key?: string
  readonly session: string
  readonly vault: string
  readonly token: string
  readonly risk?: string
}

export interface Cancel extends Asked {
  readonly kind: "cancel"
  readonly session: string
}

export interface Claim extends Asked {
  readonly kind: "claim"
  readonly key?: string
  readonly session: string
}

export interface Read extends Asked {
  readonly kind: "read"
  readonly session: string
  /** With routing decisions and evidence, which GraphQL alone shows. */
  readonly whole: boolean
}

/** Stops or resumes one account, as an operator does through GraphQL. */
export interface Switch {
  readonly kind: "switch"
  readonly mid: string
  readonly on: boolean
}

export type Request =
  | Create
  | Confirm
  | Cancel
  | Claim
  | Read
  | Switch
  /** The reconciler asks for every attempt whose outcome is unknown. */
  | { readonly kind: "reconcile" }
  /** The reconciler takes over the attempts whose driver is late. */
  | { readonly kind: "takeOver" }
  /** Sessions whose time is over expire. */
  | { readonly kind: "expire" }
  /** Time passes for the database and the gateways. */
  | { readonly kind: "timePasses"; readonly ms: number }
  /** The server's process stands still for so long, on its own clock. */
  | { readonly kind: "processPauses"; readonly ms: number }

export type Outcome = "settled" | "declined" | "in_review" | "processing" | "failed"

export interface ReadAttempt {
  readonly ordinal: number
  readonly mid: string
  readonly provider: string
  readonly state: string
  /** Only of what was read whole. */
  readonly round?: number
  readonly declineKind?: string | null
  /** `driver: captured`, in the order in which it was heard. */
  readonly heard?: ReadonlyArray<string>
}

export interface ReadDecision {
  readonly round: number
  readonly chosen: ReadonlyArray<string>
  /** `mid_bio_1: KillSwitchOn`, every reason of every account, sorted. */
  readonly leftOut: ReadonlyArray<string>
  readonly passedOver: ReadonlyArray<string>
}

export type Answer =
  | {
      readonly is: "created"
      readonly session: string
      readonly state: string
      readonly amount: number
      readonly currency: string
      readonly category: string
    }
  | { readonly is: "confirmed"; readonly outcome: Outcome; readonly state: string }
  | { readonly is: "cancelled"; readonly state: string }
  | { readonly is: "claimed"; readonly fulfilment: string; readonly ownClaim: boolean }
  | {
      readonly is: "read"
      readonly state: string
      readonly amount: number
      readonly currency: string
      readonly attempts: ReadonlyArray<ReadAttempt>
      readonly decisions?: ReadonlyArray<ReadDecision>
    }
  | {
      readonly is: "refused"
      readonly code: string
      /** Null where the form of the request as a whole is refused. */
      readonly field: string | null
      /** Where the refusal tells the state of a session. */
      readonly state?: string
      /** `mid_bio_1: KillSwitchOn`, where the refusal explains the routing. */
      readonly reasons?: ReadonlyArray<string>
    }
  | { readonly is: "switched"; readonly on: boolean }
  | { readonly is: "done"; readonly counts: Readonly<Record<string, number>> }

export const refused = (
  code: string,
  field: string | null,
  rest: { readonly state?: string; readonly reasons?: ReadonlyArray<string> } = {}
): Answer => ({ is: "refused", code, field, ...rest })

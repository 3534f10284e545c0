// A call is a request that has begun and what it has done so far, as plain data. It does its work in steps; what
// others ask may happen between any two of them, and nothing happens in the middle of one.
import type { Answer, Request } from "./requests.ts"
import type { World } from "./world.ts"

/** What the cascade still has in hand for the session that it charges. */
export interface Charging {
  readonly candidates: ReadonlyArray<string>
  /** When the clock of the process was read for the permit that is to be used next, at the earliest. */
  readonly since: number
}

/** One attempt that a reconciler has been given to ask for. */
export interface Asking {
  readonly session: string
  readonly ordinal: number
  /** Milliseconds since its write-ahead, when it was given out. */
  readonly age: number
  readonly found: "nothing yet" | "captured" | "declined" | "unproven" | "absent"
  /** Whether the attempt had an outcome once that was recorded. */
  readonly left: "unrecorded" | "resolved" | "open"
}

export type Stage =
  | { readonly at: "asked" }
  /** A declaration was judged; what is left is to write it, or to answer for what came before under its key. */
  | { readonly at: "judged"; readonly refusal: Answer | undefined }
  /** A confirmation was routed; its write-ahead is next. */
  | ({
      readonly at: "routed"
      readonly leftOut: ReadonlyArray<string>
      readonly orders: ReadonlyArray<Order>
    } & Charging)
  /** The attempt is written: the permit to send it is in hand. */
  | ({ readonly at: "permitted"; readonly ordinal: number } & Charging)
  /** The permit was fresh enough: the processor is about to be asked. */
  | ({ readonly at: "sending"; readonly ordinal: number } & Charging)
  /** The processor was asked, and this is what the driver makes of it. */
  | ({
      readonly at: "heard"
      readonly ordinal: number
      readonly said: "captured" | "soft" | "hard" | "unproven"
    } & Charging)
  /** A cancellation was written. */
  | { readonly at: "cancelled" }
  /** The session was read; its attempts are next. */
  | { readonly at: "half read"; readonly state: string; readonly amount: number; readonly currency: string }
  /** A kill switch was thrown in the database; the routing of this process is about to hear of it. */
  | { readonly at: "thrown" }
  | { readonly at: "asking"; readonly asking: ReadonlyArray<Asking> }

export interface Order {
  readonly mids: ReadonlyArray<string>
  readonly firstOfEquals: string | undefined
}

/** One thing that may happen next: the world and the call after it, or the world and the call's answer. */
export type Move =
  | { readonly world: World; readonly stage: Stage; readonly did?: string }
  | { readonly world: World; readonly answer: Answer; readonly did?: string }

/** What the model has to know of the surroundings of a call. */
export interface Circumstances {
  /** The id that a session declared by this call was given: it is drawn by the service. */
  readonly newSession: string | undefined
  /**
   * Sessions that others are at work on while this call runs, where the statements of several really overlap. Work
   * in the background passes over rows that somebody holds at that moment.
   */
  readonly held: ReadonlyArray<string>
}

export type Steps<Kind extends Request["kind"]> = (
  world: World,
  request: Extract<Request, { readonly kind: Kind }>,
  stage: Stage,
  circumstances: Circumstances
) => ReadonlyArray<Move>

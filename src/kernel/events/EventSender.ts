import { Context, type Effect, type Redacted } from "effect"
import type { AddressNotAllowed } from "./eventRefusals.ts"

/** One event for one address. */
export interface Letter {
  readonly url: string
  /** The same for every try: receivers dedupe by it. */
  readonly id: string
  readonly body: string
  /** What it is signed with, the current one first. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

/** What came of one try. */
export type Sent =
  | { readonly _tag: "Answered"; readonly status: number; readonly answer: string }
  | { readonly _tag: "NotAnswered"; readonly problem: string }

/** The port to the apps' endpoints. It never follows, never retries, and goes to public addresses only. */
export class EventSender extends Context.Service<
  EventSender,
  {
    /** Judges an address before it is kept; answers it as it is kept. It is judged again at every try. */
    readonly judge: (url: string) => Effect.Effect<string, AddressNotAllowed>
    /** One signed POST with a hard deadline. */
    readonly send: (letter: Letter) => Effect.Effect<Sent>
  }
>()("payment-orchestration/kernel/events/EventSender") {}

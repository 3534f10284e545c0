import type { Duration, Effect, Redacted } from "effect"

/** One HTTP request, as it goes out. It is sent once, whatever comes of it. */
export interface OutgoingRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly url: URL
  /** Names in lower case. Secrets stay covered until they are written on the line. */
  readonly headers: Readonly<Record<string, string | Redacted.Redacted>>
  readonly body?: string
  /** How long to wait for the whole answer, from before the line is opened. */
  readonly deadline: Duration.Duration
}

/**
 * An answer came. It says what it says and no more: whether that proves anything is for whoever knows the far end.
 */
export interface Answered {
  readonly _tag: "Answered"
  readonly status: number
  /** As they came, names in lower case: one that comes twice stands here twice. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
  /**
   * The body came to the end that its own framing announced. It did not when the line was cut, the deadline passed,
   * the body was too long, or it has no framing, so that its end looks like a cut.
   */
  readonly whole: boolean
}

/** Not a byte of the request left this process: the line to the far end was never there. */
export interface NotSent {
  readonly _tag: "NotSent"
  readonly code: string
}

/** The request may have arrived, in whole or in part, and no answer came that can be read. */
export interface Unanswered {
  readonly _tag: "Unanswered"
  readonly code: string
}

export type Exchanged = Answered | NotSent | Unanswered

/**
 * Sends a request once and tells what came of it. Nothing is sent again, no redirect is followed, and interrupting it
 * calls nothing back: whoever interrupts it knows nothing of the outcome.
 */
export type Transport = (request: OutgoingRequest) => Effect.Effect<Exchanged>

/** A header that should be there once at most. One that came several times says nothing, even if all are the same. */
export const headerOf = (
  { headers }: Answered,
  name: string
):
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Once"; readonly value: string }
  | { readonly _tag: "Repeated" } => {
  const [first, ...others] = headers.filter(([other]) => other === name)
  if (first === undefined) return { _tag: "Absent" }
  return others.length > 0 ? { _tag: "Repeated" } : { _tag: "Once", value: first[1] }
}

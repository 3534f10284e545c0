import { type Duration, Effect, Fiber, Option, Schema } from "effect"
import { Currency } from "../../../kernel/Money.ts"

/** What can be asked of a simulated gateway. Amounts are minor units. */
export type StubRequest =
  | ({ readonly _tag: "Charge"; readonly tokenRef: string } & Asked)
  | ({ readonly _tag: "Refund"; readonly chargeReference: string } & Asked)
  | {
      readonly _tag: "Void"
      readonly mid: string
      readonly idempotencyKey: string
      readonly chargeReference: string
    }
  | { readonly _tag: "Lookup"; readonly mid: string; readonly idempotencyKey: string }
  | { readonly _tag: "RefundLookup"; readonly mid: string; readonly idempotencyKey: string }
  | {
      readonly _tag: "RefundRead"
      readonly mid: string
      readonly chargeReference: string
      readonly refundReference: string
    }
  | { readonly _tag: "Context"; readonly mid: string; readonly chargeReference: string }

export interface Asked {
  readonly mid: string
  readonly idempotencyKey: string
  readonly amount: number
  readonly currency: Currency
}

/** What a simulated gateway answers, as JSON. Only the code is always there. */
export const StubAnswer = Schema.Struct({
  code: Schema.String,
  message: Schema.String,
  reference: Schema.optionalKey(Schema.NonEmptyString),
  amount: Schema.optionalKey(Schema.Int),
  /** The key that the charge was sent with. */
  key: Schema.optionalKey(Schema.NonEmptyString),
  /** How much of the charge went back already. */
  refunded: Schema.optionalKey(Schema.Int),
  /** The charge is not settled: it can be voided, and not refunded. */
  voidOnly: Schema.optionalKey(Schema.Boolean),
  currency: Schema.optionalKey(Currency)
})
export type StubAnswer = typeof StubAnswer.Type

/** The text of an answer and how long it is under way; `undefined` if it gets lost. */
export interface Delivery {
  readonly text: string
  readonly after: Duration.Duration | undefined
}

/** The far end of the wire: takes every request to its end, whether or not anybody still waits. */
export type Gateway = (request: StubRequest) => Effect.Effect<Delivery>

/**
 * A wire within this process. It behaves like one that leaves it: what was sent cannot be called back, not even
 * by interrupting the sender, and an answer that does not come before the deadline is none.
 */
export const inProcessWire =
  (gateway: Gateway, deadline: Duration.Duration) =>
  (request: StubRequest): Effect.Effect<Option.Option<string>> =>
    Effect.flatMap(
      Effect.forkDetach(gateway(request), { startImmediately: true, uninterruptible: true }),
      (underway) =>
        // Both sides may be interrupted, by each other, even where the sender may not be.
        Effect.raceFirst(
          Effect.interruptible(Effect.map(arrival(underway), Option.some)),
          Effect.interruptible(Effect.as(Effect.sleep(deadline), Option.none<string>()))
        )
    )

const arrival = (underway: Fiber.Fiber<Delivery>): Effect.Effect<string> =>
  Effect.flatMap(Fiber.join(underway), ({ text, after }) =>
    after === undefined ? Effect.never : Effect.as(Effect.sleep(after), text)
  )

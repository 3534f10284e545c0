import { isCurrency, type Money } from "../../../kernel/Money.ts"
import type { PaymentAction } from "../../../kernel/cascade/Disposition.ts"
import { type Decline, declineOf } from "./declines.ts"
import type { PaymentIntent } from "./wire.ts"

/** The charge that is asked about: what has to be found on an intent before it proves anything. */
export interface Asked {
  readonly idempotencyKey: string
  readonly money: Money
  /** The mode of the account's key. */
  readonly livemode: boolean
}

/** What an answer proves of a charge. */
export type Verdict =
  | { readonly _tag: "Captured"; readonly intent: PaymentIntent }
  | { readonly _tag: "Declined"; readonly decline: Decline; readonly intent?: PaymentIntent }
  /** No money moved, and it still may: it is declined once a cancellation is confirmed. */
  | { readonly _tag: "Cancel"; readonly decline: Decline; readonly intent: PaymentIntent }
  | { readonly _tag: "Waits"; readonly action: PaymentAction; readonly intent: PaymentIntent }
  | {
      readonly _tag: "Unknown"
      readonly code: string
      readonly message: string
      readonly intent?: PaymentIntent
    }

/** A row of a table: what applies first, counts. What no row applies to is unknown. */
export interface Row<Seen> {
  readonly code: string
  readonly answer: string
  readonly applies: (seen: Seen) => boolean
  readonly means: Verdict["_tag"]
  readonly why: string
}

interface SeenIntent {
  readonly intent: PaymentIntent
  readonly asked: Asked
}

const received = ({ amount_received }: PaymentIntent): boolean => amount_received !== 0

const held = ({ amount_capturable = 0 }: PaymentIntent): boolean => amount_capturable !== 0

/** The page of the issuer that the customer is to be sent to; without TLS to one of the test mode only. */
const actionOf = ({ next_action, livemode }: PaymentIntent): PaymentAction | undefined => {
  const url = next_action?.type === "redirect_to_url" ? next_action.redirect_to_url?.url : undefined
  if (typeof url !== "string" || !URL.canParse(url)) return undefined
  const { protocol } = new URL(url)
  return protocol === "https:" || (protocol === "http:" && !livemode) ? { type: "redirect", url } : undefined
}

/** What a PaymentIntent itself proves, however it was come by. */
export const intentRows: ReadonlyArray<Row<SeenIntent>> = [
  {
    code: "intent_of_another",
    answer: "its metadata does not carry this attempt's key",
    applies: ({ intent, asked }) => intent.metadata["attempt_id"] !== asked.idempotencyKey,
    means: "Unknown",
    why: "it tells of somebody else's money"
  },
  {
    code: "intent_of_other_mode",
    answer: "a test intent of a live key, or the other way round",
    applies: ({ intent, asked }) => intent.livemode !== asked.livemode,
    means: "Unknown",
    why: "in test mode everything is approved and nothing is charged"
  },
  {
    code: "succeeded",
    answer: "succeeded, and its whole amount received",
    applies: ({ intent }) =>
      intent.status === "succeeded" &&
      intent.amount > 0 &&
      intent.amount_received === intent.amount &&
      !held(intent) &&
      isCurrency(intent.currency.toUpperCase()),
    means: "Captured",
    why: "the object itself says that the money moved, and how much"
  },
  {
    code: "intent_contradicts_itself",
    answer: "succeeded without its amount, or money on one that did not succeed",
    applies: ({ intent }) =>
      intent.status === "succeeded" ||
      received(intent) ||
      (held(intent) && intent.status !== "requires_capture"),
    means: "Unknown",
    why: "one half of it is wrong, and nobody knows which"
  },
  {
    code: "intent_of_other_money",
    answer: "another amount or currency than was asked for, and nothing received",
    applies: ({ intent, asked }) =>
      intent.amount !== asked.money.amount || intent.currency.toUpperCase() !== asked.money.currency,
    means: "Unknown",
    why: "that other money did not move says nothing of this; what moved is recorded as it is"
  },
  {
    code: "canceled",
    answer: "canceled, nothing received",
    applies: ({ intent }) => intent.status === "canceled",
    means: "Declined",
    why: "a canceled intent never moves money any more"
  },
  {
    code: "requires_payment_method",
    answer: "requires_payment_method, nothing received",
    applies: ({ intent }) => intent.status === "requires_payment_method",
    means: "Cancel",
    why: "declined, but it can be confirmed again; Stripe itself may do so after a failure of its own"
  },
  {
    code: "requires_confirmation",
    answer: "requires_confirmation, nothing received",
    applies: ({ intent }) => intent.status === "requires_confirmation",
    means: "Cancel",
    why: "the confirmation came to nothing so far, and nobody asks for it again"
  },
  {
    code: "requires_action",
    answer: "requires_action, and an address for the customer",
    applies: ({ intent }) => intent.status === "requires_action" && actionOf(intent) !== undefined,
    means: "Waits",
    why: "the customer decides; until the cancellation is confirmed the charge is live"
  },
  {
    code: "authentication_required",
    answer: "requires_action, and no address to send anybody to",
    applies: ({ intent }) => intent.status === "requires_action",
    means: "Cancel",
    why: "nobody could ever do what it waits for"
  },
  {
    code: "requires_capture",
    answer: "requires_capture",
    applies: ({ intent }) => intent.status === "requires_capture",
    means: "Unknown",
    why: "the money is held, and this driver asks for captures only"
  },
  {
    code: "processing",
    answer: "processing",
    applies: ({ intent }) => intent.status === "processing",
    means: "Unknown",
    why: "Stripe does not know yet"
  }
]

/** What a PaymentIntent proves of the charge that is asked about. */
export const judgeIntent = (intent: PaymentIntent, asked: Asked): Verdict => {
  const row = intentRows.find(({ applies }) => applies({ intent, asked }))
  const unknown = (code: string, message: string): Verdict =>
    // An intent of somebody else's is no place to look for this charge.
    code === "intent_of_another"
      ? { _tag: "Unknown", code, message }
      : { _tag: "Unknown", code, message, intent }
  if (row === undefined) return unknown("unknown_status", `the intent is ${intent.status}`)
  switch (row.means) {
    case "Captured":
      return { _tag: "Captured", intent }
    case "Declined":
      return { _tag: "Declined", intent, decline: declineOfIntent(intent, row.code, row.answer) }
    case "Cancel":
      return { _tag: "Cancel", intent, decline: declineOfIntent(intent, row.code, row.answer) }
    case "Waits": {
      const action = actionOf(intent)
      return action === undefined ? unknown(row.code, row.answer) : { _tag: "Waits", action, intent }
    }
    case "Unknown":
      return unknown(row.code, row.answer)
  }
}

/**
 * Why an intent is declined: by its last error, or else by the state in which it was given up. An intent that was
 * canceled without an error stands for nothing against the card.
 */
const declineOfIntent = (intent: PaymentIntent, state: string, message: string): Decline => {
  const { last_payment_error: error } = intent
  if (error !== null && error !== undefined) return declineOf(error)
  if (state === "authentication_required") return declineOf({ type: "card_error", code: state })
  return { kind: "soft", code: state, message: `no money moved: ${message}` }
}

import type { Stage } from "../../../kernel/checkout/Stage.ts"

/** What a stage is called, and what it means. */
export interface StageWords {
  readonly heading: string
  readonly text: string
}

/** Everything that a checkout says, in one language. `{brand}`, `{entity}` and `{amount}` are filled in. */
export interface Messages {
  /** As a language tag, and the direction in which it is written. */
  readonly locale: string
  readonly direction: "ltr" | "rtl"
  readonly title: string
  readonly payTo: string
  readonly payee: string
  readonly card: string
  readonly pay: string
  readonly back: string
  readonly safe: string
  readonly testCardsOnly: string
  readonly needsScript: string
  readonly noFields: string
  readonly notFound: StageWords
  readonly continueAtBank: string
  readonly openBank: string
  readonly bankFrame: string
  readonly declined: StageWords
  readonly stages: Readonly<Record<Exclude<Stage, "pay" | "declined">, StageWords>>
  readonly problems: {
    /** The connection is lost in mid-charge. */
    readonly offline: string
    /** Nothing came of the payment, and nothing will. */
    readonly lost: string
    /** Nobody can be asked whether it is safe to go elsewhere. */
    readonly noAnswer: string
    /** Asked too often to be told whether it is. */
    readonly wait: string
    readonly card: string
    readonly often: string
    readonly vault: string
    readonly fields: string
  }
  readonly fields: {
    readonly frame: string
    readonly number: string
    readonly expiry: string
    readonly expiryForm: string
    readonly code: string
    readonly wrongNumber: string
    readonly wrongExpiry: string
    readonly over: string
    readonly wrongCode: string
  }
}

import type { DeclineKind, RetryAdvice } from "../../../kernel/cascade/Disposition.ts"

/** What a result code says of a sale. */
export interface ResultCode {
  readonly meaning: string
  readonly means: "captured" | "declined" | "unknown"
  /** Of a decline. */
  readonly kind?: DeclineKind
  readonly advice?: RetryAdvice
  readonly why: string
}

const blocked = "the card must not be charged again, by anybody"
const cardData = "no account takes a card whose data is wrong"
const revoked = "the customer took the permission back"
const issuer = "the issuer said no to this account; another one may be luckier"

const soft = (meaning: string, why = issuer, advice?: RetryAdvice): ResultCode => ({
  meaning,
  means: "declined",
  kind: "soft",
  ...(advice === undefined ? {} : { advice }),
  why
})
const hard = (meaning: string, why: string, advice?: RetryAdvice): ResultCode => ({
  meaning,
  means: "declined",
  kind: "hard",
  ...(advice === undefined ? {} : { advice }),
  why
})
const unknown = (meaning: string, why: string): ResultCode => ({ meaning, means: "unknown", why })

/**
 * Every result code that NMI has. One that is not listed proves nothing, and one that is listed only together with
 * the rest of the answer: see `answerRows`. 300 stands for many things, which `rejections` tells apart.
 */
export const resultCodes: Readonly<Record<string, ResultCode>> = {
  "100": { meaning: "approved", means: "captured", why: "the sale is flagged for settlement" },
  "101": unknown("accepted by a device", "it says so with response=1 before anything is approved"),

  "200": soft("declined by the processor"),
  "201": soft("do not honor"),
  "202": soft("insufficient funds", issuer, "later"),
  "203": soft("over the limit", issuer, "later"),
  "204": soft("not allowed", "another account or category may be allowed it"),
  "220": hard("incorrect payment information", cardData, "updated"),
  "221": hard("no such issuer", cardData, "never"),
  "222": hard("the issuer has no such card", cardData, "never"),
  "223": hard("expired", cardData, "updated"),
  "224": hard("the expiry is wrong", cardData, "updated"),
  "225": hard("the security code is wrong", cardData, "updated"),
  "226": hard("the PIN is wrong", "only the customer can mend this"),
  "240": soft("call the issuer"),
  "250": hard("pick up the card", blocked, "never"),
  "251": hard("lost", blocked, "never"),
  "252": hard("stolen", blocked, "never"),
  "253": hard("fraudulent", blocked, "never"),
  "260": soft("further instructions in the text"),
  "261": hard("stop all recurring payments", revoked, "never"),
  "262": hard("stop this recurring program", revoked, "never"),
  "263": hard("the issuer has newer data of the card", cardData, "updated"),
  "264": hard("again in a few days", "the issuer asks for time, and asking elsewhere gives it none", "later"),

  "301": soft("asked too often", "throttled before it was worked on, and it is sent no second time"),
  "400": unknown("error at the processor", "nobody says whether before or after it was approved"),
  "410": soft("the account is configured wrongly", "another account is not"),
  "411": soft("the account is inactive", "another account is not"),
  "420": unknown("communication error", "the issuer may have approved what nobody heard"),
  "421": unknown("communication error with the issuer", "the issuer may have approved what nobody heard"),
  "430": unknown("duplicate at the processor", "the other one may be this very sale"),
  "440": unknown("format error at the processor", "nobody says whether before or after it was approved"),
  "441": unknown("invalid transaction information", "nobody says whether before or after it was approved"),
  "460": soft("the processor has no such feature", "another processor may have it"),
  "461": soft("the card's type is not taken", "another account may take it")
}

/** What is told of a rejection by the gateway itself, before any processor was asked. */
interface Rejection {
  /** The whole text, without the number for the gateway's support behind it. */
  readonly text: RegExp
  readonly kind: DeclineKind
  readonly advice?: RetryAdvice
  readonly why: string
}

const ofRequest = "the account or the request is set up wrongly; another account may not be"

/** The texts of 300 that prove that nothing was sent on. Any other text of it is looked up before it is believed. */
export const rejections: ReadonlyArray<Rejection> = [
  { text: /^Authentication Failed$/, kind: "soft", why: ofRequest },
  { text: /^Invalid Transaction Type$/, kind: "soft", why: ofRequest },
  { text: /^Invalid processor_id$/, kind: "soft", why: ofRequest },
  { text: /^Invalid amount$/, kind: "soft", why: ofRequest },
  {
    text: /^The cc payment type \[[^\]]*\] and\/or currency \[[^\]]*\] is not accepted$/,
    kind: "soft",
    why: "another account may take the card and the currency"
  },
  {
    text: /^Disabling Duplicate Check is not allowed for this processor$/,
    kind: "soft",
    why: "the sale itself is refused because it says dup_seconds"
  },
  { text: /^Invalid Credit Card Number$/, kind: "hard", advice: "updated", why: cardData },
  { text: /^Required Field cc_number is Missing or Empty$/, kind: "hard", advice: "updated", why: cardData },
  { text: /^Invalid Credit Card Expiration Date$/, kind: "hard", advice: "updated", why: cardData },
  {
    text: /^Invalid Customer Vault Id$/i,
    kind: "hard",
    advice: "updated",
    why: "NMI keeps no card of that name"
  }
]

/** A text of NMI's without the number for its support. */
export const withoutRefid = (text: string): string => text.replace(/ REFID:\s?[0-9]{1,20}$/, "")

export const rejectionOf = (text: string): Rejection | undefined =>
  rejections.find((one) => one.text.test(withoutRefid(text)))

/** Whether a text says that another transaction is taken for this one; a rejection may speak of the check itself. */
export const isDuplicate = (text: string): boolean =>
  /duplicat|\bdup\b/i.test(text) && rejectionOf(text) === undefined

const negated =
  /\b(?:not|never|non|un|dis)[\s-]*(?:yet\s|been\s|be\s){0,2}(?:approv|accept|authori[sz]|success|captur|complet|process)[a-z]*/gi
const withoutNegated = (text: string): string => text.replaceAll(negated, "")

/** Whether a text says of what was refused that it was done, anywhere in it: `not approved` does not. */
export const saysApproved = (text: string): boolean =>
  /success|approv|authori[sz]ed|accepted|captured|completed|processed|already|\bok\b|\bap\b/i.test(
    withoutNegated(text)
  ) && rejectionOf(text) === undefined

/** Whether a text says of what was approved that it was refused. */
export const saysRefused = (text: string): boolean =>
  /declin|reject|refus|denied/i.test(text) || withoutNegated(text) !== text

/** Whether a text says that the end is open: nobody answered in time, or it is still under way. */
export const saysOpen = (text: string): boolean =>
  /time[\s-]?(?:d[\s-]?)?out|communicat|connection|no (?:response|reply|answer)|unknown|pending|in progress/i.test(
    text
  ) && rejectionOf(text) === undefined

export const resultCodeOf = (code: string): ResultCode | undefined =>
  Object.hasOwn(resultCodes, code) ? resultCodes[code] : undefined

/** Mastercard's advice beside a decline. A code that is not listed advises nothing. */
const advices: Readonly<Record<string, RetryAdvice>> = {
  "01": "updated",
  "02": "later",
  "03": "never",
  "21": "never",
  ...Object.fromEntries(["24", "25", "26", "27", "28", "29", "30"].map((code) => [code, "later"] as const))
}

export const adviceOf = (code: string): RetryAdvice | undefined =>
  Object.hasOwn(advices, code) ? advices[code] : undefined

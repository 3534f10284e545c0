import type { LookupResult } from "../../src/kernel/PaymentProvider.ts"
import { Absent, Captured, Declined } from "../../src/kernel/cascade/Disposition.ts"
import { outcomeOf, type Word } from "./scene.ts"

// The processors' own books: what really became of each attempt, whatever anybody was told.

/**
 * `wire`: sent, not there yet. `lost`: sent, it never comes. `pending`: received, not decided. `other`: another
 * amount was captured. `foreign`: captured, but named with a reference that another charge has. `liedSoft`,
 * `liedHard`: declined and told so, then captured all the same; `liedOther`: then captured with another amount.
 */
export type Truth =
  | "unsent"
  | "wire"
  | "lost"
  | "pending"
  | "captured"
  | "other"
  | "foreign"
  | "soft"
  | "hard"
  | "liedSoft"
  | "liedHard"
  | "liedOther"

export interface Page {
  readonly truth: Truth
  /** How often it was sent. */
  readonly sends: number
  /** It arrived when the horizon had passed: from then on nobody may rely on its absence. */
  readonly late: boolean
}

/** One page for each attempt, by ordinal less one; a page that is not there was never written on. */
export type Books = ReadonlyArray<Page>

const blank: Page = { truth: "unsent", sends: 0, late: false }

export const pageOf = (books: Books, ordinal: number): Page => books[ordinal - 1] ?? blank

export const write = (books: Books, ordinal: number, change: Partial<Page>): Books =>
  Array.from({ length: Math.max(books.length, ordinal) }, (_, index) =>
    index === ordinal - 1 ? { ...pageOf(books, ordinal), ...change } : pageOf(books, index + 1)
  )

const letters: Record<Truth, string> = {
  unsent: "-",
  wire: "w",
  lost: "x",
  pending: "p",
  captured: "c",
  other: "o",
  foreign: "f",
  soft: "s",
  hard: "h",
  liedSoft: "l",
  liedHard: "L",
  liedOther: "O"
}

export const keyOfBooks = (books: Books): string =>
  books
    .map(({ truth, sends, late }) => `${letters[truth]}${sends > 1 ? sends : ""}${late ? "!" : ""}`)
    .join("")

export const isReceived = ({ truth }: Page): boolean =>
  truth !== "unsent" && truth !== "wire" && truth !== "lost"

/** The processor has said that this money does not move, whatever it did afterwards. */
export const isDeclined = (page: Page): boolean =>
  page.truth === "soft" || page.truth === "hard" || isLie(page)

/** It captured after it had declined. */
export const isLie = ({ truth }: Page): boolean =>
  truth === "liedSoft" || truth === "liedHard" || truth === "liedOther"

/** It captured what it was asked for, sooner or later. */
export const isPaid = ({ truth }: Page): boolean =>
  truth === "captured" || truth === "liedSoft" || truth === "liedHard"

export const isCaptured = (page: Page): boolean =>
  page.truth === "captured" || page.truth === "other" || page.truth === "foreign" || isLie(page)

/** What the processor answers to the charge itself: what it decided first. Nothing before that. */
export const answerOf = ({ truth }: Page): Word | undefined => {
  switch (truth) {
    case "captured":
    case "other":
    case "foreign":
    case "soft":
    case "hard":
      return truth
    case "liedSoft":
    case "liedOther":
      return "soft"
    case "liedHard":
      return "hard"
    default:
      return undefined
  }
}

/** What the processor's webhooks say; they come as often and as late as they like. */
export const webhooksOf = (page: Page): ReadonlyArray<Word> => {
  const answer = answerOf(page)
  if (answer === undefined) return none
  if (!isLie(page)) return announced[answer]
  return page.truth === "liedOther" ? liedOther : lied
}

const none: ReadonlyArray<Word> = []
const lied: ReadonlyArray<Word> = ["soft", "captured"]
const liedOther: ReadonlyArray<Word> = ["soft", "other"]
const announced: Record<Word, ReadonlyArray<Word>> = {
  captured: ["captured"],
  other: ["other"],
  foreign: ["foreign"],
  soft: ["soft"],
  hard: ["soft"],
  unknown: none,
  absent: none
}

/** What the processor finds when it is asked for the charge by its key. */
export const lookup = (page: Page, ordinal: number): LookupResult => {
  const word = isLie(page) ? (page.truth === "liedOther" ? "other" : "captured") : answerOf(page)
  const outcome = outcomeOf(ordinal, word ?? "unknown")
  if (outcome instanceof Captured) return { _tag: "FoundCaptured", captured: outcome }
  if (outcome instanceof Declined) return { _tag: "FoundDeclined", declined: outcome }
  return page.truth === "pending" ? { _tag: "StillPending", evidence: outcome.evidence } : notFound
}

/** What a processor says of a charge that it does not know, or says that it does not know. */
export const notFound: LookupResult = {
  _tag: "NotFound",
  evidence: new Absent({ evidence: { code: "not_found", message: "not found" } }).evidence
}

/** Of a decline only the driver that waits for it cares whether it is hard. */
export const heardOrUnheard = (books: Books, ordinal: number): Books => {
  const { truth } = pageOf(books, ordinal)
  if (truth === "hard") return write(books, ordinal, { truth: "soft" })
  return truth === "liedHard" ? write(books, ordinal, { truth: "liedSoft" }) : books
}

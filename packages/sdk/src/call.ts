import { type Because, Failure, type OwnDetails, type Told } from "./errors.ts"
import { exchange, type Fetch, type Heard, type Sent } from "./exchange.ts"
import { checkKey, identityOf, type KeyRing } from "./keys.ts"
import { defaultRetries, delayBefore, type Retries, sleep } from "./retries.ts"
import type { Refusal, Verdict } from "./verdict.ts"

/** What every call takes besides what it is about. */
export interface CallOptions {
  /** Ends the call. What was sent already goes on at the server: then the error is `outcome_unknown`. */
  readonly signal?: AbortSignal
  /**
   * Your own key for what is to happen once, such as the id of an order: 1 to 255 printable characters. Then a
   * program that was restarted may ask again as well. Without one the SDK makes one, and uses it again when the
   * same call is made after an outcome that nobody knows.
   */
  readonly idempotencyKey?: string
  /** How long one try waits for its answer, in milliseconds. */
  readonly timeoutMs?: number
  readonly retries?: Retries
}

/** What a client keeps for all of its calls. */
export interface Line {
  readonly origin: string
  readonly apiKey: string | (() => string | Promise<string>) | undefined
  readonly fetch: Fetch
  readonly timeoutMs: number | undefined
  readonly retries: Retries
  readonly keys: KeyRing
}

/** What being sent twice would do. */
export type Effect =
  /** Nothing: it changes nothing. */
  | "reads"
  /** Nothing: it happens once under one key. */
  | "once_by_key"
  /** Nothing: it may be repeated as it is. */
  | "once_anyway"
  /** It would be done twice, so it is never sent again. */
  | "each_time"

/** One call, as the client describes it. */
export interface Asked<Value> {
  readonly method: "GET" | "POST"
  /** With the slash at its beginning. */
  readonly path: string
  readonly body?: unknown
  /** How long one try waits unless somebody says otherwise, in milliseconds. */
  readonly timeoutMs: number
  readonly effect: Effect
  /** Puts the key into the body; without this it goes into the header. */
  readonly keyed?: (key: string) => unknown
  readonly judge: (heard: Heard) => Verdict<Value>
}

/** An answer, with the key that it was given under and whether only the SDK knows that key. */
export interface Answered<Value> {
  readonly value: Value
  readonly ownKey: boolean
}

/** What is in doubt once one try may have been done. */
interface Doubt {
  readonly because: Because
  readonly told?: Told
}

/** How far a call came. */
interface Story {
  tries: number
  heard: Heard | undefined
  waits: boolean
  doubt: Doubt | undefined
}

/** Sends until there is proof, as often as it is allowed to. */
export const send = async <Value>(
  line: Line,
  asked: Asked<Value>,
  options: CallOptions
): Promise<Answered<Value>> => {
  if (options.signal?.aborted === true) throw aborted(0)
  // Of an id that is empty or dots the address would be that of another call.
  if (/\/\.{0,2}(\/|$)/.test(asked.path)) {
    throw new TypeError("the id of a session is the one that `create` answered: `ps_...`")
  }
  const { idempotencyKey: given } = options
  if (asked.effect !== "once_by_key" || given !== undefined) {
    const key = given === undefined || asked.effect !== "once_by_key" ? null : checkKey(given)
    return { value: await sendUnder(key, line, asked, options, newStory()), ownKey: false }
  }
  const identity = identityOf(asked.method, asked.path, asked.body)
  const key = line.keys.take(identity)
  const story = newStory()
  try {
    return { value: await sendUnder(key, line, asked, options, story), ownKey: true }
  } finally {
    // Whatever is thrown in doubt: the key waits for whoever asks for the same again. So does the key of what waits for a second
    // person, for the same call is told under it what came of that.
    if (story.doubt !== undefined || story.waits) line.keys.keep(identity, key)
  }
}

const newStory = (): Story => ({ tries: 0, heard: undefined, waits: false, doubt: undefined })

/**
 * After a try of which nobody knows what came of it only an answer under the same key is proof: a refusal of a later
 * try says nothing about the earlier one, which may have been done, or may still be on its way.
 */
const sendUnder = async <Value>(
  idempotencyKey: string | null,
  line: Line,
  asked: Asked<Value>,
  options: CallOptions,
  story: Story
): Promise<Value> => {
  const { signal } = options
  const retries = { ...defaultRetries, ...line.retries, ...options.retries }
  const timeoutMs = options.timeoutMs ?? line.timeoutMs ?? asked.timeoutMs
  for (;;) {
    const apiKey = typeof line.apiKey === "function" ? await line.apiKey() : line.apiKey
    if (signal?.aborted === true) {
      throw story.doubt === undefined ? aborted(story.tries) : unknown(story, asked, idempotencyKey)
    }
    story.tries += 1
    story.heard = await exchange(line.fetch, written(line, asked, apiKey, idempotencyKey), timeoutMs, signal)
    const verdict = asked.judge(story.heard)
    story.waits = "waits" in verdict && verdict.waits === true
    if (verdict.is === "answered") {
      if (verdict.refusal === undefined || story.doubt === undefined) {
        story.doubt = undefined
        return verdict.value
      }
      story.doubt = { because: "refused_later", told: verdict.refusal }
      throw unknown(story, asked, idempotencyKey)
    }
    if (verdict.is === "unknown" && asked.effect !== "reads") story.doubt = verdict
    const retryAfterMs = (story.heard.is === "answer" && story.heard.retryAfterMs) || 0
    const again =
      mayRepeat(verdict, asked.effect) &&
      story.tries < retries.tries &&
      retryAfterMs <= retries.longestRetryAfterMs
    if (!again) throw endOf(verdict, story, asked, idempotencyKey)
    await sleep(delayBefore(story.tries, retries, retryAfterMs), signal)
  }
}

/** What may have been done is sent again only if it then happens once all the same. */
const mayRepeat = (verdict: Verdict<unknown>, effect: Effect): boolean => {
  switch (verdict.is) {
    case "answered":
      return false
    case "nothing":
      return true
    case "refused":
      return verdict.again
    case "unknown":
      return verdict.again && effect !== "each_time"
  }
}

const written = (
  { origin }: Line,
  { method, path, body, keyed }: Asked<unknown>,
  apiKey: string | undefined,
  key: string | null
): Sent => {
  const whole = keyed === undefined || key === null ? body : keyed(key)
  return {
    method,
    url: `${origin}${path}`,
    headers: {
      accept: "application/json",
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(whole === undefined ? {} : { "content-type": "application/json" }),
      ...(keyed !== undefined || key === null ? {} : { "idempotency-key": key })
    },
    ...(whole === undefined ? {} : { body: JSON.stringify(whole) })
  }
}

/** The error of a call that is not sent again. */
const endOf = (
  verdict: Exclude<Verdict<unknown>, { readonly is: "answered" }>,
  story: Story,
  asked: Asked<unknown>,
  idempotencyKey: string | null
): Error => {
  if (story.doubt !== undefined) {
    if (verdict.is === "refused") story.doubt = { because: "refused_later", told: toldOf(verdict.refusal) }
    return unknown(story, asked, idempotencyKey)
  }
  if (verdict.is === "refused") {
    const { code, message, details, field } = verdict.refusal
    return new Failure(code, message, details, { ...aboutLast(story), field, idempotencyKey })
  }
  if (verdict.is === "nothing") return unavailable({ because: "no_answer" }, story)
  const { because, told } = verdict
  if (because === "aborted" || because === "refused_later") return aborted(story.tries)
  return unavailable({ because, ...(told === undefined ? {} : { told }) }, story)
}

const aborted = (tries: number): Failure<"aborted"> =>
  new Failure("aborted", "the call was aborted, and nothing was changed by it", { tries })

const unavailable = (about: Omit<OwnDetails["unavailable"], "tries">, story: Story): Failure<"unavailable"> =>
  new Failure(
    "unavailable",
    `${wordsOf[about.because]}; nothing was changed by this call. Ask again later`,
    { ...about, tries: story.tries },
    aboutLast(story)
  )

const unknown = (
  story: Story,
  { effect }: Asked<unknown>,
  idempotencyKey: string | null
): Failure<"outcome_unknown"> => {
  const { because, told } = story.doubt ?? { because: "no_answer" }
  const next =
    effect === "once_by_key"
      ? "Make the same call again: it goes out under the same idempotency key and happens once. Or read the session. Do not pay or give money back in another way"
      : "Read the session to learn it"
  const details = { because, tries: story.tries, ...(told === undefined ? {} : { told }) }
  const message = `nobody knows yet whether this was done: ${wordsOf[because]}. ${next}`
  return new Failure("outcome_unknown", message, details, { ...aboutLast(story), idempotencyKey })
}

const wordsOf: Readonly<Record<Because, string>> = {
  timeout: "no answer came in time",
  no_answer: "no answer came",
  server_does_not_know: "the server does not know either",
  unreadable_answer: "what was answered proves nothing",
  refused_later:
    "an earlier try was not answered, and a later one was refused, which says nothing about the earlier",
  aborted: "the call was aborted on its way"
}

const toldOf = ({ code, message, status }: Refusal): Told => ({ code, message, status })

const aboutLast = ({ heard }: Story) => {
  if (heard === undefined) return {}
  if (heard.is !== "answer") return { cause: heard.cause }
  const { status, requestId, retryAfterMs = null } = heard
  return { status, requestId, retryAfterMs }
}

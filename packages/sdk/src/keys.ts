/** Sorted by name at every depth, so that the order in which somebody wrote it down makes no difference. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part
  )

/** Which call it is: the same for whoever asks for the same thing again. */
export const identityOf = (method: string, path: string, body: unknown): string =>
  `${method} ${path} ${body === undefined ? "" : canonical(body)}`

/** 1 to 255 printable characters, as the server takes them; none at an end that a header would lose. */
const pattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/

export const checkKey = (key: string): string => {
  if (pattern.test(key)) return key
  throw new TypeError(
    "an idempotency key is 1 to 255 printable ASCII characters, without a space at its ends"
  )
}

/** 128 random bits, spelled in letters alone: the server refuses keys in which digits could be a card number. */
const newKey = (): string => `sdk_${Array.from(crypto.getRandomValues(new Uint8Array(16)), letters).join("")}`

const letters = (byte: number): string => String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15))

/**
 * Idempotency keys of calls that brought none. A key belongs to one call at a time. When nobody knows what came of
 * the call its key waits here, and the next call for the same thing takes it over; after every other end it is
 * forgotten, and the next call for the same thing is a new one.
 */
export class KeyRing {
  readonly #waiting = new Map<string, Array<string>>()

  take(identity: string): string {
    const keys = this.#waiting.get(identity)
    const key = keys?.shift()
    if (keys?.length === 0) this.#waiting.delete(identity)
    return key ?? newKey()
  }

  keep(identity: string, key: string): void {
    const keys = this.#waiting.get(identity)
    if (keys === undefined) this.#waiting.set(identity, [key])
    else keys.push(key)
  }
}

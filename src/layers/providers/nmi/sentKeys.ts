/** Far more than a process sends while anybody could ask again. */
const mostKeys = 100_000

/**
 * The keys that went out from this process. NMI makes nothing of a key that comes twice, so whoever is asked for one
 * again looks up what became of it and sends nothing.
 */
export class SentKeys {
  readonly #keys = new Set<string>()

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  /** Takes the key; whether this is the first time. */
  claim(key: string): boolean {
    if (this.#keys.has(key)) return false
    this.#keys.add(key)
    for (const oldest of this.#keys) {
      if (this.#keys.size <= mostKeys) break
      this.#keys.delete(oldest)
    }
    return true
  }
}

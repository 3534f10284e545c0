// What occurred in a run, counted: a kind of request, answer or step that never occurred was not tested.

export class Coverage {
  readonly #counts = new Map<string, number>()

  saw(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  times(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Everything that was seen and begins so, and how often. */
  all(...beginnings: ReadonlyArray<string>): Readonly<Record<string, number>> {
    const seen = [...this.#counts].filter(([name]) =>
      beginnings.some((beginning) => name.startsWith(beginning))
    )
    return Object.fromEntries(seen.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  sumOf(beginning: string): number {
    return Object.values(this.all(beginning)).reduce((sum, times) => sum + times, 0)
  }

  missing(wanted: ReadonlyArray<string>): ReadonlyArray<string> {
    return wanted.filter((name) => this.times(name) === 0)
  }
}

// A plugin of Stryker that shows how far it is: a line rewritten on a terminal, a line now and then elsewhere.

interface Result {
  readonly status: string
}

class Progress {
  #all = 0
  #alive = 0
  #tested = 0
  #shown = 0

  onMutationTestingPlanReady({ mutantPlans }: { readonly mutantPlans: ReadonlyArray<unknown> }): void {
    this.#all = mutantPlans.length
  }

  onMutantTested({ status }: Result): void {
    this.#tested++
    if (status === "Survived" || status === "NoCoverage") this.#alive++
    const line = `${this.#tested} of ${this.#all} mutants tested, ${this.#alive} survived`
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${line}`)
      if (this.#tested === this.#all) process.stderr.write("\n")
    } else if (this.#tested - this.#shown >= 100 || this.#tested === this.#all) {
      this.#shown = this.#tested
      console.error(line)
    }
  }
}

/** The name under which Stryker finds it. */
export const progress = "kernel-progress"

export const strykerPlugins = [
  { kind: "Reporter", name: progress, injectableClass: Object.assign(Progress, { inject: [] }) }
]

/**
 * The fields of a form, flat: `metadata[order]`, `items[0][price]`. `a[]=x&a[]=y` is numbered as it comes. Repeated
 * names keep their last value here; `pairs` has them all.
 */
export class Fields {
  readonly #values: ReadonlyMap<string, string>
  readonly pairs: ReadonlyArray<readonly [name: string, value: string]>

  constructor(pairs: ReadonlyArray<readonly [name: string, value: string]>) {
    const counts = new Map<string, number>()
    this.pairs = pairs.map(([name, value]) => {
      if (!name.includes("[]")) return [name, value]
      const count = counts.get(name) ?? 0
      counts.set(name, count + 1)
      return [name.replace("[]", `[${count}]`), value]
    })
    this.#values = new Map(this.pairs)
  }

  static readonly none = new Fields([])

  static ofForm(text: string): Fields {
    return new Fields([...new URLSearchParams(text)])
  }

  /** A JSON body under the same names; leaves as text. */
  static ofJson(json: unknown): Fields {
    return new Fields(leavesOf(json, ""))
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  has(name: string): boolean {
    return this.#values.has(name) || [...this.#values.keys()].some((key) => key.startsWith(`${name}[`))
  }

  /** `a[x]` and `a[y]` as `{ x, y }`. */
  group(name: string): Readonly<Record<string, string>> {
    const inside = [...this.#values].flatMap(([key, value]) => {
      const match = key.startsWith(`${name}[`) && /^\[([^\]]*)\]$/.exec(key.slice(name.length))
      return match ? [[match[1] ?? "", value] as const] : []
    })
    return Object.fromEntries(inside)
  }

  /** `a[0]`, `a[1]` in order. */
  list(name: string): ReadonlyArray<string> {
    return Object.values(this.group(name))
  }

  /** The names before the first bracket. */
  topNames(): ReadonlyArray<string> {
    return [...new Set([...this.#values.keys()].map((key) => key.split("[")[0] ?? key))]
  }

  record(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values)
  }
}

const leavesOf = (json: unknown, name: string): ReadonlyArray<readonly [string, string]> => {
  if (typeof json === "object" && json !== null) {
    return Object.entries(json).flatMap(([key, value]) =>
      leavesOf(value, name === "" ? key : `${name}[${key}]`)
    )
  }
  return [[name, typeof json === "string" ? json : (JSON.stringify(json) ?? "")]]
}

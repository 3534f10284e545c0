import type { ExecutionResult } from "graphql"

/**
 * A list at the root of which the JSON is there already: nobody has to tell its rows, and the text is sent as it is.
 * Given only to requests that are answered without the engine.
 */
export class ToldConnection {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  get edges(): never {
    throw new Error("the rows of a text are not told one by one")
  }
  get pageInfo(): never {
    throw new Error("the page of a text is not told by itself")
  }
  /** An answer with errors goes through the engine, as a value. */
  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}

/** The JSON of an answer. */
export const textOf = (result: ExecutionResult): string => {
  const { data } = result
  const lists = Object.entries(data ?? {})
  if (!lists.some(([, value]) => value instanceof ToldConnection)) return JSON.stringify(result)
  const members = lists.map(
    ([key, value]) =>
      `${JSON.stringify(key)}:${value instanceof ToldConnection ? value.text : JSON.stringify(value)}`
  )
  return `{"data":{${members.join(",")}}}`
}

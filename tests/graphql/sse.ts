import { Effect, type Scope } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"

/** One event of a stream: its name, and its data as JSON. */
export interface Told {
  readonly event: string
  readonly json: unknown
}

/** A stream of events, as a client reads it: no further than it asks. */
export interface Events {
  readonly status: number
  readonly contentType: string
  /** The next event; undefined at the end. */
  readonly next: Effect.Effect<Told | undefined>
  /** All that come until the end. */
  readonly rest: Effect.Effect<ReadonlyArray<Told>>
  /** Comments that came so far: what keeps the connection alive. */
  readonly comments: () => number
}

export const listen = (
  origin: string,
  query: string,
  {
    variables = {},
    headers = {}
  }: { readonly variables?: object; readonly headers?: Readonly<Record<string, string>> } = {}
): Effect.Effect<Events, never, Scope.Scope> =>
  Effect.gen(function* () {
    const hangUp = new AbortController()
    yield* Effect.addFinalizer(() => Effect.sync(() => hangUp.abort()))
    const response = yield* Effect.promise(async () =>
      fetch(`${origin}/graphql`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${developmentKey.key}`,
          "content-type": "application/json",
          accept: "text/event-stream",
          ...headers
        },
        body: JSON.stringify({ query, variables }),
        signal: hangUp.signal
      })
    )
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    let comments = 0
    const read = async (): Promise<Told | undefined> => {
      for (;;) {
        const end = text.indexOf("\n\n")
        if (end >= 0) {
          const lines = text.slice(0, end).split("\n")
          text = text.slice(end + 2)
          if (lines.every((line) => line.startsWith(":"))) comments += 1
          else return toldIn(lines)
          continue
        }
        const found = await reader?.read().catch(() => undefined)
        if (found === undefined || found.done) return undefined
        text += found.value
      }
    }
    const next = Effect.promise(read)
    const rest = Effect.promise(async () => {
      const all: Array<Told> = []
      for (let one = await read(); one !== undefined; one = await read()) all.push(one)
      return all
    })
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      next,
      rest,
      comments: () => comments
    }
  })

const toldIn = (lines: ReadonlyArray<string>): Told => {
  const value = (name: string) =>
    lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? ""
  const data = value("data")
  return { event: value("event"), json: data === "" ? undefined : JSON.parse(data) }
}

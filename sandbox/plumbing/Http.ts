import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http"
import { Fields } from "./Fields.ts"

/** A request, read to its end. */
export interface Request {
  readonly method: string
  readonly path: string
  /** The query as it came, without the question mark. */
  readonly search: string
  readonly query: Fields
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** The form or JSON body; of a GET, the query. */
  readonly fields: Fields
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {}
): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: `${JSON.stringify(value, undefined, 2)}\n`
})

export const page = (status: number, body: string): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<!doctype html><meta charset="utf-8"><title>Sandbox</title>${body}\n`
})

/** How an answer goes over the wire. */
export type Manner = "whole" | "truncated" | "cut"

export interface Answer {
  readonly reply: Reply
  readonly manner: Manner
}

const readBody = (incoming: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.once("end", () => resolve(Buffer.concat(chunks)))
    incoming.once("error", reject)
  })

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const readRequest = async (incoming: IncomingMessage): Promise<Request> => {
  const body = await readBody(incoming)
  const method = incoming.method ?? "GET"
  const [path = "/", search = ""] = (incoming.url ?? "/").split(/\?(.*)/s)
  const headers = new Map(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? "")
    ])
  )
  const query = Fields.ofForm(search)
  const text = body.toString("utf8")
  const fields =
    text === ""
      ? query
      : /json/.test(headers.get("content-type") ?? "")
        ? Fields.ofJson(parseJson(text))
        : Fields.ofForm(text)
  return { method, path, search, query, headers, body, fields }
}

const send = ({ reply, manner }: Answer, response: ServerResponse): void => {
  if (manner === "cut") {
    response.socket?.destroy()
    return
  }
  const body = Buffer.isBuffer(reply.body) ? reply.body : Buffer.from(reply.body)
  const empty = reply.status === 204 || reply.status === 304
  response.writeHead(reply.status, { ...reply.headers, ...(empty ? {} : { "content-length": body.length }) })
  if (manner === "truncated") {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy())
    return
  }
  response.end(empty ? undefined : body)
}

/** An HTTP server whose answers may be cut short. What its handler throws is shown as a 500 of its own. */
export const listen = (
  host: string,
  port: number,
  handle: (request: Request) => Promise<Answer>
): Promise<{ readonly server: Server; readonly port: number }> =>
  new Promise((resolve, reject) => {
    const server = createServer((incoming, response) => {
      readRequest(incoming)
        .then(handle)
        .catch((error: unknown): Answer => {
          const problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
          return { reply: json(500, { sandbox_error: problem }), manner: "whole" }
        })
        .then((answer) => send(answer, response))
        .catch(() => response.socket?.destroy())
    })
    server.once("error", reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve({ server, port: typeof address === "object" && address !== null ? address.port : port })
    })
  })

/** Sends one request and reads the answer. Rejects when there is none. Nothing is followed or tried again. */
export const ask = (
  url: URL,
  options: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: Buffer | string
    readonly timeout?: number
  }
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: options.method, headers: options.headers, agent: false },
      (response) => {
        readBody(response).then(
          (body) =>
            // A body that ends before its announced length arrives as an error only on the socket.
            response.complete
              ? resolve({
                  status: response.statusCode ?? 0,
                  headers: Object.fromEntries(
                    Object.entries(response.headers).map(([name, value]) => [
                      name,
                      Array.isArray(value) ? value.join(", ") : (value ?? "")
                    ])
                  ),
                  body
                })
              : reject(new Error("the answer was cut short")),
          reject
        )
      }
    )
    sent.once("error", reject)
    if (options.timeout !== undefined) {
      sent.setTimeout(options.timeout, () => sent.destroy(new Error("no answer in time")))
    }
    sent.end(options.body)
  })

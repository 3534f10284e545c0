import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { buffer } from "node:stream/consumers"

/** What may happen to a request between an app and the service. */
export const faults = [
  /** Nothing: it comes through. */
  "none",
  /** The line is cut before it got there. */
  "cut_before",
  /** It is done, and the line is cut before the answer. */
  "cut_after",
  /** It is done, and half of the answer comes back. */
  "cut_within",
  /** It is done, and no answer comes. */
  "silence",
  /** The line is cut, and it gets there all the same, a while later. */
  "late",
  /** Something in between answers with a page, without asking. */
  "page_before",
  /** It is done, and something in between answers with a page. */
  "page_after",
  /** Something in between wants to be left alone. */
  "busy",
  /** It gets there twice at the same time. */
  "twice",
  /** It gets there twice, one after the other. */
  "again",
  /** It is done, and the server says that something broke. */
  "broke"
] as const
export type Fault = (typeof faults)[number]

/** A request as it left the app. */
export interface Passed {
  readonly path: string
  readonly key: string | null
  readonly body: string
  readonly fault: Fault
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** A line between an app and the service on which things go wrong, in the order of a schedule. */
export class FaultyLine {
  readonly passed: Array<Passed> = []
  readonly #late: Array<Promise<unknown>> = []
  readonly #target: string
  #schedule: Array<Fault> = []
  readonly #server = createServer((request, response) => void this.#pass(request, response))

  constructor(target: string) {
    this.#target = target
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => void this.#server.listen(0, "127.0.0.1", resolve))
    const address = this.#server.address()
    if (address === null || typeof address === "string") throw new Error("no port")
    return `http://127.0.0.1:${address.port}`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => void this.#server.close(() => resolve()))
  }

  /** What is to happen to the next requests; after the last of them nothing does. */
  schedule(next: ReadonlyArray<Fault>): void {
    this.#schedule = [...next]
  }

  /** Waits until everything that is late got there. */
  async settle(): Promise<void> {
    while (this.#late.length > 0) await this.#late.shift()
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const fault = this.#schedule.shift() ?? "none"
    const key = request.headers["idempotency-key"]
    const path = request.url ?? "/"
    this.passed.push({ path, key: typeof key === "string" ? key : null, body: body.toString(), fault })
    const forward = () => this.#forward(request, path, body)
    const page = (status: number, headers = {}) =>
      void response.writeHead(status, { "content-type": "text/html", ...headers }).end("<html>")
    switch (fault) {
      case "none":
        return end(response, await forward())
      case "cut_before":
        return void response.destroy()
      case "cut_after":
        await forward()
        return void response.destroy()
      case "cut_within": {
        const { status, type, text } = await forward()
        response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) })
        return void response.write(text.slice(0, text.length / 2), () => response.destroy())
      }
      case "silence":
        return void (await forward())
      case "late":
        this.#late.push(new Promise((resolve) => setTimeout(resolve, 30)).then(forward))
        return void response.destroy()
      case "page_before":
        return page(502)
      case "page_after":
        await forward()
        return page(504)
      case "busy":
        return page(429, { "retry-after": "0" })
      case "twice": {
        const [first] = await Promise.all([forward(), forward()])
        return end(response, first)
      }
      case "again":
        await forward()
        return end(response, await forward())
      case "broke": {
        await forward()
        const error = {
          code: "internal",
          field: null,
          message: "something broke",
          details: {},
          requestId: "req_1"
        }
        return end(response, { status: 500, type: "application/json", text: JSON.stringify({ error }) })
      }
    }
  }

  async #forward({ method = "GET", headers }: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
    const kept = ["authorization", "content-type", "idempotency-key"].flatMap((name) => {
      const value = headers[name]
      return typeof value === "string" ? [[name, value] as const] : []
    })
    const response = await fetch(`${this.#target}${path}`, {
      method,
      headers: Object.fromEntries(kept),
      ...(method === "GET" ? {} : { body: new Uint8Array(body) })
    })
    const type = response.headers.get("content-type") ?? ""
    return { status: response.status, type, text: await response.text() }
  }
}

const end = (response: ServerResponse, { status, type, text }: Answer): void =>
  void response.writeHead(status, { "content-type": type }).end(text)

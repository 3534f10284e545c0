import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { IncomingMessage } from "node:http"
import type { GraphQLSchema } from "graphql"
import { faultOf, type Heard } from "./judge.ts"
import { overItsOwnLine } from "./ownLine.ts"
import { makeRequests, type Sent } from "./requests.ts"

export interface Run {
  readonly origin: string
  readonly schema: GraphQLSchema
  readonly seed: number
  /** From which number on; with `documents` 1 it is one again. */
  readonly from: number
  readonly documents: number
  readonly keys: Readonly<Record<Sent["key"], string>>
  /** Pending sessions that may be charged. */
  readonly sessions: ReadonlyArray<string>
  readonly told?: (done: number, faults: number) => void
}

interface Fault {
  readonly nr: number
  readonly fault: string
  readonly sent: Sent
}

export interface Summary {
  readonly sent: Readonly<Record<Sent["kind"], number>>
  /** Answers with data and without an error. */
  readonly answered: number
  readonly refused: number
  /** How often a kept line was closed before the server heard of a request on it: it was sent over one of its own. */
  readonly closedLines: number
  readonly faults: ReadonlyArray<Fault>
  /** Sessions that somebody asked to be charged, or to be given back, who may do that. */
  readonly asked: Readonly<Record<"charge" | "refund", ReadonlySet<string>>>
}

const words = [
  "",
  "x",
  "loop_bio_labs",
  "loop-bio",
  "mid_bio_1",
  "stub_a",
  "customer@example.org",
  "'; select 1; --",
  "../../etc/passwd",
  "4000000000000002",
  "UGF5bWVudFNlc3Npb246eA==",
  "é".repeat(60),
  "\u202e",
  "ps_01JD0000000000000000000000"
]

const tokens = ["tok_captured", "tok_soft_decline", "tok_hard_decline", "tok_unknown", "4242424242424242"]

/** How many requests are on their way at once. */
const atOnce = 16

/** Sends generated requests and judges each answer. What becomes of the money, its caller asks the gateways' books. */
export const fuzz = async (run: Run): Promise<Summary> => {
  const { origin, schema, seed, from, documents, keys, sessions, told } = run
  const request = makeRequests(schema, { seed, sessions, words, tokens })
  const sent: Record<Sent["kind"], number> = { valid: 0, broken: 0, bytes: 0, rest: 0, charge: 0 }
  const faults: Array<Fault> = []
  const asked = { charge: new Set<string>(), refund: new Set<string>() }
  let answered = 0
  let refused = 0
  let closedLines = 0
  let next = from
  let done = 0

  /** Requests that the server, which is in this process, has begun to answer. */
  const begun = new Set<number>()
  const heard = (message: unknown): void => {
    if (typeof message !== "object" || message === null || !("request" in message)) return
    if (message.request instanceof IncomingMessage) begun.add(Number(message.request.headers["x-fuzz-nr"]))
  }

  const one = async (nr: number): Promise<void> => {
    const made = request(nr)
    sent[made.kind]++
    const { path, method, body, key } = made
    // Whatever holds its id may have been a charge: the sessions that no such request named are charged by nobody.
    if (key === "all") {
      const said = `${decodeURIComponent(path.replaceAll(/%(?![0-9a-f]{2})/gi, ""))} ${body ?? ""}`
      for (const session of sessions.filter((id) => said.includes(id))) {
        if (/confirm/i.test(said)) asked.charge.add(session)
        if (/refund/i.test(said)) asked.refund.add(session)
      }
    }
    const url = `${origin}${path}`
    const headers = {
      authorization: `Bearer ${keys[key]}`,
      "content-type": "application/json",
      "x-fuzz-nr": String(nr)
    }
    const ask = async (): Promise<Heard> => {
      try {
        const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
        return { status: response.status, text: await response.text() }
      } catch (error) {
        // The client sent it over a line that the server was just closing, having heard nothing on it for long: that
        // is nobody's fault as long as the server has not begun it. One that it began and cut off is, and so is one that
        // it does not take over a new line, which nobody can have closed before.
        if (begun.has(nr)) throw error
        closedLines++
        return overItsOwnLine(url, { method, headers }, body)
      }
    }
    try {
      const { status, text } = await ask()
      const fault = faultOf({ status, text }, path === "/graphql")
      if (fault !== undefined) faults.push({ nr, fault, sent: made })
      if (status < 300 && !text.includes('"errors"')) answered++
      else refused++
    } catch (error) {
      faults.push({
        nr,
        fault: `nobody answered, ${begun.has(nr) ? "though the server had begun it" : "over a line of its own either"}: ${String(error)} ${String(error instanceof Error ? error.cause : "")}`,
        sent: made
      })
    }
    begun.delete(nr)
    done++
    if (done % 500 === 0) told?.(done, faults.length)
  }

  subscribe("http.server.request.start", heard)
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < from + documents && faults.length < 20) {
        const nr = next
        next += 1
        await one(nr)
      }
    })
  )
  unsubscribe("http.server.request.start", heard)
  return { sent, answered, refused, closedLines, faults, asked }
}

// What goes over the wire to PostgreSQL, as far as faults want to be aimed: which money step is asked for, and when
// its answer is complete.

/** A message of PostgreSQL's protocol. `type` is empty for the first one of a client, which has none. */
export interface Message {
  readonly type: string
  readonly bytes: Buffer
  readonly body: Buffer
}

/** Cuts a stream of bytes into messages; gives those that are complete. */
export const messages = (typedFromTheStart: boolean): ((bytes: Buffer) => ReadonlyArray<Message>) => {
  let rest: Buffer = Buffer.alloc(0)
  let typed = typedFromTheStart
  return (bytes) => {
    const found: Array<Message> = []
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (true) {
      const head = typed ? 1 : 0
      if (rest.length < head + 4) return found
      const end = head + rest.readUInt32BE(head)
      if (rest.length < end) return found
      found.push({
        type: typed ? String.fromCharCode(rest[0] ?? 0) : "",
        bytes: rest.subarray(0, end),
        body: rest.subarray(head + 4, end)
      })
      rest = rest.subarray(end)
      typed = true
    }
  }
}

/** The money steps that faults are aimed at; those that sessions share under load have names of their own. */
export type Step = "declare" | "open" | "open together" | "record" | "record together" | "claim" | "other"

/** Whether a step is what a fault waits for: one that is shared is that of each session in it. */
export const isStep = (step: Step, wanted: Step): boolean => step === wanted || step === `${wanted} together`

/** Reads what a client sends; says of each message which step it asks for, if it begins one. */
export const stepReader = (): ((message: Message) => Step | undefined) => {
  const prepared = new Map<string, string>()
  return ({ type, body }) => {
    if (type !== "P" && type !== "B") return undefined
    const [first = "", second = ""] = body.toString("latin1").split("\0", 2)
    if (type === "P") {
      prepared.set(first, second)
      return undefined
    }
    return stepOf(prepared.get(second) ?? "", body)
  }
}

const stepOf = (statement: string, body: Buffer): Step => {
  const name = /^select (\w+)\(\$1::jsonb\)/.exec(statement)?.[1]
  switch (name) {
    case "declare_session":
      return "declare"
    case "open_attempt":
      return "open"
    case "open_attempts":
      return "open together"
    case "record_outcome":
      // The reconciler records as well; a fault in mid-charge is aimed at the driver's own record.
      return body.includes('"source":"driver"') ? "record" : "other"
    case "record_outcomes":
      return body.includes('"source":"driver"') ? "record together" : "other"
    case "claim_fulfilment":
      return "claim"
    case undefined:
    default:
      return "other"
  }
}

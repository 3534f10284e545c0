import { Schema } from "effect"

/** What each fault does, for people; which of them move money is said in so many words. */
export const faultDoes = {
  cut_before: "the connection is cut before anything happened: no money moves",
  cut_after: "the money moves, then the connection is cut without an answer",
  slow: "the request is worked on only after `seconds`, whoever still listens, then answered",
  late_answer: "worked on at once, answered after `seconds`",
  error_before: "a 5xx (`status`), and nothing happened",
  error_after: "the money moves, the answer is a 5xx (`status`); Stripe saves it under the key",
  error_saved: "no money moves, and the 5xx (`status`) is saved under the key (Stripe)",
  rate_limited: "too many requests: nothing happened",
  late_money:
    "the money moves `seconds` later; until then the answer is `answer`: error, pending, decline or cut",
  malformed: "the money moves, the answer is a page of HTML with status 200",
  truncated: "the money moves, the connection is cut in the middle of the answer",
  empty: "the money moves, the answer has no body",
  answer_twice: "the money moves, the body of the answer comes twice",
  contradictory: "the money moves, the answer contradicts itself (`variant` 1, 2 or 3)",
  duplicate_answer: "the money moves, the answer says that it is a duplicate",
  code: "answered with a decline or result code (`code`); money moves only with `moves`",
  partial: "only `amount` (minor units) is approved and moves (NMI)",
  blind: "the money moves and is answered for, but lookups see nothing for `seconds`",
  proxy_408_before: "the proxy says 408 without having forwarded anything",
  proxy_408_after: "the proxy forwards, waits for the gateway and says 408 all the same",
  proxy_408_then: "the proxy says 408 at once and forwards `seconds` later",
  proxy_error: "the proxy refuses with a proxy_error (`status`) before forwarding",
  webhook_unsent: "the event is never delivered",
  webhook_delayed: "the event is delivered `seconds` later",
  webhook_twice: "the event is delivered twice",
  webhook_reordered: "the event is delivered after the next one",
  webhook_forged: "before the event comes a forged one, signed with another secret"
} as const

const kinds = Object.keys(faultDoes).filter((kind): kind is keyof typeof faultDoes => kind in faultDoes)

export const Fault = Schema.Struct({
  kind: Schema.Literals(kinds),
  seconds: Schema.optionalKey(Schema.Finite),
  status: Schema.optionalKey(Schema.Int),
  code: Schema.optionalKey(Schema.String),
  moves: Schema.optionalKey(Schema.Boolean),
  amount: Schema.optionalKey(Schema.Int),
  variant: Schema.optionalKey(Schema.Int),
  answer: Schema.optionalKey(Schema.Literals(["error", "pending", "decline", "cut"])),
  /** Beside any fault of a charge: for so long lookups see nothing of it. */
  blindSeconds: Schema.optionalKey(Schema.Finite)
})
export type Fault = typeof Fault.Type

/** Where a fault strikes. Everything that is left out matches. */
export const Match = Schema.Struct({
  method: Schema.optionalKey(Schema.String),
  /** Part of the path. */
  path: Schema.optionalKey(Schema.String),
  /** Fields of the form or JSON body, as `metadata[attempt_id]`; of an event, those of its object. */
  fields: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** The type of a webhook event; for faults of webhooks. */
  event: Schema.optionalKey(Schema.String)
})
export type Match = typeof Match.Type

export const Rule = Schema.Struct({
  match: Schema.optionalKey(Match),
  fault: Fault,
  /** How often it strikes; 1 unless told otherwise. */
  times: Schema.optionalKey(Schema.Int),
  /** The first matching request that it strikes; 1 unless told otherwise. */
  nth: Schema.optionalKey(Schema.Int)
})
export type Rule = typeof Rule.Type

/** A request or an event, as rules see it. */
export interface Subject {
  readonly method?: string
  readonly path?: string
  readonly event?: string
  /** Whether it may charge a card. */
  readonly charges?: boolean
  readonly field: (name: string) => string | undefined
}

const matches = ({ method, path, fields, event }: Match, subject: Subject): boolean =>
  (method === undefined || method === subject.method) &&
  (path === undefined || (subject.path ?? "").includes(path)) &&
  (event === undefined || event === subject.event) &&
  Object.entries(fields ?? {}).every(([name, value]) => subject.field(name) === value)

/** Whether a fault is one of webhooks, which strikes events and not requests. */
const isOfWebhooks = (fault: Fault) => fault.kind.startsWith("webhook_")

/** The faults of what a gateway does with a charge; other requests pass them by. */
const ofCharges: ReadonlySet<Fault["kind"]> = new Set([
  "error_saved",
  "late_money",
  "contradictory",
  "duplicate_answer",
  "code",
  "partial",
  "blind"
])

interface Armed {
  readonly rule: Rule
  readonly seen: number
  readonly struck: number
}

/** The faults that are switched on. They end with the process. */
export class FaultSwitch {
  #armed: ReadonlyArray<Armed> = []

  add(rule: Rule): void {
    this.#armed = [...this.#armed, { rule, seen: 0, struck: 0 }]
  }

  clear(): void {
    this.#armed = []
  }

  /** What is switched on, and how often each has struck. */
  list(): ReadonlyArray<Rule & { readonly struck: number }> {
    return this.#armed.map(({ rule, struck }) => ({ ...rule, struck }))
  }

  /** The fault that strikes this request or event; it counts as having struck. */
  take(subject: Subject): Fault | undefined {
    let taken: Fault | undefined
    this.#armed = this.#armed.map((armed) => {
      const { rule, struck } = armed
      const fits =
        isOfWebhooks(rule.fault) === (subject.event !== undefined) &&
        (subject.charges === true || !ofCharges.has(rule.fault.kind)) &&
        matches(rule.match ?? {}, subject)
      if (!fits) return armed
      const seen = armed.seen + 1
      const strikes = taken === undefined && seen >= (rule.nth ?? 1) && struck < (rule.times ?? 1)
      if (strikes) taken = rule.fault
      return { rule, seen, struck: struck + (strikes ? 1 : 0) }
    })
    return taken
  }
}

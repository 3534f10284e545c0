import { Exit, Predicate, type Tracer } from "effect"
import { counted, type Series } from "./metrics.ts"
import { statementName } from "./statementName.ts"

type Reader = (span: Tracer.Span, seconds: number, succeeded: boolean, series: Series) => void

/** What spans tell of themselves is what is counted: there is one place where work is named. */
const readers: Readonly<Record<string, Reader>> = {
  "PaymentProvider.chargeToken": (span, seconds, _, series) => {
    const provider = word(span, "provider")
    series.note(counted.charges, { provider, mid: word(span, "mid"), outcome: outcomeOf(span) }, 1)
    series.note(counted.chargeSeconds, { provider }, seconds)
  },
  "Reconciler.resolve": (span, _, __, series) => resolution(span, series),
  "ChargeResolver.lookInto": (span, _, __, series) => resolution(span, series),
  giveBack: (span, _, __, series) => {
    // One whose permit had gone stale was not sent.
    if (!span.attributes.has("outcome")) return
    const labels = { provider: word(span, "provider"), mid: word(span, "mid"), outcome: outcomeOf(span) }
    series.note(counted.refunds, labels, 1)
  },
  "WebhookProcessing.process": (span, _, __, series) =>
    series.note(counted.webhooks, { provider: word(span, "provider"), outcome: outcomeOf(span) }, 1),
  "EventDispatcher.deliver": (span, _, __, series) =>
    series.note(counted.deliveries, { outcome: outcomeOf(span) }, 1),
  "worker.pass": (span, _, succeeded, series) => {
    const worker = word(span, "worker")
    series.note(counted.passes, { worker, result: succeeded ? "done" : "failed" }, 1)
    if (succeeded && span.status._tag === "Started") {
      series.note(counted.lastPass, { worker }, Number(span.status.startTime) / 1e9)
    }
  }
}

/** Counts what a span that ends stands for. */
export const measureInto =
  (series: Series) =>
  (span: Tracer.Span, endTime: bigint, exit: Exit.Exit<unknown, unknown>): void => {
    const seconds = Math.max(0, Number(endTime - span.status.startTime) / 1e9)
    const reader = readers[span.name]
    if (reader !== undefined) return reader(span, seconds, Exit.isSuccess(exit), series)
    if (span.kind === "server") return request(span, seconds, series)
    if (span.kind !== "client") return
    const statement = span.attributes.get("db.query.text")
    if (Predicate.isString(statement)) return sql(span, statement, seconds, series)
    exchange(span, seconds, series)
  }

const resolution = (span: Tracer.Span, series: Series): void => {
  if (!span.attributes.has("outcome")) return
  const labels = {
    provider: word(span, "provider"),
    mid: word(span, "mid"),
    source: word(span, "source"),
    outcome: outcomeOf(span)
  }
  series.note(counted.resolutions, labels, 1)
}

const request = (span: Tracer.Span, seconds: number, series: Series): void => {
  const route = word(span, "http.route")
  const status = String(span.attributes.get("http.response.status_code") ?? "none")
  series.note(counted.requests, { method: word(span, "http.request.method"), route, status }, 1)
  series.note(counted.requestSeconds, { route }, seconds)
}

const sql = (span: Tracer.Span, text: string, seconds: number, series: Series): void => {
  series.note(counted.statementSeconds, { statement: statementName(text) }, seconds)
  const wait = span.attributes.get("db.client.connection.wait_time_ms")
  if (Predicate.isNumber(wait)) {
    series.note(counted.poolWaitSeconds, { pool: word(span, "db.pool") }, Math.max(0, wait) / 1000)
  }
}

const exchange = (span: Tracer.Span, seconds: number, series: Series): void => {
  if (!span.attributes.has("exchanged")) return
  const status = span.attributes.get("http.response.status_code")
  const result = Predicate.isNumber(status) ? `${Math.floor(status / 100)}xx` : word(span, "exchanged")
  series.note(counted.exchangeSeconds, { host: word(span, "server.address"), result }, seconds)
}

const outcomeOf = (span: Tracer.Span): string => word(span, "outcome").toLowerCase()

const word = (span: Tracer.Span, key: string): string => {
  const value = span.attributes.get(key)
  return Predicate.isString(value) ? value : "none"
}

import { Metric } from "effect"

/** Seconds, from a statement's to a silent processor's. */
const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

type Labels = Readonly<Record<string, string>>

/** A metric with some labels, whose series are made as their values come up. Values are codes, never anybody's text. */
export interface Family<Label extends string> {
  readonly name: string
  readonly labels: ReadonlyArray<Label>
  readonly kind: "counter" | "gauge" | "histogram"
  readonly description: string
}

const family =
  (kind: Family<string>["kind"]) =>
  <const Label extends string = never>(
    name: string,
    description: string,
    labels: ReadonlyArray<Label> = []
  ): Family<Label> => ({ name, labels, kind, description })

const counter = family("counter")
const gauge = family("gauge")
const histogram = family("histogram")

/** What is counted in this process as it happens. */
export const counted = {
  charges: counter(
    "payments_charges_total",
    "Charges that processors were asked for, by what they answered",
    ["provider", "mid", "outcome"]
  ),
  chargeSeconds: histogram("payments_charge_seconds", "How long a processor took for a charge", ["provider"]),
  resolutions: counter(
    "payments_resolutions_total",
    "What was learnt afterwards of charges without an outcome",
    ["provider", "mid", "source", "outcome"]
  ),
  refunds: counter("payments_refunds_total", "Refunds and voids that processors were asked for", [
    "provider",
    "mid",
    "outcome"
  ]),
  webhooks: counter("payments_webhooks_processed_total", "Webhooks of processors that were worked off", [
    "provider",
    "outcome"
  ]),
  deliveries: counter("payments_deliveries_total", "Tries to deliver an event to an app", ["outcome"]),
  exchangeSeconds: histogram(
    "payments_exchange_seconds",
    "How long a request to a processor or a vault took, by what came of it",
    ["host", "result"]
  ),
  requests: counter("payments_http_requests_total", "Requests that were answered", [
    "method",
    "route",
    "status"
  ]),
  requestSeconds: histogram("payments_http_request_seconds", "How long a request took", ["route"]),
  statementSeconds: histogram("payments_statement_seconds", "How long a statement took, its wait included", [
    "statement"
  ]),
  poolWaitSeconds: histogram("payments_pool_wait_seconds", "How long a statement waited for a connection", [
    "pool"
  ]),
  passes: counter("payments_worker_passes_total", "Rounds of the work that no request does", [
    "worker",
    "result"
  ]),
  lastPass: gauge(
    "payments_worker_last_pass_timestamp_seconds",
    "When a round last succeeded in this process",
    ["worker"]
  )
}

/** What is looked up when somebody asks. Every server of one database says the same. */
export const lookedUp = {
  databaseUp: gauge("payments_database_up", "1 when the database answered this very question, else 0"),
  inReview: gauge("payments_attempts_in_review", "Attempts whose outcome nobody knows", ["provider", "mid"]),
  oldestInReview: gauge("payments_attempts_in_review_oldest_seconds", "Age of the oldest of them"),
  inFlight: gauge("payments_attempts_in_flight", "Attempts that were written ahead and have no outcome yet"),
  refundsInReview: gauge("payments_refunds_in_review", "Refunds whose outcome nobody knows"),
  oldestRefundInReview: gauge("payments_refunds_in_review_oldest_seconds", "Age of the oldest of them"),
  outbox: gauge("payments_outbox_undelivered", "Events that the process's own consumers were not told of"),
  oldestInOutbox: gauge("payments_outbox_oldest_seconds", "Age of the oldest of them"),
  deliveriesDue: gauge("payments_deliveries_pending", "Deliveries to apps that are still to be made"),
  oldestDelivery: gauge("payments_deliveries_oldest_due_seconds", "How long the oldest of them has been due"),
  deliveriesDead: gauge("payments_deliveries_dead", "Deliveries that were given up"),
  subscriptionsFailing: gauge(
    "payments_subscriptions_failing",
    "Active subscriptions with nothing but failures"
  ),
  webhooksPending: gauge(
    "payments_webhooks_pending",
    "Webhooks of processors that are still to be worked off"
  ),
  oldestWebhook: gauge("payments_webhooks_oldest_seconds", "Age of the oldest of them"),
  webhooksDead: gauge("payments_webhooks_dead", "Webhooks that came to nothing"),
  incidents: gauge("payments_incidents_open", "Incidents that no person has dealt with"),
  reviews: gauge("payments_reviews_open", "Reviews that wait for a second person")
}

/** What this process knows of itself. */
export const ofProcess = {
  build: gauge("payments_build_info", "Always 1; the version is in its labels", ["version", "node"]),
  eventLoopDelay: gauge("payments_event_loop_delay_seconds", "How late timers were since the last scrape", [
    "quantile"
  ]),
  memory: gauge("payments_process_resident_bytes", "Memory of the process"),
  cpu: gauge("payments_process_cpu_seconds", "Processor time that the process has used"),
  started: gauge("payments_process_start_timestamp_seconds", "When the process started")
}

/** Every metric of the service. */
export const families: ReadonlyArray<Family<string>> = [
  ...Object.values(counted),
  ...Object.values(lookedUp),
  ...Object.values(ofProcess)
]

/** A registry of its own, so that two servers in one process do not count into each other's. */
export class Series {
  readonly context = Metric.MetricRegistry.context(new Map())
  private readonly known = new Map<string, Metric.Metric<number, unknown>>()

  /** Counts one, sets a gauge, or adds to a histogram. */
  note<Label extends string>(
    { name, kind, description }: Family<Label>,
    labels: Readonly<Record<Label, string>>,
    value: number
  ): void {
    const key = `${name} ${Object.values(labels).join(" ")}`
    const found = this.known.get(key) ?? make(kind, name, description, labels)
    this.known.set(key, found)
    found.updateUnsafe(value, this.context)
  }

  /** Takes the series of a family away: those whose labels do not come up again are not told for ever. */
  forget<Label extends string>({ name }: Family<Label>): void {
    for (const [key, series] of this.known) {
      if (!key.startsWith(`${name} `)) continue
      Metric.removeUnsafe(series, this.context)
      this.known.delete(key)
    }
  }
}

const make = (
  kind: Family<string>["kind"],
  name: string,
  description: string,
  attributes: Labels
): Metric.Metric<number, unknown> => {
  switch (kind) {
    case "counter":
      return Metric.counter(name, { description, attributes, incremental: true })
    case "gauge":
      return Metric.gauge(name, { description, attributes })
    case "histogram":
      return Metric.histogram(name, { description, attributes, boundaries })
  }
}

// Statements that set a scene of events on their way out: subscriptions with plain numbers, through the functions that
// apps and workers call.

export const subscription = (nr: number): string => `es_${String(nr).padStart(26, "0")}`

const literal = (value: unknown): string => `'${JSON.stringify(value)}'::jsonb`

/** A subscription of an app to everything. */
export const subscribe = (nr: number, fields: Readonly<Record<string, unknown>> = {}): string =>
  `select create_subscription(${literal({
    id: subscription(nr),
    by: "app",
    url: `https://shop.example/${nr}`,
    sealed: "sealed",
    most: 1000,
    ...fields
  })})`

/** Makes deliveries of so many events. */
export const fanOut = (limit = 500): string => `select fan_out_events('{"limit": ${limit}}')`

export const rotate = (nr: number): string =>
  `select rotate_secret(${literal({ by: "app", subscription: subscription(nr), sealed: "sealed", overlapMs: 3_600_000 })})`

export const setState = (nr: number, to: "active" | "disabled" | "removed"): string =>
  `select set_subscription_state(${literal({ by: "app", subscription: subscription(nr), to })})`

const toldOnce = "insert into event_fan_out select max(event_nr) from outbox"

/** What leaves a row in every table of events on their way out, after `everyTable`; by its owner. */
export const everyEventTable: ReadonlyArray<string> = [subscribe(1), toldOnce, fanOut(), toldOnce]

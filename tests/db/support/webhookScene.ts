// Statements that set a scene of webhooks that came in, through the functions that the door and the workers call.

const literal = (value: unknown): string => `'${JSON.stringify(value)}'::jsonb`

/** A webhook of `mid_goods_1` that was taken in. */
export const take = (event: string | number, fields: Readonly<Record<string, unknown>> = {}): string =>
  `select take_webhook(${literal({
    provider: "stub_a",
    mid: "mid_goods_1",
    entity: "loop_goods",
    eventId: `msg_${event}`,
    type: "charge.updated",
    subjects: [{ _tag: "Other" }],
    ...fields
  })})`

/** One that could not be read, with its body. */
export const unreadable = (event: string | number): string =>
  take(event, { subjects: [], problem: "it cannot be read", raw: { headers: {}, body: "" } })

/** The work on it is done. */
export const processed = (event: string | number): string =>
  `update webhook_inbox set state = 'processed', next_try_at = null where event_id = 'msg_${event}'`

/** A row in every table. */
export const everyWebhookTable: ReadonlyArray<string> = [take(1)]

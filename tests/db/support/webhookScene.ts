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

/** Two persons closed it, and nobody heard it. */
export const signed = (event: string | number): string =>
  `update webhook_inbox set state = 'processed', released = 'signed', next_try_at = null where event_id = 'msg_${event}'`

/** A row in every table. */
export const everyWebhookTable: ReadonlyArray<string> = [take(1)]

/** One that says of an attempt that it took money. */
export const saysCaptured = (attempt: string): string =>
  `insert into webhook_inbox (provider, mid_id, entity_id, event_id, type, subjects)
    select provider, mid_id, entity_id, 'msg_of_' || attempt_id, 'charge.succeeded', jsonb_build_array(
      jsonb_build_object('_tag', 'Charge', 'said', 'captured', 'idempotencyKey', idempotency_key))
    from attempts where attempt_id = '${attempt}'`

import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { developmentKey, secondDevelopmentKey } from "../../src/db/seedData.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { session } from "../db/support/scene.ts"
import { at, Doors, doors } from "../graphql/support.ts"

/** Both doors over the real database, and its owner, who sets scenes and looks into it. */
export const house = Owner.layer.pipe(Layer.provideMerge(doors))

/** The keys of two operators. */
export const first = developmentKey.key
export const second = secondDevelopmentKey.key

interface Told {
  readonly status: number
  readonly json: unknown
}

/** Asks REST under a key. */
export const rest = Effect.fnUntraced(function* (key: string, path: string, body?: unknown) {
  const { fetch } = yield* Doors
  const told: Told = yield* fetch(`/v1/reviews${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  return told
})

export const codeOf = ({ status, json }: Told): string => `${status} ${String(at(json, "error", "code"))}`

/** What stands against a review, where something does. */
export const contradictionOf = (told: Told): unknown => {
  assert.strictEqual(codeOf(told), "409 review_contradicted", JSON.stringify(told.json))
  return at(told.json, "error", "details", "by")
}

/** A review that the first operator asked for. */
export const asked = Effect.fnUntraced(function* (body: object) {
  const { status, json } = yield* rest(first, "", body)
  assert.strictEqual(status, 201, JSON.stringify(json))
  return String(at(json, "id"))
})

/** A review that both signed. */
export const signed = Effect.fnUntraced(function* (body: object) {
  const approved = yield* rest(second, `/${yield* asked(body)}/approve`, {})
  assert.strictEqual(approved.status, 200, JSON.stringify(approved.json))
  return approved.json
})

/** The gateway shows a charge of the attempt of a scene, as `seen_` and its number; or one that was sent under another key. */
export const shows = (nr: number, amount = 3500, key = `${session(nr)}-1-mid_goods_1`): string => `
  insert into stub_gateway.entries (gateway, mid, idempotency_key, operation, kind, code, processor_reference,
    charge_reference, amount, currency, token_ref, moves_at, created_at)
  values ('stub_a', 'mid_goods_1', '${key}', 'charge', 'captured', 'approved', 'seen_${nr}', 'seen_${nr}', ${amount},
    'USD', 'tok_1', date_trunc('second', now()), date_trunc('second', now()))`

/** The same, given back as a whole by hand at the processor. */
export const wentBack = (nr: number): string => `
  insert into stub_gateway.entries (gateway, mid, idempotency_key, operation, kind, code, processor_reference,
    charge_reference, amount, currency, token_ref, moves_at, created_at)
  select gateway, mid, 'gone_${nr}', 'refund', 'refunded', 'refunded', 'gone_${nr}', charge_reference, amount,
    currency, token_ref, moves_at, created_at from stub_gateway.entries where processor_reference = 'seen_${nr}'`

/** The gateway shows a refund of the charge of a scene, or of another one, made by hand. */
export const showsRefund = (nr: number, shown: Shown = {}): string => {
  const { reference = `back_${nr}`, amount = 1000, charge = `by hand ${nr} 1`, failed = false } = shown
  return `
  insert into stub_gateway.entries (gateway, mid, idempotency_key, operation, kind, code, processor_reference,
    charge_reference, amount, currency, token_ref, moves_at, created_at)
  values ('stub_a', 'mid_goods_1', '${reference}', 'refund', '${failed ? "declined" : "refunded"}',
    '${failed ? "refund_declined" : "refunded"}', '${reference}', '${charge}', ${amount}, 'USD', 'tok_1',
    date_trunc('second', now()), date_trunc('second', now()))`
}

interface Shown {
  readonly reference?: string
  readonly amount?: number
  readonly charge?: string
  readonly failed?: boolean
}

export const set = Effect.fnUntraced(function* (statements: ReadonlyArray<string>) {
  const owner = yield* Owner
  for (const statement of statements) yield* owner.unsafe(statement)
})

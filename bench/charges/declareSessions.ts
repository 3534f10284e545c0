import { Effect } from "effect"
import { asking } from "../support/postgres.ts"
import { amount } from "./stage.ts"

const statement = `select count(declare_session(jsonb_build_object('by', 'bench', 'lifetimeMs', 86400000, 'body', '{}'::jsonb,
  'session', jsonb_build_object('id', 'ps_' || lpad(n::text, 26, '0'), 'customer', 'loop_user_' || n, 'brand', 'loop-bio',
    'entity', 'loop_bio_labs', 'category', 'ruo_compounds', 'money', jsonb_build_object('amount', ${amount}, 'currency', 'USD'),
    'mode', 'hosted', 'intent', '{"type": "amount"}'::jsonb, 'theme', '{}'::jsonb, 'metadata', '{}'::jsonb)))) as declared
  from generate_series($1::text::bigint, $2::text::bigint) n`

const atOnce = 1000

/** Declares sessions that may be charged, before any clock runs. */
export const declareSessions = Effect.fnUntraced(function* (address: string, first: number, count: number) {
  for (let from = first; from < first + count; from += atOnce) {
    const last = Math.min(from + atOnce, first + count) - 1
    yield* asking(address, statement, [String(from), String(last)], "payments_app")
  }
})

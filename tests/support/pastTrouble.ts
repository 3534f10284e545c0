import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { pastPayments } from "./pastPayments.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** Past payments of which, however few they are, some are disputed and some are incidents, open and dealt with. */
export const pastTrouble = Effect.fn("pastTrouble")(function* (attempts: number) {
  yield* pastPayments(attempts)
  const { connect } = yield* TestDatabase
  yield* Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`insert into incidents (kind, session_id, attempt_id, detail, closed_at)
      select 'late_capture', session_id, attempt_id, '{"processorReference":"ch_late"}', case when ordinal > 1 then now() end
      from attempts where state = 'declined' order by attempt_id limit 20`
    yield* sql`insert into disputes (mid_id, dispute_reference, processor_reference, attempt_id, session_id, entity_id,
        provider, category, brand_id, state, amount, currency, reason, evidence_due_by)
      select mid_id, 'dp_of_' || attempt_id, processor_reference, attempt_id, session_id, entity_id, provider, category,
        brand_id, 'lost', amount, currency, 'fraudulent', case when amount > 5000 then now() end
      from captures order by attempt_id limit 20`
  }).pipe(Effect.provide(connect("payments_owner", 1)))
})

select open_attempt($1::jsonb) as answer;
select record_outcome($1::jsonb) as answer;
select record_outcome($1::jsonb) as answer;
select record_outcome($1::jsonb) as answer;
select session_json(s) as node from payment_sessions s where s.session_id = any($1::text[]);
select child.* from jsonb_array_elements_text($1::jsonb) with ordinality as parent(id, nr) cross join lateral ( select attempt_json(a) || jsonb_strip_nulls(jsonb_build_object('round', a.round, 'declineKind', a.decline_kind, 'processorReference', a.processor_reference, 'writtenAt', iso(a.written_at), 'resolvedAt', iso(a.resolved_at))) as node, (a.ordinal)::text as major, a.attempt_id as minor, row_number() over (order by a.ordinal asc, a.attempt_id asc) as turn from attempts a where a.session_id = parent.id order by a.ordinal asc, a.attempt_id asc limit $2::integer) child order by parent.nr, child.turn;

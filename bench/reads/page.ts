// The dashboard's page, as each contender is asked for it: 50 sessions, the newest first, each with its company, its
// attempts and its events.

export const ourQuery = `query Page($after: String, $filter: SessionFilter) {
  sessions(first: 50, after: $after, filter: $filter) {
    nodes {
      sessionId state customer createdAt money { amount currency } entity { entityId name }
      attempts(first: 10) { nodes { attemptId ordinal state provider } }
      events(first: 10) { nodes { eventId type occurredAt } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

export const theirQuery = `query Page($after: Cursor, $condition: PaymentSessionCondition) {
  sessions: allPaymentSessions(first: 50, after: $after, condition: $condition, orderBy: [CREATED_AT_DESC, SESSION_ID_DESC]) {
    nodes {
      sessionId state customerId createdAt amount currency entityByEntityId { entityId name }
      attemptsBySessionId(first: 10, orderBy: [ORDINAL_ASC]) { nodes { attemptId ordinal state provider } }
      outboxesBySessionId(first: 10, orderBy: [EVENT_NR_DESC]) { nodes { eventNr type occurredAt } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

/** References that the tables have only as part of wider ones, told to PostGraphile as it wants to be told. */
export const theirReferences = [
  "comment on table payments.payment_sessions is '@foreignKey (entity_id) references entities (entity_id)'",
  "comment on table payments.attempts is '@foreignKey (session_id) references payment_sessions (session_id)'"
]

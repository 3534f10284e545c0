/** What the simulated gateways have in their books, one row for each time that they were asked for money. */
export interface Entry {
  readonly operation: string
  readonly session: string
  readonly kind: string
}

/** Each entry with the session that its idempotency key begins with. */
export const booksQuery = `select operation, substr(idempotency_key, 1, 29) as session, kind from stub_gateway.entries`

interface Asked {
  readonly charge: ReadonlySet<string>
  readonly refund: ReadonlySet<string>
}

/** Money that moved although nobody asked for it who may, or twice. */
export const moneyMoved = (books: ReadonlyArray<Entry>, asked: Asked): ReadonlyArray<string> => {
  const charges = books.filter(({ operation }) => operation === "charge")
  const captured = charges.filter(({ kind }) => kind === "captured").map(({ session }) => session)
  return [
    ...charges
      .filter(({ session }) => !asked.charge.has(session))
      .map(({ session }) => `${session} was charged, and nobody asked for it who may`),
    ...books
      .filter(({ operation, session }) => operation !== "charge" && !asked.refund.has(session))
      .map(({ operation, session }) => `${operation} of ${session}, and nobody asked for it who may`),
    ...captured
      .filter((session, at) => captured.indexOf(session) !== at)
      .map((session) => `${session} was captured twice`)
  ]
}

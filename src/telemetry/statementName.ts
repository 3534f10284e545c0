/** What a statement is called: a step by its function, and whatever only reads by that. */
export const statementName = (text: string): string =>
  /^select ([a-z_]{1,63})\((?:\$1::jsonb|case)/.exec(text)?.[1] ?? "read"

/**
 * GraphQL's own words for a bad value without the value, which may be a secret: the words name the type, the field
 * and the problem, and what was found stands after a colon or the word "found".
 */
export const withoutValues = (message: string): string =>
  message
    .replace(/, (found|but encountered)\b[^]*$/, "")
    .replace(/ has invalid value\b[^]*$/, " has an invalid value")
    .replace(/: [^]*$/, "")
    .replace(/^Value [^]* does not exist in/, "the value does not exist in")
    .replace(/ unknown field (?!"[_A-Za-z]\w{0,63}"\.?$)[^]*$/, " a field of that name")

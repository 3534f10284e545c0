import type { Setting, SettingWords } from "./setting.ts"

const standardOf = ({ standard }: SettingWords, quote: string): string =>
  "value" in standard ? `${quote}${standard.value}${quote}` : standard.words

/** The rows of a table of settings in Markdown, its head first. */
export const settingRows = (
  settings: ReadonlyArray<Setting<unknown>>
): ReadonlyArray<ReadonlyArray<string>> => [
  ["variable", "values", "default", "what it sets"],
  ...settings.map(({ words }) => [`\`${words.name}\``, words.values, standardOf(words, "`"), words.sets])
]

/** What `--help` says. */
export const helpText = (settings: ReadonlyArray<Setting<unknown>>): string =>
  [
    "Payment orchestration",
    "",
    "  npm start                  the service, on an embedded PostgreSQL and simulated gateways",
    "  npm start -- --sandbox     the same on emulators of Stripe, NMI and Basis Theory",
    "  npm start -- --help        this page",
    "",
    "Everything else is a variable of the environment, and all of them are optional:",
    "",
    ...settings.flatMap(({ words }) => [
      `  ${words.name}`,
      ...wrapped(`${words.sets.replaceAll("`", "")}.`),
      ...wrapped(
        `Takes ${words.values.replaceAll("`", "")}. Without it: ${standardOf(words, "").replaceAll("`", "")}.`
      ),
      ""
    ]),
    "  SECRET_...",
    ...wrapped("the secrets that merchant accounts name: docs/guides/operating.md says how."),
    ""
  ].join("\n")

/** As wide as a terminal is, indented. */
const wrapped = (sentence: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of sentence.split(" ")) {
    if (line !== "" && line.length + word.length > 90) {
      lines.push(line)
      line = ""
    }
    line += line === "" ? word : ` ${word}`
  }
  return [...lines, line].map((one) => `      ${one}`)
}

import { count } from "../support/commandLine.ts"
import { faultKinds, faultNames } from "./faults.ts"
import type { Broken, Summary } from "./histories.ts"

/** A broken law as a person wants to read it: what, why, how it came, and how to see it again. */
export const storyOf = ({ seed, law, message, faults, allFaults, trace }: Broken): string =>
  [
    `A law is broken: ${law}.`,
    `  ${message}`,
    "",
    `Seed ${seed}. Of the ${allFaults} faults that happened, ${faults.length} suffice:`,
    ...faults.map((fault) => `  ${fault.padEnd(36)}${explain(fault)}`),
    "",
    ...trace.map((line) => `  ${line}`),
    "",
    "To see it again:",
    `  npm run simulate -- --seed ${seed}${faults.length === 0 ? ' --only ""' : ` --only "${faults.join("; ")}"`}`
  ].join("\n")

const kindsByName = new Map(Object.entries(faultKinds))

const explain = (fault: string): string => {
  const kind = kindsByName.get(fault.slice(0, fault.indexOf("#")))
  if (kind === undefined) return ""
  return `${kind.says}${kind.catalogue.length === 0 ? "" : ` (${kind.catalogue.join(", ")})`}`
}

/** The kinds of faults that never happened. A simulation that does not have them all shows nothing of them. */
export const neverFired = ({ fired }: Summary): ReadonlyArray<string> =>
  faultNames.filter((name) => (fired.get(name) ?? 0) === 0)

/** How often each kind of fault happened, with its numbers in the catalogue. */
export const tableOfFaults = ({ fired }: Summary): string =>
  [...kindsByName]
    .map(
      ([name, { catalogue }]) =>
        `  ${name.padEnd(34)}${catalogue.join(", ").padEnd(16)}${count(fired.get(name) ?? 0).padStart(10)}`
    )
    .join("\n")

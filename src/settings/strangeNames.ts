/** How the names of settings begin that are this service's alone; whatever else begins so is a mistake. */
const ours = ["BASIS_THEORY_", "STUB_"]

/** Below that length a name resembles too much: there only a letter too many is a slip. */
const shortest = 6

/** Words of their own, which other programs may well be told. */
const others: ReadonlySet<string> = new Set(["HOSTS", "PORTS"])

/** Variables that are no settings, and either begin like ours or are nearly spelt like one of them. */
export const strangeNames = (
  names: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): ReadonlyArray<{ readonly name: string; readonly meant: string | undefined }> =>
  names
    .filter((name) => name.length > 4 && !known.includes(name) && !others.has(name))
    .map((name) => ({ name, meant: known.find((one) => isNearly(name.toUpperCase(), one)) }))
    .filter(({ name, meant }) => meant !== undefined || ours.some((prefix) => name.startsWith(prefix)))

const isNearly = (name: string, meant: string): boolean =>
  name.length >= shortest && meant.length >= shortest
    ? isSlipOf(name, meant)
    : name.length === meant.length + 1 && isSlipOf(name, meant)

/** Whether two names differ by one slip of a finger: a letter too many, too few, another, or two exchanged. */
const isSlipOf = (name: string, meant: string): boolean => {
  const longer = name.length > meant.length ? name : meant
  const shorter = name.length > meant.length ? meant : name
  if (longer.length - shorter.length > 1) return false
  let at = 0
  while (at < shorter.length && longer[at] === shorter[at]) at++
  if (longer.length > shorter.length) return longer.slice(at + 1) === shorter.slice(at)
  return (
    longer.slice(at + 1) === shorter.slice(at + 1) ||
    (longer[at] === shorter[at + 1] &&
      longer[at + 1] === shorter[at] &&
      longer.slice(at + 2) === shorter.slice(at + 2))
  )
}

// What holds whatever was asked: these look at the gateways' own books and at our records, not at the model alone.
import { type Entry, spelt, type World } from "../expected/world.ts"
import type { Opened } from "../service/openService.ts"
import type { Tale } from "./Tale.ts"

/** A promise that was broken, whatever the model says. */
export class Broken extends Error {
  override readonly name = "Broken"
}

const hold = (tale: Tale, holds: boolean, what: string): void => {
  if (!holds) {
    throw new Broken(tale.shortly([what, "after:", ...tale.log.map((line) => `  ${line}`)].join("\n")))
  }
}

/** No gateway captured twice for one session, and `first` was given out once at most. */
export const checkBooks = async (tale: Tale, { hand, run }: Opened): Promise<void> => {
  if (tale.sessions.length === 0) return
  const books = await run(hand.books(tale.sessions))
  for (const session of tale.sessions) {
    const captures = books.filter((line) => line.session === session && line.kind === "captured")
    hold(tale, captures.length <= 1, `${captures.length} captures for ${session}: ${spelt(captures)}`)
    const firsts = tale.firsts.filter((one) => one === session).length
    hold(tale, firsts <= 1, `first was given out ${firsts} times for ${session}`)
  }
}

/** Once nothing is left to be found out: our facts are the gateways' books, and both are what the model says. */
export const checkEnd = async (tale: Tale, opened: Opened): Promise<void> => {
  await checkBooks(tale, opened)
  if (tale.sessions.length === 0) return
  const { hand, run } = opened
  const [books, facts, posted, incidents, unresolved] = await run(hand.truthOf(tale.sessions))
  const money = (line: { session: string; mid: string; amount: number; currency: string }) =>
    `${line.session} ${line.mid} ${line.amount} ${line.currency}`
  const captured = books.filter(({ kind }) => kind === "captured")
  const same = (ours: ReadonlyArray<string>, theirs: ReadonlyArray<string>, what: string) =>
    hold(
      tale,
      spelt(ours.toSorted()) === spelt(theirs.toSorted()),
      `${what}:\n  ${ours.toSorted().join("\n  ")}\nand not\n  ${theirs.toSorted().join("\n  ")}`
    )
  const [world] = tale.worlds
  const neverFoundOut = (line: { readonly session: string; readonly ordinal: number }) =>
    world?.sessions[line.session]?.neverFoundOut.includes(line.ordinal) === true
  same(facts.map(money), captured.filter((line) => !neverFoundOut(line)).map(money), "our facts are")
  same(
    posted.map(({ session, amount }) => `${session} ${amount}`),
    facts.map(({ session, amount }) => `${session} ${amount}`),
    "our postings are"
  )
  hold(tale, unresolved.length === 0, `not at an end: ${spelt(unresolved)}`)

  if (world === undefined) return
  const line = ({ session, ordinal, mid, moved }: Entry) =>
    `${session} ${ordinal} ${mid} ${moved ? "captured" : "declined"}`
  same(
    books.map(({ session, ordinal, mid, kind }) => `${session} ${ordinal} ${mid} ${kind}`),
    world.books.map(line),
    "the gateways' books are"
  )
  same(
    incidents.map(({ session, incidents: open }) => `${session} ${open}`),
    incidentsIn(world),
    "our incidents are"
  )
}

const incidentsIn = (world: World): ReadonlyArray<string> =>
  Object.values(world.sessions)
    .filter(({ incidents }) => incidents > 0)
    .map(({ id, incidents }) => `${id} ${incidents}`)

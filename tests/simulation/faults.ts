// Everything that goes wrong in a simulated history, in the words and numbers of the fault catalogue
// (docs/safety.md). P: the attempt's row is committed. S: bytes sent. T: money moves. A: answer. C: outcome
// committed. K: kill -9. Q: lookup. W: webhook. H: in review.

export interface FaultKind {
  /** The catalogue's numbers. */
  readonly catalogue: ReadonlyArray<number>
  readonly says: string
  /** How often it fires where it could, in a history that has it. */
  readonly rate: number
  /** It may keep a process from recording an outcome in time, so that somebody else has to find it out. */
  readonly orphans: boolean
}

const kinds = <Name extends string>(table: Readonly<Record<Name, FaultKind>>) => table

const fault = (catalogue: ReadonlyArray<number>, says: string, rate = 0.3): FaultKind => ({
  catalogue,
  says,
  rate,
  orphans: false
})

/** A fault that may leave an attempt without its driver. */
const orphaning = (...of: Parameters<typeof fault>): FaultKind => ({ ...fault(...of), orphans: true })

export const faultKinds = kinds({
  // kill -9, at every step of a charge
  "K before P": orphaning([1], "the process dies before the write-ahead leaves it"),
  "K with P on its way": orphaning([7], "the process dies; its write-ahead arrives all the same"),
  "K between P and S": orphaning([2], "the process dies with the permit in hand, before a byte is sent"),
  "K between S and T": orphaning([3], "the process dies while the charge is on its way"),
  "K between T and A": orphaning([3], "the process dies after the money moved, before it hears"),
  "K between A and C": orphaning([4], "the process dies with the answer in hand"),
  "K with C on its way": orphaning([4, 6], "the process dies; its record arrives all the same"),
  "K after C": orphaning([5, 60], "the process dies after the record, before it tells anybody"),
  "K of a worker": orphaning(
    [41, 60],
    "the process dies in the middle of a reconciler's or delivery's pass",
    0.15
  ),
  "K at any time": orphaning([1, 2, 3, 4], "the process dies at a moment of nobody's choosing", 0.5),

  // pauses: SIGSTOP, a stalled machine, a long collection of garbage
  "pause between P and S": orphaning([39], "the process stands still with the permit in hand"),
  "pause inside the driver": orphaning(
    [39],
    "the process stands still after it judged its permit, and sends then"
  ),
  "pause between A and C": orphaning([40], "the process stands still with the answer in hand"),
  "pause at any time": orphaning([38, 39, 40], "the process stands still for a while", 0.5),

  // shutdown and callers
  "SIGTERM after S": orphaning([17], "the process is told to end while a charge is on its way"),
  "SIGTERM at any time": orphaning([17], "the process is told to end", 0.5),
  "caller hangs up": fault([15, 16, 19], "whoever waits for an answer goes away", 0.2),

  // database
  "P lost": fault([13], "the write-ahead fails and nothing is written"),
  "ack of P lost": orphaning([7, 8], "the write-ahead is committed and nobody hears it"),
  "C lost": fault([6], "the record fails and nothing is written"),
  "ack of C lost": orphaning([5, 7], "the record is committed, with the next attempt, and nobody hears it"),
  "deadlock at C": fault([11], "the record is chosen as a deadlock's victim"),
  "pool exhausted": orphaning([12], "no connection is free for some seconds", 0.15),
  "statement delayed": orphaning([8], "a statement stays on its way for many seconds and is done then", 0.15),
  "database silent": orphaning([8, 12], "a statement is done and its answer never comes", 0.15),
  "database stops": orphaning([1, 6, 8], "the database ends at once and is away for a while", 0.5),
  "database stops at C": orphaning([6], "the database ends when an outcome is to be recorded", 0.2),
  "database full": orphaning([13], "the database takes no writes for a while", 0.5),
  "other statement lost": fault([13], "a statement that is neither P nor C fails", 0.1),

  // processor
  "S lost": fault([2, 22], "the charge never arrives and the line is cut"),
  "A lost": fault([3, 22], "the answer gets lost"),
  "A late": fault([18, 20], "the answer comes about when nobody waits any more, or later"),
  "A at the deadline": fault([18], "the answer comes in the same tick as the deadline"),
  "5xx": fault([22], "the gateway answers with an error, whatever it did"),
  "A garbled": fault([22], "the answer cannot be read"),
  "A says duplicate": fault([22, 23], "the gateway answers that it knows the charge already"),
  "T late": fault([20], "the money moves minutes later"),
  "T after the horizon": fault([39, 53], "the money moves after everybody has given up", 0.2),
  "captured after it declined": fault([25], "the gateway declines, and captures later", 0.2),
  "amount differs": fault([26], "the gateway captures less than it was asked for", 0.2),
  "reference reused": fault([29], "the gateway gives a capture the name of another one", 0.5),
  "not found while pending": fault([21], "a lookup denies a charge that the gateway has"),
  "Q fails": fault([22], "a lookup gets no answer that can be read"),
  "pause between Q and its record": orphaning([42], "a reconciler stands still with an old answer in hand"),

  // webhooks
  "W before A": fault([30], "the webhook is faster than the answer"),
  "W twice": fault([31, 35], "one webhook reaches two replicas"),
  "ack of W lost": fault([37], "the webhook is taken, and delivered again"),
  "W late": fault([32], "webhooks come in the wrong order"),

  // money that goes back: R is what is asked of the gateway
  "K before P of a refund": orphaning([1, 51], "the process dies before a refund's write-ahead leaves it"),
  "K between P and R": orphaning([2, 51], "the process dies with the permit to give back in hand"),
  "K between R and its answer": orphaning(
    [3, 51],
    "the process dies while the refund is on its way, or its answer"
  ),
  "K between R's answer and C": orphaning([4, 51], "the process dies with the answer to a refund in hand"),
  "pause between P and R": orphaning(
    [39, 51],
    "the process stands still with the permit to give back in hand"
  ),
  "pause inside R": orphaning(
    [39, 51],
    "the process stands still after it judged that permit, and sends then"
  ),
  "pause between R's answer and C": orphaning(
    [40, 51],
    "the process stands still with the answer to a refund in hand"
  ),
  "P of a refund lost": fault([13, 51], "a refund's write-ahead fails and nothing is written"),
  "ack of a refund's P lost": orphaning([7, 51], "a refund's write-ahead is committed and nobody hears it"),
  "C of a refund lost": orphaning([6, 51], "the record of a refund fails and nothing is written"),
  "ack of a refund's C lost": orphaning([5, 51], "the record of a refund is committed and nobody hears it"),
  "R lost": fault([51, 22], "the refund never arrives"),
  "answer to R lost": fault([51], "the money goes back and the answer gets lost"),
  "answer to R late": fault([51, 18], "the answer comes about when nobody waits any more, or later"),
  "R says duplicate": fault([51, 23], "the gateway gives back, and answers that it knows the refund already"),
  "R late": fault([51], "the money goes back minutes later"),
  "R after the horizon": fault([51, 53], "the money goes back after everybody has given up", 0.2),
  "given back after it refused": fault([51, 25], "the gateway refuses a refund, and gives back later", 1),
  "refund fails later": fault([51], "what went back does not arrive, and is here again"),
  "refund not found while pending": fault([51, 21], "a lookup denies a refund that the gateway has"),
  "sum lags behind": fault([48], "the gateway does not count yet what it just gave back"),
  "settled before the void": fault([47], "the charge is settled while its void is on its way", 1),
  "W of a refund twice": fault([31, 35], "one webhook about a refund reaches two replicas"),
  "refunds at once": fault([48], "two refunds of one charge are asked for at two replicas", 0.5),
  "refund key repeated": fault([43, 48], "one refund is asked for twice at once under one key", 0.5),
  "refund before the charge is known": fault(
    [49],
    "money is asked back while its charge may be on its way",
    0.5
  ),
  "refund against a late capture": fault(
    [25, 47, 49],
    "a capture after a decline is given back as soon as it is heard of",
    1
  ),
  "given back at the gateway": fault([48], "somebody gives money back at the gateway itself", 0.2),

  // people and clocks
  "confirmed twice": fault([38, 43], "the session is confirmed at two replicas at once", 0.5),
  "key repeated": fault([43], "one confirmation comes twice at once under one key", 0.5),
  "key with another card": fault([44], "a key comes again for another card", 0.3),
  "declared twice": fault([43, 46], "a second session for the same order is declared", 0.3),
  "ordered anew": fault([46, 53], "an order that came to nothing is given up and declared anew", 1),
  cancelled: fault([50], "the customer cancels while the charge may be on its way", 0.5),
  "confirmed late": fault([52], "the session is confirmed about when it expires", 0.2),
  "claimed early": fault([], "the app claims before it was told that the session is settled", 0.5),
  "claimed twice": fault([60], "two workers of the app claim the fulfilment", 0.5),
  "clock off by an hour": orphaning([54], "the clock of a replica is wrong", 0.5),
  "database's clock goes back": orphaning([55], "the clock of the database jumps", 0.5),

  // configuration
  "policy swapped": fault([56], "the order of the accounts changes in mid-cascade", 0.5),
  "kill switch": fault([57], "an account is stopped while it is being chosen or charged", 0.5),
  "underwriting revoked": fault([58], "an account loses the category, or goes to another company", 0.5),
  "registry stale": fault([56, 57, 58], "a replica does not hear of changes for a while", 0.5)
})

export type FaultName = keyof typeof faultKinds

export const faultNames: ReadonlyArray<string> = Object.keys(faultKinds)

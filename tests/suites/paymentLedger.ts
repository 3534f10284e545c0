import type { Layer } from "effect"
import { anySequence } from "./ledger/anySequence.ts"
import * as background from "./ledger/background.ts"
import * as declaring from "./ledger/declaring.ts"
import * as keeping from "./ledger/keeping.ts"
import * as lateCaptures from "./ledger/lateCaptures.ts"
import * as opening from "./ledger/opening.ts"
import * as recording from "./ledger/recording.ts"
import * as references from "./ledger/references.ts"
import * as retrying from "./ledger/retrying.ts"
import type { Storage } from "./StorageFixture.ts"
import { judge } from "./suite.ts"

/** The laws of every payment ledger, and how many random sequences of calls it has to stand. */
export const suite = (
  name: string,
  storage: Layer.Layer<Storage, unknown>,
  { sequences = 40 }: { readonly sequences?: number } = {}
): void =>
  judge(`PaymentLedger ${name}`, storage, {
    ...declaring,
    ...opening,
    ...recording,
    ...references,
    ...lateCaptures,
    ...retrying,
    ...keeping,
    ...background,
    ...anySequence(sequences)
  })

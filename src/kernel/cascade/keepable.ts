import { largestAmount } from "../Money.ts"
import { Absent, Captured, Declined, type Evidence, Indeterminate, type Outcome } from "./Disposition.ts"

/** As long as a record keeps them: a processor may send a page of HTML, and it is evidence all the same. */
const longestCode = 200
const longestMessage = 2000
const longestReference = 255

/** Characters that no record can keep: NUL, and halves of a surrogate pair. They are shown, not dropped. */
const unkeepable = /\0|\p{Surrogate}/gu

const cut = (text: string, longest: number): string =>
  text.replaceAll(unkeepable, "�").slice(0, longest).replaceAll(unkeepable, "�")

const keepableEvidence = ({ code, message }: Evidence): Evidence => ({
  code: cut(code, longestCode),
  message: cut(message, longestMessage)
})

/**
 * An outcome in a form that every ledger can write down, whatever a processor put into it. Evidence is cut and
 * cleaned; a capture that cannot be one (no amount, no usable reference) proves nothing, so it is indeterminate,
 * and its evidence says what was claimed.
 */
export const keepable = (outcome: Outcome): Outcome => {
  const evidence = keepableEvidence(outcome.evidence)
  switch (outcome._tag) {
    case "Captured": {
      const impossible = impossibility(outcome)
      if (impossible === undefined) return new Captured({ ...outcome, evidence })
      // Cut first: an endless reference would leave no room for the amount.
      const processorReference = outcome.processorReference.slice(0, longestReference)
      return new Indeterminate({
        evidence: keepableEvidence({
          code: "impossible_capture",
          message: `${impossible}: ${JSON.stringify({ ...outcome, processorReference, evidence })}`
        })
      })
    }
    case "Declined": {
      const { kind, advice, offNetwork, undone } = outcome
      return new Declined({
        kind,
        ...(advice === undefined ? {} : { advice }),
        ...(offNetwork === undefined ? {} : { offNetwork }),
        ...(undone === undefined ? {} : { undone }),
        ...reference(outcome),
        evidence
      })
    }
    case "Indeterminate": {
      const { action } = outcome
      return new Indeterminate({
        ...(action === undefined ? {} : { action }),
        ...reference(outcome),
        evidence
      })
    }
    case "Absent":
      return new Absent({ evidence })
  }
}

/** A reference that cannot be kept is left out: it is a hint where to look, and no evidence hangs on it. */
const reference = ({
  processorReference
}: Declined | Indeterminate): { readonly processorReference?: string } =>
  processorReference === undefined || referenceProblem(processorReference) !== undefined
    ? {}
    : { processorReference }

const impossibility = ({ amount, processorReference }: Captured): string | undefined => {
  if (!Number.isSafeInteger(amount) || amount < 1 || amount > largestAmount)
    return "no amount that can be captured"
  return referenceProblem(processorReference)
}

const referenceProblem = (processorReference: string): string | undefined => {
  if (processorReference.trim() === "") return "no processor reference"
  if (processorReference.length > longestReference) return "a processor reference that is too long"
  return processorReference.replaceAll(unkeepable, "") === processorReference
    ? undefined
    : "a processor reference that cannot be written down"
}

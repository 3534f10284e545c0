import { BaseSequencer, type TestSpecification } from "vitest/node"

/** What takes a minute or more, the longest first. */
const long = [
  "/crash/crash.",
  "/planted/",
  "/service/lifecycle.",
  "/contract/contract.",
  "/db/prohibitions.",
  "/simulation/",
  "/nmi/provider.",
  "/stripe/provider.",
  "/db/dropped/",
  "/service/",
  "/mutation/mutation.",
  "/webhooks/anyOrder."
]

/** Begins with the files that take long, so that a run does not end with one of them alone. */
export class LongestFirst extends BaseSequencer {
  override async sort(specifications: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = long.findIndex((part) => moduleId.includes(part))
      return found < 0 ? long.length : found
    }
    return specifications.toSorted((a, b) => place(a) - place(b) || (a.moduleId < b.moduleId ? -1 : 1))
  }
}

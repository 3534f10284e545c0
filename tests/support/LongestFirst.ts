import { BaseSequencer, type TestSpecification } from "vitest/node"

/** What takes twenty seconds or more, the longest first. */
const long = [
  "/crash/crash.",
  "/browser/",
  "/service/lifecycle.",
  "/mutation/mutation.",
  "/db/embedded/takeover.",
  "/webhooks/anyOrder.",
  "/contract/contract.",
  "/planted/",
  "/simulation/",
  "/service/",
  "/model/",
  "/stripe/provider.",
  "/nmi/provider.",
  "/db/prohibitions.",
  "/db/storage.",
  "/db/dropped/",
  "/scripts/newProvider.",
  "/access/matrix.",
  "/db/races.",
  "/sandbox/"
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

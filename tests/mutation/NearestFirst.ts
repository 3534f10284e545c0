import { basename, dirname } from "node:path"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Runs first the tests that bear the name of the mutated file, then its neighbours': most mutants end there. */
export class NearestFirst extends BaseSequencer {
  override async sort(specifications: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const mutated = this.ctx.config.related?.[0] ?? ""
    const name = basename(mutated, ".ts").toLowerCase()
    const folder = dirname(mutated).replace(/^.*\/src\//, "/tests/")
    const distance = ({ moduleId }: TestSpecification): number => {
      if (basename(moduleId, ".test.ts").toLowerCase().startsWith(name)) return 0
      if (dirname(moduleId).endsWith(folder)) return 1
      return moduleId.includes("/tests/kernel/") ? 2 : 3
    }
    return specifications.toSorted((a, b) => distance(a) - distance(b) || (a.moduleId < b.moduleId ? -1 : 1))
  }
}

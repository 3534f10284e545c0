import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { fileURLToPath } from "node:url"

/** One change of a source file: text that stands in it exactly once, and what is to stand there instead. */
export interface Edit {
  /** From the project's root: `src/kernel/cascade/Cascade.ts`. */
  readonly file: string
  readonly find: string
  readonly put: string
}

const root = new URL("../../", import.meta.url)

/** The text of a file with the edits made. Throws when one of them does not fit any more. */
const edited = (text: string, edits: ReadonlyArray<Edit>): string =>
  edits.reduce((before, { file, find, put }) => {
    const parts = before.split(find)
    if (parts.length !== 2) {
      throw new Error(`${file} has ${parts.length - 1} times, not once, what is to be replaced:\n${find}`)
    }
    return parts.join(put)
  }, text)

/** Throws when an edit does not fit the file as it is now. */
export const checkFits = (edits: ReadonlyArray<Edit>): void => {
  for (const [file, its] of byFile(edits)) edited(readFileSync(new URL(file, root), "utf8"), its)
}

const byFile = (edits: ReadonlyArray<Edit>): ReadonlyMap<string, ReadonlyArray<Edit>> => {
  const files = new Map<string, Array<Edit>>()
  for (const edit of edits) files.set(edit.file, [...(files.get(edit.file) ?? []), edit])
  return files
}

/**
 * From now on this thread loads the files with the edits made; what it has loaded before stays. The files
 * themselves are not touched.
 */
export const plant = (edits: ReadonlyArray<Edit>): void => {
  checkFits(edits)
  const files = new Map([...byFile(edits)].map(([file, its]) => [new URL(file, root).href, its]))
  registerHooks({
    load: (url, context, nextLoad) => {
      const its = files.get(url)
      if (its === undefined) return nextLoad(url, context)
      const source = edited(readFileSync(fileURLToPath(url), "utf8"), its)
      return { format: "module-typescript", source, shortCircuit: true }
    }
  })
}

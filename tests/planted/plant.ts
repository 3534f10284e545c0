import type { Constraint } from "../../src/layers/memory/constraints.ts"
import { readFileSync } from "node:fs"
import { registerHooks, stripTypeScriptTypes } from "node:module"
import { fileURLToPath } from "node:url"

/** One change of a source file: text that stands in it exactly once, and what is to stand there instead. */
export interface Edit {
  /** From the project's root: `src/kernel/cascade/Cascade.ts`. */
  readonly file: string
  readonly find: string
  readonly put: string
}

export interface Plant {
  readonly name: string
  /** What it does to people, in one sentence. */
  readonly harm: string
  /** The law that it breaks: seen by another one, it is not seen for what it is. */
  readonly law: string
  readonly edits: ReadonlyArray<Edit>
  /**
   * Prohibitions of the database that are switched off with it: with them in place the bug would do no harm, and
   * the simulation is to see the harm.
   */
  readonly dropped?: ReadonlyArray<Constraint>
  /** Where the short form begins to look for one that is seen rarely; `npm run planted` begins with the first seed. */
  readonly near?: number
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

/** Every module of ours that is loaded for one planting carries its number, and so is loaded for it alone. */
const mark = "?planting="
const plantings: Array<ReadonlyMap<string, ReadonlyArray<Edit>>> = []
/** Without their types, as Node runs them: most files are the same in every planting. */
const stripped = new Map<string, string>()

const sourceOf = (url: string, edits: ReadonlyArray<Edit>): string => {
  const text = edited(readFileSync(fileURLToPath(url), "utf8"), edits)
  const known = stripped.get(text) ?? stripTypeScriptTypes(text)
  stripped.set(text, known)
  return known
}

const hook = (): void =>
  void registerHooks({
    resolve: (specifier, context, nextResolve) => {
      const resolved = nextResolve(specifier, context)
      const [, planting] = context.parentURL?.split(mark) ?? []
      const ours = resolved.url.startsWith(root.href) && !resolved.url.includes("/node_modules/")
      return planting === undefined || !ours ? resolved : { ...resolved, url: resolved.url + mark + planting }
    },
    load: (url, context, nextLoad) => {
      const [file = "", planting] = url.split(mark)
      if (planting === undefined) return nextLoad(url, context)
      const edits = plantings[Number(planting)]?.get(file) ?? []
      return { format: "module", source: sourceOf(file, edits), shortCircuit: true }
    }
  })

/**
 * Loads a module, and everything of ours that it needs, with the edits made, beside what this thread has loaded
 * before; the libraries are the same ones. The files themselves are not touched.
 */
export const loadPlanted = async <M>(module: URL, edits: ReadonlyArray<Edit>): Promise<M> => {
  checkFits(edits)
  if (plantings.length === 0) hook()
  plantings.push(new Map([...byFile(edits)].map(([file, its]) => [new URL(file, root).href, its])))
  return import(module.href + mark + (plantings.length - 1))
}

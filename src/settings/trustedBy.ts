import { Result } from "effect"
import { readFileSync } from "node:fs"
import { documentsIn, type TrustedDocuments } from "../graphql/trusted/TrustedDocuments.ts"

/** The documents that the settings trust, or what is wrong with the file, in words that follow the setting's name. */
export const trustedBy = (given: {
  readonly trustedDocuments: string | undefined
  readonly trustedDocumentsOnly: string | undefined
}): Result.Result<TrustedDocuments, string> => {
  const { trustedDocuments: file, trustedDocumentsOnly: principals = "" } = given
  const only = new Set(
    principals
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "")
  )
  if (file === undefined) {
    return only.size === 0
      ? Result.succeed({ byHash: new Map(), only })
      : Result.fail("is left out, and TRUSTED_DOCUMENTS_ONLY lets some keys send nothing else; name the file")
  }
  const text = Result.try({
    try: () => readFileSync(file, "utf8"),
    catch: () => "names a file that cannot be read"
  })
  return Result.flatMap(text, (manifest) => Result.map(documentsIn(manifest), (byHash) => ({ byHash, only })))
}

import { Predicate, Result } from "effect"
import { createHash } from "node:crypto"

/** Documents that clients were built with: they name one by its hash, and some clients may send no others. */
export interface TrustedDocuments {
  /** By the SHA-256 of its text, in hex. */
  readonly byHash: ReadonlyMap<string, string>
  /** Principals whose keys may send nothing else; `*` is everybody. */
  readonly only: ReadonlySet<string>
}

export const noTrustedDocuments: TrustedDocuments = { byHash: new Map(), only: new Set() }

export const hashOf = (document: string): string => createHash("sha256").update(document).digest("hex")

/** The documents of a manifest, `{"<hash>": "<document>"}`; else what is wrong with it, after the name of its setting. */
export const documentsIn = (manifest: string): Result.Result<ReadonlyMap<string, string>, string> => {
  const read = Result.try((): unknown => JSON.parse(manifest))
  if (Result.isFailure(read) || !Predicate.isObject(read.success) || Array.isArray(read.success))
    return Result.fail("names a file that is no object of JSON")
  const documents = new Map<string, string>()
  for (const [hash, document] of Object.entries(read.success)) {
    if (!Predicate.isString(document) || hashOf(document) !== hash)
      return Result.fail(
        `names a file in which ${JSON.stringify(hash.slice(0, 80))} is not the SHA-256 of its document`
      )
    documents.set(hash, document)
  }
  return Result.succeed(documents)
}

/** The hash that a request names its document by, as trusted documents or as persisted queries have it. */
export const namedHash = (params: unknown): string | undefined => {
  if (!Predicate.isObject(params)) return undefined
  const given = Predicate.hasProperty(params, "documentId") ? params.documentId : hashInExtensions(params)
  return Predicate.isString(given) ? given.replace(/^sha256:/, "").toLowerCase() : undefined
}

const hashInExtensions = (params: object): unknown =>
  Predicate.hasProperty(params, "extensions") &&
  Predicate.hasProperty(params.extensions, "persistedQuery") &&
  Predicate.hasProperty(params.extensions.persistedQuery, "sha256Hash")
    ? params.extensions.persistedQuery.sha256Hash
    : undefined

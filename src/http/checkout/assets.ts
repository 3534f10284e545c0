import { HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"

/** A script or style of the checkout's, as browsers load it. */
export interface Asset {
  readonly path: string
  readonly type: string
  readonly body: Uint8Array
  /** The same, smaller: made when it is first asked for, and kept. */
  readonly br: () => Uint8Array
  readonly gzip: () => Uint8Array
  /** What a browser compares it with before it runs it. */
  readonly integrity: string
  /** The modules that it imports, those that these import included. */
  readonly imports: ReadonlyArray<string>
}

const folder = new URL("../../checkout/", import.meta.url)

/** What browsers load: entries, and the modules and styles that belong to them. */
const scripts = {
  page: "shows where a payment stands, and takes the card's token to the door",
  paying: "asks for one payment until it is known what came of it",
  door: "asks the customer's door",
  fields: "speaks with the vault's own card fields",
  host: "tells the page around an embedded checkout what comes of it",
  guard: "tells of scripts, frames and forms that nobody here wrote",
  boot: "exchanges the embed token",
  back: "leads from the bank's page back to the checkout",
  element: "puts the checkout into a shop's page, in a frame",
  "vault/vault": "the simulated vault's card fields, for development",
  "vault/card": "what the simulated vault knows of cards",
  "demo/demo": "the demo shop, for development"
}
const styles = ["page", "frame", "vault/vault", "demo/demo"]

/** What Node runs this very server with. That it warns of the function's age is nothing that an operator can act on. */
const withoutTypes = (text: string): string => {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** A module as a browser reads it: without types, and its neighbours by the names under which they are served. */
const moduleOf = (name: string): string =>
  withoutTypes(readFileSync(new URL(`${name}.ts`, folder), "utf8"))
    .replaceAll(/(from\s+"\.[^"]*)\.ts"/g, '$1.js"')
    // What was a type leaves empty lines, and comments are for whoever reads the source.
    .replaceAll(/^\s*(\/\/.*|\/\*\*.*\*\/)?\n/gm, "")

const once = <A>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => (made ??= make())
}

const importsOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/from\s+"\.\/([\w/]+)\.js"/g)].map(([, name = ""]) => name)

/** The names of all modules that a module needs, itself aside. */
const reach = (name: string, texts: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const folderOf = name.includes("/") ? name.slice(0, name.lastIndexOf("/") + 1) : ""
  const found = importsOf(texts.get(name) ?? "").map((one) => `${folderOf}${one}`)
  return [...new Set(found.flatMap((one) => [one, ...reach(one, texts)]))]
}

const makeAssets = () => {
  const texts = new Map(Object.keys(scripts).map((name) => [name, moduleOf(name)]))
  const files = [
    ...[...texts].map(([name, text]) => ({ name: `${name}.js`, type: "text/javascript", text, of: name })),
    ...styles.map((name) => ({
      name: `${name}.css`,
      type: "text/css",
      text: readFileSync(new URL(`${name}.css`, folder), "utf8"),
      of: ""
    }))
  ]
  const version = createHash("sha256")
    .update(files.map(({ name, text }) => `${name}\n${text}`).join("\n"))
    .digest("hex")
    .slice(0, 16)
  const byName = new Map(
    files.map(({ name, type, text, of }) => {
      const body = Buffer.from(text)
      const asset: Asset = {
        path: `/checkout/assets/${version}/${name}`,
        type: `${type}; charset=utf-8`,
        body,
        br: once(() => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })),
        gzip: once(() => gzipSync(body, { level: 9 })),
        integrity: `sha384-${createHash("sha384").update(body).digest("base64")}`,
        imports: reach(of, texts).map((one) => `${one}.js`)
      }
      return [name, asset]
    })
  )
  const get = (name: string): Asset => {
    const found = byName.get(name)
    if (found === undefined) throw new Error(`the checkout has no ${name}`)
    return found
  }
  /** Every script that may run in a page of the checkout, why, and what browsers compare it with. */
  const inventory = Object.entries(scripts).map(([name, why]) => {
    const { path, integrity } = get(`${name}.js`)
    return { script: path, why, integrity }
  })
  return { version, inventory, all: [...byName.values()], get, find: (name: string) => byName.get(name) }
}

/**
 * Everything that browsers load of the checkout, made once when the server starts: types are stripped as Node does
 * it, so there is nothing to build. The address holds a hash of all of it, so it may be kept forever.
 */
export const checkoutAssets = once(makeAssets)

export type Assets = ReturnType<typeof makeAssets>

/** An asset as the caller's browser takes it. */
export const assetResponse = (asset: Asset, acceptEncoding: string | undefined) => {
  const accepted = (acceptEncoding ?? "").split(",").map((one) => one.trim().split(";")[0])
  const [encoding, body] = accepted.includes("br")
    ? (["br", asset.br()] as const)
    : accepted.includes("gzip")
      ? (["gzip", asset.gzip()] as const)
      : ([undefined, asset.body] as const)
  return HttpServerResponse.uint8Array(body, {
    contentType: asset.type,
    headers: {
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
      vary: "accept-encoding",
      "cache-control": "public, max-age=31536000, immutable",
      // The pages of the checkout load it, and nobody else.
      "cross-origin-resource-policy": "same-origin"
    }
  })
}

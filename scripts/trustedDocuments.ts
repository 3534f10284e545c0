// Makes the manifest of trusted documents: what the SDK ships, and the files that are named, each as the SDK sends it.
//
//   node scripts/trustedDocuments.ts app/*.graphql > trusted.json
import { parse } from "graphql"
import { readFileSync } from "node:fs"
import * as operations from "../packages/sdk/src/generated/operations.ts"
import { printDocument } from "../packages/sdk/src/printDocument.ts"
import { hashOf } from "../src/graphql/trusted/TrustedDocuments.ts"

const shipped = Object.values(operations).map(({ text }) => text)
// As it is written, and as the SDK prints what a parser made of it.
const named = process.argv.slice(2).flatMap((file) => {
  const text = readFileSync(file, "utf8")
  return [text, printDocument(parse(text))]
})

console.log(
  JSON.stringify(Object.fromEntries([...shipped, ...named].map((text) => [hashOf(text), text])), null, 2)
)

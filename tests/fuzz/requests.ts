import type { GraphQLSchema } from "graphql"
import { brokenBody, brokenDocument } from "./broken.ts"
import { type Known, makeDocuments } from "./documents.ts"
import { drawsOf } from "./draws.ts"

/** What is sent, and with which of the keys. */
export interface Sent {
  readonly kind: "valid" | "broken" | "bytes" | "rest" | "charge"
  readonly path: string
  readonly method: "GET" | "POST"
  readonly body: string | undefined
  /** `reader` may read and nothing else; `all` may do everything. */
  readonly key: "reader" | "all"
}

interface World extends Known {
  readonly seed: number
  readonly tokens: ReadonlyArray<string>
}

const paths = ["", "/", "/confirm", "/cancel", "/fulfilment", "/refunds", "/../..", "/%00", "/%2e%2e", "?a=b"]

/** The request of a number: always the same for the same seed and world. */
export const makeRequests = (schema: GraphQLSchema, world: World) => {
  const document = makeDocuments(schema, world)
  return (nr: number): Sent => {
    const draws = drawsOf(world.seed, nr)
    const graphql = (kind: Sent["kind"], body: string, key: Sent["key"]): Sent => ({
      kind,
      path: "/graphql",
      method: "POST",
      body,
      key
    })
    const session = () => draws.one(world.sessions, "x")
    const made = () => document(draws.chance(0.75) ? "query" : "mutation", draws)
    const which = draws.below(100)
    if (which < 40) return graphql("valid", JSON.stringify(made()), draws.chance(0.7) ? "reader" : "all")
    if (which < 75) {
      return graphql(
        "broken",
        JSON.stringify(brokenDocument(made(), draws)),
        draws.chance(0.5) ? "reader" : "all"
      )
    }
    if (which < 85) return graphql("bytes", brokenBody(made(), draws), draws.chance(0.5) ? "reader" : "all")
    if (which < 97) {
      const config = {
        customer: draws.one(world.words, "x"),
        brand: "loop-bio",
        entity: "loop_bio_labs",
        mode: "hosted",
        intent: { type: "amount", amountCents: draws.below(9999), currency: "USD" },
        vaultToken: { vaultId: "stub", tokenRef: draws.one(world.tokens, "x") }
      }
      const on = draws.chance(0.3)
        ? ""
        : `/${encodeURIComponent(draws.chance(0.7) ? session() : draws.one(world.words, "x"))}`
      const path = `/v1/payment-sessions${on}${draws.one(paths, "")}`
      return draws.chance(0.2)
        ? { kind: "rest", path, method: "GET", body: undefined, key: "reader" }
        : {
            kind: "rest",
            path,
            method: "POST",
            body: brokenBody(config, draws),
            key: draws.chance(0.5) ? "reader" : "all"
          }
    }
    const input = {
      session: session(),
      vaultToken: { vaultId: "stub", tokenRef: draws.one(world.tokens, "x") }
    }
    const query = `mutation ($input: ConfirmPaymentSessionInput!) {
      confirmPaymentSession(input: $input) { __typename ... on Refusal { code } } }`
    // One that may not charge asks for the very same.
    return graphql(
      "charge",
      JSON.stringify({ query, variables: { input } }),
      draws.chance(0.5) ? "reader" : "all"
    )
  }
}

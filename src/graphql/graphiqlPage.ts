import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { developmentKey } from "../db/seedData.ts"
import type { VaultToken } from "../kernel/Card.ts"
import { examplesWith } from "./examples.ts"

/** The page brings everything along; a browser that tries to fetch from anywhere else is told not to. */
const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "worker-src blob:",
  "style-src 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'"
].join("; ")

/** What a new visitor finds open. The second tab has two operations: run one, then the other with its session. */
const tabsOf = (examples: ReturnType<typeof examplesWith>) => [
  { query: examples.preview, variables: "{}" },
  { query: `${examples.declare}\n${examples.confirm}`, variables: JSON.stringify({ session: "ps_..." }) },
  { query: examples.history, variables: "{}" }
]

/**
 * GraphiQL, whole and without a CDN. For development: the page needs no key, its requests carry the development
 * key, which is known to everybody and taken on loopback only. It is nine megabytes, so it is read when somebody
 * asks for it first. `card`: the one that its queries charge.
 */
export const graphiqlPage = (card: VaultToken): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.promise(() => import("@graphql-yoga/render-graphiql")).pipe(
    Effect.map(({ renderGraphiQL }) => {
      const examples = examplesWith(card)
      const headers = JSON.stringify({ Authorization: `Bearer ${developmentKey.key}` }, null, 2)
      const page = renderGraphiQL({
        title: "GraphiQL: payments",
        headers,
        defaultQuery: examples.preview,
        defaultTabs: tabsOf(examples).map((tab) => ({ ...tab, headers })),
        defaultEditorToolsVisibility: "headers"
      })
      // GraphiQL moves a tab that is pressed, and then the click misses it.
      const still = "<style>.graphiql-tab { transform: none !important }</style></head>"
      return HttpServerResponse.setHeader(
        HttpServerResponse.html(page.replace("</head>", still)),
        "content-security-policy",
        policy
      )
    })
  )

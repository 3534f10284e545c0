import SchemaBuilder from "@pothos/core"
import ErrorsPlugin from "@pothos/plugin-errors"
import RelayPlugin from "@pothos/plugin-relay"
import type { DateTime } from "effect"
import type { GraphqlContext } from "./context.ts"
import { admitToType } from "./access/admitted.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { nodeNamed } from "./nodeNamed.ts"
import { mostRows } from "./pages.ts"

interface Types {
  Context: GraphqlContext
  DefaultFieldNullability: false
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    /** PostgreSQL's own words for an instant, in UTC, are passed on. */
    DateTime: { Input: DateTime.Utc; Output: DateTime.Utc | string }
    Json: { Input: never; Output: unknown }
    Labels: { Input: Readonly<Record<string, string>>; Output: Readonly<Record<string, string>> }
    MinorUnits: { Input: number; Output: number }
    WholeNumber: { Input: number; Output: number }
  }
}

/** Has no types of its own: every other file adds its own, and `schema.ts` gathers them. */
export const builder = new SchemaBuilder<Types>({
  plugins: [ErrorsPlugin, RelayPlugin],
  defaultFieldNullability: false,
  // A result is a union of its payload and what it may be refused for, with nothing wrapped around the payload.
  errors: { directResult: true },
  relay: {
    // The loaded objects are the kernel's own and stay as they are; each node says itself which type it is.
    brandLoadedObjects: false,
    decodeGlobalID: (id, { operations }) => {
      const named = nodeNamed(id)
      admitToType(named.typename, operations)
      return named
    },
    edgesFieldOptions: { nullable: false },
    nodeFieldOptions: { nullable: false },
    nodesOnConnection: { description: "The nodes of the edges, for whoever needs no cursors." },
    nodeTypeOptions: { description: "Anything that has a global id." },
    idFieldOptions: { description: "The global id." },
    pageInfoTypeOptions: { description: "Where a page stands in its list." },
    firstArgOptions: { description: `How many from the start: 0 to ${mostRows}. 20 when nothing is said.` },
    lastArgOptions: { description: `How many from the end, instead of \`first\`: 0 to ${mostRows}.` },
    afterArgOptions: { description: "Only what comes after this cursor." },
    beforeArgOptions: { description: "Only what comes before this cursor." },
    nodeQueryOptions: { description: "Anything that has a global id; null when there is no such thing." },
    nodesQueryOptions: {
      description: `Many at once, at most ${mostRows}; null in the place of what does not exist.`,
      resolve: (_root, { ids }, _context, _info, resolveNodes) => {
        if (ids.length > mostRows) {
          throw new InvalidInput({
            field: "ids",
            problem: `has ${ids.length} ids; ask for at most ${mostRows}`
          })
        }
        return resolveNodes(ids)
      }
    }
  }
})

builder.queryType({ description: "What may be read." })
builder.mutationType({
  description:
    "What may be done. Each result is its payload, or the refusal that says why nothing was done; `Idempotency-Key` of REST is the argument `idempotencyKey`, and the two doors share the keys."
})

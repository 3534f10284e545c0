import type { AttemptRow } from "../db/reads/attempts.ts"
import { covers } from "../kernel/access/Scope.ts"
import { EntityRegistry } from "../kernel/EntityRegistry.ts"
import { UnknownSession } from "../kernel/refusals.ts"
import { Effect } from "effect"
import { builder } from "./builder.ts"
import type { GraphqlContext } from "./context.ts"
import { placesOf } from "./filters.ts"
import { plainId } from "./plainId.ts"
import { Attempt, PaymentSession } from "./refs.ts"

builder.subscriptionType({
  description:
    "What is told as it happens, as server-sent events: ask with `Accept: text/event-stream`. One that ends before you end it says why in its last event: an error whose code tells whether to subscribe again."
})

const sessionNamed = async (id: string, { loaders }: GraphqlContext) => {
  const session = await loaders.session(id)
  if (session === undefined) throw UnknownSession.of(id)
  return session
}

builder.subscriptionField("sessionChanged", (t) =>
  t.field({
    type: PaymentSession,
    description:
      "A session as it stands now, and again whenever something of it changed. Changes that come close together are told as one: what is told is where it stands, not how it came there.",
    args: {
      session: t.arg.id({ required: true, description: "The plain id (`ps_01J...`) or the global one." })
    },
    subscribe: (_root, args, context) => {
      const id = plainId("PaymentSession", args.session)
      return context.open({
        keysOf: ({ session }) => (session === id ? [id] : []),
        state: [id],
        read: async () => [await sessionNamed(id, context)]
      })
    },
    resolve: (session) => session
  })
)

const AttemptRecordedFilter = builder.inputType("AttemptRecordedFilter", {
  description: "Which attempts; what is left out restricts nothing.",
  fields: (t) => ({
    session: t.id({ description: "Those of one session." }),
    entity: t.id({ description: "Those of one company." }),
    mid: t.id({ description: "Those on one merchant account." })
  })
})

builder.subscriptionField("attemptRecorded", (t) =>
  t.field({
    type: Attempt,
    description:
      "Each attempt that is written ahead, and again whenever something is recorded of it. It begins with what is recorded from now on: subscribe first, and then read the list `attempts`.",
    args: { filter: t.arg({ type: AttemptRecordedFilter }) },
    subscribe: async (_root, { filter }, context) => {
      const { entity, mid } = filter ?? {}
      const places = await context.run(
        EntityRegistry.pipe(
          Effect.flatMap((registry) => registry.snapshot),
          Effect.flatMap((snapshot) => placesOf(snapshot, { entity, mid }))
        )
      )
      const mids = places.restricted ? new Set(places.mids) : undefined
      const session =
        typeof filter?.session === "string"
          ? (await sessionNamed(plainId("PaymentSession", filter.session), context)).id
          : undefined
      return context.open<AttemptRow>({
        keysOf: (change) =>
          covers(context.scope, change) && (session === undefined || session === change.session)
            ? change.attempts.filter((one) => mids?.has(one.mid) !== false).map(({ id }) => id)
            : [],
        read: async (ids) => {
          const found = await Promise.all(ids.map(context.loaders.attempt))
          return found.filter((one) => one !== undefined)
        }
      })
    },
    resolve: (attempt) => attempt
  })
)

import { Predicate, Schema } from "effect"
import type { IncidentRow } from "../db/reads/history.ts"
import { SessionId } from "../kernel/ids.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { TimeRange, timesOf, wordsOf } from "./filters.ts"
import { there, valuesBelow } from "./levels.ts"
import { plainId } from "./plainId.ts"
import {
  Attempt,
  Incident,
  IncidentConnection,
  isEvent,
  PaymentEvent,
  PaymentEventConnection,
  PaymentSession
} from "./refs.ts"
import { rootList } from "./rootLists.ts"

// What is written of payments besides themselves: what the world was told, and what went wrong.

const sessionOfEvent = valuesBelow({
  field: "PaymentEvent.session",
  of: isEvent,
  id: ({ session }) => session,
  read: (reads, scope, ids) => reads.sessionsById(scope, ids),
  pick: (found, { session }) => there(found, session),
  rows: (found) => [found]
})

builder.node(PaymentEvent, {
  description: "What the world was told when something became true.",
  isTypeOf: (value) => Predicate.isObject(value) && isEvent(value),
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: (ids, { loaders }) => Promise.all(ids.map(loaders.event)),
  fields: (t) => ({
    eventId: t.exposeString("id", { description: "`evt_1`." }),
    type: t.exposeString("type", { description: "`payment.charged.v1`." }),
    occurredAt: t.expose("occurredAt", { type: "DateTime" }),
    payload: t.expose("payload", { type: "Json", description: "What apps are sent." }),
    session: t.field({
      type: PaymentSession,
      resolve: (event, _args, context) => sessionOfEvent(event, context)
    })
  })
})

const attemptOfIncident = valuesBelow({
  field: "Incident.attempt",
  of: (value): value is IncidentRow => "openedAt" in value && "detail" in value,
  id: ({ attempt }) => attempt,
  read: (reads, scope, ids) => reads.attemptsById(scope, ids),
  pick: (found, { attempt }) => there(found, attempt),
  rows: (found) => [found]
})

builder.objectType(Incident, {
  description: "Something that a person has to deal with, such as money that moved after a decline.",
  fields: (t) => ({
    nr: t.expose("nr", { type: "WholeNumber", description: "A review with `handled` closes it." }),
    kind: t.exposeString("kind", { description: "`late_capture`." }),
    detail: t.expose("detail", { type: "Json", description: "The evidence that opened it." }),
    openedAt: t.expose("openedAt", { type: "DateTime" }),
    closedAt: t.expose("closedAt", { type: "DateTime", nullable: true }),
    attempt: t.field({
      type: Attempt,
      resolve: (incident, _args, context) => attemptOfIncident(incident, context)
    })
  })
})

const EventFilter = builder.inputType("EventFilter", {
  description: "Which events; what is left out restricts nothing.",
  fields: (t) => ({
    session: t.id({ description: "Those of one session." }),
    types: t.stringList({ description: "Those of these types: `payment.charged.v1`." }),
    occurredAt: t.field({ type: TimeRange })
  })
})

const IncidentFilter = builder.inputType("IncidentFilter", {
  description: "Which incidents; what is left out restricts nothing.",
  fields: (t) => ({
    session: t.id({ description: "Those of one session." }),
    open: t.boolean({ description: "Those that nobody has dealt with yet, or the others." }),
    kinds: t.stringList({ description: "Those of these kinds: `late_capture`." })
  })
})

const sessionNamed = (id: string | null | undefined): SessionId | undefined => {
  if (typeof id !== "string") return undefined
  const session = plainId("PaymentSession", id)
  if (Schema.is(SessionId)(session)) return session
  throw new InvalidInput({ field: "filter.session", problem: "is no session id: ps_ and 26 characters" })
}

builder.queryFields((t) => ({
  events: t.connection(
    {
      type: PaymentEvent,
      description: "What the world was told, newest first.",
      args: { filter: t.arg({ type: EventFilter }) },
      resolve: rootList({
        kind: "event",
        asked: (filter: typeof EventFilter.$inferInput | null | undefined) => ({
          session: sessionNamed(filter?.session),
          types: wordsOf(filter?.types),
          occurred: timesOf(filter?.occurredAt)
        }),
        read: (reads, scope, asked, slice, wanted) => reads.events(scope, asked, slice, wanted)
      })
    },
    PaymentEventConnection
  ),
  incidents: t.connection(
    {
      type: Incident,
      description: "What a person has to deal with, newest first.",
      args: { filter: t.arg({ type: IncidentFilter }) },
      resolve: rootList({
        kind: "incident",
        asked: (filter: typeof IncidentFilter.$inferInput | null | undefined) => ({
          session: sessionNamed(filter?.session),
          open: filter?.open ?? undefined,
          kinds: wordsOf(filter?.kinds)
        }),
        read: (reads, scope, asked, slice, wanted) => reads.incidents(scope, asked, slice, wanted)
      })
    },
    IncidentConnection
  )
}))

import { Context, Effect } from "effect"

/**
 * What of the payments a caller deals with: only what is of these companies, and of these brands. An absent list
 * restricts nothing. What is out of it is not there, rather than refused.
 */
export interface Scope {
  readonly entities?: ReadonlyArray<string> | undefined
  readonly brands?: ReadonlyArray<string> | undefined
}

export const everything: Scope = {}

/** The scope of whoever is served. Doors with keys set it; the service's own work sees everything. */
export const CurrentScope = Context.Reference<Scope>(
  "payment-orchestration/kernel/access/Scope/CurrentScope",
  {
    defaultValue: () => everything
  }
)

interface Scoped {
  readonly entity: string
  readonly brand: string
}

/** Whether something is of a company and a brand that a caller deals with. */
export const covers = ({ entities, brands }: Scope, { entity, brand }: Scoped): boolean =>
  (entities === undefined || entities.includes(entity)) && (brands === undefined || brands.includes(brand))

/** What is in the scope of whoever is served; everything else is not there. */
export const inSight = <Found extends Scoped>(found: Found | undefined): Effect.Effect<Found | undefined> =>
  Effect.map(CurrentScope, (scope) => (found !== undefined && covers(scope, found) ? found : undefined))

/**
 * Whether whoever is served deals with a session. Nothing is read for a caller who deals with all; a declaration never
 * changes and is remembered.
 */
export const seesSession = <Found extends Scoped, E>(
  declaration: Effect.Effect<Found | undefined, E>
): Effect.Effect<boolean, E> =>
  Effect.flatMap(CurrentScope, (scope) =>
    scope.entities === undefined && scope.brands === undefined
      ? Effect.succeed(true)
      : Effect.map(declaration, (found) => found !== undefined && covers(scope, found))
  )

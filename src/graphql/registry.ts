import { Effect } from "effect"
import { adviseOnLedger } from "../http/refusals.ts"
import { withoutCardNumber } from "../kernel/cardNumbers.ts"
import type { Entity } from "../kernel/Entity.ts"
import { EntityRegistry, type RegistrySnapshot } from "../kernel/EntityRegistry.ts"
import { UnknownEntity } from "../kernel/refusals.ts"
import type { GraphqlContext } from "./context.ts"

/** The companies, brands and accounts as this process knows them; reading it costs no statement. */
export const snapshotFor = ({ run }: GraphqlContext): Promise<RegistrySnapshot> =>
  run(
    EntityRegistry.pipe(
      Effect.flatMap(({ snapshot }) => snapshot),
      adviseOnLedger("read")
    )
  )

/**
 * One of them that something written refers to. Nothing is ever deleted, so only an account that was added a
 * moment ago, by another process, can be missing; the request may be repeated.
 */
export const known = <Value>(values: ReadonlyMap<string, Value>, id: string): Value => {
  const value = values.get(id)
  if (value === undefined) throw new Error(`this process has not heard of ${id} yet`)
  return value
}

/** The company that an argument names. */
export const entityNamed = (
  { entities }: RegistrySnapshot,
  id: string
): Effect.Effect<Entity, UnknownEntity> => {
  const entity = entities.get(id)
  if (entity !== undefined) return Effect.succeed(entity)
  const collecting = [...entities.values()].filter(({ collects }) => collects)
  return Effect.fail(
    new UnknownEntity({ entity: withoutCardNumber(id), known: collecting.map((one) => one.id) })
  )
}

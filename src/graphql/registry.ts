import { Effect } from "effect"
import { adviseOnLedger } from "../http/refusals.ts"
import { withoutCardNumber } from "../kernel/cardNumbers.ts"
import type { Entity } from "../kernel/Entity.ts"
import { EntityRegistry, type RegistrySnapshot } from "../kernel/EntityRegistry.ts"
import { UnknownEntity } from "../kernel/refusals.ts"

/**
 * The registry for one request. Its layer holds the newest snapshot, so nothing waits, and no field needs a promise;
 * it is read again after whatever may have changed it.
 */
export const registryOf = (runSync: <A, E>(effect: Effect.Effect<A, E, EntityRegistry>) => A) => {
  let known: RegistrySnapshot | undefined
  return {
    registry: (): RegistrySnapshot => (known ??= runSync(snapshot)),
    forget: (): void => {
      known = undefined
    }
  }
}

const snapshot = EntityRegistry.pipe(
  Effect.flatMap((registry) => registry.snapshot),
  adviseOnLedger("read")
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
  { entities }: Pick<RegistrySnapshot, "entities">,
  id: string
): Effect.Effect<Entity, UnknownEntity> => {
  const entity = entities.get(id)
  if (entity !== undefined) return Effect.succeed(entity)
  const collecting = [...entities.values()].filter(({ collects }) => collects)
  return Effect.fail(
    new UnknownEntity({ entity: withoutCardNumber(id), known: collecting.map((one) => one.id) })
  )
}

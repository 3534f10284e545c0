import { Effect } from "effect"
import { Brand } from "../Entity.ts"
import type { RegistrySnapshot } from "../EntityRegistry.ts"
import { CurrentScope } from "./Scope.ts"

/**
 * The registry as whoever is served may know it: other companies with their accounts, other brands, and brands of other
 * companies alone are not in it. The policy is whole; it is asked by company.
 */
export const registryInSight = (snapshot: RegistrySnapshot): Effect.Effect<RegistrySnapshot> =>
  Effect.map(CurrentScope, ({ entities, brands }) => {
    if (entities === undefined && brands === undefined) return snapshot
    const isSeen = (entity: string) => entities === undefined || entities.includes(entity)
    const seenBrands = [...snapshot.brands.values()].flatMap((brand) => {
      const own = brand.entities.filter(isSeen)
      const hidden = brands !== undefined && !brands.includes(brand.id)
      return hidden || own.length === 0 ? [] : [new Brand({ ...brand, entities: own })]
    })
    return {
      policy: snapshot.policy,
      entities: new Map([...snapshot.entities].filter(([id]) => isSeen(id))),
      brands: new Map(seenBrands.map((brand) => [brand.id, brand])),
      accounts: new Map([...snapshot.accounts].filter(([, { entity }]) => isSeen(entity)))
    }
  })

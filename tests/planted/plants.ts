import { evidencePlants } from "./evidencePlants.ts"
import { moneyPlants } from "./moneyPlants.ts"
import type { Plant } from "./plant.ts"
import { refundPlants } from "./refundPlants.ts"
import { sendingPlants } from "./sendingPlants.ts"
import { sessionPlants } from "./sessionPlants.ts"

/**
 * Bugs that would cost somebody money, as changes of the shipped source. Each must be caught by the simulation.
 * To add one: what stands in the file exactly once, what is put there instead, and what it would do to people.
 */
export const plants: ReadonlyArray<Plant> = [
  ...evidencePlants,
  ...sendingPlants,
  ...sessionPlants,
  ...moneyPlants,
  ...refundPlants
]

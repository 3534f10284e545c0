import { backgroundMoves } from "./backgroundMoves.ts"
import { driverMoves } from "./driverMoves.ts"
import type { Machine, Move, World } from "./Machine.ts"
import { processorMoves } from "./processorMoves.ts"

/** Takes each move as it is found. */
export type Emit = (move: Move) => void

/** Everything that any actor, the processors, time or a fault can do next. */
export const moves = (machine: Machine, world: World, emit: Emit): void => {
  driverMoves(machine, world, 0, emit)
  if (machine.scope.drivers === 2) driverMoves(machine, world, 1, emit)
  processorMoves(machine, world, emit)
  backgroundMoves(machine, world, emit)
}

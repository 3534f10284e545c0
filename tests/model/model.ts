// The model of the service as its apps and operators see it, written from the specification and the guides alone.
// It shares no code with the service: everything that it imports stands in `expected/`, and a test reads that.
import type { Circumstances, Move, Stage } from "./expected/calls.ts"
import { confirmSteps } from "./expected/confirming.ts"
import { createSteps } from "./expected/declaring.ts"
import {
  expireSteps,
  processPausesSteps,
  reconcileSteps,
  switchSteps,
  takeOverSteps,
  timePassesSteps
} from "./expected/finding.ts"
import type { Request } from "./expected/requests.ts"
import { cancelSteps, claimSteps, readSteps } from "./expected/standing.ts"
import type { World } from "./expected/world.ts"

/** Everything that may happen next to a call: usually one thing, several where the contract leaves it open. */
export type Model = (
  world: World,
  request: Request,
  stage: Stage,
  circumstances: Circumstances
) => ReadonlyArray<Move>

export const model: Model = (world, request, stage, circumstances) => {
  switch (request.kind) {
    case "create":
      return createSteps(world, request, stage, circumstances)
    case "confirm":
      return confirmSteps(world, request, stage, circumstances)
    case "cancel":
      return cancelSteps(world, request, stage, circumstances)
    case "claim":
      return claimSteps(world, request, stage, circumstances)
    case "read":
      return readSteps(world, request, stage, circumstances)
    case "switch":
      return switchSteps(world, request, stage, circumstances)
    case "reconcile":
      return reconcileSteps(world, request, stage, circumstances)
    case "takeOver":
      return takeOverSteps(world, request, stage, circumstances)
    case "expire":
      return expireSteps(world, request, stage, circumstances)
    case "timePasses":
      return timePassesSteps(world, request, stage, circumstances)
    case "processPauses":
      return processPausesSteps(world, request, stage, circumstances)
  }
}

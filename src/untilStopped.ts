import { Duration, Effect } from "effect"
import type { Settings } from "./config.ts"

/**
 * Serves until somebody stops the process, and bounds how long the stop may take. An end in the middle of it is one of
 * those that everything here is made for, as kill -9 is: what is under way is found out about by whoever runs next.
 */
export const untilStopped = ({ stopWithin }: Pick<Settings, "stopWithin">): Effect.Effect<never> =>
  Effect.onInterrupt(Effect.never, () =>
    Effect.forkDetach(
      Effect.sleep(stopWithin).pipe(
        Effect.andThen(
          Effect.logError(
            `the stop took longer than ${Duration.format(stopWithin)} and is given up; what is under way is left to the reconciler`
          )
        ),
        Effect.andThen(Effect.sync(() => process.exit(1)))
      )
    )
  )

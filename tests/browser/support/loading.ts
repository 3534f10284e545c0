import type { Page, Request } from "playwright-core"

/** One thing that was loaded, and how many others had to be there before it was asked for. */
export interface Transfer {
  readonly kind: string
  readonly origin: string
  /** As it went over the line. */
  readonly bytes: number
  readonly depth: number
}

/** Watches what a page loads; the function that it answers tells. */
export const loadOf = (page: Page) => {
  const requests: Array<Request> = []
  page.on("requestfinished", (request) => requests.push(request))
  return async (): Promise<ReadonlyArray<Transfer>> =>
    Promise.all(
      requests.map(async (request) => {
        const { responseBodySize, responseHeadersSize } = await request.sizes()
        const frames: Array<unknown> = []
        for (let frame = request.frame().parentFrame(); frame !== null; frame = frame.parentFrame())
          frames.push(frame)
        return {
          kind: request.resourceType(),
          origin: new URL(request.url()).origin,
          bytes: responseBodySize + responseHeadersSize,
          // A document of a frame waits for the one around it; what is in a document waits for that document.
          depth: frames.length + (request.isNavigationRequest() ? 0 : 1)
        }
      })
    )
}

/** A slow phone: 150 ms there and back, 1.6 Mbit a second. */
const roundTrip = 0.15
const bytesPerSecond = 200_000

/**
 * How long a load takes on such a line. Computed, not measured, so that it is the same on every machine: what waits
 * for each other costs a round trip each, a new origin two more for its connection, and all bytes share the line.
 */
export const secondsOf = (transfers: ReadonlyArray<Transfer>): number => {
  const depth = Math.max(...transfers.map((one) => one.depth))
  const origins = new Set(transfers.map(({ origin }) => origin)).size
  const bytes = transfers.reduce((sum, one) => sum + one.bytes, 0)
  return (depth + 1 + 2 * origins) * roundTrip + bytes / bytesPerSecond
}

import { Duration } from "effect"
import { createServer, type Server } from "node:http"

/**
 * How long a request may take to arrive. The largest body of ours comes in that time over a line of 20 kbit/s; whoever
 * sends half of one and waits is answered 408, and holds no connection. What an answer takes does not count.
 */
const arrival = Duration.seconds(30)

/**
 * How long a connection stays open between requests: longer than clients and load balancers keep theirs (a minute), so
 * that they are who closes it. Were it the server, a request that is just being sent would be lost with it.
 */
const idle = Duration.seconds(75)

/** Node's server for the doors. How often it looks for what is late is a part of how late it may be. */
export const listener =
  (within: Duration.Duration = arrival) =>
  (): Server =>
    createServer({
      requestTimeout: Duration.toMillis(within),
      headersTimeout: Duration.toMillis(within),
      connectionsCheckingInterval: Duration.toMillis(within) / 10,
      keepAliveTimeout: Duration.toMillis(idle)
    })

// Asks one HTTP server the same thing over some connections, as fast as it answers. Plain sockets: what asks shares
// the machine with what answers, so it does as little as it can.
import { Schema } from "effect"
import { connect } from "node:net"
import { contend } from "../support/contending.ts"
import { quantile } from "../support/statistics.ts"

const decodeOrder = Schema.decodeUnknownSync(
  Schema.Struct({
    port: Schema.Int,
    method: Schema.String,
    path: Schema.String,
    headers: Schema.Record(Schema.String, Schema.String),
    body: Schema.String,
    connections: Schema.Int,
    seconds: Schema.Finite
  })
)
type Order = ReturnType<typeof decodeOrder>

contend(async (asked) => {
  const order = decodeOrder(asked)
  const until = performance.now() + order.seconds * 1000
  const began = performance.now()
  const times = (await Promise.all(Array.from({ length: order.connections }, () => ask(order, until)))).flat()
  const seconds = (performance.now() - began) / 1000
  return { count: times.length, seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
})

/** The milliseconds that each answer took on one connection. */
const ask = (order: Order, until: number): Promise<ReadonlyArray<number>> =>
  new Promise((resolve, reject) => {
    const body = Buffer.from(order.body)
    const head = [
      `${order.method} ${order.path} HTTP/1.1`,
      "host: 127.0.0.1",
      `content-length: ${body.length}`,
      ...Object.entries(order.headers).map(([name, value]) => `${name}: ${value}`),
      "",
      ""
    ].join("\r\n")
    const request = Buffer.concat([Buffer.from(head), body])
    const socket = connect(order.port, "127.0.0.1")
    const times: Array<number> = []
    let chunks: Array<Buffer> = []
    let sent = 0
    const send = () => {
      sent = performance.now()
      chunks = []
      socket.write(request)
    }
    socket.setNoDelay(true)
    socket.on("connect", send)
    socket.on("error", reject)
    socket.on("close", () => reject(new Error("the server hung up")))
    socket.on("data", (chunk) => {
      chunks.push(chunk)
      const whole = isWhole(chunks)
      if (whole === undefined) return
      if (whole !== "200") {
        return reject(new Error(`it answers ${Buffer.concat(chunks).toString("utf8").slice(0, 500)}`))
      }
      times.push(performance.now() - sent)
      if (performance.now() < until) return send()
      socket.removeAllListeners("close")
      socket.destroy()
      resolve(times)
    })
  })

/** The status of an answer that has come to its end. */
const isWhole = (chunks: Array<Buffer>): string | undefined => {
  const first = chunks[0]
  const last = chunks.at(-1)
  if (first === undefined || last === undefined) return undefined
  const end = first.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const head = first.subarray(0, end).toString("latin1")
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  const received = chunks.reduce((sum, { length: size }) => sum + size, 0) - end - 4
  const whole =
    length === undefined ? last.subarray(-5).toString("latin1") === "0\r\n\r\n" : received >= Number(length)
  return whole ? head.slice(9, 12) : undefined
}

import { Schema } from "effect"
import type { Clock } from "./Clock.ts"
import type { Fault, FaultSwitch } from "./Fault.ts"
import { ask } from "./Http.ts"
import { randomText } from "./ids.ts"
import type { Collection, Store } from "./Store.ts"
import type { Tasks } from "./Tasks.ts"

export const Delivery = Schema.Struct({
  id: Schema.String,
  endpoint: Schema.String,
  event: Schema.String,
  body: Schema.String,
  forged: Schema.Boolean,
  /** held: waits for the next event to go first. */
  state: Schema.Literals(["waiting", "held", "delivered", "given_up"]),
  /** What each attempt was answered with; 0 if nobody answered. */
  statuses: Schema.Array(Schema.Int)
})
export type Delivery = typeof Delivery.Type

/** Where events go, and how they are signed there at the time of delivery. */
export interface Receiver {
  readonly url: string
  readonly sign: (body: string, forged: boolean) => Readonly<Record<string, string>>
}

export interface WebhookStyle {
  readonly receiver: (endpoint: string) => Receiver | undefined
  readonly accepted: (status: number) => boolean
  /** Seconds until the next try, one for each. */
  readonly retries: ReadonlyArray<number>
  /** What a forger would send in place of this body. */
  readonly forge: (body: string) => string
}

/** How long an event that waits for its successor waits at most. */
const heldSeconds = 10
const receiverTimeout = 10_000

const Payload = Schema.Struct({ delivery: Schema.String })

/** Delivers events at least once, one after the other for each endpoint, unless a fault has them go otherwise. */
export class Webhooks {
  readonly #deliveries: Collection<Delivery>
  readonly #store: Store
  readonly #clock: Clock
  readonly #tasks: Tasks
  readonly #faults: FaultSwitch
  readonly #style: WebhookStyle
  readonly #queues = new Map<string, Promise<void>>()
  readonly #now = new Set<string>()
  #quiet: Array<() => void> = []

  constructor(
    bench: {
      readonly store: Store
      readonly clock: Clock
      readonly tasks: Tasks
      readonly faults: FaultSwitch
    },
    style: WebhookStyle
  ) {
    this.#store = bench.store
    this.#clock = bench.clock
    this.#tasks = bench.tasks
    this.#faults = bench.faults
    this.#style = style
    this.#deliveries = bench.store.collection("deliveries", Delivery)
    bench.tasks.on("deliver", Payload, ({ delivery }, done) => this.#take(delivery, done))
  }

  /** Sends an event, or does to it what a fault says; `asked` is the fault of a magic card. */
  emit(
    endpoint: string,
    event: string,
    body: string,
    field: (name: string) => string | undefined,
    asked?: Fault
  ): void {
    const fault = this.#faults.take({ event, field }) ?? asked
    const now = this.#clock.now()
    const add = (at: number, change: Partial<Delivery> = {}) => {
      const id = randomText(16)
      this.#deliveries.put(id, {
        id,
        endpoint,
        event,
        body,
        forged: false,
        state: "waiting",
        statuses: [],
        ...change
      })
      if (at <= now) this.#now.add(id)
      this.#tasks.schedule("deliver", at, { delivery: id })
    }
    switch (fault?.kind) {
      case "webhook_unsent":
        return
      case "webhook_delayed":
        return add(now + (fault.seconds ?? 5) * 1000)
      case "webhook_reordered":
        return add(now + heldSeconds * 1000, { state: "held" })
      case "webhook_twice":
        add(now)
        return add(now)
      case "webhook_forged":
        add(now, { forged: true, body: this.#style.forge(body) })
        return add(now)
      default:
        return add(now)
    }
  }

  list(): ReadonlyArray<Delivery> {
    return this.#deliveries.all()
  }

  /** Once nothing is under way that was to be delivered by now. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#quiet.push(resolve)
      this.#tell()
    })
  }

  #tell(): void {
    if (this.#now.size > 0) return
    for (const resolve of this.#quiet) resolve()
    this.#quiet = []
  }

  #take(id: string, done: () => void): void {
    const delivery = this.#deliveries.get(id)
    if (delivery === undefined || delivery.state === "delivered") return done()
    this.#now.add(id)
    const before = this.#queues.get(delivery.endpoint) ?? Promise.resolve()
    this.#queues.set(delivery.endpoint, this.#deliver(before, delivery, done))
  }

  async #deliver(before: Promise<void>, delivery: Delivery, done: () => void): Promise<void> {
    await before
    const status = await this.#post(delivery)
    try {
      this.#store.transact(() => {
        this.#note(delivery, status)
        done()
      })
    } finally {
      this.#now.delete(delivery.id)
      this.#tell()
    }
  }

  #post({ endpoint, body, forged }: Delivery): Promise<number> {
    const receiver = this.#style.receiver(endpoint)
    if (receiver === undefined) return Promise.resolve(0)
    return ask(new URL(receiver.url), {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8", ...receiver.sign(body, forged) },
      body,
      timeout: receiverTimeout
    }).then(
      ({ status }) => status,
      () => 0
    )
  }

  #note(delivery: Delivery, status: number): void {
    const statuses = [...delivery.statuses, status]
    if (this.#style.accepted(status) || delivery.forged) {
      this.#deliveries.put(delivery.id, { ...delivery, statuses, state: "delivered" })
      const now = this.#clock.now()
      for (const held of this.#deliveries.all()) {
        if (held.state !== "held" || held.endpoint !== delivery.endpoint) continue
        this.#deliveries.put(held.id, { ...held, state: "waiting" })
        this.#now.add(held.id)
        this.#tasks.schedule("deliver", now, { delivery: held.id })
      }
      return
    }
    const wait = this.#style.retries[statuses.length - 1]
    this.#deliveries.put(delivery.id, {
      ...delivery,
      statuses,
      state: wait === undefined ? "given_up" : "waiting"
    })
    if (wait !== undefined) {
      this.#tasks.schedule("deliver", this.#clock.now() + wait * 1000, { delivery: delivery.id })
    }
  }
}

import { Context, Effect, Layer, Schema } from "effect"
import { promises as dns } from "node:dns"

/** A name that leads nowhere, or of which the name servers do not say where it leads. */
export class NotResolved extends Schema.TaggedError<NotResolved>()("NotResolved", { host: Schema.String }) {
  override get message(): string {
    return `${this.host} cannot be resolved`
  }
}

/** Who says where a name leads. Asked once for each connection, and what it says is what is connected to. */
export class Resolver extends Context.Service<
  Resolver,
  { readonly resolve: (host: string) => Effect.Effect<ReadonlyArray<string>, NotResolved> }
>()("payment-orchestration/layers/webhooks/Resolver") {
  /** The name servers of this machine, asked for A and AAAA; its own list of hosts is not read. */
  static readonly layer: Layer.Layer<Resolver> = Layer.sync(Resolver, () => {
    const resolver = new dns.Resolver({ timeout: 3000, tries: 2 })
    const ask = (question: () => Promise<ReadonlyArray<string>>) =>
      Effect.tryPromise(question).pipe(Effect.orElseSucceed((): ReadonlyArray<string> => []))
    return {
      resolve: Effect.fn("Resolver.resolve")(function* (host) {
        const [four, six] = yield* Effect.all(
          [ask(() => resolver.resolve4(host)), ask(() => resolver.resolve6(host))],
          { concurrency: 2 }
        )
        const addresses = [...four, ...six]
        return addresses.length === 0 ? yield* new NotResolved({ host }) : addresses
      })
    }
  })
}

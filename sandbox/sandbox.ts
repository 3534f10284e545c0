// The emulated gateways as a program of their own: `npm run sandbox`, with --folder to keep what happens.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { parseArgs } from "node:util"
import { faultCards } from "./plumbing/faultCards.ts"
import { startSandbox } from "./startSandbox.ts"

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    stripe: { type: "string", default: "4101" },
    nmi: { type: "string", default: "4102" },
    "basis-theory": { type: "string", default: "4103" },
    "proxy-timeout": { type: "string", default: "25000" }
  }
})

const program = Effect.gen(function* () {
  const sandbox = yield* startSandbox({
    host: values.host,
    ports: {
      stripe: Number(values.stripe),
      nmi: Number(values.nmi),
      basisTheory: Number(values["basis-theory"])
    },
    proxyTimeout: Number(values["proxy-timeout"]),
    ...(values.folder === undefined ? {} : { folder: values.folder })
  })
  yield* Console.log(`
Stripe        ${sandbox.stripe.origin}/v1             sk_test_sandbox_<name>
NMI           ${sandbox.nmi.origin}/api/transact.php  security_key=sandbox_<name>
Basis Theory  ${sandbox.basisTheory.origin}/proxy          key_sandbox_private, key_sandbox_public
${values.folder === undefined ? "Books and state end with this process; --folder keeps them." : `Books and state are in ${values.folder}.`}

Charged everywhere: 4242424242424242. Type no real card. Magic cards:
${faultCards.map(({ number, does }) => `  ${number}  ${does}`).join("\n")}
More of them, and the table of faults, in sandbox/README.md.

What moved:     curl ${sandbox.stripe.origin}/_sandbox/books
A fault:        curl ${sandbox.nmi.origin}/_sandbox/faults -d '{"fault":{"kind":"cut_after"}}'
A day later:    curl ${sandbox.stripe.origin}/_sandbox/clock -d '{"seconds":86400}'
`)
  return yield* Effect.never
}).pipe(Effect.scoped)

NodeRuntime.runMain(
  Effect.tapError(program, ({ message }) => Console.error(message)),
  { disableErrorReporting: true }
)

import { DateTime, Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Settings } from "../../../../sandbox/nmi/records.ts"
import type { VaultToken } from "../../../../src/kernel/Card.ts"
import { Captured } from "../../../../src/kernel/cascade/Disposition.ts"
import { idempotencyKey } from "../../../../src/kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../../../src/kernel/cascade/SendPermit.ts"
import { attemptId, MidId, ProviderName, SessionId } from "../../../../src/kernel/ids.ts"
import { type Currency, Money } from "../../../../src/kernel/Money.ts"
import { capability, type ChargeQuery } from "../../../../src/kernel/PaymentProvider.ts"
import type { ProviderAccount } from "../../../../src/layers/providers/ProviderAccounts.ts"
import type { OutgoingRequest, Transport } from "../../../../src/layers/transport/Exchange.ts"
import { exchangeOnce } from "../../../../src/layers/transport/exchangeOnce.ts"
import { nmiAgainst, sandboxWithCards, shortTimings, token } from "./nmiUnderTest.ts"

const hour = 3_600_000

/** A transport that keeps what it was given to send. */
const recording = () => {
  const sent: Array<OutgoingRequest> = []
  const send = exchangeOnce()
  const transport: Transport = (request) => {
    sent.push(request)
    return send(request)
  }
  return { sent, transport }
}

const one = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A | E> =>
  Effect.match(effect, { onFailure: (error): A | E => error, onSuccess: (value): A | E => value })

/** The driver against emulators of its own, and everything that tells what it did. */
export const openScene = Effect.fnUntraced(function* (
  options: {
    readonly change?: Partial<ProviderAccount>
    readonly timings?: Partial<typeof shortTimings>
    readonly settings?: Partial<Settings>
  } = {}
) {
  const sandbox = yield* sandboxWithCards()
  const { sent, transport } = recording()
  const provider = nmiAgainst(sandbox, {
    transport,
    timings: { ...shortTimings, ...options.timings },
    ...(options.change === undefined ? {} : { change: options.change })
  })
  const mid = MidId.make("mid_under_test")
  sandbox.nmi.configure(mid, { duplicateSeconds: 1200, ...options.settings })
  const { chargeToken } = yield* capability(provider, "tokenCharge")
  const { lookupCharge } = yield* capability(provider, "chargeLookup")
  const { voidCharge } = yield* capability(provider, "void")
  const { lookupRefund } = yield* capability(provider, "refundLookup")

  const newCharge = (
    change: { readonly amount?: number; readonly currency?: Currency; readonly mid?: MidId } = {}
  ) => {
    const session = SessionId.make(`ps_${randomUUID().replaceAll("-", "").slice(0, 26).toUpperCase()}`)
    const at = change.mid ?? mid
    const money = new Money({ amount: change.amount ?? 1250, currency: change.currency ?? "USD" })
    const key = idempotencyKey(session, 1, at)
    return {
      session,
      mid: at,
      money,
      idempotencyKey: key,
      writtenAt: DateTime.nowUnsafe()
    }
  }
  type Charge = ReturnType<typeof newCharge>

  /** What the driver makes of a charge. */
  const charge = (about: Charge, card: VaultToken = token("tok_captured"), key = about.idempotencyKey) =>
    one(
      chargeToken(
        SendPermit.afterCommit({
          ...about,
          idempotencyKey: key,
          attempt: attemptId(about.session, 1),
          ordinal: 1,
          provider: ProviderName.make("nmi"),
          fence: 1
        }),
        card
      )
    )

  /** A captured charge with the processor's reference of it. */
  const capturedCharge = Effect.fnUntraced(function* (change: Parameters<typeof newCharge>[0] = {}) {
    const about = newCharge(change)
    const outcome = yield* charge(about, token("tok_captured"))
    if (!(outcome instanceof Captured)) throw new Error(`not captured: ${JSON.stringify(outcome)}`)
    return { ...about, processorReference: outcome.processorReference }
  })

  /** What moved at NMI for a charge, by kind, in minor units. */
  const moved = (about: Pick<Charge, "idempotencyKey">, kind: string): ReadonlyArray<number> =>
    sandbox.nmi
      .books()
      .movements.flatMap((line) =>
        line.order === about.idempotencyKey && line.kind === kind ? [line.amount] : []
      )

  const form = (path: string, fields: Readonly<Record<string, string>>) =>
    Effect.promise(async () => {
      const response = await fetch(new URL(path, sandbox.nmi.origin), {
        method: "POST",
        body: new URLSearchParams({ security_key: `sandbox_${mid}`, ...fields })
      })
      return response.text()
    })

  return {
    sandbox,
    provider,
    mid,
    newCharge,
    charge,
    capturedCharge,
    moved,
    /** Somebody else's request to `transact.php`: a person at the gateway's own pages. */
    byHand: (fields: Readonly<Record<string, string>>) => form("/api/transact.php", fields),
    settle: Effect.promise(() =>
      fetch(new URL("/_sandbox/settle", sandbox.nmi.origin), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ account: mid })
      })
    ),
    lookUp: (query: ChargeQuery) => one(lookupCharge(query)),
    refund: (about: Charge & { readonly processorReference: string }, key: string, amount: number) =>
      one(provider.refund({ ...about, idempotencyKey: key, money: new Money({ amount, currency: "USD" }) })),
    lookUpRefund: (about: Charge & { readonly processorReference: string }, key: string, amount: number) =>
      one(lookupRefund({ ...about, idempotencyKey: key, money: new Money({ amount, currency: "USD" }) })),
    context: (about: Charge & { readonly processorReference: string }) => one(provider.refundContext(about)),
    voidIt: (about: Charge & { readonly processorReference: string }, key = `${about.idempotencyKey}-v`) =>
      one(voidCharge({ ...about, idempotencyKey: key })),
    /** The bodies that were sent to a path, of NMI's or of the proxy's. */
    sentTo: (path: string): ReadonlyArray<URLSearchParams> =>
      sent.flatMap(({ url, body }) => (url.pathname === path ? [new URLSearchParams(body)] : [])),
    sent,
    /** Moves the emulators' clock by an hour: whatever still was to happen has happened. */
    laterOn: Effect.sync(() => sandbox.clock.advance(hour))
  }
})

import { atMostOne, gateways, none, type Race } from "../Race.ts"
import { entry } from "./rights.ts"

// The books of the simulated gateways, which tell us what really moved.

const entries = "stub_gateway.entries"

const format = (
  check: string,
  law: string,
  fields: Readonly<Record<string, unknown>>,
  wrong: string
): Race => ({
  drops: [`constraint ${entries}.${check}`],
  law,
  given: () => [],
  workers: (nr) =>
    gateways(2, (at) =>
      entry(nr, {
        idempotency_key: `key_${nr}_${at}`,
        processor_reference: `ref_${nr}_${at}`,
        charge_reference: `ref_${nr}_${at}`,
        written: nr + at,
        ...fields
      })
    ),
  broken: () => none(`${entries} where ${wrong}`)
})

export const books: ReadonlyArray<Race> = [
  {
    drops: [`constraint ${entries}.entries_pkey`],
    law: "a gateway moves money once under one key",
    given: () => [],
    workers: (nr) =>
      gateways(8, (at) =>
        entry(nr, {
          processor_reference: `ref_${nr}_${at}`,
          charge_reference: `ref_${nr}_${at}`,
          written: nr + at
        })
      ),
    broken: (nr) => atMostOne(`${entries} where mid = 'mid_${nr}'`)
  },
  {
    drops: [`constraint ${entries}.entries_gateway_mid_processor_reference_key`],
    law: "a reference of a gateway stands for one movement",
    given: () => [],
    workers: (nr) => gateways(8, (at) => entry(nr, { idempotency_key: `key_${nr}_${at}`, written: nr + at })),
    broken: (nr) => atMostOne(`${entries} where mid = 'mid_${nr}'`)
  },
  format("entries_amount_check", "a gateway moves an amount", { amount: -3500 }, "amount < 1"),
  format("entries_currency_check", "a gateway moves a currency", { currency: "usd" }, "currency = 'usd'"),
  format("entries_gateway_check", "an entry is of a gateway", { gateway: "" }, "gateway = ''"),
  format("entries_mid_check", "an entry is of an account", { mid: "" }, "mid = ''"),
  format(
    "entries_check",
    "a charge is captured or declined, and nothing else",
    { kind: "refunded" },
    "operation = 'charge' and kind not in ('captured', 'declined')"
  ),
  format(
    "entries_check1",
    "a charge is about itself",
    { charge_reference: "another" },
    "operation = 'charge' and charge_reference <> processor_reference"
  ),
  {
    drops: [`constraint ${entries}.entries_idempotency_key_check`],
    law: "a gateway is asked under a key",
    given: () => [],
    workers: (nr) => gateways(2, () => entry(nr, { idempotency_key: "" })),
    broken: () => none(`${entries} where idempotency_key = ''`)
  }
]

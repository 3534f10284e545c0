import { describe, expect, it } from "@effect/vitest"
import { Exit, Schema } from "effect"
import { Bin, Country, VaultedCard } from "../../src/kernel/Card.ts"
import {
  AttemptId,
  attemptId,
  BrandId,
  CustomerId,
  EntityId,
  MidId,
  Principal,
  ProviderName,
  SessionId
} from "../../src/kernel/ids.ts"
import { MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { MinorUnits } from "../../src/kernel/Money.ts"
import { RefundId } from "../../src/kernel/refunds/Refund.ts"
import { account, sessionId } from "../support/kernel/accounts.ts"

const ulid = "01JD0000000000000000000000"
const card = {
  token: { vaultId: "stub", tokenRef: "tok_1" },
  bin: "424242",
  last4: "4242",
  brand: "visa",
  expiryMonth: 12,
  expiryYear: 2030,
  fingerprint: "fp"
}

/** Whether something is read with that value for one of its fields. */
const withField =
  <S extends Schema.Codec<unknown, unknown>>(schema: S, whole: object, field: string) =>
  (value: unknown): boolean =>
    Exit.isSuccess(Schema.decodeUnknownExit(schema)({ ...whole, [field]: value }))
const ofCard = (field: string) => withField(VaultedCard, card, field)
const ofAccount = (field: string) =>
  withField(MerchantAccount, Schema.encodeSync(MerchantAccount)(account().account), field)

interface Noun {
  readonly is: (value: unknown) => boolean
  readonly good: ReadonlyArray<unknown>
  readonly bad: ReadonlyArray<unknown>
}

const named: Noun["good"] = ["a", "loop_goods"]
const nothing: Noun["bad"] = ["", null, undefined, 1]

const nouns: Readonly<Record<string, Noun>> = {
  "an entity": { is: Schema.is(EntityId), good: named, bad: nothing },
  "a brand": { is: Schema.is(BrandId), good: named, bad: nothing },
  "a merchant account": { is: Schema.is(MidId), good: named, bad: nothing },
  "a provider": { is: Schema.is(ProviderName), good: named, bad: nothing },
  "a customer": { is: Schema.is(CustomerId), good: named, bad: nothing },
  "a principal": { is: Schema.is(Principal), good: named, bad: nothing },
  "a session": {
    is: Schema.is(SessionId),
    good: [`ps_${ulid}`, "ps_0123456789ABCDEFGHJKMNPQRS", "ps_TVWXYZTVWXYZTVWXYZTVWXYZTV"],
    bad: [
      "",
      ulid,
      `at_${ulid}`,
      `ps_${ulid}0`,
      `ps_${ulid.slice(1)}`,
      `xps_${ulid}`,
      `ps_${ulid}\n`,
      ...["I", "L", "O", "U", "a", "-"].map((letter) => `ps_${ulid.slice(1)}${letter}`)
    ]
  },
  "an attempt": {
    is: Schema.is(AttemptId),
    good: [`at_${ulid}_1`, `at_${ulid}_10`, `at_${ulid}_999999`],
    bad: [
      "",
      `at_${ulid}`,
      `at_${ulid}_`,
      `ps_${ulid}_1`,
      `xat_${ulid}_1`,
      `at_${ulid}_1x`,
      `at_${ulid}_x`,
      `at_${ulid}0_1`,
      `at_${ulid.slice(1)}_1`,
      `at_${ulid.slice(1)}U_1`,
      `at_${ulid}_1\n`
    ]
  },
  "a refund": {
    is: Schema.is(RefundId),
    good: [`re_${ulid}_1`, `re_${ulid}_10`, `re_${ulid}_999999`],
    bad: [
      "",
      `re_${ulid}`,
      `re_${ulid}_`,
      `ps_${ulid}_1`,
      `xre_${ulid}_1`,
      `re_${ulid}_1x`,
      `re_${ulid}_x`,
      `re_${ulid}0_1`,
      `re_${ulid.slice(1)}_1`,
      `re_${ulid.slice(1)}U_1`,
      `re_${ulid}_1\n`
    ]
  },
  "a country": {
    is: Schema.is(Country),
    good: ["US", "DE"],
    bad: ["", "U", "us", "USA", "U1", " US", "US\n"]
  },
  "a BIN": {
    is: Schema.is(Bin),
    good: ["424242", "4242424", "42424242"],
    bad: ["", "42424", "424242424", "42424x", "x424242", "424242x", "424242\n"]
  },
  "the end of a card number": {
    is: ofCard("last4"),
    good: ["4242", "0000"],
    bad: ["", "424", "42424", "424x", "x4242", "4242x"]
  },
  "a month": { is: ofCard("expiryMonth"), good: [1, 12], bad: [0, 13, 1.5, "1"] },
  "a year": { is: ofCard("expiryYear"), good: [2000, 2200], bad: [1999, 2201, 2030.5] },
  "the weight of an account": { is: ofAccount("weight"), good: [1, 1000], bad: [0, 1001, 1.5] },
  "an amount": {
    is: Schema.is(MinorUnits),
    good: [1, 999_999_999_999],
    bad: [0, -1, 1.5, 1_000_000_000_000]
  }
}

describe.each(Object.entries(nouns))("%s", (_, { bad, good, is }) => {
  it.each(good)("may be %j", (value) => {
    expect(is(value)).toBe(true)
  })

  it.each(bad)("is never %j", (value) => {
    expect(is(value)).toBe(false)
  })
})

it("the attempts of a session are numbered under its own id", () => {
  expect(attemptId(sessionId(7), 1)).toBe("at_00000000000000000000000007_1")
  expect(attemptId(sessionId(7), 12)).toBe("at_00000000000000000000000007_12")
})

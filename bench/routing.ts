// `npm run bench:routing`: one routing decision over the 200 accounts of one entity, beside a plain loop over
// the same data. Contenders take turns in every round and are compared within the round, because a shared
// machine is faster now and slower then; figures are medians over the rounds, with the middle 80 per cent.
import { compile } from "../src/kernel/routing/RoutingPolicy.ts"
import { explainLeftOut, selectMids } from "../src/kernel/routing/RoutingPolicyEngine.ts"
import { accounts, type Charge, charges } from "./routing/data.ts"
import { naive } from "./routing/naive.ts"
import { plainLoop, toNumbers } from "./routing/plainLoop.ts"

const rounds = 31
const turnMillis = 25

const policy = compile(1, accounts)
const loop = plainLoop(accounts)
const numeric = charges.map(toNumbers)

const select = ({ inputs, session }: Charge) => selectMids(policy, inputs, session)

/** A contender decides the charge of that place and answers something that depends on the whole decision. */
const contenders: ReadonlyArray<{ readonly name: string; readonly decide: (place: number) => number }> = [
  { name: "plain loop", decide: (place) => loop.select(at(numeric, place)) },
  { name: "selectMids", decide: (place) => select(at(charges, place)).length },
  { name: "explainLeftOut", decide: (place) => explainLeftOut(policy, at(charges, place).inputs).length },
  { name: "filter and sort", decide: (place) => naive(accounts, at(charges, place)).length }
]

const at = <A>(all: ReadonlyArray<A>, place: number): A => {
  const one = all[place % all.length]
  if (one === undefined) throw new Error("there are no charges")
  return one
}

/** Contenders that disagree on who is eligible would be compared for nothing. */
const eligible = charges.map((charge, place) => {
  const chosen = select(charge).map(({ id }) => String(id))
  const count = loop.select(at(numeric, place))
  const looped = Array.from({ length: count }, (_, found) => loop.idAt(found))
  const explained = accounts.length - explainLeftOut(policy, charge.inputs).length
  const same = (others: ReadonlyArray<string>) =>
    others.toSorted().join() === chosen.toSorted().join() && explained === chosen.length
  if (!same(looped) || !same(naive(accounts, charge)))
    throw new Error(`the contenders disagree on charge ${place}`)
  return count
})

let sink = 0

/** Decisions a second over one turn. */
const turn = (decide: (place: number) => number, batch: number): number => {
  const start = performance.now()
  let done = 0
  let elapsed: number
  do {
    for (let i = 0; i < batch; i++) sink += decide(done + i)
    done += batch
    elapsed = performance.now() - start
  } while (elapsed < turnMillis)
  return (done / elapsed) * 1000
}

const results = contenders.map(() => new Array<number>())
for (let warmup = 0; warmup < 3; warmup++) for (const { decide } of contenders) turn(decide, charges.length)
for (let round = 0; round < rounds; round++) {
  for (let n = 0; n < contenders.length; n++) {
    const which = (n + round) % contenders.length
    results[which]?.push(turn(at(contenders, which).decide, charges.length))
  }
}

const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))] ?? Number.NaN

/** Of each round the ratio of one contender to another: the median, and the middle 80 per cent. */
const ratio = (one: ReadonlyArray<number>, other: ReadonlyArray<number>) => {
  const ratios = one.map((speed, round) => speed / (other[round] ?? Number.NaN))
  return { median: quantile(ratios, 0.5), low: quantile(ratios, 0.1), high: quantile(ratios, 0.9) }
}

const [looped = [], selected = [], explained = []] = results
const mean = eligible.reduce((sum, count) => sum + count, 0) / eligible.length

console.log(`${accounts.length} accounts of one entity, ${charges.length} charges, ${rounds} rounds`)
console.log(`eligible accounts per charge: ${mean.toFixed(1)} on average, at most ${Math.max(...eligible)}\n`)
console.log(`${"".padEnd(16)} ${"decisions/s".padStart(12)}   ratio to the plain loop (middle 80 %)`)
for (const [which, { name }] of contenders.entries()) {
  const speeds = results[which] ?? []
  const { median, low, high } = ratio(speeds, looped)
  const speed = Math.round(quantile(speeds, 0.5)).toLocaleString("en-US")
  console.log(
    `${name.padEnd(16)} ${speed.padStart(12)}   ${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
  )
}

const speed = ratio(selected, looped).median
const cost = ratio(selected, explained).median
console.log(`\nselectMids reaches ${speed.toFixed(2)} of the plain loop; the aim is 0.25 or more`)
console.log(`explaining costs ${cost.toFixed(1)} times a decision; the aim is 10 or less`)
if (sink === 0) throw new Error("nothing was decided")

import { apps, atMostOne, none, owners, type Race } from "../Race.ts"

// How often something may be asked.

const bucket = (nr: number) => `'card:${nr}'`

export const limits: ReadonlyArray<Race> = [
  {
    drops: ["constraint rate_buckets.rate_buckets_pkey"],
    law: "what is counted is counted in one place",
    given: () => [],
    workers: (nr) => owners(2, () => `insert into rate_buckets values (${bucket(nr)}, now())`),
    broken: (nr) => atMostOne(`rate_buckets where bucket = ${bucket(nr)}`)
  },
  {
    drops: ["right payments_app rate_buckets"],
    law: "the app shuts nobody out who asked nothing",
    given: () => [],
    workers: (nr) => apps(2, (at) => `insert into rate_buckets values ('card:${nr}.${at}', 'infinity')`),
    broken: (nr) => none(`rate_buckets where bucket like 'card:${nr}.%'`)
  }
]

import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

/** A row of the audit that is not as it was written, or a place where one should be. */
export interface BrokenRow {
  readonly chain: string
  readonly position: number
  readonly faults: ReadonlyArray<string>
}

/** The end of a chain, as a copy that is kept elsewhere has it. */
export interface ChainEnd {
  readonly chain: string
  readonly position: number
  /** Hexadecimal. */
  readonly hash: string
}

export interface Verified {
  readonly chains: number
  readonly rows: number
  /** In the order of chains and of positions, so that the first is the first broken row. */
  readonly broken: ReadonlyArray<BrokenRow>
}

interface Ways {
  /** Chains, and sessions, of one statement. */
  readonly batch: number
  readonly onProgress: (chains: number, ofAbout: number) => Effect.Effect<void>
  /** Is told the end of every chain. */
  readonly onEnd?: (end: ChainEnd) => void
}

const decodeBatch = Schema.decodeUnknownEffect(
  Schema.Array(
    Schema.Struct({
      chain: Schema.String,
      rows: Schema.Int,
      position: Schema.NullOr(Schema.Int),
      hash: Schema.NullOr(Schema.String),
      faults: Schema.Array(Schema.Struct({ position: Schema.Int, fault: Schema.String }))
    })
  )
)

const brokenRows = (
  chain: string,
  faults: ReadonlyArray<{ readonly position: number; readonly fault: string }>
): ReadonlyArray<BrokenRow> =>
  [...Map.groupBy(faults, ({ position }) => position)].map(([position, own]) => ({
    chain,
    position,
    faults: own.map(({ fault }) => fault)
  }))

/**
 * Walks all chains of the audit in batches, each under one snapshot, so that payments may go on meanwhile. A chain whose
 * rows and end are both gone leaves nothing of its own behind: of a session it is missed, because every session has one.
 */
export const verifyChains = Effect.fn("verifyChains")(function* ({ batch, onProgress, onEnd }: Ways) {
  const sql = yield* SqlClient.SqlClient
  const counted = yield* sql<{ readonly chains: number }>`select count(*)::int as chains from audit_heads`
  const ofAbout = counted[0]?.chains ?? 0
  const broken: Array<BrokenRow> = []
  let chains = 0
  let rows = 0
  for (let after = ""; ;) {
    const found = yield* decodeBatch(
      yield* sql`
        with walked as (
          (select chain from audit_heads where chain > ${after} order by chain limit ${batch})
          union
          (select distinct chain from audit where chain > ${after} order by chain limit ${batch})
          order by chain limit ${batch}
        )
        select walked.chain, (select count(*)::int from audit a where a.chain = walked.chain) as rows,
          h.position, encode(h.hash, 'hex') as hash,
          (select coalesce(jsonb_agg(jsonb_build_object('position', f.position, 'fault', f.fault)
            order by f.position, f.fault), '[]') from audit_faults(walked.chain) f) as faults
        from walked left join audit_heads h using (chain) order by walked.chain`
    )
    for (const { chain, rows: own, position, hash, faults } of found) {
      broken.push(...brokenRows(chain, faults))
      rows += own
      if (position !== null && hash !== null) onEnd?.({ chain, position, hash })
    }
    chains += found.length
    const last = found.at(-1)
    if (last === undefined) break
    after = last.chain
    yield* onProgress(chains, Math.max(ofAbout, chains))
  }
  broken.push(...(yield* lostChains(batch)))
  const verified: Verified = { chains, rows, broken: broken.toSorted(inOrder) }
  return verified
})

/** Sessions of whose chain there is neither a row nor an end. */
const lostChains = Effect.fnUntraced(function* (batch: number) {
  const sql = yield* SqlClient.SqlClient
  const lost: Array<BrokenRow> = []
  for (let after = ""; ;) {
    const some = yield* sql<{ readonly session: string; readonly lost: boolean }>`
      select session_id as session, not exists (select from audit_heads where chain = session_id)
        and not exists (select from audit where chain = session_id) as lost
      from payment_sessions where session_id > ${after} order by session_id limit ${batch}`
    for (const { session, lost: isLost } of some) {
      if (isLost) lost.push({ chain: session, position: 1, faults: ["its whole chain is missing"] })
    }
    const last = some.at(-1)
    if (last === undefined) return lost
    after = last.session
  }
})

/** What a copy of the ends, kept elsewhere, shows: a chain that was cut or written anew together with its end. */
export const againstCopy = Effect.fn("againstCopy")(function* (kept: ReadonlyArray<ChainEnd>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly chain: string; readonly position: number }>`
    select k.chain, k.position from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) as k(chain text, position integer, hash text)
    left join audit a on a.chain = k.chain and a.position = k.position
    where encode(a.hash, 'hex') is distinct from k.hash order by 1, 2`
  return rows.map(({ chain, position }): BrokenRow => ({
    chain,
    position,
    faults: ["it is not what the copy has"]
  }))
})

const inOrder = (one: BrokenRow, other: BrokenRow): number =>
  one.chain === other.chain ? one.position - other.position : one.chain < other.chain ? -1 : 1

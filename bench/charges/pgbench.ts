// The limit: PostgreSQL's own pgbench sends the very statements of a charge, each with its commit, and computes nothing.
import { execFile, spawnSync } from "node:child_process"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { ulidOf } from "./stage.ts"

const run = promisify(execFile)

/** What to do where it is missing; nothing else can stand for it. */
export const pgbenchMissing = (): string | undefined =>
  spawnSync("pgbench", ["--version"]).status === 0
    ? undefined
    : "pgbench is not there. It comes with PostgreSQL's contributed programs: apt-get install postgresql-contrib"

export interface Statement {
  readonly statement: string
  readonly parameter: string
}

interface Wish {
  readonly socketDirectory: string
  readonly database: string
  readonly role: string
  readonly searchPath: string
  /** A script's file is written there. */
  readonly folder: string
  readonly name: string
}

/** What a connection does before it counts: PostgreSQL plans a function's statements anew for its first calls. */
const warmUp = 8

/**
 * Charges sessions of the numbers from `first`, as many clients at once as wanted. The statements are those of the
 * session with the number `of`, with the number exchanged. Counted is what was done while every client was warm.
 */
export const pgbench = async (
  wish: Wish,
  statements: ReadonlyArray<Statement>,
  of: number,
  order: { readonly parallel: number; readonly first: number; readonly count: number }
): Promise<{ readonly count: number; readonly seconds: number }> => {
  const each = Math.floor(order.count / order.parallel)
  const file = join(wish.folder, `${wish.name}.sql`)
  const log = join(wish.folder, `${wish.name}-${order.first}`)
  const lines = statements.map(
    ({ statement }, place) =>
      `${statement.replace("$1", `replace(:said${place}, '${ulidOf(of)}', lpad(:n::text, 26, '0'))`)};`
  )
  writeFileSync(file, ["\\set i :i + 1", "\\set n :first + :client_id * :each + :i", ...lines, ""].join("\n"))
  const variables = { i: -1, first: order.first, each }
  const { stdout } = await run(
    "pgbench",
    [
      "--no-vacuum",
      "--protocol=prepared",
      `--file=${file}`,
      `--client=${order.parallel}`,
      `--jobs=${Math.min(2, order.parallel)}`,
      `--transactions=${each}`,
      "--log",
      `--log-prefix=${log}`,
      ...Object.entries(variables).flatMap(([name, value]) => ["-D", `${name}=${value}`]),
      ...statements.flatMap(({ parameter }, place) => ["-D", `said${place}=${parameter}`]),
      `--host=${wish.socketDirectory}`,
      "--username=postgres",
      wish.database
    ],
    {
      env: {
        ...process.env,
        PGOPTIONS: `-c role=${wish.role} -c search_path=${wish.searchPath} -c synchronous_commit=on -c enable_seqscan=off`
      }
    }
  )
  if (!/number of failed transactions: 0 /.test(stdout)) throw new Error(`pgbench says: ${stdout}`)
  return whileAllWereWarm(wish.folder, log)
}

/** Of each client the seconds at which its transactions ended. */
const whileAllWereWarm = (folder: string, log: string) => {
  const ends = new Map<string, Array<number>>()
  for (const name of readdirSync(folder).filter((one) => join(folder, one).startsWith(log))) {
    for (const line of readFileSync(join(folder, name), "utf8").trim().split("\n")) {
      const [client = "", , , , seconds, micros] = line.split(" ")
      const list = ends.get(client) ?? []
      ends.set(client, list)
      list.push(Number(seconds) + Number(micros) / 1e6)
    }
    rmSync(join(folder, name))
  }
  const from = Math.max(...[...ends.values()].map((list) => list[warmUp - 1] ?? Number.NaN))
  const until = Math.min(...[...ends.values()].map((list) => list.at(-1) ?? Number.NaN))
  const count = [...ends.values()].flat().filter((end) => end > from && end <= until).length
  if (!(until > from)) throw new Error("pgbench was never warm: the turn is too short")
  return { count, seconds: until - from }
}

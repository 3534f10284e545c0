import { Schema } from "effect"

const elsewhere =
  "Choose another data directory with DATA_DIRECTORY=/path/to/one, or use a PostgreSQL that runs already with DATABASE_URL=postgres://user@host/database."

/** A living process owns the data directory. Two servers may share a database, never a data directory. */
export class DataDirectoryInUse extends Schema.TaggedError<DataDirectoryInUse>()("DataDirectoryInUse", {
  dataDirectory: Schema.String,
  /** The process id of the owner, when it could be read. */
  owner: Schema.optional(Schema.Int)
}) {
  override get message(): string {
    const who = this.owner === undefined ? "another server" : `another server (process ${this.owner})`
    return `The data directory ${this.dataDirectory} is in use by ${who}. ${elsewhere} Both servers may share one database through DATABASE_URL.`
  }
}

/** The data directory, or a folder that the database needs, cannot be made, read, written or locked. */
export class FolderUnusable extends Schema.TaggedError<FolderUnusable>()("FolderUnusable", {
  path: Schema.String,
  trouble: Schema.String
}) {
  override get message(): string {
    return `${this.path} cannot be used for the database: ${this.trouble}. ${elsewhere}`
  }
}

/** The data was written by another major version of PostgreSQL, which this one cannot read. */
export class DataOfAnotherVersion extends Schema.TaggedError<DataOfAnotherVersion>()("DataOfAnotherVersion", {
  dataDirectory: Schema.String,
  found: Schema.String,
  expected: Schema.String
}) {
  override get message(): string {
    return `The data in ${this.dataDirectory} was made by PostgreSQL ${this.found}; this is PostgreSQL ${this.expected}, which cannot read it. Dump and restore it with PostgreSQL ${this.found}, or start with new data. ${elsewhere}`
  }
}

/** No PostgreSQL is packaged for this operating system and processor. */
export class UnsupportedPlatform extends Schema.TaggedError<UnsupportedPlatform>()("UnsupportedPlatform", {
  platform: Schema.String
}) {
  override get message(): string {
    return `No PostgreSQL is packaged for ${this.platform}. Install PostgreSQL 18 yourself and set DATABASE_URL=postgres://user@host/database.`
  }
}

/** The packaged PostgreSQL is there but does not run. */
export class BinariesUnusable extends Schema.TaggedError<BinariesUnusable>()("BinariesUnusable", {
  path: Schema.String,
  trouble: Schema.String
}) {
  override get message(): string {
    return `The packaged PostgreSQL at ${this.path} does not run: ${this.trouble}. If packages were installed without their install scripts, run "npm rebuild"; else set DATABASE_URL=postgres://user@host/database.`
  }
}

/** PostgreSQL refuses to run as root, and there is no other user that it could run as. */
export class NoServiceAccount extends Schema.TaggedError<NoServiceAccount>()("NoServiceAccount", {}) {
  override get message(): string {
    return `PostgreSQL refuses to run as root, and /etc/passwd has neither a user "postgres" nor "nobody". Start as an ordinary user, or set DATABASE_URL=postgres://user@host/database.`
  }
}

/** `initdb` could not make a new data directory. */
export class InitdbFailed extends Schema.TaggedError<InitdbFailed>()("InitdbFailed", {
  dataDirectory: Schema.String,
  output: Schema.String
}) {
  override get message(): string {
    return `initdb could not make a database in ${this.dataDirectory}. Its last lines:\n${this.output}`
  }
}

/** PostgreSQL ended, or did not become ready, while it started. */
export class StartupFailed extends Schema.TaggedError<StartupFailed>()("StartupFailed", {
  dataDirectory: Schema.String,
  logFile: Schema.String,
  output: Schema.String
}) {
  override get message(): string {
    return `PostgreSQL did not start on ${this.dataDirectory}. The last lines of ${this.logFile}:\n${this.output}\n${elsewhere}`
  }
}

/** PostgreSQL ended under a server that still runs. */
export class PostgresEnded extends Schema.TaggedError<PostgresEnded>()("PostgresEnded", {
  pid: Schema.Int,
  logFile: Schema.String
}) {
  override get message(): string {
    return `PostgreSQL (process ${this.pid}) ended, so this server stops as well. Its log is ${this.logFile}. Start again: committed data is kept, and charges that were on their way are found out about.`
  }
}

/** A PostgreSQL that a killed server left behind does not end, whatever the signal. */
export class LeftoverWillNotStop extends Schema.TaggedError<LeftoverWillNotStop>()("LeftoverWillNotStop", {
  dataDirectory: Schema.String,
  pid: Schema.Int
}) {
  override get message(): string {
    return `A PostgreSQL left behind by an earlier server (process ${this.pid}) still runs on ${this.dataDirectory} and could not be stopped. End it, then start again. ${elsewhere}`
  }
}

/** The embedded PostgreSQL could not be started; `reason` tells the exact trouble and what to do about it. */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()(
  "EmbeddedPostgresError",
  {
    reason: Schema.Union([
      DataDirectoryInUse,
      FolderUnusable,
      DataOfAnotherVersion,
      UnsupportedPlatform,
      BinariesUnusable,
      NoServiceAccount,
      InitdbFailed,
      StartupFailed,
      LeftoverWillNotStop,
      PostgresEnded
    ])
  }
) {
  override get message(): string {
    return this.reason.message
  }
}

/** Fails with the given reason. */
export const refuse = (reason: EmbeddedPostgresError["reason"]): EmbeddedPostgresError =>
  new EmbeddedPostgresError({ reason })

/** What an unknown thrown value says of itself. */
export const says = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

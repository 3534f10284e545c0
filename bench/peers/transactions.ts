import type { Pool, PoolClient } from "pg"

/** Does some work in a transaction on a connection of its own, and takes it back where it fails. */
export const transactions =
  (pool: Pool) =>
  async (work: (client: PoolClient) => Promise<void>): Promise<void> => {
    const client = await pool.connect()
    try {
      await client.query("begin")
      await work(client)
      await client.query("commit")
    } catch (error) {
      await client.query("rollback")
      throw error
    } finally {
      client.release()
    }
  }
